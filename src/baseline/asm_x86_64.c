/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/asm_x86_64.h"

#include <assert.h>
#include <string.h>

void proa_asm_sync(struct proa_asm *as)
{
    if (!as->code->is_full)
        as->code->size = (size_t)(as->at - as->start);
}

/* All that is assembled from now on is forgotten. */
static void go_nowhere(struct proa_asm *as)
{
    as->start = as->at = as->limit = as->nowhere;
}

static void go_on(struct proa_asm *as)
{
    struct proa_buffer *code = as->code;

    as->start = code->bytes;
    as->at = code->bytes + code->size;
    as->limit = as->at;
    if (code->capacity - code->size >= PROA_ASM_BYTES_MAX)
        as->limit += code->capacity - code->size - PROA_ASM_BYTES_MAX + 1;
}

/* Also makes sure that the buffer has bytes at all. */
static __attribute__((noinline, cold)) void make_room(struct proa_asm *as)
{
    proa_asm_sync(as);
    if (proa_buffer_reserve(as->code, PROA_ASM_BYTES_MAX) == NULL) {
        go_nowhere(as);
        return;
    }
    as->code->size -= PROA_ASM_BYTES_MAX;
    go_on(as);
}

void proa_asm_open(struct proa_asm *as, struct proa_buffer *code)
{
    as->code = code;
    if (code->is_full)
        go_nowhere(as);
    else if (code->bytes == NULL)
        as->start = as->at = as->limit = NULL;
    else
        go_on(as);
}

/* Where an instruction is written: there is room for the longest. */
static inline uint8_t *begin(struct proa_asm *as)
{
    if (__builtin_expect(as->at >= as->limit, false))
        make_room(as);
    return as->at;
}

static inline uint8_t *put(uint8_t *at, unsigned byte)
{
    *at = (uint8_t)byte;
    return at + 1;
}

static inline uint8_t *put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, 4);
    return at + 4;
}

/* The instruction ends at `at`. */
static inline void end(struct proa_asm *as, uint8_t *at)
{
    as->at = at;
}

/* Prefixes, REX, map and opcode. x and b extend index and base (or rm). */
static inline uint8_t *put_opcode(uint8_t *at, uint32_t op, unsigned reg,
                                  unsigned x, unsigned b, bool force_rex)
{
    unsigned rex =
        ((op & PROA_ASM_W) != 0 ? 8U : 0U) | (reg >> 3) << 2 | x << 1 | b;

    if ((op & (PROA_ASM_66 | PROA_ASM_F3 | PROA_ASM_F2)) != 0) {
        if ((op & PROA_ASM_66) != 0)
            at = put(at, 0x66);
        if ((op & PROA_ASM_F3) != 0)
            at = put(at, 0xf3);
        if ((op & PROA_ASM_F2) != 0)
            at = put(at, 0xf2);
    }
    /* Written always, counted where it is one. */
    *at = (uint8_t)(0x40 | rex);
    at += rex != 0 || force_rex;
    if ((op & PROA_ASM_MAP) != 0) {
        at = put(at, 0x0f);
        if ((op & PROA_ASM_MAP) == PROA_ASM_0F38)
            at = put(at, 0x38);
        if ((op & PROA_ASM_MAP) == PROA_ASM_0F3A)
            at = put(at, 0x3a);
    }
    return put(at, op & 0xff);
}

static inline uint8_t *put_rr(uint8_t *at, uint32_t op, unsigned reg,
                              unsigned rm)
{
    bool force = ((op & PROA_ASM_BYTE_REG) != 0 && reg >= 4) ||
                 ((op & PROA_ASM_BYTE_RM) != 0 && rm >= 4);

    at = put_opcode(at, op, reg, 0, rm >> 3, force);
    return put(at, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static inline uint8_t *put_rm(uint8_t *at, uint32_t op, unsigned reg,
                              const struct proa_place *place)
{
    bool has_index = place->index != PROA_NO_GPR;
    bool force = (op & PROA_ASM_BYTE_REG) != 0 && reg >= 4;
    unsigned base = place->base & 7U;
    unsigned index = has_index ? place->index : PROA_RSP; /* that is none */
    int32_t offset = place->offset;
    unsigned size = offset == (int8_t)offset ? 1 : 4; /* bytes of offset */

    assert(place->index != PROA_RSP);
    at = put_opcode(at, op, reg, index >> 3, place->base >> 3, force);
    /* Without an offset rbp and r13 would mean something else. */
    if (offset == 0 && base != PROA_RBP)
        size = 0;
    /* Mode 0, 1 or 2 in the upper bits. The second byte and the offset are
     * written whole, and counted as far as they go. */
    unsigned first = (size + 1) / 2 << 6 | (reg & 7) << 3;
    bool has_second = has_index || base == PROA_RSP;
    at[0] = (uint8_t)(first | (has_second ? 4 : base));
    at[1] = (uint8_t)((unsigned)place->scale << 6 | (index & 7) << 3 | base);
    at += 1 + has_second;
    return put32(at, (uint32_t)offset) + (int)size - 4;
}

void proa_asm_rr(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm)
{
    uint8_t *at = begin(as);

    at = put_rr(at, op, reg, rm);
    end(as, at);
}

void proa_asm_rm(struct proa_asm *as, uint32_t op, unsigned reg,
                 const struct proa_place *place)
{
    uint8_t *at = begin(as);

    at = put_rm(at, op, reg, place);
    end(as, at);
}

void proa_asm_rri(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm,
                  uint8_t immediate)
{
    uint8_t *at = begin(as);

    at = put_rr(at, op, reg, rm);
    at = put(at, immediate);
    end(as, at);
}

void proa_asm_rmi(struct proa_asm *as, uint32_t op, unsigned reg,
                  const struct proa_place *place, uint8_t immediate)
{
    uint8_t *at = begin(as);

    at = put_rm(at, op, reg, place);
    at = put(at, immediate);
    end(as, at);
}

static bool is_byte(int32_t value)
{
    return value >= -128 && value <= 127;
}

static uint32_t wide_bit(bool wide)
{
    return wide ? PROA_ASM_W : 0;
}

void proa_asm_group_ri(struct proa_asm *as, enum proa_asm_group1 op, bool wide,
                       unsigned rm, int32_t immediate)
{
    uint8_t *at = begin(as);

    at =
        put_rr(at, (is_byte(immediate) ? 0x83 : 0x81) | wide_bit(wide), op, rm);
    if (is_byte(immediate))
        at = put(at, (uint8_t)immediate);
    else
        at = put32(at, (uint32_t)immediate);
    end(as, at);
}

void proa_asm_group_mi(struct proa_asm *as, enum proa_asm_group1 op, bool wide,
                       const struct proa_place *place, int32_t immediate)
{
    uint8_t *at = begin(as);

    at = put_rm(at, (is_byte(immediate) ? 0x83 : 0x81) | wide_bit(wide), op,
                place);
    if (is_byte(immediate))
        at = put(at, (uint8_t)immediate);
    else
        at = put32(at, (uint32_t)immediate);
    end(as, at);
}

void proa_asm_imul_rri(struct proa_asm *as, bool wide, unsigned reg,
                       unsigned rm, int32_t immediate)
{
    uint8_t *at = begin(as);

    at = put_rr(at, (is_byte(immediate) ? 0x6b : 0x69) | wide_bit(wide), reg,
                rm);
    if (is_byte(immediate))
        at = put(at, (uint8_t)immediate);
    else
        at = put32(at, (uint32_t)immediate);
    end(as, at);
}

void proa_asm_shift_ri(struct proa_asm *as, enum proa_asm_shift op, bool wide,
                       unsigned rm, uint8_t count)
{
    proa_asm_rri(as, 0xc1 | wide_bit(wide), op, rm, count);
}

void proa_asm_shift_cl(struct proa_asm *as, enum proa_asm_shift op, bool wide,
                       unsigned rm)
{
    proa_asm_rr(as, 0xd3 | wide_bit(wide), op, rm);
}

void proa_asm_unary(struct proa_asm *as, enum proa_asm_unary op, bool wide,
                    unsigned rm)
{
    proa_asm_rr(as, 0xf7 | wide_bit(wide), op, rm);
}

void proa_asm_sign_extend_rax(struct proa_asm *as, bool wide)
{
    uint8_t *at = begin(as);

    if (wide)
        at = put(at, 0x48);
    at = put(at, 0x99);
    end(as, at);
}

void proa_asm_constant(struct proa_asm *as, unsigned reg, uint64_t value)
{
    uint8_t *at = begin(as);

    if (value == 0) {
        at = put_rr(at, PROA_ASM_XOR, reg, reg);
    } else if (value <= UINT32_MAX) {
        at = put_opcode(at, 0xb8 | (reg & 7), 0, 0, reg >> 3, false);
        at = put32(at, (uint32_t)value);
    } else if ((int64_t)value >= INT32_MIN && (int64_t)value < 0) {
        at = put_rr(at, 0xc7 | PROA_ASM_W, 0, reg);
        at = put32(at, (uint32_t)value);
    } else {
        at = put_opcode(at, 0xb8 | (reg & 7) | PROA_ASM_W, 0, 0, reg >> 3,
                        false);
        at = put32(at, (uint32_t)value);
        at = put32(at, (uint32_t)(value >> 32));
    }
    end(as, at);
}

void proa_asm_move_zero(struct proa_asm *as, unsigned reg)
{
    uint8_t *at = begin(as);

    at = put_opcode(at, 0xb8 | (reg & 7), 0, 0, reg >> 3, false);
    at = put32(at, 0);
    end(as, at);
}

void proa_asm_store_immediate(struct proa_asm *as, unsigned size,
                              const struct proa_place *place, int32_t immediate)
{
    uint8_t *at = begin(as);

    assert(size == 1 || size == 2 || size == 4 || size == 8);
    at = put_rm(at,
                (size == 1 ? 0xc6U : 0xc7U) | (size == 2 ? PROA_ASM_66 : 0U) |
                    wide_bit(size == 8),
                0, place);
    if (size == 1) {
        at = put(at, (uint8_t)immediate);
    } else if (size == 2) {
        at = put(at, (uint8_t)immediate);
        at = put(at, (uint8_t)((uint32_t)immediate >> 8));
    } else {
        at = put32(at, (uint32_t)immediate);
    }
    end(as, at);
}

void proa_asm_setcc(struct proa_asm *as, enum proa_condition condition,
                    unsigned reg)
{
    proa_asm_rr(as, 0x90U | condition | PROA_ASM_0F | PROA_ASM_BYTE_RM, 0, reg);
}

void proa_asm_cmov(struct proa_asm *as, enum proa_condition condition,
                   bool wide, unsigned reg, unsigned rm)
{
    proa_asm_rr(as, 0x40U | condition | PROA_ASM_0F | wide_bit(wide), reg, rm);
}

static void put_short(struct proa_asm *as, unsigned opcode, unsigned reg)
{
    uint8_t *at = begin(as);

    at = put_opcode(at, opcode | (reg & 7), 0, 0, reg >> 3, false);
    end(as, at);
}

void proa_asm_push(struct proa_asm *as, unsigned reg)
{
    put_short(as, 0x50, reg);
}

void proa_asm_pop(struct proa_asm *as, unsigned reg)
{
    put_short(as, 0x58, reg);
}

void proa_asm_ret(struct proa_asm *as)
{
    end(as, put(begin(as), 0xc3));
}

void proa_asm_leave(struct proa_asm *as)
{
    end(as, put(begin(as), 0xc9));
}

void proa_asm_int3(struct proa_asm *as)
{
    end(as, put(begin(as), 0xcc));
}

void proa_asm_align(struct proa_asm *as)
{
    uint8_t *at = begin(as);

    memset(at, 0xcc, 15);
    end(as, at + (-proa_asm_offset(as) & 15));
}

void proa_asm_patch(struct proa_asm *as, uint32_t at, uint32_t target)
{
    uint32_t distance = target - (at + 4);

    if (!as->code->is_full)
        memcpy(as->code->bytes + at, &distance, 4);
}

/* The 4 bytes of a distance that is not known yet hold the use before it. */
static inline uint8_t *put_label(const struct proa_asm *as, uint8_t *at,
                                 struct proa_label *label)
{
    uint32_t here = (uint32_t)(at - as->start);
    uint32_t value = label->uses;

    if (label->is_bound)
        value = label->at - (here + 4);
    else
        label->uses = here + 1;
    return put32(at, value);
}

void proa_asm_bind(struct proa_asm *as, struct proa_label *label)
{
    uint32_t use = label->uses;

    assert(!label->is_bound);
    label->at = proa_asm_offset(as);
    label->is_bound = 1;
    label->uses = 0;
    while (use != 0 && !as->code->is_full) {
        uint32_t next;
        memcpy(&next, as->code->bytes + use - 1, 4);
        proa_asm_patch(as, use - 1, label->at);
        use = next;
    }
}

void proa_asm_jmp(struct proa_asm *as, struct proa_label *label)
{
    uint8_t *at = begin(as);

    at = put(at, 0xe9);
    end(as, put_label(as, at, label));
}

void proa_asm_jcc(struct proa_asm *as, enum proa_condition condition,
                  struct proa_label *label)
{
    uint8_t *at = begin(as);

    at = put(at, 0x0f);
    at = put(at, 0x80U | condition);
    end(as, put_label(as, at, label));
}

void proa_asm_lea_label(struct proa_asm *as, unsigned reg,
                        struct proa_label *label)
{
    uint8_t *at = begin(as);

    /* rip-relative: mode 0, rm 5 */
    at = put_opcode(at, PROA_ASM_LEA | PROA_ASM_W, reg, 0, 0, false);
    at = put(at, (reg & 7) << 3 | 5);
    end(as, put_label(as, at, label));
}

/* ff /2 or /4, rip-relative. */
static uint32_t through_later(struct proa_asm *as, unsigned which)
{
    uint8_t *at = begin(as);

    at = put(at, 0xff);
    at = put(at, which << 3 | 5);
    end(as, put32(at, 0));
    return proa_asm_offset(as) - 4;
}

uint32_t proa_asm_call_later(struct proa_asm *as)
{
    return through_later(as, 2);
}

uint32_t proa_asm_jmp_later(struct proa_asm *as)
{
    return through_later(as, 4);
}

void proa_asm_call_r(struct proa_asm *as, unsigned reg)
{
    proa_asm_rr(as, 0xff, 2, reg);
}

void proa_asm_call_m(struct proa_asm *as, const struct proa_place *place)
{
    proa_asm_rm(as, 0xff, 2, place);
}

void proa_asm_jmp_r(struct proa_asm *as, unsigned reg)
{
    proa_asm_rr(as, 0xff, 4, reg);
}

void proa_asm_jmp_m(struct proa_asm *as, const struct proa_place *place)
{
    proa_asm_rm(as, 0xff, 4, place);
}
