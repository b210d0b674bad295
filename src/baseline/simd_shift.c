/*
 * SIMD shifts: the count is taken modulo the width of a lane.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-ishl
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

/* A shift's count: a constant, or in a register to shift by. */
struct count {
    bool is_constant;
    unsigned value;
    unsigned reg; /* xmm; PROA_SCRATCH_XMM */
};

/* The count of lanes of 2^lane bytes, and `more`. */
static struct count pop_count(struct proa_emit *emit, unsigned lane,
                              unsigned more)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned most = (8U << lane) - 1;
    struct count count = { .reg = PROA_SCRATCH_XMM };

    if (operand.kind == PROA_OPERAND_CONST) {
        count.is_constant = true;
        count.value = ((unsigned)operand.bits & most) + more;
        return count;
    }
    proa_load_gpr(emit, &operand, PROA_SCRATCH);
    proa_release(emit, &operand);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_AND, false, PROA_SCRATCH,
                      (int32_t)most);
    if (more != 0)
        proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_ADD, false, PROA_SCRATCH,
                          (int32_t)more);
    proa_asm_rr(&emit->as, PROA_ASM_MOVD_TO_XMM, PROA_SCRATCH_XMM,
                PROA_SCRATCH);
    return count;
}

/* The encodings of a shift by a register: words, then double and quad. */
static uint32_t by_register(enum proa_asm_packed_shift shift, unsigned lane)
{
    uint32_t words = shift == PROA_ASM_PSLL   ? PROA_ASM_PSLLW
                     : shift == PROA_ASM_PSRL ? PROA_ASM_PSRLW
                                              : PROA_ASM_PSRAW;

    return words + lane - 1;
}

static void put_shift(struct proa_emit *emit, enum proa_asm_packed_shift shift,
                      unsigned lane, unsigned reg, const struct count *count)
{
    if (count->is_constant)
        proa_xmm_shift(emit, shift, lane, reg, count->value);
    else
        proa_asm_rr(&emit->as, by_register(shift, lane), reg, count->reg);
}

/* row->op: enum proa_asm_packed_shift */
void proa_vector_shift(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    struct count count = pop_count(emit, row->lane, 0);
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    put_shift(emit, (enum proa_asm_packed_shift)row->op, row->lane, reg,
              &count);
    proa_vector_push(emit, reg);
}

/* Bytes by a constant: as words, without the bits of the neighbour. */
static void shift_bytes(struct proa_emit *emit,
                        enum proa_asm_packed_shift shift, unsigned reg,
                        unsigned count)
{
    unsigned kept =
        shift == PROA_ASM_PSLL ? 0xff << count & 0xff : 0xffU >> count;

    if (count == 0)
        return;
    proa_vector_scratch_splat(emit, kept * UINT64_C(0x0101010101010101));
    proa_xmm_shift(emit, shift, 1, reg, count);
    proa_asm_rr(&emit->as, PROA_ASM_PAND, reg, PROA_SCRATCH_XMM);
}

/* shl and shr_u. The mask of the bits that stay is all ones shifted as words,
 * the byte of it at the end where nothing comes in. */
void proa_vector_shift_i8(struct proa_emit *emit,
                          const struct proa_vector_row *row,
                          const struct proa_instruction *instruction)
{
    enum proa_asm_packed_shift shift = (enum proa_asm_packed_shift)row->op;
    struct count count = pop_count(emit, 0, 0);
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    if (count.is_constant) {
        shift_bytes(emit, shift, reg, count.value);
    } else {
        unsigned mask = proa_take_xmm(emit);
        proa_xmm_ones(emit, mask);
        put_shift(emit, shift, 1, mask, &count);
        if (shift == PROA_ASM_PSRL)
            proa_xmm_shift(emit, PROA_ASM_PSRL, 1, mask, 8);
        put_shift(emit, shift, 1, reg, &count);
        proa_xmm_zero(emit, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_PSHUFB, mask, PROA_SCRATCH_XMM);
        proa_asm_rr(&emit->as, PROA_ASM_PAND, reg, mask);
        proa_free_xmm(emit, mask);
    }
    proa_vector_push(emit, reg);
}

/* Each byte as the upper half of a word, shifted down into the lower. */
void proa_vector_shr_s_i8(struct proa_emit *emit,
                          const struct proa_vector_row *row,
                          const struct proa_instruction *instruction)
{
    struct count count = pop_count(emit, 0, 8);
    unsigned reg = proa_vector_pop(emit);
    unsigned high = proa_take_xmm(emit);

    (void)row;
    (void)instruction;
    proa_xmm_copy(emit, high, reg);
    proa_asm_rr(&emit->as, PROA_ASM_PUNPCKHBW, high, high);
    proa_asm_rr(&emit->as, PROA_ASM_PUNPCKLBW, reg, reg);
    put_shift(emit, PROA_ASM_PSRA, 1, high, &count);
    put_shift(emit, PROA_ASM_PSRA, 1, reg, &count);
    proa_asm_rr(&emit->as, PROA_ASM_PACKSSWB, reg, high);
    proa_free_xmm(emit, high);
    proa_vector_push(emit, reg);
}

/* (a >> n ^ sign >> n) - (sign >> n), unsigned, where sign is the top bit */
void proa_vector_shr_s_i64(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct count count = pop_count(emit, 3, 0);
    unsigned reg = proa_vector_pop(emit);
    unsigned sign = proa_take_xmm(emit);

    (void)row;
    (void)instruction;
    proa_xmm_sign_mask(emit, true, sign);
    put_shift(emit, PROA_ASM_PSRL, 3, sign, &count);
    put_shift(emit, PROA_ASM_PSRL, 3, reg, &count);
    proa_asm_rr(&emit->as, PROA_ASM_PXOR, reg, sign);
    proa_asm_rr(&emit->as, PROA_ASM_PSUBQ, reg, sign);
    proa_free_xmm(emit, sign);
    proa_vector_push(emit, reg);
}
