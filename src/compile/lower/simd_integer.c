/*
 * SIMD integers, lane by lane, and the bitwise instructions. What changes the
 * width of a lane is in simd_widen.c.
 * https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations
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
    proa_simd_push(lower, LLVMBuildNeg(proa_lower_builder(lower), a, ""));
}

/* The least number stays itself: the flag that makes it poison is off. */
static void emit_abs(struct proa_lower *lower, const struct proa_simd_row *row,
                     const struct proa_instruction *instruction)
{
    LLVMTypeRef i1 = LLVMInt1TypeInContext(proa_lower_context(lower));
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_binary(lower, "llvm.abs", a,
                                           LLVMConstInt(i1, 0, false)));
}

static void emit_compare(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef is_true =
        LLVMBuildICmp(builder, (LLVMIntPredicate)row->code, a, b, "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildSExt(builder, is_true,
                                        proa_simd_type(lower, row->lane), ""));
}

/* The count is taken modulo the lane's width. */
static void emit_shift(struct proa_lower *lower,
                       const struct proa_simd_row *row,
                       const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef count = proa_lower_pop(lower);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef most =
        LLVMConstInt(LLVMTypeOf(count), proa_lane_bits(row->lane) - 1, false);

    (void)instruction;
    count = LLVMBuildAnd(builder, count, most, "");
    count = LLVMBuildIntCast2(builder, count, proa_lane_type(lower, row->lane),
                              false, "");
    count = proa_simd_splat(lower, count, proa_lane_count(row->lane));
    proa_simd_push(
        lower, LLVMBuildBinOp(builder, (LLVMOpcode)row->code, a, count, ""));
}

/* (a + b + 1) >> 1 without losing the carry; a form the targets know. */
static void emit_avgr(struct proa_lower *lower, const struct proa_simd_row *row,
                      const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b =
        proa_simd_extend(lower, proa_simd_pop(lower, row->lane), false);
    LLVMValueRef a =
        proa_simd_extend(lower, proa_simd_pop(lower, row->lane), false);
    LLVMTypeRef wide = LLVMTypeOf(a);
    LLVMValueRef one =
        proa_simd_splat(lower, LLVMConstInt(LLVMGetElementType(wide), 1, false),
                        proa_lane_count(row->lane));
    LLVMValueRef sum = LLVMBuildAdd(builder, a, b, "");

    (void)instruction;
    sum = LLVMBuildAdd(builder, sum, one, "");
    sum = LLVMBuildLShr(builder, sum, one, "");
    proa_simd_push(lower, LLVMBuildTrunc(builder, sum,
                                         proa_simd_type(lower, row->lane), ""));
}

static void push_bool(struct proa_lower *lower, LLVMValueRef bits)
{
    proa_lower_push(
        lower,
        LLVMBuildZExt(proa_lower_builder(lower), bits,
                      LLVMInt32TypeInContext(proa_lower_context(lower)), ""));
}

static void emit_any_true(struct proa_lower *lower,
                          const struct proa_simd_row *row,
                          const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMTypeRef i128 = LLVMInt128TypeInContext(proa_lower_context(lower));
    LLVMValueRef bits =
        LLVMBuildBitCast(builder, proa_simd_pop(lower, row->lane), i128, "");

    (void)instruction;
    push_bool(lower,
              LLVMBuildICmp(builder, LLVMIntNE, bits, LLVMConstNull(i128), ""));
}

static void emit_all_true(struct proa_lower *lower,
                          const struct proa_simd_row *row,
                          const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef lanes =
        LLVMBuildICmp(builder, LLVMIntNE, a, LLVMConstNull(LLVMTypeOf(a)), "");

    (void)instruction;
    push_bool(lower, proa_simd_unary(lower, "llvm.vector.reduce.and", lanes));
}

static void emit_bitmask(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef lanes =
        LLVMBuildICmp(builder, LLVMIntSLT, a, LLVMConstNull(LLVMTypeOf(a)), "");
    LLVMTypeRef bits = LLVMIntTypeInContext(proa_lower_context(lower),
                                            proa_lane_count(row->lane));

    (void)instruction;
    push_bool(lower, LLVMBuildBitCast(builder, lanes, bits, ""));
}

static void emit_not(struct proa_lower *lower, const struct proa_simd_row *row,
                     const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, LLVMBuildNot(proa_lower_builder(lower), a, ""));
}

static void emit_andnot(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower,
                   LLVMBuildAnd(builder, a, LLVMBuildNot(builder, b, ""), ""));
}

void proa_simd_emit_bitselect(struct proa_lower *lower,
                              const struct proa_simd_row *row,
                              const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef mask = proa_simd_pop(lower, row->lane);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef from_a = LLVMBuildAnd(builder, a, mask, "");
    LLVMValueRef from_b =
        LLVMBuildAnd(builder, b, LLVMBuildNot(builder, mask, ""), "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildOr(builder, from_a, from_b, ""));
}

#define PLAIN(op, emit, lane)                                                  \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, false, false, 0, NULL)
#define CODE(op, emit, lane, code)                                             \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, false, false, code, NULL)
#define BINARY(op, lane, code) CODE(op, emit_binary, lane, code)
#define COMPARE(op, lane, code) CODE(op, emit_compare, lane, code)
#define SHIFT(op, lane, code) CODE(op, emit_shift, lane, code)
#define INTRINSIC(op, lane, name)                                              \
    PROA_SIMD_ROW(op, emit_binary_intrinsic, PROA_LANE_##lane, false, false,   \
                  0, name)

/* The instructions that all four lane types have. */
#define COMMON(shape, lane)                                                    \
    PLAIN(shape##_ABS, emit_abs, lane), PLAIN(shape##_NEG, emit_neg, lane),    \
        PLAIN(shape##_ALL_TRUE, emit_all_true, lane),                          \
        PLAIN(shape##_BITMASK, emit_bitmask, lane),                            \
        SHIFT(shape##_SHL, lane, LLVMShl),                                     \
        SHIFT(shape##_SHR_S, lane, LLVMAShr),                                  \
        SHIFT(shape##_SHR_U, lane, LLVMLShr),                                  \
        BINARY(shape##_ADD, lane, LLVMAdd),                                    \
        BINARY(shape##_SUB, lane, LLVMSub),                                    \
        COMPARE(shape##_EQ, lane, LLVMIntEQ),                                  \
        COMPARE(shape##_NE, lane, LLVMIntNE),                                  \
        COMPARE(shape##_LT_S, lane, LLVMIntSLT),                               \
        COMPARE(shape##_GT_S, lane, LLVMIntSGT),                               \
        COMPARE(shape##_LE_S, lane, LLVMIntSLE),                               \
        COMPARE(shape##_GE_S, lane, LLVMIntSGE)

/* Those that 64-bit lanes have not. */
#define ORDERED(shape, lane)                                                   \
    COMPARE(shape##_LT_U, lane, LLVMIntULT),                                   \
        COMPARE(shape##_GT_U, lane, LLVMIntUGT),                               \
        COMPARE(shape##_LE_U, lane, LLVMIntULE),                               \
        COMPARE(shape##_GE_U, lane, LLVMIntUGE),                               \
        INTRINSIC(shape##_MIN_S, lane, "llvm.smin"),                           \
        INTRINSIC(shape##_MIN_U, lane, "llvm.umin"),                           \
        INTRINSIC(shape##_MAX_S, lane, "llvm.smax"),                           \
        INTRINSIC(shape##_MAX_U, lane, "llvm.umax")

/* Those of 8 and 16 bits only. */
#define SATURATING(shape, lane)                                                \
    INTRINSIC(shape##_ADD_SAT_S, lane, "llvm.sadd.sat"),                       \
        INTRINSIC(shape##_ADD_SAT_U, lane, "llvm.uadd.sat"),                   \
        INTRINSIC(shape##_SUB_SAT_S, lane, "llvm.ssub.sat"),                   \
        INTRINSIC(shape##_SUB_SAT_U, lane, "llvm.usub.sat"),                   \
        PLAIN(shape##_AVGR_U, emit_avgr, lane)

const struct proa_simd_row proa_simd_integer_rows[PROA_SIMD_COUNT] = {
    COMMON(I8X16, I8),
    COMMON(I16X8, I16),
    COMMON(I32X4, I32),
    COMMON(I64X2, I64),
    ORDERED(I8X16, I8),
    ORDERED(I16X8, I16),
    ORDERED(I32X4, I32),
    SATURATING(I8X16, I8),
    SATURATING(I16X8, I16),
    BINARY(I16X8_MUL, I16, LLVMMul),
    BINARY(I32X4_MUL, I32, LLVMMul),
    BINARY(I64X2_MUL, I64, LLVMMul),
    PROA_SIMD_ROW(I8X16_POPCNT, emit_unary_intrinsic, PROA_LANE_I8, false,
                  false, 0, "llvm.ctpop"),
    BINARY(V128_AND, I64, LLVMAnd),
    BINARY(V128_OR, I64, LLVMOr),
    BINARY(V128_XOR, I64, LLVMXor),
    PLAIN(V128_NOT, emit_not, I64),
    PLAIN(V128_ANDNOT, emit_andnot, I64),
    PLAIN(V128_BITSELECT, proa_simd_emit_bitselect, I64),
    PLAIN(V128_ANY_TRUE, emit_any_true, I64),
};
