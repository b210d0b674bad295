/*
 * SIMD: dispatch to the families, and what they share.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

#include <assert.h>
#include <string.h>

static const struct proa_simd_row *const families[] = {
    proa_simd_memory_rows,  proa_simd_lane_rows,
    proa_simd_integer_rows, proa_simd_widen_rows,
    proa_simd_float_rows,   proa_simd_convert_rows,
    proa_simd_relaxed_rows, NULL,
};

bool proa_lower_simd(struct proa_lower *lower,
                     const struct proa_instruction *instruction)
{
    unsigned index = (unsigned)instruction->op - PROA_SIMD_FIRST;

    if (index >= PROA_SIMD_COUNT)
        return false;
    for (size_t i = 0; families[i] != NULL; i++) {
        const struct proa_simd_row *row = &families[i][index];

        if (row->emit != NULL) {
            row->emit(lower, row, instruction);
            return true;
        }
    }
    return false;
}

unsigned proa_lane_bits(enum proa_lane lane)
{
    static const uint8_t bits[] = { 8, 16, 32, 64, 32, 64 };

    return bits[lane];
}

unsigned proa_lane_count(enum proa_lane lane)
{
    return 128 / proa_lane_bits(lane);
}

LLVMTypeRef proa_lane_type(struct proa_lower *lower, enum proa_lane lane)
{
    LLVMContextRef context = proa_lower_context(lower);

    if (lane == PROA_LANE_F32)
        return LLVMFloatTypeInContext(context);
    if (lane == PROA_LANE_F64)
        return LLVMDoubleTypeInContext(context);
    return LLVMIntTypeInContext(context, proa_lane_bits(lane));
}

LLVMTypeRef proa_simd_type(struct proa_lower *lower, enum proa_lane lane)
{
    return LLVMVectorType(proa_lane_type(lower, lane), proa_lane_count(lane));
}

/*
 * The bits of a constant vector, or false when it is no plain constant. Floats
 * are read as integers: reading them as numbers would quiet a NaN.
 */
static bool constant_bits(LLVMValueRef vector, uint64_t bits[2])
{
    LLVMTypeRef type = LLVMTypeOf(vector);
    LLVMTypeRef element = LLVMGetElementType(type);
    unsigned count = LLVMGetVectorSize(type);
    unsigned width = 128 / count;
    LLVMTypeRef integer = LLVMIntTypeInContext(LLVMGetTypeContext(type), width);

    if (!LLVMIsConstant(vector))
        return false;
    bits[0] = bits[1] = 0;
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef lane = LLVMGetAggregateElement(vector, i);
        unsigned at = i * width;

        if (lane != NULL && LLVMGetTypeKind(element) != LLVMIntegerTypeKind)
            lane = LLVMConstBitCast(lane, integer);
        if (lane == NULL || LLVMIsAConstantInt(lane) == NULL)
            return false;
        bits[at / 64] |= LLVMConstIntGetZExtValue(lane) << at % 64;
    }
    return true;
}

LLVMValueRef proa_simd_cast(struct proa_lower *lower, LLVMValueRef vector,
                            enum proa_lane lane)
{
    LLVMTypeRef type = proa_simd_type(lower, lane);
    unsigned width = proa_lane_bits(lane);
    LLVMTypeRef integer =
        LLVMIntTypeInContext(proa_lower_context(lower), width);
    LLVMValueRef lanes[16];
    uint64_t bits[2];

    if (LLVMTypeOf(vector) == type)
        return vector;
    if (!constant_bits(vector, bits))
        return LLVMBuildBitCast(proa_lower_builder(lower), vector, type, "");
    for (unsigned i = 0; i < proa_lane_count(lane); i++) {
        unsigned at = i * width;
        uint64_t part = bits[at / 64] >> at % 64;

        if (width < 64)
            part &= (UINT64_C(1) << width) - 1;
        lanes[i] = LLVMConstBitCast(LLVMConstInt(integer, part, false),
                                    proa_lane_type(lower, lane));
    }
    return LLVMConstVector(lanes, proa_lane_count(lane));
}

LLVMValueRef proa_simd_pop(struct proa_lower *lower, enum proa_lane lane)
{
    return proa_simd_cast(lower, proa_lower_pop(lower), lane);
}

void proa_simd_push(struct proa_lower *lower, LLVMValueRef vector)
{
    proa_lower_push(lower, proa_simd_cast(lower, vector, PROA_LANE_I64));
}

LLVMValueRef proa_simd_splat(struct proa_lower *lower, LLVMValueRef scalar,
                             unsigned count)
{
    LLVMBuilderRef builder = proa_lower_builder(lower);
    LLVMTypeRef i32 = LLVMInt32TypeInContext(proa_lower_context(lower));
    LLVMValueRef none =
        LLVMGetPoison(LLVMVectorType(LLVMTypeOf(scalar), count));
    LLVMValueRef one = LLVMBuildInsertElement(builder, none, scalar,
                                              LLVMConstInt(i32, 0, false), "");

    return LLVMBuildShuffleVector(
        builder, one, none, LLVMConstNull(LLVMVectorType(i32, count)), "");
}

LLVMValueRef proa_simd_const(struct proa_lower *lower, enum proa_lane lane,
                             uint64_t value)
{
    LLVMValueRef lanes[16];

    for (unsigned i = 0; i < proa_lane_count(lane); i++)
        lanes[i] = LLVMConstInt(proa_lane_type(lower, lane), value, false);
    return LLVMConstVector(lanes, proa_lane_count(lane));
}

LLVMValueRef proa_simd_stride(struct proa_lower *lower, LLVMValueRef a,
                              LLVMValueRef b, unsigned first, unsigned step,
                              unsigned count)
{
    LLVMTypeRef i32 = LLVMInt32TypeInContext(proa_lower_context(lower));
    LLVMValueRef mask[32];

    assert(count <= 32);
    for (unsigned i = 0; i < count; i++)
        mask[i] = LLVMConstInt(i32, first + i * step, false);
    return LLVMBuildShuffleVector(proa_lower_builder(lower), a, b,
                                  LLVMConstVector(mask, count), "");
}

LLVMValueRef proa_simd_extend(struct proa_lower *lower, LLVMValueRef vector,
                              bool is_signed)
{
    LLVMTypeRef type = LLVMTypeOf(vector);
    unsigned width = LLVMGetIntTypeWidth(LLVMGetElementType(type));
    LLVMTypeRef wide = LLVMVectorType(
        LLVMIntTypeInContext(proa_lower_context(lower), width * 2),
        LLVMGetVectorSize(type));

    return LLVMBuildCast(proa_lower_builder(lower),
                         is_signed ? LLVMSExt : LLVMZExt, vector, wide, "");
}

LLVMValueRef proa_simd_extend_half(struct proa_lower *lower,
                                   LLVMValueRef vector,
                                   const struct proa_simd_row *row)
{
    unsigned half = proa_lane_count(row->lane) / 2;
    LLVMValueRef part = proa_simd_stride(lower, vector, vector,
                                         row->is_high ? half : 0, 1, half);

    return proa_simd_extend(lower, part, row->is_signed);
}

LLVMValueRef proa_simd_unary(struct proa_lower *lower, const char *name,
                             LLVMValueRef a)
{
    LLVMTypeRef type = LLVMTypeOf(a);

    return proa_lower_intrinsic(lower, name, &type, 1, &a, 1);
}

LLVMValueRef proa_simd_binary(struct proa_lower *lower, const char *name,
                              LLVMValueRef a, LLVMValueRef b)
{
    LLVMTypeRef type = LLVMTypeOf(a);

    return proa_lower_intrinsic(lower, name, &type, 1, (LLVMValueRef[]){ a, b },
                                2);
}

LLVMValueRef proa_simd_target(struct proa_lower *lower, const char *name,
                              LLVMValueRef a, LLVMValueRef b)
{
    return proa_lower_intrinsic(lower, name, NULL, 0, (LLVMValueRef[]){ a, b },
                                2);
}

bool proa_simd_is_aarch64(struct proa_lower *lower)
{
    return strncmp(LLVMGetTarget(proa_lower_module(lower)), "aarch64", 7) == 0;
}
