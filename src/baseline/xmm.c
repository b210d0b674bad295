/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/xmm.h"

unsigned proa_xmm_source(struct proa_emit *emit,
                         const struct proa_operand *operand)
{
    if (operand->kind == PROA_OPERAND_XMM)
        return operand->reg;
    if (operand->kind == PROA_OPERAND_LOCAL &&
        emit->locals[operand->local].reg != PROA_NO_GPR)
        return emit->locals[operand->local].reg;
    proa_load_xmm(emit, operand, PROA_SCRATCH_XMM);
    return PROA_SCRATCH_XMM;
}

void proa_xmm_apply(struct proa_emit *emit, uint32_t op, unsigned reg,
                    const struct proa_operand *operand)
{
    struct proa_place place;

    if (proa_operand_place(emit, operand, &place))
        proa_asm_rm(&emit->as, op, reg, &place);
    else
        proa_asm_rr(&emit->as, op, reg, proa_xmm_source(emit, operand));
    proa_release(emit, operand);
}

void proa_xmm_shift(struct proa_emit *emit, enum proa_asm_packed_shift shift,
                    unsigned lane, unsigned reg, unsigned count)
{
    proa_asm_rri(&emit->as, (0x70 + lane) | PROA_ASM_660F, shift, reg,
                 (uint8_t)count);
}

void proa_xmm_ones(struct proa_emit *emit, unsigned reg)
{
    proa_asm_rr(&emit->as, PROA_ASM_PCMPEQD, reg, reg);
}

void proa_xmm_zero(struct proa_emit *emit, unsigned reg)
{
    proa_asm_rr(&emit->as, PROA_ASM_XORPS, reg, reg);
}

void proa_xmm_copy(struct proa_emit *emit, unsigned to, unsigned from)
{
    if (to != from)
        proa_asm_rr(&emit->as, PROA_ASM_MOVAPS, to, from);
}

void proa_xmm_sign_mask(struct proa_emit *emit, bool is_f64, unsigned reg)
{
    proa_xmm_ones(emit, reg);
    proa_xmm_shift(emit, PROA_ASM_PSLL, is_f64 ? 3 : 2, reg, is_f64 ? 63 : 31);
}

void proa_xmm_abs_mask(struct proa_emit *emit, bool is_f64, unsigned reg)
{
    proa_xmm_ones(emit, reg);
    proa_xmm_shift(emit, PROA_ASM_PSRL, is_f64 ? 3 : 2, reg, 1);
}

void proa_xmm_constant(struct proa_emit *emit, unsigned reg, uint64_t low,
                       uint64_t high)
{
    struct proa_asm *as = &emit->as;

    if (low == 0 && high == 0) {
        proa_xmm_zero(emit, reg);
        return;
    }
    if (low == UINT64_MAX && high == UINT64_MAX) {
        proa_xmm_ones(emit, reg);
        return;
    }
    /* This clears the upper half. */
    proa_asm_constant(as, PROA_SCRATCH, low);
    proa_asm_rr(as, PROA_ASM_MOVD_TO_XMM | PROA_ASM_W, reg, PROA_SCRATCH);
    if (high == low) {
        proa_asm_rr(as, PROA_ASM_PUNPCKLQDQ, reg, reg);
    } else if (high != 0) {
        proa_asm_constant(as, PROA_SCRATCH, high);
        proa_asm_rri(as, PROA_ASM_PINSRQ, reg, PROA_SCRATCH, 1);
    }
}
