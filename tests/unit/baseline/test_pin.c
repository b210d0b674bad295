/* Which local is in which register, and what is written home for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "frame_of.h"

/* Pins 0 to 2 are kept by calls, 3 to 5 are not, 6 and more are XMM. */
enum { KEPT = 1, LOST = 4, FLOAT = 7 };

static void test_found_by_type(void)
{
    static const struct {
        bool kept;
        bool fuel;
        uint32_t local;
        unsigned pin;
    } rows[] = {
        { true, false, 0, 0 },
        { false, false, 0, PROA_PINS_KEPT },
        { true, false, FIRST_FLOAT, PROA_PIN_GPRS },
        { false, true, FIRST_FLOAT, PROA_PIN_GPRS },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct subject subject;
        subject_open(&subject, rows[i].kept);
        subject.emit.counts_fuel = rows[i].fuel;
        proa_pins_open(&subject.emit, rows[i].kept);
        CHECK_EQ(proa_pin_find(&subject.emit, rows[i].local), rows[i].pin);
        CHECK_EQ(subject.emit.usable_pins >> (PROA_PINS_KEPT - 1) & 1,
                 rows[i].kept && !rows[i].fuel);
        subject_close(&subject);
    }
}

/* As many as there are; a free one is found again by who had it. */
static void test_all_are_taken(void)
{
    struct subject subject;

    subject_open(&subject, true);
    for (uint32_t i = 0; i < PROA_PIN_GPRS; i++)
        proa_pin_bind(&subject.emit, proa_pin_find(&subject.emit, i), i, false);
    CHECK_EQ(proa_pin_find(&subject.emit, PROA_PIN_GPRS), PROA_PINS);
    CHECK_EQ(proa_pin_find(&subject.emit, FIRST_FLOAT), PROA_PIN_GPRS);
    proa_pin_drop(&subject.emit, 1);
    proa_pin_drop(&subject.emit, 5);
    CHECK_EQ(subject.locals[5].reg, PROA_NO_GPR);
    CHECK_EQ(proa_pin_find(&subject.emit, 5), 5);
    CHECK_EQ(proa_pin_find(&subject.emit, 1), 1);
    CHECK_EQ(proa_pin_find(&subject.emit, 9), 1);
    CHECK_EQ(subject_size(&subject), 0); /* none of them was dirty */
    subject_close(&subject);
}

/* What a call keeps stays; what it loses is at home before. */
static void test_call(void)
{
    struct subject subject;
    struct proa_emit *emit = &subject.emit;

    subject_open(&subject, true);
    proa_pin_bind(emit, KEPT, 1, true);
    proa_pin_bind(emit, LOST, 2, true);
    proa_pin_bind(emit, FLOAT, FIRST_FLOAT, false);
    proa_pins_save(emit);
    size_t one_store = subject_size(&subject);
    CHECK_EQ(one_store > 0, true);
    CHECK_EQ(emit->pins.dirty, 1 << KEPT);
    proa_pins_save(emit);
    CHECK_EQ(subject_size(&subject), one_store); /* nothing is left to save */
    proa_pins_lose(emit);
    CHECK_EQ(emit->pins.bound, 1 << KEPT);
    CHECK_EQ(subject.locals[1].reg, proa_pin_registers[KEPT]);
    CHECK_EQ(subject.locals[2].reg, PROA_NO_GPR);
    CHECK_EQ(subject.locals[FIRST_FLOAT].reg, PROA_NO_GPR);
    CHECK_EQ(subject_size(&subject), one_store);
    subject_close(&subject);
}

struct state {
    uint16_t bound;
    uint16_t dirty;
    uint16_t local; /* what the pin KEPT has; LOST has local 2 */
};

static struct proa_pins pins_of(const struct state *state)
{
    struct proa_pins pins = { .bound = state->bound, .dirty = state->dirty };

    pins.local[KEPT] = state->local;
    pins.local[LOST] = 2;
    return pins;
}

enum { K = 1 << KEPT, L = 1 << LOST };

/* Where two paths meet: what the label asks for in the end, whether it is so
 * already, and how many loads and stores it takes where it is not. */
static const struct {
    struct state here;
    struct state label;
    bool fits;
    bool meets;
    uint16_t bound; /* of the label, after meeting */
    uint16_t dirty;
    unsigned moves; /* without meeting */
} meetings[] = {
    { { K, 0, 1 }, { K, 0, 1 }, true, true, K, 0, 0 },
    { { K, K, 1 }, { K, K, 1 }, true, true, K, K, 0 },
    /* A dirty one fits a label that does not know it only by meeting. */
    { { K, K, 1 }, { K, 0, 1 }, false, true, K, K, 1 },
    /* The label is content with what is at home. */
    { { 0, 0, 1 }, { K, 0, 1 }, false, true, 0, 0, 1 },
    { { 0, 0, 1 }, { K, K, 1 }, false, false, K, K, 1 },
    /* Another local is in the pin: it goes, and the right one comes. */
    { { K, K, 3 }, { K, K, 1 }, false, false, K, K, 2 },
    { { K, 0, 3 }, { K, 0, 1 }, false, true, 0, 0, 1 },
    /* More than the label wants: no code, unless it is dirty. */
    { { K | L, 0, 1 }, { K, 0, 1 }, true, true, K, 0, 0 },
    { { K | L, L, 1 }, { K, 0, 1 }, false, false, K, 0, 1 },
};

static void test_paths_meet(void)
{
    for (size_t i = 0; i < sizeof meetings / sizeof meetings[0]; i++) {
        struct subject subject;
        struct proa_pins here = pins_of(&meetings[i].here);
        struct proa_pins label = pins_of(&meetings[i].label);
        struct proa_pins asked = label;

        subject_open(&subject, true);
        proa_pins_assume(&subject.emit, &here);
        CHECK_EQ(subject_size(&subject), 0);
        CHECK_EQ(proa_pins_fit(&subject.emit, &label), meetings[i].fits);
        CHECK_EQ(proa_pins_meet(&subject.emit, &asked), meetings[i].meets);
        CHECK_EQ(asked.bound, meetings[i].bound);
        CHECK_EQ(asked.dirty & asked.bound, meetings[i].dirty);
        proa_pins_conform(&subject.emit, &label);
        /* mov of 32 bits between r13 or r8 and a place near rbp: 4 bytes */
        CHECK_EQ(subject_size(&subject), 4 * meetings[i].moves);
        CHECK_EQ(subject.emit.pins.bound, label.bound);
        CHECK_EQ(subject.emit.pins.dirty, label.dirty);
        CHECK_EQ(proa_pins_fit(&subject.emit, &label), true);
        if ((label.bound & K) != 0)
            CHECK_EQ(subject.locals[label.local[KEPT]].reg,
                     proa_pin_registers[KEPT]);
        subject_close(&subject);
    }
}

int main(void)
{
    test_found_by_type();
    test_all_are_taken();
    test_call();
    test_paths_meet();
    return 0;
}
