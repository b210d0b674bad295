/*
 * Relaxed SIMD: of the results that the specification leaves open we always
 * take the same one, on every processor and in both tiers, so that a program
 * computes the same after better code has taken over. Multiply-add is therefore
 * never fused: baseline code runs where there is no fused instruction.
 * https://webassembly.github.io/spec/core/exec/relaxed.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

/* An index past the lanes gives 0. */
static void emit_swizzle(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef lanes = proa_simd_pop(lower, row->lane);
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_swizzle(lower, vector, lanes));
}

/* a * b + c, or with row->code c - a * b. */
static void emit_madd(struct proa_lower *lower, const struct proa_simd_row *row,
                      const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef c = proa_simd_pop(lower, row->lane);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    if (row->code != 0)
        a = LLVMBuildFNeg(builder, a, "");
    proa_simd_push(
        lower, LLVMBuildFAdd(builder, LLVMBuildFMul(builder, a, b, ""), c, ""));
}

/* The second operand when a NaN or two zeros leave it open, as minps does. */
static void emit_min_max(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef takes_a =
        LLVMBuildFCmp(builder, (LLVMRealPredicate)row->code, a, b, "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildSelect(builder, takes_a, a, b, ""));
}

static void emit_q15mulr(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_q15mulr(lower, a, b));
}

/* Products of signed bytes, neighbours added in 16 bits, modulo 2^16. */
static LLVMValueRef dot_bytes(struct proa_lower *lower, LLVMValueRef a,
                              LLVMValueRef b)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef products =
        LLVMBuildMul(builder, proa_simd_extend(lower, a, true),
                     proa_simd_extend(lower, b, true), "");

    return LLVMBuildAdd(
        builder, proa_simd_stride(lower, products, products, 0, 2, 8),
        proa_simd_stride(lower, products, products, 1, 2, 8), "");
}

static void emit_dot(struct proa_lower *lower, const struct proa_simd_row *row,
                     const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, dot_bytes(lower, a, b));
}

static void emit_dot_add(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef c = proa_simd_pop(lower, PROA_LANE_I32);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef pairs = proa_simd_extend(lower, dot_bytes(lower, a, b), true);
    LLVMValueRef sum =
        LLVMBuildAdd(builder, proa_simd_stride(lower, pairs, pairs, 0, 2, 4),
                     proa_simd_stride(lower, pairs, pairs, 1, 2, 4), "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildAdd(builder, sum, c, ""));
}

#define ROW(op, emit, lane, is_signed, code)                                   \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, is_signed, false, code, NULL)
#define FLOAT(shape, lane)                                                     \
    ROW(shape##_RELAXED_MADD, emit_madd, lane, false, 0),                      \
        ROW(shape##_RELAXED_NMADD, emit_madd, lane, false, 1),                 \
        ROW(shape##_RELAXED_MIN, emit_min_max, lane, false, LLVMRealOLT),      \
        ROW(shape##_RELAXED_MAX, emit_min_max, lane, false, LLVMRealOGT)
#define SELECT(op) ROW(op, proa_simd_emit_bitselect, I64, false, 0)
#define TRUNC(op, lane, is_signed)                                             \
    ROW(op, proa_simd_emit_trunc_sat, lane, is_signed, 0)

const struct proa_simd_row proa_simd_relaxed_rows[PROA_SIMD_COUNT] = {
    FLOAT(F32X4, F32),
    FLOAT(F64X2, F64),
    ROW(I8X16_RELAXED_SWIZZLE, emit_swizzle, I8, false, 0),
    TRUNC(I32X4_RELAXED_TRUNC_F32X4_S, F32, true),
    TRUNC(I32X4_RELAXED_TRUNC_F32X4_U, F32, false),
    TRUNC(I32X4_RELAXED_TRUNC_F64X2_S_ZERO, F64, true),
    TRUNC(I32X4_RELAXED_TRUNC_F64X2_U_ZERO, F64, false),
    SELECT(I8X16_RELAXED_LANESELECT),
    SELECT(I16X8_RELAXED_LANESELECT),
    SELECT(I32X4_RELAXED_LANESELECT),
    SELECT(I64X2_RELAXED_LANESELECT),
    ROW(I16X8_RELAXED_Q15MULR_S, emit_q15mulr, I16, true, 0),
    ROW(I16X8_RELAXED_DOT_I8X16_I7X16_S, emit_dot, I8, true, 0),
    ROW(I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S, emit_dot_add, I8, true, 0),
};
