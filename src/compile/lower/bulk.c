/*
 * Whole pieces of memory, and its size.
 * https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/function.h"

#define BUILTIN(NAME) offsetof(struct proa_builtins, NAME)

static bool is_64(const struct proa_lower *lower, uint32_t memory_index)
{
    return lower->unit->module->memories[memory_index].limits.is_64;
}

static LLVMValueRef pop_address(struct proa_lower *lower)
{
    return proa_lower_address(lower, proa_lower_pop(lower));
}

static void memory_size(struct proa_lower *lower, uint32_t memory_index)
{
    LLVMValueRef bytes = proa_lower_memory_size(lower, memory_index);
    LLVMValueRef pages = LLVMBuildLShr(lower->builder, bytes,
                                       proa_unit_i64(lower->unit, 16), "");

    proa_lower_push(lower, proa_lower_size_result(lower, pages,
                                                  is_64(lower, memory_index)));
}

/* UINT64_MAX, which is failure, becomes -1 in either width. */
static void memory_grow(struct proa_lower *lower, uint32_t memory_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef args[] = { proa_unit_i32(unit, memory_index),
                            pop_address(lower) };
    LLVMValueRef old =
        proa_lower_builtin(lower, BUILTIN(memory_grow), unit->i64, args, 2);

    proa_lower_push(
        lower, proa_lower_size_result(lower, old, is_64(lower, memory_index)));
}

void proa_lower_memory_init(struct proa_lower *lower, uint32_t data_index,
                            uint32_t memory_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef size = proa_lower_pop(lower);
    LLVMValueRef from = proa_lower_pop(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, data_index),
                            proa_unit_i32(unit, memory_index), to, from, size };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(memory_init), unit->i32, args, 5));
}

static void memory_copy(struct proa_lower *lower, uint32_t to_memory,
                        uint32_t from_memory)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef size = pop_address(lower);
    LLVMValueRef from = pop_address(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, to_memory),
                            proa_unit_i32(unit, from_memory), to, from, size };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(memory_copy), unit->i32, args, 5));
}

static void memory_fill(struct proa_lower *lower, uint32_t memory_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef size = pop_address(lower);
    LLVMValueRef value = proa_lower_pop(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, memory_index), to, value,
                            size };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(memory_fill), unit->i32, args, 4));
}

void proa_lower_data_drop(struct proa_lower *lower, uint32_t data_index)
{
    LLVMValueRef arg = proa_unit_i32(lower->unit, data_index);

    (void)proa_lower_builtin(lower, BUILTIN(data_drop), lower->unit->nothing,
                             &arg, 1);
}

bool proa_lower_bulk(struct proa_lower *lower,
                     const struct proa_instruction *instruction)
{
    switch (instruction->op) {
    case PROA_OP_MEMORY_SIZE:
        memory_size(lower, instruction->index);
        return true;
    case PROA_OP_MEMORY_GROW:
        memory_grow(lower, instruction->index);
        return true;
    case PROA_OP_MEMORY_INIT:
        proa_lower_memory_init(lower, instruction->index, instruction->index2);
        return true;
    case PROA_OP_MEMORY_COPY:
        memory_copy(lower, instruction->index, instruction->index2);
        return true;
    case PROA_OP_MEMORY_FILL:
        memory_fill(lower, instruction->index);
        return true;
    case PROA_OP_DATA_DROP:
        proa_lower_data_drop(lower, instruction->index);
        return true;
    default:
        return false;
    }
}
