/*
 * Whole pieces of memory, and its size.
 * https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/function.h"
#include "compile/lower/small.h"

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

/* `size` bytes at `address` are inside; the sum of two 32-bit numbers fits. */
static LLVMValueRef is_inside(struct proa_lower *lower, uint32_t memory_index,
                              LLVMValueRef address, LLVMValueRef size)
{
    LLVMValueRef end = LLVMBuildAdd(lower->builder, address, size, "");

    return LLVMBuildICmp(lower->builder, LLVMIntULE, end,
                         proa_lower_memory_size(lower, memory_index), "");
}

/* From 1 to PROA_SMALL_BYTES_MAX. */
static LLVMValueRef is_small(struct proa_lower *lower, LLVMValueRef size)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef less =
        LLVMBuildSub(lower->builder, size, proa_unit_i64(unit, 1), "");

    return LLVMBuildICmp(lower->builder, LLVMIntULT, less,
                         proa_unit_i64(unit, PROA_SMALL_BYTES_MAX), "");
}

static LLVMValueRef place(struct proa_lower *lower, uint32_t memory_index,
                          LLVMValueRef address)
{
    LLVMValueRef base = proa_lower_memory_base(lower, memory_index);

    return LLVMBuildGEP2(lower->builder, lower->unit->i8, base, &address, 1,
                         "");
}

/*
 * Do it by `function` of small.h where `allowed`; go on where the builtin is to
 * be called. Both meet in the block returned.
 */
static LLVMBasicBlockRef do_small(struct proa_lower *lower,
                                  LLVMValueRef allowed, LLVMValueRef function,
                                  LLVMValueRef *args)
{
    LLVMBasicBlockRef small = proa_lower_block(lower);
    LLVMBasicBlockRef large = proa_lower_block(lower);
    LLVMBasicBlockRef after = proa_lower_block(lower);

    LLVMBuildCondBr(lower->builder, allowed, small, large);
    proa_lower_go_on_in(lower, small);
    LLVMBuildCall2(lower->builder, LLVMGlobalGetValueType(function), function,
                   args, 3, "");
    LLVMBuildBr(lower->builder, after);
    proa_lower_go_on_in(lower, large);
    return after;
}

/* The builtin, which returns a trap or none; then where it meets the other. */
static void do_large(struct proa_lower *lower, size_t builtin,
                     const LLVMValueRef *args, unsigned count,
                     LLVMBasicBlockRef after)
{
    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, builtin, lower->unit->i32, args, count));
    if (after == NULL)
        return;
    LLVMBuildBr(lower->builder, after);
    proa_lower_go_on_in(lower, after);
}

static void memory_copy(struct proa_lower *lower, uint32_t to_memory,
                        uint32_t from_memory)
{
    struct proa_unit *unit = lower->unit;
    LLVMValueRef size = pop_address(lower);
    LLVMValueRef from = pop_address(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, to_memory),
                            proa_unit_i32(unit, from_memory), to, from, size };
    LLVMBasicBlockRef after = NULL;

    if (!is_64(lower, to_memory) && !is_64(lower, from_memory)) {
        LLVMValueRef small_args[] = { place(lower, to_memory, to),
                                      place(lower, from_memory, from), size };
        LLVMValueRef are_inside =
            LLVMBuildAnd(lower->builder, is_inside(lower, to_memory, to, size),
                         is_inside(lower, from_memory, from, size), "");

        after = do_small(
            lower,
            LLVMBuildAnd(lower->builder, is_small(lower, size), are_inside, ""),
            proa_small_copy(unit), small_args);
    }
    do_large(lower, BUILTIN(memory_copy), args, 5, after);
}

static void memory_fill(struct proa_lower *lower, uint32_t memory_index)
{
    struct proa_unit *unit = lower->unit;
    LLVMValueRef size = pop_address(lower);
    LLVMValueRef value = proa_lower_pop(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, memory_index), to, value,
                            size };
    LLVMBasicBlockRef after = NULL;

    if (!is_64(lower, memory_index)) {
        LLVMValueRef small_args[] = { place(lower, memory_index, to), value,
                                      size };
        LLVMValueRef allowed =
            LLVMBuildAnd(lower->builder, is_small(lower, size),
                         is_inside(lower, memory_index, to, size), "");

        after = do_small(lower, allowed, proa_small_fill(unit), small_args);
    }
    do_large(lower, BUILTIN(memory_fill), args, 4, after);
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
