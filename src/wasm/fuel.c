/* SPDX-License-Identifier: Apache-2.0 */
#include "wasm/fuel.h"

uint32_t proa_fuel_cost(enum proa_op op)
{
    switch (op) {
    case PROA_OP_NOP:
    case PROA_OP_DROP:
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_UNREACHABLE:
    case PROA_OP_RETURN:
    case PROA_OP_ELSE:
    case PROA_OP_END:
        return 0;
    default:
        return 1;
    }
}

enum proa_fuel_point proa_fuel_point(enum proa_op op)
{
    switch (op) {
    case PROA_OP_LOOP:
    case PROA_OP_IF:
    case PROA_OP_ELSE:
    case PROA_OP_END:
    case PROA_OP_BR:
    case PROA_OP_BR_IF:
    case PROA_OP_BR_TABLE:
        return PROA_FUEL_ADDED;
    case PROA_OP_UNREACHABLE:
    case PROA_OP_RETURN:
    case PROA_OP_CALL:
    case PROA_OP_CALL_INDIRECT:
    case PROA_OP_RETURN_CALL:
    case PROA_OP_RETURN_CALL_INDIRECT:
        return PROA_FUEL_SHOWN;
    default:
        return PROA_FUEL_GOES_ON;
    }
}

bool proa_fuel_is_bulk(enum proa_op op)
{
    switch (op) {
    case PROA_OP_MEMORY_INIT:
    case PROA_OP_MEMORY_COPY:
    case PROA_OP_MEMORY_FILL:
    case PROA_OP_TABLE_INIT:
    case PROA_OP_TABLE_COPY:
    case PROA_OP_TABLE_FILL:
    case PROA_OP_TABLE_GROW:
        return true;
    default:
        return false;
    }
}

/*
 * Wasmtime makes a function of its own of what it cannot lay out beforehand.
 * Calling the start function is an instruction of it, and so is each reference
 * that a global begins with, when something follows that shows the count.
 */
uint32_t proa_fuel_of_init(const struct proa_wasm_module *module)
{
    uint32_t references = 0;
    bool has_segments = false;

    for (uint32_t i = module->imported_global_count; i < module->global_count;
         i++)
        references += module->globals[i].type.type == PROA_FUNCREF ||
                      module->globals[i].type.type == PROA_EXTERNREF;
    for (uint32_t i = 0; i < module->elem_count; i++)
        has_segments |= module->elems[i].mode == PROA_SEGMENT_PASSIVE;
    if (module->start_function != UINT32_MAX)
        return PROA_FUEL_FUNCTION + 1 + references;
    return references > 0 || has_segments ? PROA_FUEL_FUNCTION : 0;
}
