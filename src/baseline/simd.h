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

enum proa_vector_flag {
    PROA_SIMD_COMMUTES = 1, /* the operands may change places */
    PROA_SIMD_REVERSED = 2, /* they must */
    PROA_SIMD_INVERT = 4,   /* every bit of the result */
    PROA_SIMD_BYTE = 8,     /* `byte` follows the instruction */
    PROA_SIMD_SIGNED = 16,
    PROA_SIMD_HIGH = 32, /* of the upper half of the lanes */
    PROA_SIMD_F64 = 64,  /* of floats: they are f64 */
};

struct proa_vector_row;
typedef void proa_vector_emitter(struct proa_emit *emit,
                                 const struct proa_vector_row *row,
                                 const struct proa_instruction *instruction);

struct proa_vector_row {
    proa_vector_emitter *emit;
    uint16_t op;   /* an encoding, as the emitter says */
    uint16_t then; /* another one */
    uint8_t flags; /* enum proa_vector_flag */
    uint8_t byte;
    uint8_t lane; /* log2 of a lane's bytes */
};

extern const struct proa_vector_row proa_vector_rows[PROA_SIMD_COUNT];

static inline bool proa_vector_is(const struct proa_vector_row *row,
                                  enum proa_vector_flag flag)
{
    return (row->flags & flag) != 0;
}

/* simd.c: what they share. */
static inline void proa_vector_push(struct proa_emit *emit, unsigned reg)
{
    proa_push_xmm(emit, PROA_V128, reg);
}
/* The operand on top, in a register that may be written. */
unsigned proa_vector_pop(struct proa_emit *emit);
/* The two on top; the right one is only read, from the scratch register if it
 * is in none. */
struct proa_vector_pair {
    struct proa_operand right; /* to be released */
    unsigned from;             /* where the right one is */
    unsigned reg;              /* the left one, to be written */
};
struct proa_vector_pair proa_vector_pop_pair(struct proa_emit *emit,
                                             const struct proa_vector_row *row);
/* The same with the right one in a register of its own, so that the scratch
 * register is free. */
struct proa_vector_pair proa_vector_pop_held(struct proa_emit *emit,
                                             const struct proa_vector_row *row);
void proa_vector_push_pair(struct proa_emit *emit,
                           const struct proa_vector_pair *pair);
/* Every byte, word ... of the scratch register becomes `lane`. */
void proa_vector_scratch_splat(struct proa_emit *emit, uint64_t bytes);

/* simd.c: reg OP= rm; then reg THEN= rm. reg OP= reg. */
proa_vector_emitter proa_vector_binary, proa_vector_unary;
/* simd_integer.c */
proa_vector_emitter proa_vector_not, proa_vector_bitselect,
    proa_vector_any_true, proa_vector_all_true, proa_vector_bitmask,
    proa_vector_neg, proa_vector_abs_i64, proa_vector_popcnt,
    proa_vector_mul_i64, proa_vector_q15mulr;
/* simd_shift.c */
proa_vector_emitter proa_vector_shift, proa_vector_shift_i8,
    proa_vector_shr_s_i8, proa_vector_shr_s_i64;
/* simd_widen.c */
proa_vector_emitter proa_vector_extend, proa_vector_extmul,
    proa_vector_extmul_i32, proa_vector_extadd_i8, proa_vector_extadd_i16_s,
    proa_vector_extadd_i16_u, proa_vector_dot_i8, proa_vector_dot_add_i8;
/* simd_lane.c */
proa_vector_emitter proa_vector_const, proa_vector_splat,
    proa_vector_splat_float, proa_vector_extract, proa_vector_extract_float,
    proa_vector_replace, proa_vector_replace_float, proa_vector_swizzle;
/* simd_shuffle.c */
proa_vector_emitter proa_vector_shuffle;
/* simd_memory.c */
proa_vector_emitter proa_vector_load, proa_vector_load_splat, proa_vector_store,
    proa_vector_load_lane, proa_vector_store_lane;
/* simd_float.c */
proa_vector_emitter proa_vector_abs_float, proa_vector_neg_float,
    proa_vector_min_float, proa_vector_max_float, proa_vector_madd,
    proa_vector_nmadd;
/* simd_convert.c */
proa_vector_emitter proa_vector_trunc_f32_s, proa_vector_trunc_f32_u,
    proa_vector_trunc_f64_s, proa_vector_trunc_f64_u, proa_vector_convert_f32_u,
    proa_vector_convert_f64_u;

/* The general register of a lane becomes that lane of all: of `reg`. */
void proa_vector_spread(struct proa_emit *emit, unsigned lane, unsigned reg);

#endif
