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

/*
 * x86 has no such operation, and LLVM's own form needs three blends and keeps a
 * signalling NaN. Its minps takes the second operand when the two are equal or
 * one is a NaN, so: both ways round, and the bits of -0 or +0 joined; where a
 * NaN is, the sum, which is a quiet one.
 */
static LLVMValueRef min_max_x86(struct proa_lower *lower,
                                const struct proa_simd_row *row, LLVMValueRef a,
                                LLVMValueRef b)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    bool is_min = row->code == LLVMRealOLT;
    LLVMRealPredicate before = (LLVMRealPredicate)row->code;
    LLVMValueRef first = LLVMBuildSelect(
        builder, LLVMBuildFCmp(builder, before, a, b, ""), a, b, "");
    LLVMValueRef second = LLVMBuildSelect(
        builder, LLVMBuildFCmp(builder, before, b, a, ""), b, a, "");
    LLVMValueRef joined =
        LLVMBuildBinOp(builder, is_min ? LLVMOr : LLVMAnd,
                       proa_simd_cast(lower, first, PROA_LANE_I64),
                       proa_simd_cast(lower, second, PROA_LANE_I64), "");

    return LLVMBuildSelect(builder,
                           LLVMBuildFCmp(builder, LLVMRealUNO, a, b, ""),
                           LLVMBuildFAdd(builder, a, b, ""),
                           proa_simd_cast(lower, joined, row->lane), "");
}

static void emit_min_max(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_lower_is_x86(lower)
                              ? min_max_x86(lower, row, a, b)
                              : proa_simd_binary(lower, row->name, a, b));
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
        PROA_SIMD_ROW(shape##_MIN, emit_min_max, PROA_LANE_##lane, false,      \
                      false, LLVMRealOLT, "llvm.minimum"),                     \
        PROA_SIMD_ROW(shape##_MAX, emit_min_max, PROA_LANE_##lane, false,      \
                      false, LLVMRealOGT, "llvm.maximum"),                     \
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
