/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/abi.h"

#include <assert.h>
#include <stddef.h>

/* Compiled code reaches these by offset: a change is a new ABI version. */
static_assert(sizeof(union proa_value) == 16, "ABI");
static_assert(sizeof(struct proa_func) == 64, "ABI");
static_assert(offsetof(struct proa_func, tail) == 24, "ABI");
static_assert(sizeof(struct proa_table_entry) == 32, "ABI");
static_assert(sizeof(struct proa_import_slot) == 24, "ABI");
static_assert(sizeof(struct proa_memory_slot) == 16, "ABI");
static_assert(sizeof(struct proa_table_slot) == 16, "ABI");
static_assert(sizeof(struct proa_context) == 48, "ABI");

static uint32_t place(uint32_t *size, uint32_t count, uint32_t item_size)
{
    uint32_t at = *size;

    *size += count * item_size;
    *size = (*size + 15) & ~(uint32_t)15;
    return at;
}

/* The counts are bounded by wasm/limits.h, so nothing here can overflow. */
struct proa_layout proa_layout_make(const struct proa_layout_counts *counts)
{
    struct proa_layout layout;
    uint32_t size = sizeof(struct proa_context);

    layout.memories =
        place(&size, counts->memories, sizeof(struct proa_memory_slot));
    layout.globals = place(&size, counts->globals, sizeof(union proa_value));
    layout.tables =
        place(&size, counts->tables, sizeof(struct proa_table_slot));
    layout.imported_globals =
        place(&size, counts->imported_globals, sizeof(union proa_value *));
    layout.imports = place(&size, counts->imported_functions,
                           sizeof(struct proa_import_slot));
    layout.funcs = place(&size, counts->funcs, sizeof(struct proa_func));
    layout.size = size;
    return layout;
}

static uint64_t type_code(enum proa_valtype type)
{
    switch (type) {
    case PROA_I32:
        return 1;
    case PROA_I64:
        return 2;
    case PROA_F32:
        return 3;
    case PROA_F64:
        return 4;
    case PROA_V128:
        return 5;
    case PROA_FUNCREF:
        return 6;
    case PROA_EXTERNREF:
        return 7;
    }
    return 0;
}

uint64_t proa_signature_narrow(const struct proa_functype *type)
{
    const uint64_t arrow = 8;
    uint64_t signature = 0;

    if (type->param_count > 14 || type->result_count > 14 ||
        type->param_count + type->result_count > 14)
        return 0;
    /* Results, arrow, params, four bits each. No type is 0, so the first digit
     * that is not 0 is where the text begins: different types, different
     * numbers. The top digit stays 0 and is free for wide ones. */
    for (uint32_t i = 0; i < type->result_count; i++)
        signature = signature << 4 | type_code(type->results[i]);
    signature = signature << 4 | arrow;
    for (uint32_t i = 0; i < type->param_count; i++)
        signature = signature << 4 | type_code(type->params[i]);
    return signature;
}
