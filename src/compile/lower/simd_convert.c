/*
 * SIMD conversions between integers and floats, and between floats.
 * https://webassembly.github.io/spec/core/exec/numerics.html#conversions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

/* Two 32-bit lanes, then two of zero. */
static void push_with_zeros(struct proa_lower *lower, LLVMValueRef pair)
{
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(pair));

    proa_simd_push(lower, proa_simd_stride(lower, pair, zero, 0, 1, 4));
}

void proa_simd_emit_trunc_sat(struct proa_lower *lower,
                              const struct proa_simd_row *row,
                              const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMTypeRef from = LLVMTypeOf(a);
    LLVMTypeRef to = LLVMVectorType(proa_lane_type(lower, PROA_LANE_I32),
                                    proa_lane_count(row->lane));
    LLVMValueRef result = proa_lower_intrinsic(
        lower, row->is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat",
        (LLVMTypeRef[]){ to, from }, 2, &a, 1);

    (void)instruction;
    if (row->lane == PROA_LANE_F64)
        push_with_zeros(lower, result);
    else
        proa_simd_push(lower, result);
}

/* Integers of 32 bits to floats of type row->lane, as many as fit. */
static void emit_convert(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, PROA_LANE_I32);

    (void)instruction;
    if (row->lane == PROA_LANE_F64)
        a = proa_simd_stride(lower, a, a, 0, 1, 2);
    proa_simd_push(lower,
                   LLVMBuildCast(proa_lower_builder(lower),
                                 row->is_signed ? LLVMSIToFP : LLVMUIToFP, a,
                                 proa_simd_type(lower, row->lane), ""));
}

static void emit_demote(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMTypeRef to = LLVMVectorType(proa_lane_type(lower, PROA_LANE_F32), 2);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    push_with_zeros(lower,
                    LLVMBuildFPTrunc(proa_lower_builder(lower), a, to, ""));
}

static void emit_promote(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    a = proa_simd_stride(lower, a, a, 0, 1, 2);
    proa_simd_push(lower,
                   LLVMBuildFPExt(proa_lower_builder(lower), a,
                                  proa_simd_type(lower, PROA_LANE_F64), ""));
}

#define ROW(op, emit, lane, is_signed)                                         \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, is_signed, false, 0, NULL)

const struct proa_simd_row proa_simd_convert_rows[PROA_SIMD_COUNT] = {
    ROW(I32X4_TRUNC_SAT_F32X4_S, proa_simd_emit_trunc_sat, F32, true),
    ROW(I32X4_TRUNC_SAT_F32X4_U, proa_simd_emit_trunc_sat, F32, false),
    ROW(I32X4_TRUNC_SAT_F64X2_S_ZERO, proa_simd_emit_trunc_sat, F64, true),
    ROW(I32X4_TRUNC_SAT_F64X2_U_ZERO, proa_simd_emit_trunc_sat, F64, false),
    ROW(F32X4_CONVERT_I32X4_S, emit_convert, F32, true),
    ROW(F32X4_CONVERT_I32X4_U, emit_convert, F32, false),
    ROW(F64X2_CONVERT_LOW_I32X4_S, emit_convert, F64, true),
    ROW(F64X2_CONVERT_LOW_I32X4_U, emit_convert, F64, false),
    ROW(F32X4_DEMOTE_F64X2_ZERO, emit_demote, F64, false),
    ROW(F64X2_PROMOTE_LOW_F32X4, emit_promote, F32, false),
};
