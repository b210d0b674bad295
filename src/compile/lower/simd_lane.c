/*
 * SIMD lanes: constants, splat, extract, replace, shuffle, swizzle.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

static LLVMTypeRef i32_type(struct proa_lower *lower)
{
    return LLVMInt32TypeInContext(proa_lower_context(lower));
}

static LLVMValueRef lane_index(struct proa_lower *lower, unsigned index)
{
    return LLVMConstInt(i32_type(lower), index, false);
}

static void emit_const(struct proa_lower *lower,
                       const struct proa_simd_row *row,
                       const struct proa_instruction *instruction)
{
    LLVMTypeRef i64 = proa_lane_type(lower, row->lane);
    LLVMValueRef halves[2];

    for (unsigned half = 0; half < 2; half++) {
        uint64_t bits = 0;

        for (unsigned i = 8; i > 0; i--)
            bits = bits << 8 | instruction->bytes[half * 8 + i - 1];
        halves[half] = LLVMConstInt(i64, bits, false);
    }
    proa_lower_push(lower, LLVMConstVector(halves, 2));
}

/* The operand of a narrow integer lane is an i32. */
static LLVMValueRef pop_scalar(struct proa_lower *lower, enum proa_lane lane)
{
    LLVMValueRef scalar = proa_lower_pop(lower);

    if (lane != PROA_LANE_I8 && lane != PROA_LANE_I16)
        return scalar;
    return LLVMBuildTrunc(proa_lower_builder(lower), scalar,
                          proa_lane_type(lower, lane), "");
}

static void emit_splat(struct proa_lower *lower,
                       const struct proa_simd_row *row,
                       const struct proa_instruction *instruction)
{
    LLVMValueRef scalar = pop_scalar(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower,
                   proa_simd_splat(lower, scalar, proa_lane_count(row->lane)));
}

static void emit_extract(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);
    LLVMValueRef scalar = LLVMBuildExtractElement(
        builder, vector, lane_index(lower, instruction->lane), "");

    if (row->lane == PROA_LANE_I8 || row->lane == PROA_LANE_I16)
        scalar = LLVMBuildCast(builder, row->is_signed ? LLVMSExt : LLVMZExt,
                               scalar, i32_type(lower), "");
    proa_lower_push(lower, scalar);
}

static void emit_replace(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef scalar = pop_scalar(lower, row->lane);
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);

    proa_simd_push(lower, LLVMBuildInsertElement(
                              proa_lower_builder(lower), vector, scalar,
                              lane_index(lower, instruction->lane), ""));
}

static void emit_shuffle(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef b = proa_simd_pop(lower, row->lane);
    LLVMValueRef a = proa_simd_pop(lower, row->lane);
    LLVMValueRef mask[16];

    for (unsigned i = 0; i < 16; i++)
        mask[i] = lane_index(lower, instruction->bytes[i]);
    proa_simd_push(lower,
                   LLVMBuildShuffleVector(proa_lower_builder(lower), a, b,
                                          LLVMConstVector(mask, 16), ""));
}

/* A target without a table lookup: lane by lane. */
static LLVMValueRef swizzle_by_lane(struct proa_lower *lower,
                                    LLVMValueRef vector, LLVMValueRef lanes)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMTypeRef i8 = proa_lane_type(lower, PROA_LANE_I8);
    LLVMValueRef result = LLVMConstNull(proa_simd_type(lower, PROA_LANE_I8));

    for (unsigned i = 0; i < 16; i++) {
        LLVMValueRef at = lane_index(lower, i);
        LLVMValueRef lane = LLVMBuildExtractElement(builder, lanes, at, "");
        LLVMValueRef in_range = LLVMBuildICmp(builder, LLVMIntULT, lane,
                                              LLVMConstInt(i8, 16, false), "");
        LLVMValueRef masked =
            LLVMBuildAnd(builder, lane, LLVMConstInt(i8, 15, false), "");
        LLVMValueRef value =
            LLVMBuildExtractElement(builder, vector, masked, "");

        value =
            LLVMBuildSelect(builder, in_range, value, LLVMConstNull(i8), "");
        result = LLVMBuildInsertElement(builder, result, value, at, "");
    }
    return result;
}

LLVMValueRef proa_simd_swizzle(struct proa_lower *lower, LLVMValueRef vector,
                               LLVMValueRef lanes)
{
    LLVMTypeRef type = proa_simd_type(lower, PROA_LANE_I8);

    /* pshufb gives 0 where the top bit is set and looks at 4 bits elsewhere:
     * the addition sets the bit of every index above 15. */
    if (proa_lower_is_x86(lower) && proa_lower_has_feature(lower, "ssse3"))
        return proa_simd_target(
            lower, "llvm.x86.ssse3.pshuf.b.128", vector,
            proa_simd_binary(lower, "llvm.uadd.sat", lanes,
                             proa_simd_const(lower, PROA_LANE_I8, 0x70)));
    if (proa_simd_is_aarch64(lower))
        return proa_lower_intrinsic(lower, "llvm.aarch64.neon.tbl1", &type, 1,
                                    (LLVMValueRef[]){ vector, lanes }, 2);
    return swizzle_by_lane(lower, vector, lanes);
}

static void emit_swizzle(struct proa_lower *lower,
                         const struct proa_simd_row *row,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef lanes = proa_simd_pop(lower, row->lane);
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);

    (void)instruction;
    proa_simd_push(lower, proa_simd_swizzle(lower, vector, lanes));
}

#define ROW(op, emit, lane, is_signed)                                         \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, is_signed, false, 0, NULL)

const struct proa_simd_row proa_simd_lane_rows[PROA_SIMD_COUNT] = {
    ROW(V128_CONST, emit_const, I64, false),
    ROW(I8X16_SPLAT, emit_splat, I8, false),
    ROW(I16X8_SPLAT, emit_splat, I16, false),
    ROW(I32X4_SPLAT, emit_splat, I32, false),
    ROW(I64X2_SPLAT, emit_splat, I64, false),
    ROW(F32X4_SPLAT, emit_splat, F32, false),
    ROW(F64X2_SPLAT, emit_splat, F64, false),
    ROW(I8X16_EXTRACT_LANE_S, emit_extract, I8, true),
    ROW(I8X16_EXTRACT_LANE_U, emit_extract, I8, false),
    ROW(I16X8_EXTRACT_LANE_S, emit_extract, I16, true),
    ROW(I16X8_EXTRACT_LANE_U, emit_extract, I16, false),
    ROW(I32X4_EXTRACT_LANE, emit_extract, I32, false),
    ROW(I64X2_EXTRACT_LANE, emit_extract, I64, false),
    ROW(F32X4_EXTRACT_LANE, emit_extract, F32, false),
    ROW(F64X2_EXTRACT_LANE, emit_extract, F64, false),
    ROW(I8X16_REPLACE_LANE, emit_replace, I8, false),
    ROW(I16X8_REPLACE_LANE, emit_replace, I16, false),
    ROW(I32X4_REPLACE_LANE, emit_replace, I32, false),
    ROW(I64X2_REPLACE_LANE, emit_replace, I64, false),
    ROW(F32X4_REPLACE_LANE, emit_replace, F32, false),
    ROW(F64X2_REPLACE_LANE, emit_replace, F64, false),
    ROW(I8X16_SHUFFLE, emit_shuffle, I8, false),
    ROW(I8X16_SWIZZLE, emit_swizzle, I8, false),
};
