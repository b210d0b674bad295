/*
 * What the files that lower SIMD share: lanes, rows, helpers.
 * https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations
 *
 * A v128 is <2 x i64> on the operand stack; proa_simd_pop() gives it the shape
 * an instruction wants, proa_simd_push() takes any shape of 128 bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_SIMD_H
#define PROA_COMPILE_LOWER_SIMD_H

#include "compile/lower/lower.h"

enum {
    PROA_SIMD_FIRST = PROA_OP_V128_LOAD,
    PROA_SIMD_LAST = PROA_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S,
    PROA_SIMD_COUNT = PROA_SIMD_LAST - PROA_SIMD_FIRST + 1
};

enum proa_lane {
    PROA_LANE_I8,
    PROA_LANE_I16,
    PROA_LANE_I32,
    PROA_LANE_I64,
    PROA_LANE_F32,
    PROA_LANE_F64,
};

/* One instruction: who emits it, and what differs from its neighbours. */
struct proa_simd_row {
    void (*emit)(struct proa_lower *lower, const struct proa_simd_row *row,
                 const struct proa_instruction *instruction);
    uint8_t lane;     /* enum proa_lane, of the operands */
    bool is_signed;   /* reads its integer operands as signed */
    bool is_high;     /* works on the upper half of the lanes */
    int code;         /* LLVMOpcode or predicate, as `emit` wants */
    const char *name; /* of an LLVM intrinsic, overloaded on the vector */
};

/* A family's table: a row for each of its instructions, others are empty. */
#define PROA_SIMD_ROW(op, ...)                                                 \
    [PROA_OP_##op - PROA_SIMD_FIRST] = { __VA_ARGS__ }

extern const struct proa_simd_row proa_simd_memory_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_lane_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_integer_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_widen_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_float_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_convert_rows[PROA_SIMD_COUNT];
extern const struct proa_simd_row proa_simd_relaxed_rows[PROA_SIMD_COUNT];

unsigned proa_lane_bits(enum proa_lane lane);
unsigned proa_lane_count(enum proa_lane lane); /* in 128 bits */
LLVMTypeRef proa_lane_type(struct proa_lower *lower, enum proa_lane lane);
LLVMTypeRef proa_simd_type(struct proa_lower *lower, enum proa_lane lane);

LLVMValueRef proa_simd_pop(struct proa_lower *lower, enum proa_lane lane);
void proa_simd_push(struct proa_lower *lower, LLVMValueRef vector);

/* The same bits in the shape of `lane`; a constant stays a plain constant. */
LLVMValueRef proa_simd_cast(struct proa_lower *lower, LLVMValueRef vector,
                            enum proa_lane lane);

LLVMValueRef proa_simd_splat(struct proa_lower *lower, LLVMValueRef scalar,
                             unsigned count);
/* An integer constant in each lane. */
LLVMValueRef proa_simd_const(struct proa_lower *lower, enum proa_lane lane,
                             uint64_t value);
/* Lanes first, first + step ... of `a` followed by `b`. */
LLVMValueRef proa_simd_stride(struct proa_lower *lower, LLVMValueRef a,
                              LLVMValueRef b, unsigned first, unsigned step,
                              unsigned count);
/* Twice as wide an element: vector or scalar extension of the integer. */
LLVMValueRef proa_simd_extend(struct proa_lower *lower, LLVMValueRef vector,
                              bool is_signed);
/* The lower or upper half of the lanes, each twice as wide. */
LLVMValueRef proa_simd_extend_half(struct proa_lower *lower,
                                   LLVMValueRef vector,
                                   const struct proa_simd_row *row);

/* An intrinsic that is overloaded on the type of its first argument. */
LLVMValueRef proa_simd_unary(struct proa_lower *lower, const char *name,
                             LLVMValueRef a);
LLVMValueRef proa_simd_binary(struct proa_lower *lower, const char *name,
                              LLVMValueRef a, LLVMValueRef b);
/* An intrinsic of the target, not overloaded. */
LLVMValueRef proa_simd_target(struct proa_lower *lower, const char *name,
                              LLVMValueRef a, LLVMValueRef b);
bool proa_simd_is_aarch64(struct proa_lower *lower);

/* Shared by a plain and a relaxed instruction. */
LLVMValueRef proa_simd_swizzle(struct proa_lower *lower, LLVMValueRef vector,
                               LLVMValueRef lanes);
LLVMValueRef proa_simd_q15mulr(struct proa_lower *lower, LLVMValueRef a,
                               LLVMValueRef b);
void proa_simd_emit_bitselect(struct proa_lower *lower,
                              const struct proa_simd_row *row,
                              const struct proa_instruction *instruction);
void proa_simd_emit_trunc_sat(struct proa_lower *lower,
                              const struct proa_simd_row *row,
                              const struct proa_instruction *instruction);

#endif
