/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/asm_x86_64.h"

#include <assert.h>
#include <string.h>

/* An instruction being written at the code's end. */
struct bytes {
    uint8_t *at;
    uint32_t count;
};

static void begin(struct proa_asm *as, struct bytes *out)
{
    struct proa_buffer *code = as->code;

    if (code->capacity - code->size < PROA_ASM_BYTES_MAX || code->is_full) {
        out->at = proa_buffer_reserve(code, PROA_ASM_BYTES_MAX);
        if (out->at == NULL)
            out->at = as->nowhere;
        else
            code->size -= PROA_ASM_BYTES_MAX;
    } else {
        out->at = code->bytes + code->size;
    }
    out->count = 0;
}

static void put(struct bytes *out, unsigned byte)
{
    out->at[out->count++] = (uint8_t)byte;
}

static void put32(struct bytes *out, uint32_t value)
{
    memcpy(out->at + out->count, &value, 4);
    out->count += 4;
}

static void flush(struct proa_asm *as, const struct bytes *out)
{
    assert(out->count <= PROA_ASM_BYTES_MAX);
    if (!as->code->is_full)
        as->code->size += out->count;
}

/* Prefixes, REX, map and opcode. x and b extend index and base (or rm). */
static void put_opcode(struct bytes *out, uint32_t op, unsigned reg, unsigned x,
                       unsigned b, bool force_rex)
{
    unsigned rex =
        ((op & PROA_ASM_W) != 0 ? 8U : 0U) | (reg >> 3) << 2 | x << 1 | b;

    if ((op & PROA_ASM_66) != 0)
        put(out, 0x66);
    if ((op & PROA_ASM_F3) != 0)
        put(out, 0xf3);
    if ((op & PROA_ASM_F2) != 0)
        put(out, 0xf2);
    if (rex != 0 || force_rex)
        put(out, 0x40 | rex);
    if ((op & PROA_ASM_MAP) != 0)
        put(out, 0x0f);
    if ((op & PROA_ASM_MAP) == PROA_ASM_0F38)
        put(out, 0x38);
    if ((op & PROA_ASM_MAP) == PROA_ASM_0F3A)
        put(out, 0x3a);
    put(out, op & 0xff);
}

static void put_rr(struct bytes *out, uint32_t op, unsigned reg, unsigned rm)
{
    bool force = ((op & PROA_ASM_BYTE_REG) != 0 && reg >= 4) ||
                 ((op & PROA_ASM_BYTE_RM) != 0 && rm >= 4);

    put_opcode(out, op, reg, 0, rm >> 3, force);
    put(out, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static void put_rm(struct bytes *out, uint32_t op, unsigned reg,
                   const struct proa_place *place)
{
    bool has_index = place->index != PROA_NO_GPR;
    bool needs_sib = has_index || (place->base & 7) == PROA_RSP;
    bool force = (op & PROA_ASM_BYTE_REG) != 0 && reg >= 4;
    unsigned mode;

    assert(place->index != PROA_RSP);
    put_opcode(out, op, reg, has_index ? place->index >> 3 : 0,
               place->base >> 3, force);
    /* Without an offset rbp and r13 would mean something else. */
    if (place->offset == 0 && (place->base & 7) != PROA_RBP)
        mode = 0;
    else if (place->offset >= -128 && place->offset <= 127)
        mode = 1;
    else
        mode = 2;
    put(out, mode << 6 | (reg & 7) << 3 | (needs_sib ? 4 : place->base & 7U));
    if (needs_sib)
        put(out, (unsigned)place->scale << 6 |
                     (has_index ? place->index & 7U : 4U) << 3 |
                     (place->base & 7U));
    if (mode == 1)
        put(out, (uint8_t)place->offset);
    else if (mode == 2)
        put32(out, (uint32_t)place->offset);
}

void proa_asm_rr(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm)
{
    struct bytes out;

    begin(as, &out);
    put_rr(&out, op, reg, rm);
    flush(as, &out);
}

void proa_asm_rm(struct proa_asm *as, uint32_t op, unsigned reg,
                 const struct proa_place *place)
{
    struct bytes out;

    begin(as, &out);
    put_rm(&out, op, reg, place);
    flush(as, &out);
}

void proa_asm_rri(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm,
                  uint8_t immediate)
{
    struct bytes out;

    begin(as, &out);
    put_rr(&out, op, reg, rm);
    put(&out, immediate);
    flush(as, &out);
}

void proa_asm_rmi(struct proa_asm *as, uint32_t op, unsigned reg,
                  const struct proa_place *place, uint8_t immediate)
{
    struct bytes out;

    begin(as, &out);
    put_rm(&out, op, reg, place);
    put(&out, immediate);
    flush(as, &out);
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
    struct bytes out;

    begin(as, &out);
    put_rr(&out, (is_byte(immediate) ? 0x83 : 0x81) | wide_bit(wide), op, rm);
    if (is_byte(immediate))
        put(&out, (uint8_t)immediate);
    else
        put32(&out, (uint32_t)immediate);
    flush(as, &out);
}

void proa_asm_group_mi(struct proa_asm *as, enum proa_asm_group1 op, bool wide,
                       const struct proa_place *place, int32_t immediate)
{
    struct bytes out;

    begin(as, &out);
    put_rm(&out, (is_byte(immediate) ? 0x83 : 0x81) | wide_bit(wide), op,
           place);
    if (is_byte(immediate))
        put(&out, (uint8_t)immediate);
    else
        put32(&out, (uint32_t)immediate);
    flush(as, &out);
}

void proa_asm_imul_rri(struct proa_asm *as, bool wide, unsigned reg,
                       unsigned rm, int32_t immediate)
{
    struct bytes out;

    begin(as, &out);
    put_rr(&out, (is_byte(immediate) ? 0x6b : 0x69) | wide_bit(wide), reg, rm);
    if (is_byte(immediate))
        put(&out, (uint8_t)immediate);
    else
        put32(&out, (uint32_t)immediate);
    flush(as, &out);
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
    struct bytes out;

    begin(as, &out);
    if (wide)
        put(&out, 0x48);
    put(&out, 0x99);
    flush(as, &out);
}

void proa_asm_constant(struct proa_asm *as, unsigned reg, uint64_t value)
{
    struct bytes out;

    begin(as, &out);
    if (value == 0) {
        put_rr(&out, PROA_ASM_XOR, reg, reg);
    } else if (value <= UINT32_MAX) {
        put_opcode(&out, 0xb8 | (reg & 7), 0, 0, reg >> 3, false);
        put32(&out, (uint32_t)value);
    } else if ((int64_t)value >= INT32_MIN && (int64_t)value < 0) {
        put_rr(&out, 0xc7 | PROA_ASM_W, 0, reg);
        put32(&out, (uint32_t)value);
    } else {
        put_opcode(&out, 0xb8 | (reg & 7) | PROA_ASM_W, 0, 0, reg >> 3, false);
        put32(&out, (uint32_t)value);
        put32(&out, (uint32_t)(value >> 32));
    }
    flush(as, &out);
}

void proa_asm_move_zero(struct proa_asm *as, unsigned reg)
{
    struct bytes out;

    begin(as, &out);
    put_opcode(&out, 0xb8 | (reg & 7), 0, 0, reg >> 3, false);
    put32(&out, 0);
    flush(as, &out);
}

void proa_asm_store_immediate(struct proa_asm *as, unsigned size,
                              const struct proa_place *place, int32_t immediate)
{
    struct bytes out;

    begin(as, &out);
    assert(size == 1 || size == 2 || size == 4 || size == 8);
    put_rm(&out,
           (size == 1 ? 0xc6U : 0xc7U) | (size == 2 ? PROA_ASM_66 : 0U) |
               wide_bit(size == 8),
           0, place);
    if (size == 1) {
        put(&out, (uint8_t)immediate);
    } else if (size == 2) {
        put(&out, (uint8_t)immediate);
        put(&out, (uint8_t)((uint32_t)immediate >> 8));
    } else {
        put32(&out, (uint32_t)immediate);
    }
    flush(as, &out);
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
    struct bytes out;

    begin(as, &out);
    put_opcode(&out, opcode | (reg & 7), 0, 0, reg >> 3, false);
    flush(as, &out);
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
    (void)proa_buffer_append(as->code, "\xc3", 1);
}

void proa_asm_leave(struct proa_asm *as)
{
    (void)proa_buffer_append(as->code, "\xc9", 1);
}

void proa_asm_patch(struct proa_asm *as, uint32_t at, uint32_t target)
{
    uint32_t distance = target - (at + 4);

    if (!as->code->is_full)
        memcpy(as->code->bytes + at, &distance, 4);
}

/* The 4 bytes of a distance that is not known yet hold the use before it. */
static void use_label(struct proa_asm *as, struct proa_label *label)
{
    uint32_t at = proa_asm_offset(as);
    uint32_t chain = label->uses;

    (void)proa_buffer_append(as->code, &chain, 4);
    if (label->is_bound)
        proa_asm_patch(as, at, label->at);
    else
        label->uses = at + 1;
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
    (void)proa_buffer_append(as->code, "\xe9", 1);
    use_label(as, label);
}

void proa_asm_jcc(struct proa_asm *as, enum proa_condition condition,
                  struct proa_label *label)
{
    const uint8_t opcode[] = { 0x0f, (uint8_t)(0x80 | condition) };

    (void)proa_buffer_append(as->code, opcode, sizeof opcode);
    use_label(as, label);
}

void proa_asm_lea_label(struct proa_asm *as, unsigned reg,
                        struct proa_label *label)
{
    struct bytes out;

    begin(as, &out);
    /* rip-relative: mode 0, rm 5 */
    put_opcode(&out, PROA_ASM_LEA | PROA_ASM_W, reg, 0, 0, false);
    put(&out, (reg & 7) << 3 | 5);
    flush(as, &out);
    use_label(as, label);
}

uint32_t proa_asm_call_later(struct proa_asm *as)
{
    (void)proa_buffer_append(as->code, "\xff\x15\0\0\0\0", 6);
    return proa_asm_offset(as) - 4;
}

uint32_t proa_asm_jmp_later(struct proa_asm *as)
{
    (void)proa_buffer_append(as->code, "\xff\x25\0\0\0\0", 6);
    return proa_asm_offset(as) - 4;
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
