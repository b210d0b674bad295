/*
 * SIMD floats.
 * https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations
 *
 * Plain operations: where LLVM would fold a signalling NaN away is the business
 * of compile/quiet.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

static void emit_binary(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, LLVMBuildBinOp(proa_lower_builder(lower),
                                         (LLVMOpcode)row->code, a, b, ""));
}

static void emit_binary_intrinsic(struct proa_lower *lower,
                                  const struct proa_simd_row *row,
                                  const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_binary(lower, row->name, a, b));
}

static void emit_unary_intrinsic(struct proa_lower *lower,
                                 const struct proa_simd_row *row,
                                 const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_unary(lower, row->name, a));
}

static void emit_neg(struct proa_lower *lower, const struct proa_simd_row *row,
                     const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, LLVMBuildFNeg(proa_lower_builder(lower), a, ""));
}

static void emit_compare(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef is_true =
        LLVMBuildFCmp(builder, (LLVMRealPredicate)row->code, a, b, "");
    enum proa_lane mask =
        row->lane == PROA_LANE_F32 ? PROA_LANE_I32 : PROA_LANE_I64;

    (void)instruction;
    proa_simd_push(lower, LLVMBuildSExt(builder, is_true,
                                        proa_simd_type(lower, mask), ""));
}

/* pmin: b < a ? b : a; pmax: a < b ? b : a. No NaN is quieted. */
static void emit_pseudo(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef takes_b =
        LLVMBuildFCmp(builder, (LLVMRealPredicate)row->code, b, a, "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildSelect(builder, takes_b, b, a, ""));
}

#define CODE(op, emit, lane, code)                                             \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, false, false, code, NULL)
#define NAME(op, emit, lane, name)                                             \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, false, false, 0, name)

#define FLOAT(shape, lane)                                                     \
    NAME(shape##_ABS, emit_unary_intrinsic, lane, "llvm.fabs"),                \
        NAME(shape##_SQRT, emit_unary_intrinsic, lane, "llvm.sqrt"),           \
        NAME(shape##_CEIL, emit_unary_intrinsic, lane, "llvm.ceil"),           \
        NAME(shape##_FLOOR, emit_unary_intrinsic, lane, "llvm.floor"),         \
        NAME(shape##_TRUNC, emit_unary_intrinsic, lane, "llvm.trunc"),         \
        NAME(shape##_NEAREST, emit_unary_intrinsic, lane, "llvm.roundeven"),   \
        CODE(shape##_NEG, emit_neg, lane, 0),                                  \
        CODE(shape##_ADD, emit_binary, lane, LLVMFAdd),                        \
        CODE(shape##_SUB, emit_binary, lane, LLVMFSub),                        \
        CODE(shape##_MUL, emit_binary, lane, LLVMFMul),                        \
        CODE(shape##_DIV, emit_binary, lane, LLVMFDiv),                        \
        NAME(shape##_MIN, emit_binary_intrinsic, lane, "llvm.minimum"),        \
        NAME(shape##_MAX, emit_binary_intrinsic, lane, "llvm.maximum"),        \
        CODE(shape##_PMIN, emit_pseudo, lane, LLVMRealOLT),                    \
        CODE(shape##_PMAX, emit_pseudo, lane, LLVMRealOGT),                    \
        CODE(shape##_EQ, emit_compare, lane, LLVMRealOEQ),                     \
        CODE(shape##_NE, emit_compare, lane, LLVMRealUNE),                     \
        CODE(shape##_LT, emit_compare, lane, LLVMRealOLT),                     \
        CODE(shape##_GT, emit_compare, lane, LLVMRealOGT),                     \
        CODE(shape##_LE, emit_compare, lane, LLVMRealOLE),                     \
        CODE(shape##_GE, emit_compare, lane, LLVMRealOGE)

const struct proa_simd_row proa_simd_float_rows[PROA_SIMD_COUNT] = {
    FLOAT(F32X4, F32),
    FLOAT(F64X2, F64),
};
