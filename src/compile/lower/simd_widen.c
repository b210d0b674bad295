/*
 * SIMD integers that change the width of a lane: extend, narrow, multiply and
 * add into wider lanes.
 * https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

static enum proa_lane wider(unsigned lane)
{
    return (enum proa_lane)(lane + 1); /* I8, I16, I32, I64 in this order */
}

static void emit_extend(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_extend_half(lower, a, row));
}

static void emit_extmul(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);

    (void)instruction;
    a = proa_simd_extend_half(lower, a, row);
    b = proa_simd_extend_half(lower, b, row);
    proa_simd_push(lower, LLVMBuildMul(proa_lower_builder(lower), a, b, ""));
}

/* Neighbours are the two halves of a wide lane: shifts, no shuffle. */
static void emit_extadd_pairwise(struct proa_lower *lower,
                                 const struct proa_simd_row *row,
                                 const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMOpcode shift = row->is_signed ? LLVMAShr : LLVMLShr;
    LLVMValueRef a = proa_simd_pop(lower, wider(row->lane));
    LLVMValueRef bits =
        proa_simd_const(lower, wider(row->lane), proa_lane_bits(row->lane));
    LLVMValueRef odd = LLVMBuildBinOp(builder, shift, a, bits, "");
    LLVMValueRef even = LLVMBuildBinOp(
        builder, shift, LLVMBuildShl(builder, a, bits, ""), bits, "");

    (void)instruction;
    proa_simd_push(lower, LLVMBuildAdd(builder, even, odd, ""));
}

/* Signed lanes to narrower ones, clamped; those of `a`, then those of `b`.
 * row->name is x86's instruction for it. */
static void emit_narrow(struct proa_lower *lower,
                        const struct proa_simd_row *row,
                        const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    unsigned count = proa_lane_count(row->lane) * 2;
    unsigned bits = proa_lane_bits(row->lane) / 2;
    uint64_t most = (UINT64_C(1) << (row->is_signed ? bits - 1 : bits)) - 1;
    uint64_t least = row->is_signed ? ~most : 0;
    LLVMTypeRef lane = proa_lane_type(lower, row->lane);
    LLVMValueRef both;

    (void)instruction;
    /* packusdw is the one that SSE2 lacks; we ask for the same of all. */
    if (proa_lower_is_x86(lower) && proa_lower_has_feature(lower, "sse4.1")) {
        proa_simd_push(lower, proa_simd_target(lower, row->name, a, b));
        return;
    }
    both = proa_simd_stride(lower, a, b, 0, 1, count);
    both = proa_simd_binary(
        lower, "llvm.smax", both,
        proa_simd_splat(lower, LLVMConstInt(lane, least, true), count));
    both = proa_simd_binary(
        lower, "llvm.smin", both,
        proa_simd_splat(lower, LLVMConstInt(lane, most, true), count));
    proa_simd_push(
        lower,
        LLVMBuildTrunc(
            builder, both,
            LLVMVectorType(
                LLVMIntTypeInContext(proa_lower_context(lower), bits), count),
            ""));
}

static void emit_dot(struct proa_lower *lower, const struct proa_simd_row *row,
                     const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    unsigned count = proa_lane_count(row->lane);
    LLVMValueRef products;
    LLVMValueRef sum;

    (void)instruction;
    if (proa_lower_is_x86(lower)) {
        proa_simd_push(lower, proa_simd_target(lower, row->name, a, b));
        return;
    }
    products = LLVMBuildMul(builder, proa_simd_extend(lower, a, true),
                            proa_simd_extend(lower, b, true), "");
    sum = LLVMBuildAdd(
        builder, proa_simd_stride(lower, products, products, 0, 2, count / 2),
        proa_simd_stride(lower, products, products, 1, 2, count / 2), "");
    proa_simd_push(lower, sum);
}

LLVMValueRef proa_simd_q15mulr(struct proa_lower *lower, LLVMValueRef a,
                               LLVMValueRef b)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMTypeRef type = proa_simd_type(lower, PROA_LANE_I16);
    LLVMTypeRef i32 = proa_lane_type(lower, PROA_LANE_I32);
    LLVMValueRef product;

    /* pmulhrsw makes 0x8000 of -1 * -1, and of nothing else: 0x7fff it is. */
    if (proa_lower_is_x86(lower) && proa_lower_has_feature(lower, "ssse3")) {
        LLVMValueRef least = proa_simd_const(lower, PROA_LANE_I16, 0x8000);

        product =
            proa_simd_target(lower, "llvm.x86.ssse3.pmul.hr.sw.128", a, b);
        return LLVMBuildXor(
            builder, product,
            LLVMBuildSExt(builder,
                          LLVMBuildICmp(builder, LLVMIntEQ, product, least, ""),
                          type, ""),
            "");
    }
    product = LLVMBuildMul(builder, proa_simd_extend(lower, a, true),
                           proa_simd_extend(lower, b, true), "");
    product = LLVMBuildAdd(
        builder, product,
        proa_simd_splat(lower, LLVMConstInt(i32, 0x4000, false), 8), "");
    product = LLVMBuildAShr(
        builder, product,
        proa_simd_splat(lower, LLVMConstInt(i32, 15, false), 8), "");
    product = proa_simd_binary(
        lower, "llvm.smin", product,
        proa_simd_splat(lower, LLVMConstInt(i32, 0x7fff, false), 8));
    return LLVMBuildTrunc(builder, product, type, "");
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

#define ROW(op, emit, lane, is_signed, is_high)                                \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, is_signed, is_high, 0, NULL)
#define NARROW(op, lane, is_signed, name)                                      \
    PROA_SIMD_ROW(op, emit_narrow, PROA_LANE_##lane, is_signed, false, 0, name)

/* `to` is made of the lanes of `from`, which are of type `lane`. */
#define EXTEND(to, from, lane)                                                 \
    ROW(to##_EXTEND_LOW_##from##_S, emit_extend, lane, true, false),           \
        ROW(to##_EXTEND_LOW_##from##_U, emit_extend, lane, false, false),      \
        ROW(to##_EXTEND_HIGH_##from##_S, emit_extend, lane, true, true),       \
        ROW(to##_EXTEND_HIGH_##from##_U, emit_extend, lane, false, true),      \
        ROW(to##_EXTMUL_LOW_##from##_S, emit_extmul, lane, true, false),       \
        ROW(to##_EXTMUL_LOW_##from##_U, emit_extmul, lane, false, false),      \
        ROW(to##_EXTMUL_HIGH_##from##_S, emit_extmul, lane, true, true),       \
        ROW(to##_EXTMUL_HIGH_##from##_U, emit_extmul, lane, false, true)
#define EXTADD(to, from, lane)                                                 \
    ROW(to##_EXTADD_PAIRWISE_##from##_S, emit_extadd_pairwise, lane, true,     \
        false),                                                                \
        ROW(to##_EXTADD_PAIRWISE_##from##_U, emit_extadd_pairwise, lane,       \
            false, false)

const struct proa_simd_row proa_simd_widen_rows[PROA_SIMD_COUNT] = {
    EXTEND(I16X8, I8X16, I8),
    EXTEND(I32X4, I16X8, I16),
    EXTEND(I64X2, I32X4, I32),
    EXTADD(I16X8, I8X16, I8),
    EXTADD(I32X4, I16X8, I16),
    NARROW(I8X16_NARROW_I16X8_S, I16, true, "llvm.x86.sse2.packsswb.128"),
    NARROW(I8X16_NARROW_I16X8_U, I16, false, "llvm.x86.sse2.packuswb.128"),
    NARROW(I16X8_NARROW_I32X4_S, I32, true, "llvm.x86.sse2.packssdw.128"),
    NARROW(I16X8_NARROW_I32X4_U, I32, false, "llvm.x86.sse41.packusdw"),
    PROA_SIMD_ROW(I32X4_DOT_I16X8_S, emit_dot, PROA_LANE_I16, true, false, 0,
                  "llvm.x86.sse2.pmadd.wd"),
    ROW(I16X8_Q15MULR_SAT_S, emit_q15mulr, I16, true, false),
};
