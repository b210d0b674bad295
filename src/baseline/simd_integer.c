/*
 * SIMD integers where x86 has no instruction of its own, and tests of lanes.
 * https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

void proa_vector_not(struct proa_emit *emit, const struct proa_vector_row *row,
                     const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_xmm_ones(emit, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, reg, PROA_SCRATCH_XMM);
    proa_vector_push(emit, reg);
}

/* ((a ^ b) & mask) ^ b */
void proa_vector_bitselect(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct proa_operand mask = proa_pop(emit);
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);

    (void)instruction;
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, pair.reg, pair.from);
    proa_asm_rr(&emit->as, PROA_ASM_PAND, pair.reg,
                proa_xmm_source(emit, &mask));
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, pair.reg, pair.from);
    proa_release(emit, &mask);
    proa_vector_push_pair(emit, &pair);
}

void proa_vector_any_true(struct proa_emit *emit,
                          const struct proa_vector_row *row,
                          const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_xmm_source(emit, &operand);

    (void)row;
    (void)instruction;
    proa_asm_rr(&emit->as, PROA_ASM_PTEST, reg, reg);
    proa_release(emit, &operand);
    proa_push_flags(emit, PROA_CC_NE);
}

/* row->op compares lanes for equality: none is zero. */
void proa_vector_all_true(struct proa_emit *emit,
                          const struct proa_vector_row *row,
                          const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_read_xmm(emit, &operand);

    (void)instruction;
    proa_xmm_zero(emit, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, row->op, PROA_SCRATCH_XMM, reg);
    proa_asm_rr(&emit->as, PROA_ASM_PTEST, PROA_SCRATCH_XMM, PROA_SCRATCH_XMM);
    proa_release(emit, &operand);
    proa_push_flags(emit, PROA_CC_E);
}

/* row->op gathers sign bits; words become bytes first: row->then. */
void proa_vector_bitmask(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned from = proa_xmm_source(emit, &operand);
    unsigned reg = proa_take_gpr(emit);

    (void)instruction;
    if (row->then != 0) {
        proa_xmm_copy(emit, PROA_SCRATCH_XMM, from);
        proa_asm_rr(&emit->as, row->then, PROA_SCRATCH_XMM, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, row->op, reg, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_MOVZX8, reg, reg);
    } else {
        proa_asm_rr(&emit->as, row->op, reg, from);
    }
    proa_release(emit, &operand);
    proa_push_gpr(emit, PROA_I32, reg);
}

/* row->op subtracts. */
void proa_vector_neg(struct proa_emit *emit, const struct proa_vector_row *row,
                     const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_take_xmm(emit);

    (void)instruction;
    proa_xmm_zero(emit, reg);
    proa_asm_rr(&emit->as, row->op, reg, proa_xmm_source(emit, &operand));
    proa_release(emit, &operand);
    proa_vector_push(emit, reg);
}

/* (a ^ sign) - sign, where sign is all ones in negative lanes */
void proa_vector_abs_i64(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_xmm_zero(emit, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_PCMPGTQ, PROA_SCRATCH_XMM, reg);
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, reg, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_PSUBQ, reg, PROA_SCRATCH_XMM);
    proa_vector_push(emit, reg);
}

/* The counts of both halves of each byte, looked up in a table of sixteen. */
void proa_vector_popcnt(struct proa_emit *emit,
                        const struct proa_vector_row *row,
                        const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    unsigned low = proa_vector_pop(emit);
    unsigned high = proa_take_xmm(emit);
    unsigned counts = proa_take_xmm(emit);

    (void)row;
    (void)instruction;
    proa_vector_scratch_splat(emit, UINT64_C(0x0f0f0f0f0f0f0f0f));
    proa_xmm_copy(emit, high, low);
    proa_asm_rr(as, PROA_ASM_PAND, low, PROA_SCRATCH_XMM);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 1, high, 4);
    proa_asm_rr(as, PROA_ASM_PAND, high, PROA_SCRATCH_XMM);
    proa_xmm_constant(emit, counts, UINT64_C(0x0302020102010100),
                      UINT64_C(0x0403030203020201));
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, counts);
    proa_asm_rr(as, PROA_ASM_PSHUFB, PROA_SCRATCH_XMM, low);
    proa_asm_rr(as, PROA_ASM_PSHUFB, counts, high);
    proa_asm_rr(as, PROA_ASM_PADDB, counts, PROA_SCRATCH_XMM);
    proa_free_xmm(emit, low);
    proa_free_xmm(emit, high);
    proa_vector_push(emit, counts);
}

/* Of 32-bit halves: low * low, and 2^32 times the sum of both low * high. */
void proa_vector_mul_i64(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);
    unsigned cross = proa_take_xmm(emit);

    (void)instruction;
    proa_xmm_copy(emit, cross, pair.reg);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 3, cross, 32);
    proa_asm_rr(as, PROA_ASM_PMULUDQ, cross, pair.from);
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, pair.from);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 3, PROA_SCRATCH_XMM, 32);
    proa_asm_rr(as, PROA_ASM_PMULUDQ, PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rr(as, PROA_ASM_PADDQ, cross, PROA_SCRATCH_XMM);
    proa_xmm_shift(emit, PROA_ASM_PSLL, 3, cross, 32);
    proa_asm_rr(as, PROA_ASM_PMULUDQ, pair.reg, pair.from);
    proa_asm_rr(as, PROA_ASM_PADDQ, pair.reg, cross);
    proa_free_xmm(emit, cross);
    proa_vector_push_pair(emit, &pair);
}

/* pmulhrsw makes 0x8000 of -1 * -1, and of nothing else: 0x7fff it is. */
void proa_vector_q15mulr(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);

    (void)instruction;
    proa_asm_rr(&emit->as, PROA_ASM_PMULHRSW, pair.reg, pair.from);
    proa_xmm_ones(emit, PROA_SCRATCH_XMM);
    proa_xmm_shift(emit, PROA_ASM_PSLL, 1, PROA_SCRATCH_XMM, 15);
    proa_asm_rr(&emit->as, PROA_ASM_PCMPEQW, PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, pair.reg, PROA_SCRATCH_XMM);
    proa_vector_push_pair(emit, &pair);
}
