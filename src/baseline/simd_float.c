/*
 * SIMD floats where x86 has no instruction of its own.
 * https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

/* The instruction named by its form for f32, in the form for the row's type. */
static uint32_t packed(const struct proa_vector_row *row, uint32_t op)
{
    return op | (proa_vector_is(row, PROA_SIMD_F64) ? PROA_ASM_66 : 0U);
}

void proa_vector_abs_float(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    proa_xmm_abs_mask(emit, proa_vector_is(row, PROA_SIMD_F64),
                      PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_ANDPS, reg, PROA_SCRATCH_XMM);
    proa_vector_push(emit, reg);
}

void proa_vector_neg_float(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    proa_xmm_sign_mask(emit, proa_vector_is(row, PROA_SIMD_F64),
                       PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_XORPS, reg, PROA_SCRATCH_XMM);
    proa_vector_push(emit, reg);
}

/*
 * `reg` = the scratch register, a NaN without its payload: `reg` or the scratch
 * register is a NaN in each lane that shall be one, and the quiet bit is the
 * lowest that is kept.
 */
static void push_without_payload(struct proa_emit *emit,
                                 const struct proa_vector_row *row,
                                 const struct proa_vector_pair *pair)
{
    bool is_f64 = proa_vector_is(row, PROA_SIMD_F64);

    proa_xmm_shift(emit, PROA_ASM_PSRL, is_f64 ? 3 : 2, pair->reg,
                   is_f64 ? 13 : 10);
    proa_asm_rr(&emit->as, PROA_ASM_ANDNPS, pair->reg, PROA_SCRATCH_XMM);
    proa_vector_push_pair(emit, pair);
}

/*
 * minps takes its second operand when the two are equal, zeros of any sign
 * included, or when one is a NaN. So both ways round, and the bits joined:
 * where they differ it is in the sign of zero, or in which is the NaN.
 */
void proa_vector_min_float(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);

    (void)instruction;
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, pair.from);
    proa_asm_rr(as, packed(row, PROA_ASM_MINPS), PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rr(as, packed(row, PROA_ASM_MINPS), pair.reg, pair.from);
    proa_asm_rr(as, PROA_ASM_ORPS, PROA_SCRATCH_XMM, pair.reg);
    /* All ones where a NaN is, so that the quiet bit is set, too. */
    proa_asm_rri(as, packed(row, PROA_ASM_CMPPS), pair.reg, PROA_SCRATCH_XMM,
                 PROA_ASM_CMP_UNORD);
    proa_asm_rr(as, PROA_ASM_ORPS, PROA_SCRATCH_XMM, pair.reg);
    push_without_payload(emit, row, &pair);
}

/* The same; subtracting the bits that differ makes +0 of two zeros, and a NaN
 * quiet. */
void proa_vector_max_float(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);

    (void)instruction;
    proa_xmm_copy(emit, PROA_SCRATCH_XMM, pair.from);
    proa_asm_rr(as, packed(row, PROA_ASM_MAXPS), PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rr(as, packed(row, PROA_ASM_MAXPS), pair.reg, pair.from);
    proa_asm_rr(as, PROA_ASM_XORPS, pair.reg, PROA_SCRATCH_XMM);
    proa_asm_rr(as, PROA_ASM_ORPS, PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rr(as, packed(row, PROA_ASM_SUBPS), PROA_SCRATCH_XMM, pair.reg);
    proa_asm_rri(as, packed(row, PROA_ASM_CMPPS), pair.reg, PROA_SCRATCH_XMM,
                 PROA_ASM_CMP_UNORD);
    push_without_payload(emit, row, &pair);
}

/* a * b + c, rounded twice */
void proa_vector_madd(struct proa_emit *emit, const struct proa_vector_row *row,
                      const struct proa_instruction *instruction)
{
    struct proa_operand addend = proa_pop(emit);
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);

    (void)instruction;
    proa_asm_rr(&emit->as, packed(row, PROA_ASM_MULPS), pair.reg, pair.from);
    proa_asm_rr(&emit->as, packed(row, PROA_ASM_ADDPS), pair.reg,
                proa_xmm_source(emit, &addend));
    proa_release(emit, &addend);
    proa_vector_push_pair(emit, &pair);
}

/* c - a * b, rounded twice */
void proa_vector_nmadd(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    struct proa_operand minuend = proa_pop(emit);
    struct proa_vector_pair pair = proa_vector_pop_pair(emit, row);
    unsigned reg;

    (void)instruction;
    proa_asm_rr(&emit->as, packed(row, PROA_ASM_MULPS), pair.reg, pair.from);
    proa_release(emit, &pair.right);
    reg = proa_own_xmm(emit, &minuend);
    proa_asm_rr(&emit->as, packed(row, PROA_ASM_SUBPS), reg, pair.reg);
    proa_free_xmm(emit, pair.reg);
    proa_vector_push(emit, reg);
}
