/*
 * SIMD: one row an instruction, and who emits it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_SIMD_H
#define PROA_BASELINE_SIMD_H

#include "baseline/xmm.h"

enum {
    PROA_SIMD_FIRST = PROA_OP_V128_LOAD,
    PROA_SIMD_LAST = PROA_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S,
    PROA_SIMD_COUNT = PROA_SIMD_LAST - PROA_SIMD_FIRST + 1,
};

enum proa_simd_flag {
    PROA_SIMD_COMMUTES = 1, /* the operands may change places */
    PROA_SIMD_REVERSED = 2, /* they must */
    PROA_SIMD_INVERT = 4,   /* every bit of the result */
    PROA_SIMD_BYTE = 8,     /* `byte` follows the instruction */
    PROA_SIMD_SIGNED = 16,
    PROA_SIMD_HIGH = 32, /* of the upper half of the lanes */
    PROA_SIMD_F64 = 64,  /* of floats: they are f64 */
};

struct proa_simd_row;
typedef void proa_simd_emitter(struct proa_emit *emit,
                               const struct proa_simd_row *row,
                               const struct proa_instruction *instruction);

struct proa_simd_row {
    proa_simd_emitter *emit;
    uint16_t op;   /* an encoding, as the emitter says */
    uint16_t then; /* another one */
    uint8_t flags; /* enum proa_simd_flag */
    uint8_t byte;
    uint8_t lane; /* log2 of a lane's bytes */
};

extern const struct proa_simd_row proa_simd_rows[PROA_SIMD_COUNT];

static inline bool proa_simd_is(const struct proa_simd_row *row,
                                enum proa_simd_flag flag)
{
    return (row->flags & flag) != 0;
}

/* simd.c: what they share. */
static inline void proa_simd_push(struct proa_emit *emit, unsigned reg)
{
    proa_push_xmm(emit, PROA_V128, reg);
}
/* The operand on top, in a register that may be written. */
unsigned proa_simd_pop(struct proa_emit *emit);
/* The two on top; the right one is only read, from the scratch register if it
 * is in none. */
struct proa_simd_pair {
    struct proa_operand right; /* to be released */
    unsigned from;             /* where the right one is */
    unsigned reg;              /* the left one, to be written */
};
struct proa_simd_pair proa_simd_pop_pair(struct proa_emit *emit,
                                         const struct proa_simd_row *row);
/* The same with the right one in a register of its own, so that the scratch
 * register is free. */
struct proa_simd_pair proa_simd_pop_held(struct proa_emit *emit,
                                         const struct proa_simd_row *row);
void proa_simd_push_pair(struct proa_emit *emit,
                         const struct proa_simd_pair *pair);
/* Every byte, word ... of the scratch register becomes `lane`. */
void proa_simd_scratch_splat(struct proa_emit *emit, uint64_t bytes);

/* simd.c: reg OP= rm; then reg THEN= rm. reg OP= reg. */
proa_simd_emitter proa_simd_binary, proa_simd_unary;
/* simd_integer.c */
proa_simd_emitter proa_simd_not, proa_simd_bitselect, proa_simd_any_true,
    proa_simd_all_true, proa_simd_bitmask, proa_simd_neg, proa_simd_abs_i64,
    proa_simd_popcnt, proa_simd_mul_i64, proa_simd_q15mulr;
/* simd_shift.c */
proa_simd_emitter proa_simd_shift, proa_simd_shift_i8, proa_simd_shr_s_i8,
    proa_simd_shr_s_i64;
/* simd_widen.c */
proa_simd_emitter proa_simd_extend, proa_simd_extmul, proa_simd_extmul_i32,
    proa_simd_extadd_i8, proa_simd_extadd_i16_s, proa_simd_extadd_i16_u,
    proa_simd_dot_i8, proa_simd_dot_add_i8;
/* simd_lane.c */
proa_simd_emitter proa_simd_const, proa_simd_splat, proa_simd_splat_float,
    proa_simd_extract, proa_simd_extract_float, proa_simd_replace,
    proa_simd_replace_float, proa_simd_swizzle;
/* simd_shuffle.c */
proa_simd_emitter proa_simd_shuffle;
/* simd_memory.c */
proa_simd_emitter proa_simd_load, proa_simd_load_splat, proa_simd_store,
    proa_simd_load_lane, proa_simd_store_lane;
/* simd_float.c */
proa_simd_emitter proa_simd_abs_float, proa_simd_neg_float, proa_simd_min_float,
    proa_simd_max_float, proa_simd_madd, proa_simd_nmadd;
/* simd_convert.c */
proa_simd_emitter proa_simd_trunc_f32_s, proa_simd_trunc_f32_u,
    proa_simd_trunc_f64_s, proa_simd_trunc_f64_u, proa_simd_convert_f32_u,
    proa_simd_convert_f64_u;

/* The general register of a lane becomes that lane of all: of `reg`. */
void proa_simd_spread(struct proa_emit *emit, unsigned lane, unsigned reg);

#endif
