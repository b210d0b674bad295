/*
 * SIMD conversions between integers and floats that are no x86 instruction.
 * https://webassembly.github.io/spec/core/exec/numerics.html#conversions
 *
 * cvttps2dq and cvttpd2dq give 0x80000000 for whatever does not fit. minps and
 * maxps take their second operand when one is a NaN.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

enum {
    S = PROA_SCRATCH_XMM,
    CMPPD = PROA_ASM_CMPPS | PROA_ASM_66,
    MINPD = PROA_ASM_MINPS | PROA_ASM_66,
    MAXPD = PROA_ASM_MAXPS | PROA_ASM_66,
};

/* `reg` = 0 in the lanes that are NaNs; S: all ones in the others. */
static void drop_nans(struct proa_emit *emit, uint32_t compare, unsigned reg)
{
    proa_xmm_copy(emit, S, reg);
    proa_asm_rri(&emit->as, compare, S, S, PROA_ASM_CMP_EQ);
    proa_asm_rr(&emit->as, PROA_ASM_ANDPS, reg, S);
}

/* Where a number without a sign became a negative one it was too large: all
 * bits are turned, 0x80000000 is 0x7fffffff. */
void proa_vector_trunc_f32_s(struct proa_emit *emit,
                             const struct proa_vector_row *row,
                             const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    drop_nans(emit, PROA_ASM_CMPPS, reg);
    proa_asm_rr(as, PROA_ASM_PXOR, S, reg); /* its top bit: not the sign */
    proa_asm_rr(as, PROA_ASM_CVTTPS2DQ, reg, reg);
    proa_asm_rr(as, PROA_ASM_PAND, S, reg);
    proa_xmm_shift(emit, PROA_ASM_PSRA, 2, S, 31);
    proa_asm_rr(as, PROA_ASM_PXOR, reg, S);
    proa_vector_push(emit, reg);
}

/*
 * From 2^31 up x alone gives 0x80000000; to this is added x - 2^31, clamped to
 * 0 and 0x7fffffff.
 */
void proa_vector_trunc_f32_u(struct proa_emit *emit,
                             const struct proa_vector_row *row,
                             const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    unsigned reg = proa_vector_pop(emit);
    unsigned rest = proa_take_xmm(emit);

    (void)row;
    (void)instruction;
    proa_xmm_zero(emit, S);
    proa_asm_rr(as, PROA_ASM_MAXPS, reg, S);
    proa_vector_scratch_splat(emit, UINT64_C(0x4f0000004f000000)); /* 2^31 */
    proa_xmm_copy(emit, rest, reg);
    proa_asm_rr(as, PROA_ASM_SUBPS, rest, S);
    proa_asm_rri(as, PROA_ASM_CMPPS, S, rest, PROA_ASM_CMP_LE);
    proa_asm_rr(as, PROA_ASM_CVTTPS2DQ, rest, rest);
    proa_asm_rr(as, PROA_ASM_PXOR, rest, S);
    proa_xmm_zero(emit, S);
    proa_asm_rr(as, PROA_ASM_PMAXSD, rest, S);
    proa_asm_rr(as, PROA_ASM_CVTTPS2DQ, reg, reg);
    proa_asm_rr(as, PROA_ASM_PADDD, reg, rest);
    proa_free_xmm(emit, rest);
    proa_vector_push(emit, reg);
}

/* The upper lanes become 0 by the conversion. */
void proa_vector_trunc_f64_s(struct proa_emit *emit,
                             const struct proa_vector_row *row,
                             const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    drop_nans(emit, CMPPD, reg);
    proa_vector_scratch_splat(emit,
                              UINT64_C(0x41dfffffffc00000)); /* 2^31 - 1 */
    proa_asm_rr(&emit->as, MINPD, reg, S);
    proa_asm_rr(&emit->as, PROA_ASM_CVTTPD2DQ, reg, reg);
    proa_vector_push(emit, reg);
}

/* Clamped, and 2^52 added: the integer is in the lower bits. */
void proa_vector_trunc_f64_u(struct proa_emit *emit,
                             const struct proa_vector_row *row,
                             const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_xmm_zero(emit, S);
    proa_asm_rr(as, MAXPD, reg, S);
    proa_vector_scratch_splat(emit,
                              UINT64_C(0x41efffffffe00000)); /* 2^32 - 1 */
    proa_asm_rr(as, MINPD, reg, S);
    proa_asm_rri(as, PROA_ASM_ROUNDPD, reg, reg, PROA_ASM_ROUND_TRUNC);
    proa_vector_scratch_splat(emit, UINT64_C(0x4330000000000000));
    proa_asm_rr(as, PROA_ASM_ADDPS | PROA_ASM_66, reg, S);
    proa_xmm_zero(emit, S);
    proa_asm_rri(as, PROA_ASM_SHUFPS, reg, S, 0x88); /* lanes 0 and 2, zeros */
    proa_vector_push(emit, reg);
}

/* The lower 16 bits, and half of the number without them: both are exact, so
 * that only the last addition rounds. */
void proa_vector_convert_f32_u(struct proa_emit *emit,
                               const struct proa_vector_row *row,
                               const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_xmm_zero(emit, S);
    proa_asm_rri(as, PROA_ASM_PBLENDW, S, reg, 0x55);
    proa_asm_rr(as, PROA_ASM_PSUBD, reg, S);
    proa_asm_rr(as, PROA_ASM_CVTDQ2PS, S, S);
    proa_xmm_shift(emit, PROA_ASM_PSRL, 2, reg, 1);
    proa_asm_rr(as, PROA_ASM_CVTDQ2PS, reg, reg);
    proa_asm_rr(as, PROA_ASM_ADDPS, reg, reg);
    proa_asm_rr(as, PROA_ASM_ADDPS, reg, S);
    proa_vector_push(emit, reg);
}

/* The integer as the lower bits of 2^52, from which that is taken away. */
void proa_vector_convert_f64_u(struct proa_emit *emit,
                               const struct proa_vector_row *row,
                               const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)row;
    (void)instruction;
    proa_vector_scratch_splat(emit, UINT64_C(0x4330000043300000));
    proa_asm_rr(&emit->as, PROA_ASM_UNPCKLPS, reg, S);
    proa_vector_scratch_splat(emit, UINT64_C(0x4330000000000000));
    proa_asm_rr(&emit->as, PROA_ASM_SUBPS | PROA_ASM_66, reg, S);
    proa_vector_push(emit, reg);
}
