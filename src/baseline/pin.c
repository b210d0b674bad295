/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/pin.h"

#include "baseline/emit.h"

enum {
    GPR_PINS = (1 << PROA_PIN_GPRS) - 1,
    XMM_PINS = ((1 << PROA_PINS) - 1) & ~GPR_PINS,
    KEPT_PINS = (1 << PROA_PINS_KEPT) - 1,
};

const uint8_t proa_pin_registers[PROA_PINS] = {
    PROA_R12, PROA_R13, PROA_R14, PROA_RSI, PROA_R8, PROA_R9, 8,
    9,        10,       11,       12,       13,      14,
};

void proa_pins_open(struct proa_emit *emit, bool kept)
{
    emit->pins.bound = 0;
    emit->pins.dirty = 0;
    emit->usable_pins = (GPR_PINS | XMM_PINS);
    if (!kept)
        emit->usable_pins &= (uint16_t)~KEPT_PINS;
    if (emit->counts_fuel)
        emit->usable_pins &= (uint16_t) ~(1U << (PROA_PINS_KEPT - 1));
}

void proa_pin_bind(struct proa_emit *emit, unsigned pin, uint32_t local,
                   bool dirty)
{
    struct proa_home *home = &emit->locals[local];
    uint16_t bit = (uint16_t)(1U << pin);

    home->reg = proa_pin_registers[pin];
    home->pin = (uint8_t)pin;
    emit->pins.local[pin] = (uint16_t)local;
    emit->pins.bound |= bit;
    if (dirty)
        emit->pins.dirty |= bit;
    else
        emit->pins.dirty &= (uint16_t)~bit;
}

unsigned proa_pin_find(const struct proa_emit *emit, uint32_t local)
{
    const struct proa_home *home = &emit->locals[local];
    unsigned kind = proa_is_xmm(home->type) ? XMM_PINS : GPR_PINS;
    unsigned mask = emit->usable_pins & ~(unsigned)emit->pins.bound & kind;

    if (mask == 0 || local >= PROA_NO_PIN_LOCAL)
        return PROA_PINS;
    /* Where it was before, so that paths agree. */
    if (home->pin < PROA_PINS && (mask >> home->pin & 1) != 0)
        return home->pin;
    return (unsigned)__builtin_ctz(mask);
}

static void store(struct proa_emit *emit, unsigned pin)
{
    const struct proa_home *home = &emit->locals[emit->pins.local[pin]];
    struct proa_place place = proa_frame(home->offset);

    proa_store_typed(emit, home->type, proa_pin_registers[pin], &place);
    emit->pins.dirty &= (uint16_t) ~(1U << pin);
}

static void unbind(struct proa_emit *emit, unsigned pin)
{
    uint16_t bit = (uint16_t)(1U << pin);

    emit->locals[emit->pins.local[pin]].reg = PROA_NO_GPR;
    emit->pins.bound &= (uint16_t)~bit;
    emit->pins.dirty &= (uint16_t)~bit;
}

void proa_pin_drop(struct proa_emit *emit, unsigned pin)
{
    if ((emit->pins.dirty >> pin & 1) != 0)
        store(emit, pin);
    unbind(emit, pin);
}

void proa_pin_load(struct proa_emit *emit, unsigned pin, uint32_t local)
{
    const struct proa_home *home = &emit->locals[local];
    struct proa_place place = proa_frame(home->offset);

    proa_load_typed(emit, home->type, proa_pin_registers[pin], &place);
    proa_pin_bind(emit, pin, local, false);
}

void proa_pin_touch(struct proa_emit *emit, uint32_t local)
{
    emit->pins.dirty |= (uint16_t)(1U << emit->locals[local].pin);
}

void proa_pins_save(struct proa_emit *emit)
{
    for (unsigned mask = emit->pins.dirty & ~(unsigned)KEPT_PINS; mask != 0;
         mask &= mask - 1)
        store(emit, (unsigned)__builtin_ctz(mask));
}

void proa_pins_lose(struct proa_emit *emit)
{
    for (unsigned mask = emit->pins.bound & ~(unsigned)KEPT_PINS; mask != 0;
         mask &= mask - 1)
        unbind(emit, (unsigned)__builtin_ctz(mask));
}

void proa_pins_assume(struct proa_emit *emit, const struct proa_pins *state)
{
    struct proa_pins *pins = &emit->pins;

    for (unsigned mask = pins->bound; mask != 0; mask &= mask - 1)
        emit->locals[pins->local[__builtin_ctz(mask)]].reg = PROA_NO_GPR;
    *pins = *state;
    for (unsigned mask = pins->bound; mask != 0; mask &= mask - 1) {
        unsigned pin = (unsigned)__builtin_ctz(mask);
        struct proa_home *home = &emit->locals[pins->local[pin]];
        home->reg = proa_pin_registers[pin];
        home->pin = (uint8_t)pin;
    }
}

/* The pins that hold the same local here and there. */
static unsigned same_pins(const struct proa_pins *a, const struct proa_pins *b)
{
    unsigned same = 0;

    for (unsigned mask = a->bound & b->bound; mask != 0; mask &= mask - 1) {
        unsigned pin = (unsigned)__builtin_ctz(mask);
        if (a->local[pin] == b->local[pin])
            same |= 1U << pin;
    }
    return same;
}

void proa_pins_conform(struct proa_emit *emit, const struct proa_pins *state)
{
    unsigned same = same_pins(&emit->pins, state);

    for (unsigned mask = emit->pins.dirty & ~(same & state->dirty); mask != 0;
         mask &= mask - 1)
        store(emit, (unsigned)__builtin_ctz(mask));
    for (unsigned mask = emit->pins.bound & ~same; mask != 0; mask &= mask - 1)
        unbind(emit, (unsigned)__builtin_ctz(mask));
    for (unsigned mask = state->bound & ~same; mask != 0; mask &= mask - 1) {
        unsigned pin = (unsigned)__builtin_ctz(mask);
        proa_pin_load(emit, pin, state->local[pin]);
    }
    emit->pins.dirty = state->dirty;
}

bool proa_pins_fit(const struct proa_emit *emit, const struct proa_pins *label)
{
    unsigned same = same_pins(&emit->pins, label);

    return (label->bound & ~same) == 0 &&
           (emit->pins.dirty & ~(same & label->dirty)) == 0;
}

bool proa_pins_meet(const struct proa_emit *emit, struct proa_pins *label)
{
    unsigned same = same_pins(&emit->pins, label);

    /* Those who came before have it at home too: let that be enough. */
    label->bound &= (uint16_t)(same | label->dirty);
    label->dirty |= (uint16_t)(emit->pins.dirty & same);
    return (label->bound & ~same) == 0 && (emit->pins.dirty & ~same) == 0;
}
