/*
 * i8x16.shuffle: the shapes that x86 has an instruction for, and the rest.
 * https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "baseline/simd.h"

enum { BYTES = 16 };

/* The 16 indexes as indexes of lanes of 2^lane bytes, if they are such. */
static bool as_lanes(const uint8_t bytes[BYTES], unsigned lane,
                     uint8_t lanes[BYTES])
{
    unsigned size = 1U << lane;

    for (unsigned i = 0; i < BYTES; i++) {
        unsigned first = bytes[i & ~(size - 1)];
        if (first % size != 0 || bytes[i] != first + i % size)
            return false;
        lanes[i / size] = (uint8_t)(first / size);
    }
    return true;
}

/* Lanes picked by a constant: a byte of the mask with its top bit gives 0. */
static void pick(struct proa_emit *emit, unsigned reg,
                 const uint8_t mask[BYTES])
{
    uint64_t halves[2];

    memcpy(halves, mask, sizeof halves);
    proa_xmm_constant(emit, PROA_SCRATCH_XMM, halves[0], halves[1]);
    proa_asm_rr(&emit->as, PROA_ASM_PSHUFB, reg, PROA_SCRATCH_XMM);
}

static uint8_t order_of(const uint8_t lanes[BYTES])
{
    return (uint8_t)((lanes[0] & 3) | (lanes[1] & 3) << 2 |
                     (lanes[2] & 3) << 4 | (lanes[3] & 3) << 6);
}

/* All from one operand; the indexes are below 16. */
static unsigned shuffle_one(struct proa_emit *emit,
                            const struct proa_operand *operand,
                            const uint8_t bytes[BYTES])
{
    unsigned reg = proa_own_xmm(emit, operand);
    uint8_t lanes[BYTES];

    if (as_lanes(bytes, 2, lanes))
        proa_asm_rri(&emit->as, PROA_ASM_PSHUFD, reg, reg, order_of(lanes));
    else
        pick(emit, reg, bytes);
    return reg;
}

/* An instruction of x86 on both operands. */
struct shape {
    uint32_t op; /* 0: none */
    bool has_byte;
    bool is_reversed; /* the right operand is written */
    uint8_t byte;
};

/* The halves of both, lanes in turn: left first, or right first. */
static bool is_interleaved(const uint8_t lanes[BYTES], unsigned count,
                           bool is_high, bool is_reversed)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned lane = (is_high ? count / 2 : 0) + i / 2;
        if ((i % 2 != 0) != is_reversed)
            lane += count;
        if (lanes[i] != lane)
            return false;
    }
    return true;
}

static struct shape find_interleaved(const uint8_t bytes[BYTES])
{
    static const uint16_t ops[4][2] = {
        { PROA_ASM_PUNPCKLBW, PROA_ASM_PUNPCKHBW },
        { PROA_ASM_PUNPCKLWD, PROA_ASM_PUNPCKHWD },
        { PROA_ASM_PUNPCKLDQ, PROA_ASM_PUNPCKHDQ },
        { PROA_ASM_PUNPCKLQDQ, PROA_ASM_PUNPCKHQDQ },
    };
    struct shape shape = { .op = 0 };
    uint8_t lanes[BYTES];

    for (unsigned lane = 0; lane < 4 && as_lanes(bytes, lane, lanes); lane++) {
        for (unsigned form = 0; form < 4; form++) {
            bool is_high = (form & 1) != 0;
            bool is_reversed = (form & 2) != 0;
            if (!is_interleaved(lanes, 16U >> lane, is_high, is_reversed))
                continue;
            shape.op = ops[lane][is_high];
            shape.is_reversed = is_reversed;
            return shape;
        }
    }
    return shape;
}

/* Two of 32 bits from one operand, then two from the other. */
static struct shape find_halves(const uint8_t bytes[BYTES])
{
    struct shape shape = { .op = 0 };
    uint8_t lanes[BYTES];

    if (!as_lanes(bytes, 2, lanes) || lanes[0] / 4 != lanes[1] / 4 ||
        lanes[2] / 4 != lanes[3] / 4 || lanes[0] / 4 == lanes[2] / 4)
        return shape;
    shape.op = PROA_ASM_SHUFPS;
    shape.has_byte = true;
    shape.byte = order_of(lanes);
    shape.is_reversed = lanes[0] >= 4;
    return shape;
}

/* Words that stay in their places. */
static struct shape find_blend(const uint8_t bytes[BYTES])
{
    struct shape shape = { .op = 0 };
    uint8_t lanes[BYTES];

    if (!as_lanes(bytes, 1, lanes))
        return shape;
    for (unsigned i = 0; i < 8; i++) {
        if (lanes[i] % 8 != i)
            return shape;
        shape.byte = (uint8_t)(shape.byte | (lanes[i] / 8) << i);
    }
    shape.op = PROA_ASM_PBLENDW;
    shape.has_byte = true;
    return shape;
}

/* Sixteen bytes in a row: of the left operand and then the right, or of the
 * right and then the left. */
static struct shape find_row(const uint8_t bytes[BYTES])
{
    struct shape shape = { .op = 0 };

    for (unsigned i = 1; i < BYTES; i++)
        if (bytes[i] != (bytes[0] + i) % 32)
            return shape;
    shape.op = PROA_ASM_PALIGNR;
    shape.has_byte = true;
    shape.byte = bytes[0] % BYTES;
    shape.is_reversed = bytes[0] < BYTES;
    return shape;
}

static struct shape find_shape(const uint8_t bytes[BYTES])
{
    struct shape shape = find_interleaved(bytes);

    if (shape.op == 0)
        shape = find_blend(bytes);
    if (shape.op == 0)
        shape = find_halves(bytes);
    if (shape.op == 0)
        shape = find_row(bytes);
    return shape;
}

static unsigned shuffle_shape(struct proa_emit *emit, const struct shape *shape,
                              const struct proa_operand sides[2])
{
    unsigned reg = proa_own_xmm(emit, &sides[shape->is_reversed]);
    const struct proa_operand *other = &sides[!shape->is_reversed];
    unsigned from = proa_xmm_source(emit, other);

    if (shape->has_byte)
        proa_asm_rri(&emit->as, shape->op, reg, from, shape->byte);
    else
        proa_asm_rr(&emit->as, shape->op, reg, from);
    proa_release(emit, other);
    return reg;
}

/* Either operand picked with zeros for the other's bytes, then joined. */
static unsigned shuffle_any(struct proa_emit *emit,
                            const struct proa_operand sides[2],
                            const uint8_t bytes[BYTES])
{
    unsigned left = proa_own_xmm(emit, &sides[0]);
    unsigned right = proa_own_xmm(emit, &sides[1]);
    uint8_t masks[2][BYTES];

    for (unsigned i = 0; i < BYTES; i++) {
        masks[0][i] = bytes[i] < BYTES ? bytes[i] : 0x80;
        masks[1][i] = bytes[i] < BYTES ? 0x80 : bytes[i] - BYTES;
    }
    pick(emit, left, masks[0]);
    pick(emit, right, masks[1]);
    proa_asm_rr(&emit->as, PROA_ASM_POR, left, right);
    proa_free_xmm(emit, right);
    return left;
}

void proa_vector_shuffle(struct proa_emit *emit,
                         const struct proa_vector_row *row,
                         const struct proa_instruction *instruction)
{
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    const struct proa_operand sides[2] = { left, right };
    const uint8_t *bytes = instruction->bytes;
    uint8_t low[BYTES];
    unsigned from_right = 0;
    struct shape shape;

    (void)row;
    for (unsigned i = 0; i < BYTES; i++) {
        low[i] = bytes[i] % BYTES;
        from_right += bytes[i] / BYTES;
    }
    if (from_right == 0 || from_right == BYTES) {
        proa_release(emit, &sides[from_right == 0]);
        proa_vector_push(emit, shuffle_one(emit, &sides[from_right != 0], low));
        return;
    }
    shape = find_shape(bytes);
    proa_vector_push(emit, shape.op != 0 ? shuffle_shape(emit, &shape, sides)
                                         : shuffle_any(emit, sides, bytes));
}
