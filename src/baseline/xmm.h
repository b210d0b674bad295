/*
 * What the families that work in XMM registers share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_XMM_H
#define PROA_BASELINE_XMM_H

#include "baseline/emit.h"
#include "baseline/opcode_simd_x86_64.h"

/* The operand in its register, or else loaded into the scratch register; only
 * to be read. Release it as always. */
unsigned proa_xmm_source(struct proa_emit *emit,
                         const struct proa_operand *operand);

/* reg OP= operand, for a scalar instruction: the operand may lie in memory
 * wherever it likes. One that is neither there nor in a register goes through
 * the scratch register. The operand is released. */
void proa_xmm_apply(struct proa_emit *emit, uint32_t op, unsigned reg,
                    const struct proa_operand *operand);

/* Shift all lanes of 2^lane bytes by a constant. */
void proa_xmm_shift(struct proa_emit *emit, enum proa_asm_packed_shift shift,
                    unsigned lane, unsigned reg, unsigned count);

void proa_xmm_ones(struct proa_emit *emit, unsigned reg);
void proa_xmm_zero(struct proa_emit *emit, unsigned reg);
void proa_xmm_copy(struct proa_emit *emit, unsigned to, unsigned from);
/* In each lane of a float: the sign bit alone, or all the others. */
void proa_xmm_sign_mask(struct proa_emit *emit, bool is_f64, unsigned reg);
void proa_xmm_abs_mask(struct proa_emit *emit, bool is_f64, unsigned reg);
/* 128 bits; the scratch gpr is lost. */
void proa_xmm_constant(struct proa_emit *emit, unsigned reg, uint64_t low,
                       uint64_t high);

#endif
