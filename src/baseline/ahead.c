/*
 * https://webassembly.github.io/spec/core/binary/instructions.html
 *
 * Nothing that is found here is relied on: bytes that are wrong are found to be
 * so by the validator when it is their turn.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/ahead.h"

enum { INSTRUCTIONS_MAX = 128, SEEN_MAX = 24, SIMPLE_BYTES_MAX = 160 };

struct seen {
    uint32_t local;
    uint16_t uses;
    bool is_set;
};

struct look {
    struct seen seen[SEEN_MAX];
    uint32_t count;
    bool calls;
};

static void note(struct look *look, const struct proa_instruction *instruction,
                 uint32_t weight)
{
    bool is_set = instruction->op != PROA_OP_LOCAL_GET;
    uint32_t i = 0;

    while (i < look->count && look->seen[i].local != instruction->index)
        i++;
    if (i == SEEN_MAX)
        return;
    if (i == look->count)
        look->seen[look->count++] =
            (struct seen){ .local = instruction->index };
    look->seen[i].uses = (uint16_t)(look->seen[i].uses + weight);
    look->seen[i].is_set = look->seen[i].is_set || is_set;
}

static bool calls(enum proa_op op)
{
    switch (op) {
    case PROA_OP_CALL:
    case PROA_OP_CALL_INDIRECT:
    case PROA_OP_MEMORY_GROW:
    case PROA_OP_MEMORY_COPY:
    case PROA_OP_MEMORY_FILL:
    case PROA_OP_MEMORY_INIT:
        return true;
    default:
        return false;
    }
}

/* To the loop's end, or as far as is worth while. */
static void look_ahead(struct proa_cursor in, struct look *look,
                       uint32_t *budget)
{
    struct proa_instruction instruction;
    struct proa_error ignored;
    uint32_t depth = 1;
    uint32_t loops = 0; /* a bit for each block around: is it a loop? */

    ignored.status = PROA_OK; /* its text is long: not worth clearing */
    for (int i = 0; i<INSTRUCTIONS_MAX && * budget> 0; i++) {
        --*budget;
        if (proa_instruction_read(&in, &instruction, &ignored) != PROA_OK)
            return;
        switch (instruction.op) {
        case PROA_OP_BLOCK:
        case PROA_OP_LOOP:
        case PROA_OP_IF:
            depth++;
            loops = loops << 1 | (instruction.op == PROA_OP_LOOP);
            break;
        case PROA_OP_END:
            if (--depth == 0)
                return;
            loops >>= 1;
            break;
        case PROA_OP_LOCAL_GET:
        case PROA_OP_LOCAL_SET:
        case PROA_OP_LOCAL_TEE:
            note(look, &instruction, loops != 0 ? 4 : 1);
            break;
        default:
            look->calls = look->calls || calls(instruction.op);
            break;
        }
    }
}

/* The locals used most come first. */
static void sort(struct look *look)
{
    for (uint32_t i = 1; i < look->count; i++) {
        struct seen one = look->seen[i];
        uint32_t k = i;
        for (; k > 0 && look->seen[k - 1].uses < one.uses; k--)
            look->seen[k] = look->seen[k - 1];
        look->seen[k] = one;
    }
}

/* Of integers and of floats: how many locals want a pin, how many are free. */
struct demand {
    unsigned room[2];
    unsigned need[2];
};

static struct demand count_room(unsigned pins)
{
    return (struct demand){
        .room = { (unsigned)__builtin_popcount(pins &
                                               ((1U << PROA_PIN_GPRS) - 1)),
                  (unsigned)__builtin_popcount(pins >> PROA_PIN_GPRS) },
    };
}

/* Keep as many as there are pins for; which pins have some of them? */
static unsigned choose(struct proa_emit *emit, struct look *look,
                       unsigned allowed, struct demand *demand)
{
    struct demand all = count_room(allowed);
    unsigned wanted = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < look->count; i++) {
        uint32_t local = look->seen[i].local;
        if (local >= emit->local_count || local >= PROA_NO_PIN_LOCAL)
            continue;
        const struct proa_home *home = &emit->locals[local];
        bool xmm = proa_is_xmm(home->type);
        if (all.room[xmm] == 0)
            continue;
        all.room[xmm]--;
        look->seen[count++] = look->seen[i];
        if (home->reg != PROA_NO_GPR && (allowed >> home->pin & 1) != 0)
            wanted |= 1U << home->pin;
        else
            demand->need[xmm]++;
    }
    look->count = count;
    return wanted;
}

/* What is in the way goes home. */
static void make_room(struct proa_emit *emit, unsigned allowed, unsigned wanted,
                      struct demand *demand)
{
    for (unsigned mask = emit->pins.bound & ~wanted; mask != 0;
         mask &= mask - 1) {
        unsigned pin = (unsigned)__builtin_ctz(mask);
        bool xmm = pin >= PROA_PIN_GPRS;
        bool may_stay = (allowed >> pin & 1) != 0;
        if (may_stay && demand->room[xmm] >= demand->need[xmm])
            continue;
        proa_pin_drop(emit, pin);
        demand->room[xmm] += may_stay;
    }
}

void proa_plan_loop(struct proa_emit *emit)
{
    struct look look;
    uint16_t usable = emit->usable_pins;
    unsigned allowed = usable;

    look.count = 0;
    look.calls = false;
    if (emit->in == NULL)
        return;
    look_ahead(*emit->in, &look, &emit->look_budget);
    sort(&look);
    if (look.calls)
        allowed &= (1U << PROA_PINS_KEPT) - 1;
    struct demand demand = count_room(allowed & ~(unsigned)emit->pins.bound);
    unsigned wanted = choose(emit, &look, allowed, &demand);
    make_room(emit, allowed, wanted, &demand);
    emit->usable_pins = (uint16_t)allowed;
    for (uint32_t i = 0; i < look.count; i++) {
        uint32_t local = look.seen[i].local;
        if (emit->locals[local].reg == PROA_NO_GPR)
            proa_pin_load(emit, proa_pin_find(emit, local), local);
        if (look.seen[i].is_set)
            proa_pin_touch(emit, local);
    }
    emit->usable_pins = usable;
}

bool proa_is_simple(const struct proa_cursor *in)
{
    struct proa_cursor at = *in;
    struct proa_instruction instruction;
    struct proa_error ignored;

    if (proa_cursor_left(in) > SIMPLE_BYTES_MAX)
        return false;
    ignored.status = PROA_OK;
    while (proa_cursor_left(&at) > 0)
        if (proa_instruction_read(&at, &instruction, &ignored) != PROA_OK ||
            instruction.op == PROA_OP_LOOP || calls(instruction.op))
            return false;
    return true;
}

unsigned proa_next_target(struct proa_emit *emit, bool xmm)
{
    const struct proa_cursor *in = emit->in;

    if (in == NULL || proa_cursor_left(in) < 2)
        return PROA_NO_GPR;
    const uint8_t *next = in->bytes + in->offset;
    /* local.set or local.tee, with an index of one byte */
    if ((next[0] != 0x21 && next[0] != 0x22) || next[1] >= 0x80 ||
        next[1] >= emit->local_count)
        return PROA_NO_GPR;
    const struct proa_home *home = &emit->locals[next[1]];
    if (home->reg == PROA_NO_GPR || proa_is_xmm(home->type) != xmm)
        return PROA_NO_GPR;
    for (uint32_t i = 0; i < emit->stack_count; i++)
        if (emit->stack[i].kind == PROA_OPERAND_LOCAL &&
            emit->stack[i].local == next[1])
            return PROA_NO_GPR;
    return home->reg;
}
