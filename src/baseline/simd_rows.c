/*
 * SIMD: what each instruction is made of.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

#define ROW(name, emitter, ...)                                                \
    [PROA_OP_##name -                                                          \
        PROA_SIMD_FIRST] = { .emit = proa_vector_##emitter, __VA_ARGS__ }

/* left OP= right; left may be either operand; right OP= left. */
#define PLAIN(name, code) ROW(name, binary, .op = PROA_ASM_##code)
#define EITHER(name, code)                                                     \
    ROW(name, binary, .op = PROA_ASM_##code, .flags = PROA_SIMD_COMMUTES)
#define REVERSED(name, code)                                                   \
    ROW(name, binary, .op = PROA_ASM_##code, .flags = PROA_SIMD_REVERSED)
#define INVERSE(name, code, side)                                              \
    ROW(name, binary, .op = PROA_ASM_##code,                                   \
        .flags = PROA_SIMD_##side | PROA_SIMD_INVERT)
#define UNARY(name, code) ROW(name, unary, .op = PROA_ASM_##code)

/* a >= b is min(a, b) == b, a <= b is max(a, b) == b. */
#define BOUND(name, bound, x)                                                  \
    ROW(name, binary, .op = PROA_ASM_##bound, .then = PROA_ASM_PCMPEQ##x)
#define BEYOND(name, bound, x)                                                 \
    ROW(name, binary, .op = PROA_ASM_##bound, .then = PROA_ASM_PCMPEQ##x,      \
        .flags = PROA_SIMD_INVERT)

/* What the lane types have in common; `x` is a letter in x86's names. */
#define COMMON(shape, x, bytes)                                                \
    EITHER(shape##_ADD, PADD##x), PLAIN(shape##_SUB, PSUB##x),                 \
        EITHER(shape##_EQ, PCMPEQ##x),                                         \
        INVERSE(shape##_NE, PCMPEQ##x, COMMUTES),                              \
        PLAIN(shape##_GT_S, PCMPGT##x), REVERSED(shape##_LT_S, PCMPGT##x),     \
        ROW(shape##_NEG, neg, .op = PROA_ASM_PSUB##x),                         \
        ROW(shape##_ALL_TRUE, all_true, .op = PROA_ASM_PCMPEQ##x),             \
        ROW(shape##_SPLAT, splat, .lane = bytes)
/* Not of i64x2. */
#define SMALL(shape, x)                                                        \
    BOUND(shape##_LE_S, PMAXS##x, x), BOUND(shape##_GE_S, PMINS##x, x),        \
        BOUND(shape##_LE_U, PMAXU##x, x), BOUND(shape##_GE_U, PMINU##x, x),    \
        BEYOND(shape##_GT_U, PMAXU##x, x), BEYOND(shape##_LT_U, PMINU##x, x),  \
        EITHER(shape##_MIN_S, PMINS##x), EITHER(shape##_MIN_U, PMINU##x),      \
        EITHER(shape##_MAX_S, PMAXS##x), EITHER(shape##_MAX_U, PMAXU##x),      \
        UNARY(shape##_ABS, PABS##x)
/* Of i8x16 and i16x8 only. */
#define SATURATING(shape, x)                                                   \
    EITHER(shape##_ADD_SAT_S, PADDS##x), EITHER(shape##_ADD_SAT_U, PADDUS##x), \
        PLAIN(shape##_SUB_SAT_S, PSUBS##x),                                    \
        PLAIN(shape##_SUB_SAT_U, PSUBUS##x), EITHER(shape##_AVGR_U, PAVG##x)

#define SHIFT(name, emitter, shift, bytes)                                     \
    ROW(name, emitter, .op = PROA_ASM_##shift, .lane = bytes)

/* `sx` and `zx` widen, `mul` multiplies what is wide. */
#define WIDEN(wide, narrow, sx, zx)                                            \
    ROW(wide##_EXTEND_LOW_##narrow##_S, extend, .op = PROA_ASM_##sx),          \
        ROW(wide##_EXTEND_LOW_##narrow##_U, extend, .op = PROA_ASM_##zx),      \
        ROW(wide##_EXTEND_HIGH_##narrow##_S, extend, .op = PROA_ASM_##sx,      \
            .flags = PROA_SIMD_HIGH),                                          \
        ROW(wide##_EXTEND_HIGH_##narrow##_U, extend, .op = PROA_ASM_##zx,      \
            .flags = PROA_SIMD_HIGH)
#define EXTMUL(name, wide, mul, half)                                          \
    ROW(name, extmul, .op = PROA_ASM_##wide, .then = PROA_ASM_##mul,           \
        .flags = half)
#define EXTMULS(wide, narrow, sx, zx, mul)                                     \
    EXTMUL(wide##_EXTMUL_LOW_##narrow##_S, sx, mul, 0),                        \
        EXTMUL(wide##_EXTMUL_LOW_##narrow##_U, zx, mul, 0),                    \
        EXTMUL(wide##_EXTMUL_HIGH_##narrow##_S, sx, mul, PROA_SIMD_HIGH),      \
        EXTMUL(wide##_EXTMUL_HIGH_##narrow##_U, zx, mul, PROA_SIMD_HIGH)

/* Floats: `p` is 0 for f32, PROA_ASM_66 for f64. */
#define FLOAT(name, code, p, side)                                             \
    ROW(name, binary, .op = PROA_ASM_##code | (p), .flags = (side))
#define COMPARE(name, predicate, p, side)                                      \
    ROW(name, binary, .op = PROA_ASM_CMPPS | (p),                              \
        .flags = PROA_SIMD_BYTE | (side), .byte = PROA_ASM_CMP_##predicate)
#define ROUND(name, code, rounding)                                            \
    ROW(name, unary, .op = PROA_ASM_##code, .flags = PROA_SIMD_BYTE,           \
        .byte = PROA_ASM_ROUND_##rounding)
#define FLOATS(shape, p, code, f64)                                            \
    FLOAT(shape##_ADD, ADDPS, p, PROA_SIMD_COMMUTES),                          \
        FLOAT(shape##_SUB, SUBPS, p, 0),                                       \
        FLOAT(shape##_MUL, MULPS, p, PROA_SIMD_COMMUTES),                      \
        FLOAT(shape##_DIV, DIVPS, p, 0),                                       \
        FLOAT(shape##_PMIN, MINPS, p, PROA_SIMD_REVERSED),                     \
        FLOAT(shape##_PMAX, MAXPS, p, PROA_SIMD_REVERSED),                     \
        FLOAT(shape##_RELAXED_MIN, MINPS, p, 0),                               \
        FLOAT(shape##_RELAXED_MAX, MAXPS, p, 0),                               \
        COMPARE(shape##_EQ, EQ, p, PROA_SIMD_COMMUTES),                        \
        COMPARE(shape##_NE, NEQ, p, PROA_SIMD_COMMUTES),                       \
        COMPARE(shape##_LT, LT, p, 0), COMPARE(shape##_LE, LE, p, 0),          \
        COMPARE(shape##_GT, LT, p, PROA_SIMD_REVERSED),                        \
        COMPARE(shape##_GE, LE, p, PROA_SIMD_REVERSED),                        \
        ROUND(shape##_CEIL, code, CEIL), ROUND(shape##_FLOOR, code, FLOOR),    \
        ROUND(shape##_TRUNC, code, TRUNC),                                     \
        ROUND(shape##_NEAREST, code, NEAREST),                                 \
        ROW(shape##_SQRT, unary, .op = PROA_ASM_SQRTPS | (p)),                 \
        ROW(shape##_ABS, abs_float, .flags = (f64)),                           \
        ROW(shape##_NEG, neg_float, .flags = (f64)),                           \
        ROW(shape##_MIN, min_float, .flags = PROA_SIMD_COMMUTES | (f64)),      \
        ROW(shape##_MAX, max_float, .flags = PROA_SIMD_COMMUTES | (f64)),      \
        ROW(shape##_RELAXED_MADD, madd, .flags = PROA_SIMD_COMMUTES | (f64)),  \
        ROW(shape##_RELAXED_NMADD, nmadd, .flags = PROA_SIMD_COMMUTES | (f64))

#define LOAD(name, code, size)                                                 \
    ROW(name, load, .op = PROA_ASM_##code, .byte = (size))
#define LANE(name, emitter, code, bytes)                                       \
    ROW(name, emitter, .op = PROA_ASM_##code, .lane = bytes)
#define EXTRACT(name, load, take, bytes, sign)                                 \
    ROW(name, extract, .op = PROA_ASM_##load, .then = PROA_ASM_##take,         \
        .lane = bytes, .flags = (sign))

const struct proa_vector_row proa_vector_rows[PROA_SIMD_COUNT] = {
    LOAD(V128_LOAD, MOVUPS, 16),
    LOAD(V128_LOAD8X8_S, PMOVSXBW, 8),
    LOAD(V128_LOAD8X8_U, PMOVZXBW, 8),
    LOAD(V128_LOAD16X4_S, PMOVSXWD, 8),
    LOAD(V128_LOAD16X4_U, PMOVZXWD, 8),
    LOAD(V128_LOAD32X2_S, PMOVSXDQ, 8),
    LOAD(V128_LOAD32X2_U, PMOVZXDQ, 8),
    LOAD(V128_LOAD64_SPLAT, MOVDDUP, 8),
    LOAD(V128_LOAD32_ZERO, MOVSS, 4),
    LOAD(V128_LOAD64_ZERO, MOVSD, 8),
    LANE(V128_LOAD8_SPLAT, load_splat, MOVZX8, 0),
    LANE(V128_LOAD16_SPLAT, load_splat, MOVZX16, 1),
    LANE(V128_LOAD32_SPLAT, load_splat, MOVSS, 2),
    LANE(V128_LOAD8_LANE, load_lane, PINSRB, 0),
    LANE(V128_LOAD16_LANE, load_lane, PINSRW, 1),
    LANE(V128_LOAD32_LANE, load_lane, PINSRD, 2),
    LANE(V128_LOAD64_LANE, load_lane, PINSRQ, 3),
    LANE(V128_STORE8_LANE, store_lane, PEXTRB, 0),
    LANE(V128_STORE16_LANE, store_lane, PEXTRW, 1),
    LANE(V128_STORE32_LANE, store_lane, PEXTRD, 2),
    LANE(V128_STORE64_LANE, store_lane, PEXTRQ, 3),
    ROW(V128_STORE, store, .op = PROA_ASM_MOVUPS_STORE, .byte = 16),

    ROW(V128_CONST, const, .op = 0),
    ROW(I8X16_SHUFFLE, shuffle, .op = 0),
    ROW(I8X16_SWIZZLE, swizzle, .op = 0),
    ROW(I8X16_RELAXED_SWIZZLE, swizzle, .op = 0),
    ROW(F32X4_SPLAT, splat_float, .lane = 2),
    ROW(F64X2_SPLAT, splat_float, .lane = 3),
    EXTRACT(I8X16_EXTRACT_LANE_S, MOVSX8, PEXTRB, 0, PROA_SIMD_SIGNED),
    EXTRACT(I8X16_EXTRACT_LANE_U, MOVZX8, PEXTRB, 0, 0),
    EXTRACT(I16X8_EXTRACT_LANE_S, MOVSX16, PEXTRW, 1, PROA_SIMD_SIGNED),
    EXTRACT(I16X8_EXTRACT_LANE_U, MOVZX16, PEXTRW, 1, 0),
    EXTRACT(I32X4_EXTRACT_LANE, MOV, PEXTRD, 2, 0),
    EXTRACT(I64X2_EXTRACT_LANE, MOV | PROA_ASM_W, PEXTRQ, 3, 0),
    ROW(F32X4_EXTRACT_LANE, extract_float, .lane = 2),
    ROW(F64X2_EXTRACT_LANE, extract_float, .lane = 3),
    LANE(I8X16_REPLACE_LANE, replace, PINSRB, 0),
    LANE(I16X8_REPLACE_LANE, replace, PINSRW, 1),
    LANE(I32X4_REPLACE_LANE, replace, PINSRD, 2),
    LANE(I64X2_REPLACE_LANE, replace, PINSRQ, 3),
    ROW(F32X4_REPLACE_LANE, replace_float, .lane = 2),
    ROW(F64X2_REPLACE_LANE, replace_float, .lane = 3),

    ROW(V128_NOT, not, .op = 0),
    EITHER(V128_AND, PAND),
    REVERSED(V128_ANDNOT, PANDN),
    EITHER(V128_OR, POR),
    EITHER(V128_XOR, PXOR),
    ROW(V128_BITSELECT, bitselect, .op = 0),
    ROW(I8X16_RELAXED_LANESELECT, bitselect, .op = 0),
    ROW(I16X8_RELAXED_LANESELECT, bitselect, .op = 0),
    ROW(I32X4_RELAXED_LANESELECT, bitselect, .op = 0),
    ROW(I64X2_RELAXED_LANESELECT, bitselect, .op = 0),
    ROW(V128_ANY_TRUE, any_true, .op = 0),
    ROW(I8X16_BITMASK, bitmask, .op = PROA_ASM_PMOVMSKB),
    ROW(I16X8_BITMASK, bitmask, .op = PROA_ASM_PMOVMSKB,
        .then = PROA_ASM_PACKSSWB),
    ROW(I32X4_BITMASK, bitmask, .op = PROA_ASM_MOVMSKPS),
    ROW(I64X2_BITMASK, bitmask, .op = PROA_ASM_MOVMSKPS | PROA_ASM_66),

    COMMON(I8X16, B, 0),
    COMMON(I16X8, W, 1),
    COMMON(I32X4, D, 2),
    COMMON(I64X2, Q, 3),
    SMALL(I8X16, B),
    SMALL(I16X8, W),
    SMALL(I32X4, D),
    SATURATING(I8X16, B),
    SATURATING(I16X8, W),
    ROW(I64X2_LE_S, binary, .op = PROA_ASM_PCMPGTQ, .flags = PROA_SIMD_INVERT),
    INVERSE(I64X2_GE_S, PCMPGTQ, REVERSED),
    ROW(I64X2_ABS, abs_i64, .op = 0),
    ROW(I8X16_POPCNT, popcnt, .op = 0),
    EITHER(I16X8_MUL, PMULLW),
    EITHER(I32X4_MUL, PMULLD),
    ROW(I64X2_MUL, mul_i64, .flags = PROA_SIMD_COMMUTES),
    ROW(I16X8_Q15MULR_SAT_S, q15mulr, .flags = PROA_SIMD_COMMUTES),
    ROW(I16X8_RELAXED_Q15MULR_S, q15mulr, .flags = PROA_SIMD_COMMUTES),

    SHIFT(I8X16_SHL, shift_i8, PSLL, 0),
    SHIFT(I8X16_SHR_S, shr_s_i8, PSRA, 0),
    SHIFT(I8X16_SHR_U, shift_i8, PSRL, 0),
    SHIFT(I16X8_SHL, shift, PSLL, 1),
    SHIFT(I16X8_SHR_S, shift, PSRA, 1),
    SHIFT(I16X8_SHR_U, shift, PSRL, 1),
    SHIFT(I32X4_SHL, shift, PSLL, 2),
    SHIFT(I32X4_SHR_S, shift, PSRA, 2),
    SHIFT(I32X4_SHR_U, shift, PSRL, 2),
    SHIFT(I64X2_SHL, shift, PSLL, 3),
    SHIFT(I64X2_SHR_S, shr_s_i64, PSRA, 3),
    SHIFT(I64X2_SHR_U, shift, PSRL, 3),

    PLAIN(I8X16_NARROW_I16X8_S, PACKSSWB),
    PLAIN(I8X16_NARROW_I16X8_U, PACKUSWB),
    PLAIN(I16X8_NARROW_I32X4_S, PACKSSDW),
    PLAIN(I16X8_NARROW_I32X4_U, PACKUSDW),
    WIDEN(I16X8, I8X16, PMOVSXBW, PMOVZXBW),
    WIDEN(I32X4, I16X8, PMOVSXWD, PMOVZXWD),
    WIDEN(I64X2, I32X4, PMOVSXDQ, PMOVZXDQ),
    EXTMULS(I16X8, I8X16, PMOVSXBW, PMOVZXBW, PMULLW),
    EXTMULS(I32X4, I16X8, PMOVSXWD, PMOVZXWD, PMULLD),
    ROW(I64X2_EXTMUL_LOW_I32X4_S, extmul_i32, .then = PROA_ASM_PMULDQ),
    ROW(I64X2_EXTMUL_LOW_I32X4_U, extmul_i32, .then = PROA_ASM_PMULUDQ),
    ROW(I64X2_EXTMUL_HIGH_I32X4_S, extmul_i32, .then = PROA_ASM_PMULDQ,
        .flags = PROA_SIMD_HIGH),
    ROW(I64X2_EXTMUL_HIGH_I32X4_U, extmul_i32, .then = PROA_ASM_PMULUDQ,
        .flags = PROA_SIMD_HIGH),
    ROW(I16X8_EXTADD_PAIRWISE_I8X16_S, extadd_i8, .flags = PROA_SIMD_SIGNED),
    ROW(I16X8_EXTADD_PAIRWISE_I8X16_U, extadd_i8, .flags = 0),
    ROW(I32X4_EXTADD_PAIRWISE_I16X8_S, extadd_i16_s, .op = 0),
    ROW(I32X4_EXTADD_PAIRWISE_I16X8_U, extadd_i16_u, .op = 0),
    EITHER(I32X4_DOT_I16X8_S, PMADDWD),
    ROW(I16X8_RELAXED_DOT_I8X16_I7X16_S, dot_i8, .op = 0),
    ROW(I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S, dot_add_i8, .op = 0),

    FLOATS(F32X4, 0, ROUNDPS, 0),
    FLOATS(F64X2, PROA_ASM_66, ROUNDPD, PROA_SIMD_F64),

    ROW(I32X4_TRUNC_SAT_F32X4_S, trunc_f32_s, .op = 0),
    ROW(I32X4_TRUNC_SAT_F32X4_U, trunc_f32_u, .op = 0),
    ROW(I32X4_TRUNC_SAT_F64X2_S_ZERO, trunc_f64_s, .op = 0),
    ROW(I32X4_TRUNC_SAT_F64X2_U_ZERO, trunc_f64_u, .op = 0),
    ROW(I32X4_RELAXED_TRUNC_F32X4_S, trunc_f32_s, .op = 0),
    ROW(I32X4_RELAXED_TRUNC_F32X4_U, trunc_f32_u, .op = 0),
    ROW(I32X4_RELAXED_TRUNC_F64X2_S_ZERO, trunc_f64_s, .op = 0),
    ROW(I32X4_RELAXED_TRUNC_F64X2_U_ZERO, trunc_f64_u, .op = 0),
    UNARY(F32X4_CONVERT_I32X4_S, CVTDQ2PS),
    ROW(F32X4_CONVERT_I32X4_U, convert_f32_u, .op = 0),
    UNARY(F64X2_CONVERT_LOW_I32X4_S, CVTDQ2PD),
    ROW(F64X2_CONVERT_LOW_I32X4_U, convert_f64_u, .op = 0),
    UNARY(F32X4_DEMOTE_F64X2_ZERO, CVTPD2PS),
    UNARY(F64X2_PROMOTE_LOW_F32X4, CVTPS2PD),
};
