/*
 * Locals in registers. A pin is a register that may hold a local; a local is in
 * one pin or in none, and has its home in the frame besides. A pin that is
 * dirty holds what its local's home does not.
 *
 * What the pins hold may differ from instruction to instruction. Paths that
 * meet agree about it: whoever comes first to a label behind decides, who comes
 * later adapts, by loads and stores on the way; at a loop's head, what lies
 * before the loop decides. A call keeps the first pins and loses the others,
 * whose dirty ones go home before it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_PIN_H
#define PROA_BASELINE_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "proa/types.h"

struct proa_emit;

enum {
    PROA_PIN_GPRS = 6,
    PROA_PIN_XMMS = 7,
    PROA_PINS = PROA_PIN_GPRS + PROA_PIN_XMMS,
    PROA_PINS_KEPT = 3,         /* the first: callee-saved registers */
    PROA_NO_PIN_LOCAL = 0xffff, /* locals from here on are never in a pin */
};

/* Of a local. */
struct proa_home {
    uint8_t reg;    /* the pin's that it is in; PROA_NO_GPR: in none */
    uint8_t pin;    /* which; else where it was last, or PROA_PINS */
    int32_t offset; /* from rbp */
    enum proa_valtype type;
};

struct proa_pins {
    uint16_t local[PROA_PINS]; /* of those that are bound */
    uint16_t bound;            /* bit masks */
    uint16_t dirty;
};

extern const uint8_t proa_pin_registers[PROA_PINS];

/* None is bound. `kept`: may callee-saved registers be used? */
void proa_pins_open(struct proa_emit *emit, bool kept);
/* The local lives in this pin, which is free, from now on; no code. */
void proa_pin_bind(struct proa_emit *emit, unsigned pin, uint32_t local,
                   bool dirty);
/* A free pin for the local, or PROA_PINS. */
unsigned proa_pin_find(const struct proa_emit *emit, uint32_t local);
/* The local goes home, if it is not there, and its pin is free. */
void proa_pin_drop(struct proa_emit *emit, unsigned pin);
/* The local comes to this pin, which is free. */
void proa_pin_load(struct proa_emit *emit, unsigned pin, uint32_t local);
/* Its pin was written. */
void proa_pin_touch(struct proa_emit *emit, uint32_t local);

/* Before a call: what it does not keep is at home too; after it: only there. */
void proa_pins_save(struct proa_emit *emit);
void proa_pins_lose(struct proa_emit *emit);

/* The state becomes another, without code or by loads and stores, which keep
 * the flags. */
void proa_pins_assume(struct proa_emit *emit, const struct proa_pins *state);
void proa_pins_conform(struct proa_emit *emit, const struct proa_pins *state);
/* A label that is not bound yet asks for less where that makes it cheaper to
 * come from the state that there is. True: nothing is left to do. */
bool proa_pins_meet(const struct proa_emit *emit, struct proa_pins *label);
/* The same, but the label is bound already. */
bool proa_pins_fit(const struct proa_emit *emit, const struct proa_pins *label);

#endif
