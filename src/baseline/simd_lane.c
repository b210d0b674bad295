/*
 * SIMD: lanes in and out, constants, and bytes picked by bytes.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "baseline/simd.h"

enum { UPPER_HALF_TWICE = 0xee }; /* pshufd: lanes 2, 3, 2, 3 */

static enum proa_valtype integer_type(const struct proa_vector_row *row)
{
    return row->lane == 3 ? PROA_I64 : PROA_I32;
}

static enum proa_valtype float_type(const struct proa_vector_row *row)
{
    return row->lane == 3 ? PROA_F64 : PROA_F32;
}

void proa_vector_const(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    unsigned reg = proa_take_xmm(emit);
    uint64_t halves[2];

    (void)row;
    memcpy(halves, instruction->bytes, sizeof halves);
    proa_xmm_constant(emit, reg, halves[0], halves[1]);
    proa_vector_push(emit, reg);
}

void proa_vector_spread(struct proa_emit *emit, unsigned lane, unsigned reg)
{
    struct proa_asm *as = &emit->as;

    switch (lane) {
    case 0:
        proa_xmm_zero(emit, PROA_SCRATCH_XMM);
        proa_asm_rr(as, PROA_ASM_PSHUFB, reg, PROA_SCRATCH_XMM);
        break;
    case 1:
        proa_asm_rri(as, PROA_ASM_PSHUFLW, reg, reg, 0);
        proa_asm_rr(as, PROA_ASM_PUNPCKLQDQ, reg, reg);
        break;
    case 2:
        proa_asm_rri(as, PROA_ASM_PSHUFD, reg, reg, 0);
        break;
    default:
        proa_asm_rr(as, PROA_ASM_PUNPCKLQDQ, reg, reg);
        break;
    }
}

/* A lane of 2^lane bytes, eight bytes full of it. */
static uint64_t repeat(uint64_t bits, unsigned lane)
{
    static const uint64_t ones[] = { UINT64_C(0x0101010101010101),
                                     UINT64_C(0x0001000100010001),
                                     UINT64_C(0x0000000100000001), 1 };
    uint64_t most = UINT64_MAX >> (64 - (8U << lane));

    return (bits & most) * ones[lane];
}

void proa_vector_splat(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_take_xmm(emit);
    uint32_t move = PROA_ASM_MOVD_TO_XMM | (row->lane == 3 ? PROA_ASM_W : 0U);
    struct proa_place place;

    (void)instruction;
    if (operand.kind == PROA_OPERAND_CONST) {
        uint64_t bits = repeat(operand.bits, row->lane);
        proa_xmm_constant(emit, reg, bits, bits);
        proa_vector_push(emit, reg);
        return;
    }
    if (proa_operand_place(emit, &operand, &place))
        proa_asm_rm(&emit->as, move, reg, &place);
    else
        proa_asm_rr(&emit->as, move, reg, proa_read_gpr(emit, &operand));
    proa_release(emit, &operand);
    proa_vector_spread(emit, row->lane, reg);
    proa_vector_push(emit, reg);
}

void proa_vector_splat_float(struct proa_emit *emit,
                             const struct proa_vector_row *row,
                             const struct proa_instruction *instruction)
{
    unsigned reg = proa_vector_pop(emit);

    (void)instruction;
    proa_vector_spread(emit, row->lane, reg);
    proa_vector_push(emit, reg);
}

/* row->op loads or extends, row->then extracts and leaves zeros above. */
void proa_vector_extract(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_take_gpr(emit);
    struct proa_place place;

    if (proa_operand_place(emit, &operand, &place)) {
        place.offset += instruction->lane << row->lane;
        proa_asm_rm(&emit->as, row->op, reg, &place);
    } else {
        proa_asm_rri(&emit->as, row->then, proa_read_xmm(emit, &operand), reg,
                     instruction->lane);
        if (proa_vector_is(row, PROA_SIMD_SIGNED))
            proa_asm_rr(&emit->as, row->op, reg, reg);
    }
    proa_release(emit, &operand);
    proa_push_gpr(emit, integer_type(row), reg);
}

void proa_vector_extract_float(struct proa_emit *emit,
                               const struct proa_vector_row *row,
                               const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    uint8_t lane = instruction->lane;
    struct proa_place place;
    unsigned reg;

    if (proa_operand_place(emit, &operand, &place)) {
        reg = proa_take_xmm(emit);
        place.offset += lane << row->lane;
        proa_load_typed(emit, float_type(row), reg, &place);
    } else {
        reg = proa_own_xmm(emit, &operand);
        if (lane != 0)
            proa_asm_rri(&emit->as, PROA_ASM_PSHUFD, reg, reg,
                         row->lane == 3 ? UPPER_HALF_TWICE : lane);
    }
    proa_push_xmm(emit, float_type(row), reg);
}

/* row->op inserts. */
void proa_vector_replace(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_operand scalar = proa_pop(emit);
    unsigned reg = proa_vector_pop(emit);
    struct proa_place place;

    if (proa_operand_place(emit, &scalar, &place))
        proa_asm_rmi(&emit->as, row->op, reg, &place, instruction->lane);
    else
        proa_asm_rri(&emit->as, row->op, reg, proa_read_gpr(emit, &scalar),
                     instruction->lane);
    proa_release(emit, &scalar);
    proa_vector_push(emit, reg);
}

void proa_vector_replace_float(struct proa_emit *emit,
                               const struct proa_vector_row *row,
                               const struct proa_instruction *instruction)
{
    struct proa_asm *as = &emit->as;
    struct proa_operand scalar = proa_pop(emit);
    unsigned reg = proa_vector_pop(emit);
    unsigned from = proa_xmm_source(emit, &scalar);

    if (row->lane == 2)
        proa_asm_rri(as, PROA_ASM_INSERTPS, reg, from,
                     (uint8_t)(instruction->lane << 4));
    else if (instruction->lane == 0)
        proa_asm_rr(as, PROA_ASM_MOVSD, reg, from); /* the upper half stays */
    else
        proa_asm_rr(as, PROA_ASM_PUNPCKLQDQ, reg, from);
    proa_release(emit, &scalar);
    proa_vector_push(emit, reg);
}

/* pshufb gives 0 where the top bit is set: an index past the lanes gets it by
 * an addition that ends at 0xff. */
void proa_vector_swizzle(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_vector_pair pair = proa_vector_pop_held(emit, row);

    (void)instruction;
    proa_vector_scratch_splat(emit, UINT64_C(0x7070707070707070));
    proa_asm_rr(&emit->as, PROA_ASM_PADDUSB, PROA_SCRATCH_XMM, pair.from);
    proa_asm_rr(&emit->as, PROA_ASM_PSHUFB, pair.reg, PROA_SCRATCH_XMM);
    proa_vector_push_pair(emit, &pair);
}
