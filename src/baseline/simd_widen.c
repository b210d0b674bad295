/*
 * SIMD integers that end in wider lanes.
 * https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

enum {
    UPPER_HALF_DOWN = 0xee,  /* pshufd: lanes 2, 3 to 0, 1 */
    LOWER_HALF_APART = 0x50, /* pshufd: lanes 0, 1 to 0, 2 */
    UPPER_HALF_APART = 0xfa, /* pshufd: lanes 2, 3 to 0, 2 */
};

/* to = half of the lanes of from, widened by row->op */
static void extend_half(struct proa_emit *emit,
                        const struct proa_vector_row *row, unsigned to,
                        unsigned from)
{
    if (proa_vector_is(row, PROA_SIMD_HIGH)) {
        proa_asm_rri(&emit->as, PROA_ASM_PSHUFD, to, from, UPPER_HALF_DOWN);
        from = to;
    }
    proa_asm_rr(&emit->as, row->op, to, from);
}

void proa_vector_extend(struct proa_emit *emit,
                        const struct proa_vector_row *row,
                        const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    struct proa_place place;
    unsigned reg;

    (void)instruction;
    if (proa_operand_place(emit, &operand, &place)) {
        reg = proa_take_xmm(emit);
        if (proa_vector_is(row, PROA_SIMD_HIGH))
            place.offset += 8;
        proa_asm_rm(&emit->as, row->op, reg, &place);
    } else {
        reg = proa_own_xmm(emit, &operand);
        extend_half(emit, row, reg, reg);
    }
    proa_vector_push(emit, reg);
}

/* row->then multiplies. */
void proa_vector_extmul(struct proa_emit *emit,
                        const struct proa_vector_row *row,
                        const struct proa_instruction *instruction)
{
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);

    (void)instruction;
    extend_half(emit, row, pair.reg, pair.reg);
    extend_half(emit, row, PROA_SCRATCH_XMM, pair.from);
    proa_asm_rr(&emit->as, row->then, pair.reg, PROA_SCRATCH_XMM);
    proa_vector_push_pair(emit, &pair);
}

/* row->then multiplies lanes 0 and 2 of 32 bits into lanes of 64. */
void proa_vector_extmul_i32(struct proa_emit *emit,
                            const struct proa_vector_row *row,
                            const struct proa_instruction *instruction)
{
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);
    uint8_t order = proa_vector_is(row, PROA_SIMD_HIGH) ? UPPER_HALF_APART
                                                        : LOWER_HALF_APART;

    (void)instruction;
    proa_asm_rri(&emit->as, PROA_ASM_PSHUFD, pair.reg, pair.reg, order);
    proa_asm_rri(&emit->as, PROA_ASM_PSHUFD, PROA_SCRATCH_XMM, pair.from,
                 order);
    proa_asm_rr(&emit->as, row->then, pair.reg, PROA_SCRATCH_XMM);
    proa_vector_push_pair(emit, &pair);
}

/* A product with 1, which pmaddubsw wants on the side of the other sign. */
void proa_vector_extadd_i8(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg;

    (void)instruction;
    if (proa_vector_is(row, PROA_SIMD_SIGNED)) {
        reg = proa_take_xmm(emit);
        proa_xmm_ones(emit, reg);
        proa_asm_rr(&emit->as, PROA_ASM_PABSB, reg, reg);
        proa_asm_rr(&emit->as, PROA_ASM_PMADDUBSW, reg,
                    proa_xmm_source(emit, &operand));
        proa_release(emit, &operand);
    } else {
        reg = proa_own_xmm(emit, &operand);
        proa_xmm_ones(emit, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_PABSB, PROA_SCRATCH_XMM,
                    PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_PMADDUBSW, reg, PROA_SCRATCH_XMM);
    }
    proa_vector_push(emit, reg);
}

/* Words: neighbours added into 32 bits. */
static void add_neighbours(struct proa_emit *emit, unsigned reg)
{
    proa_xmm_ones(emit, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_PABSW, PROA_SCRATCH_XMM, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_PMADDWD, reg, PROA_SCRATCH_XMM);
}

void proa_vector_extadd_i16_s(struct proa_emit *emit,
                              const struct proa_vector_row *row,
                              const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    add_neighbours(emit, reg);
    proa_vector_push(emit, reg);
}

void proa_vector_extadd_i16_u(struct proa_emit *emit,
                              const struct proa_vector_row *row,
                              const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, reg);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 2, PROA_SCRATCH_XMM, 16);
    proa_xmm_shift(emit, PROA_ASM_PSLL, 2, reg, 16);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 2, reg, 16);
    proa_asm_rr(&emit->as, PROA_ASM_PADDD, reg, PROA_SCRATCH_XMM);
    proa_vector_push(emit, reg);
}

/* Products of signed bytes, neighbours added in 16 bits, modulo 2^16: the odd
 * bytes of both, then the even ones. */
static unsigned dot_bytes(struct proa_emit *emit,
                          const struct proa_vector_row *row)
{
    struct proa_asm *as = &emit->as;
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);
    unsigned odd = proa_take_xmm(emit);

    proa_xmm_copy(emit, odd, pair.reg);
    proa_xmm_shift(emit, PROA_ASM_PSRA, 1, odd, 8);
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, pair.from);
    proa_xmm_shift(emit, PROA_ASM_PSRA, 1, PROA_SCRATCH_XMM, 8);
    proa_asm_rr(as, PROA_ASM_PMULLW, odd, PROA_SCRATCH_XMM);
    proa_xmm_shift(emit, PROA_ASM_PSLL, 1, pair.reg, 8);
    proa_xmm_shift(emit, PROA_ASM_PSRA, 1, pair.reg, 8);
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, pair.from);
    proa_xmm_shift(emit, PROA_ASM_PSLL, 1, PROA_SCRATCH_XMM, 8);
    proa_xmm_shift(emit, PROA_ASM_PSRA, 1, PROA_SCRATCH_XMM, 8);
    proa_asm_rr(as, PROA_ASM_PMULLW, pair.reg, PROA_SCRATCH_XMM);
    proa_asm_rr(as, PROA_ASM_PADDW, pair.reg, odd);
    proa_free_xmm(emit, odd);
    proa_release(emit, &pair.right);
    return pair.reg;
}

void proa_vector_dot_i8(struct proa_emit *emit,
                        const struct proa_vector_row *row,
                        const struct proa_instruction *instruction)
{
    (void)instruction;
    proa_vector_push(emit, dot_bytes(emit, row));
}

void proa_vector_dot_add_i8(struct proa_emit *emit,
                            const struct proa_vector_row *row,
                            const struct proa_instruction *instruction)
{
    struct proa_operand addend = proa_pop(emit);
    unsigned reg = dot_bytes(emit, row);

    (void)instruction;
    add_neighbours(emit, reg);
    proa_asm_rr(&emit->as, PROA_ASM_PADDD, reg, proa_xmm_source(emit, &addend));
    proa_release(emit, &addend);
    proa_vector_push(emit, reg);
}
