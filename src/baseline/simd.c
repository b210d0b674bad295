/*
 * SIMD: dispatch, and what most instructions are: one or two of x86's.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

bool proa_emit_simd(struct proa_emit *emit,
                    const struct proa_instruction *instruction)
{
    unsigned index = (unsigned)instruction->op - PROA_SIMD_FIRST;
    const struct proa_vector_row *row;

    if (index >= PROA_SIMD_COUNT)
        return false;
    row = &proa_vector_rows[index];
    row->emit(emit, row, instruction);
    return true;
}

unsigned proa_vector_pop(struct proa_emit *emit)
{
    struct proa_operand operand = proa_pop(emit);

    return proa_own_xmm(emit, &operand);
}

/* Off the stack, in the order that suits: what is in a register comes first. */
static void pop_sides(struct proa_emit *emit, const struct proa_vector_row *row,
                      struct proa_operand sides[2])
{
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    bool is_swapped =
        proa_vector_is(row, PROA_SIMD_REVERSED) ||
        (proa_vector_is(row, PROA_SIMD_COMMUTES) &&
         left.kind != PROA_OPERAND_XMM && right.kind == PROA_OPERAND_XMM);

    sides[0] = is_swapped ? right : left;
    sides[1] = is_swapped ? left : right;
}

struct proa_vector_pair proa_vector_pop_pair(struct proa_emit *emit,
                                             const struct proa_vector_row *row)
{
    struct proa_operand sides[2];
    struct proa_vector_pair pair;

    pop_sides(emit, row, sides);
    pair.reg = proa_own_xmm(emit, &sides[0]);
    pair.right = sides[1];
    pair.from = proa_xmm_source(emit, &pair.right);
    return pair;
}

struct proa_vector_pair proa_vector_pop_held(struct proa_emit *emit,
                                             const struct proa_vector_row *row)
{
    struct proa_operand sides[2];
    struct proa_vector_pair pair;

    pop_sides(emit, row, sides);
    pair.reg = proa_own_xmm(emit, &sides[0]);
    pair.right = sides[1];
    pair.from = proa_read_xmm(emit, &pair.right);
    return pair;
}

void proa_vector_push_pair(struct proa_emit *emit,
                           const struct proa_vector_pair *pair)
{
    proa_release(emit, &pair->right);
    proa_vector_push(emit, pair->reg);
}

void proa_vector_scratch_splat(struct proa_emit *emit, uint64_t bytes)
{
    proa_xmm_constant(emit, PROA_SCRATCH_XMM, bytes, bytes);
}

static void put(struct proa_emit *emit, const struct proa_vector_row *row,
                unsigned reg, unsigned from)
{
    if (proa_vector_is(row, PROA_SIMD_BYTE))
        proa_asm_rri(&emit->as, row->op, reg, from, row->byte);
    else
        proa_asm_rr(&emit->as, row->op, reg, from);
}

void proa_vector_binary(struct proa_emit *emit,
                        const struct proa_vector_row *row,
                        const struct proa_instruction *instruction)
{
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);

    (void)instruction;
    put(emit, row, pair.reg, pair.from);
    if (row->then != 0)
        proa_asm_rr(&emit->as, row->then, pair.reg, pair.from);
    if (proa_vector_is(row, PROA_SIMD_INVERT)) {
        proa_xmm_ones(emit, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_PXOR, pair.reg, PROA_SCRATCH_XMM);
    }
    proa_vector_push_pair(emit, &pair);
}

void proa_vector_unary(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    put(emit, row, reg, reg);
    proa_vector_push(emit, reg);
}
