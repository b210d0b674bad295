/*
 * SIMD loads and stores.
 * https://webassembly.github.io/spec/core/syntax/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/simd.h"

static LLVMValueRef lane_index(struct proa_lower *lower, unsigned index)
{
    return LLVMConstInt(LLVMInt32TypeInContext(proa_lower_context(lower)),
                        index, false);
}

static void emit_load(struct proa_lower *lower, const struct proa_simd_row *row,
                      const struct proa_instruction *instruction)
{
    LLVMValueRef address = proa_lower_pop(lower);

    proa_simd_push(lower, proa_lower_load(lower, &instruction->memarg, address,
                                          proa_simd_type(lower, row->lane)));
}

static void emit_store(struct proa_lower *lower,
                       const struct proa_simd_row *row,
                       const struct proa_instruction *instruction)
{
    LLVMValueRef value = proa_simd_pop(lower, row->lane);
    LLVMValueRef address = proa_lower_pop(lower);

    proa_lower_store(lower, &instruction->memarg, address, value);
}

/* Eight bytes of narrow lanes, each widened. */
static void emit_load_extend(struct proa_lower *lower,
                             const struct proa_simd_row *row,
                             const struct proa_instruction *instruction)
{
    LLVMTypeRef half = LLVMVectorType(proa_lane_type(lower, row->lane),
                                      proa_lane_count(row->lane) / 2);
    LLVMValueRef address = proa_lower_pop(lower);
    LLVMValueRef value =
        proa_lower_load(lower, &instruction->memarg, address, half);

    proa_simd_push(lower, proa_simd_extend(lower, value, row->is_signed));
}

static LLVMValueRef load_lane(struct proa_lower *lower,
                              const struct proa_simd_row *row,
                              const struct proa_instruction *instruction)
{
    LLVMValueRef address = proa_lower_pop(lower);

    return proa_lower_load(lower, &instruction->memarg, address,
                           proa_lane_type(lower, row->lane));
}

static void emit_load_splat(struct proa_lower *lower,
                            const struct proa_simd_row *row,
                            const struct proa_instruction *instruction)
{
    LLVMValueRef value = load_lane(lower, row, instruction);

    proa_simd_push(lower,
                   proa_simd_splat(lower, value, proa_lane_count(row->lane)));
}

static void emit_load_zero(struct proa_lower *lower,
                           const struct proa_simd_row *row,
                           const struct proa_instruction *instruction)
{
    LLVMValueRef value = load_lane(lower, row, instruction);
    LLVMValueRef zero = LLVMConstNull(proa_simd_type(lower, row->lane));

    proa_simd_push(lower,
                   LLVMBuildInsertElement(proa_lower_builder(lower), zero,
                                          value, lane_index(lower, 0), ""));
}

static void emit_load_lane(struct proa_lower *lower,
                           const struct proa_simd_row *row,
                           const struct proa_instruction *instruction)
{
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);
    LLVMValueRef value = load_lane(lower, row, instruction);

    proa_simd_push(lower, LLVMBuildInsertElement(
                              proa_lower_builder(lower), vector, value,
                              lane_index(lower, instruction->lane), ""));
}

static void emit_store_lane(struct proa_lower *lower,
                            const struct proa_simd_row *row,
                            const struct proa_instruction *instruction)
{
    LLVMValueRef vector = proa_simd_pop(lower, row->lane);
    LLVMValueRef address = proa_lower_pop(lower);
    LLVMValueRef value =
        LLVMBuildExtractElement(proa_lower_builder(lower), vector,
                                lane_index(lower, instruction->lane), "");

    proa_lower_store(lower, &instruction->memarg, address, value);
}

#define ROW(op, emit, lane, is_signed)                                         \
    PROA_SIMD_ROW(op, emit, PROA_LANE_##lane, is_signed, false, 0, NULL)

const struct proa_simd_row proa_simd_memory_rows[PROA_SIMD_COUNT] = {
    ROW(V128_LOAD, emit_load, I64, false),
    ROW(V128_STORE, emit_store, I64, false),
    ROW(V128_LOAD8X8_S, emit_load_extend, I8, true),
    ROW(V128_LOAD8X8_U, emit_load_extend, I8, false),
    ROW(V128_LOAD16X4_S, emit_load_extend, I16, true),
    ROW(V128_LOAD16X4_U, emit_load_extend, I16, false),
    ROW(V128_LOAD32X2_S, emit_load_extend, I32, true),
    ROW(V128_LOAD32X2_U, emit_load_extend, I32, false),
    ROW(V128_LOAD8_SPLAT, emit_load_splat, I8, false),
    ROW(V128_LOAD16_SPLAT, emit_load_splat, I16, false),
    ROW(V128_LOAD32_SPLAT, emit_load_splat, I32, false),
    ROW(V128_LOAD64_SPLAT, emit_load_splat, I64, false),
    ROW(V128_LOAD32_ZERO, emit_load_zero, I32, false),
    ROW(V128_LOAD64_ZERO, emit_load_zero, I64, false),
    ROW(V128_LOAD8_LANE, emit_load_lane, I8, false),
    ROW(V128_LOAD16_LANE, emit_load_lane, I16, false),
    ROW(V128_LOAD32_LANE, emit_load_lane, I32, false),
    ROW(V128_LOAD64_LANE, emit_load_lane, I64, false),
    ROW(V128_STORE8_LANE, emit_store_lane, I8, false),
    ROW(V128_STORE16_LANE, emit_store_lane, I16, false),
    ROW(V128_STORE32_LANE, emit_store_lane, I32, false),
    ROW(V128_STORE64_LANE, emit_store_lane, I64, false),
};
