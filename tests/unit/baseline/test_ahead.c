/* What a look at the code that follows finds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "baseline/ahead.h"
#include "frame_of.h"

enum { GET = 0x20, SET = 0x21, TEE = 0x22, CALL = 0x10, END = 0x0b };
enum { LOOP = 0x03, EMPTY = 0x40, DROP = 0x1a };

#define BYTES(...)                                                             \
    (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

struct code {
    const uint8_t *bytes;
    uint32_t size;
};

static const struct {
    struct code code;
    uint32_t pinned; /* a bit for each local */
    uint32_t dirty;
    unsigned kept; /* how many of them are in pins that calls keep */
} loops[] = {
    { { BYTES(END) }, 0, 0, 0 },
    { { BYTES(GET, 3, SET, 5, END) }, 1 << 3 | 1 << 5, 1 << 5, 2 },
    /* What follows the loop's end is not its own. */
    { { BYTES(GET, 3, DROP, END, GET, 4, END) }, 1 << 3, 0, 1 },
    { { BYTES(LOOP, EMPTY, GET, 3, DROP, END, TEE, 4, END) },
      1 << 3 | 1 << 4,
      1 << 4,
      2 },
    /* One that calls gets only what calls keep, and no floats: the three that
     * are used most. */
    { { BYTES(GET, 1, GET, 1, GET, 2, GET, 3, GET, 3, GET, 4, GET, 4, CALL, 0,
              GET, FIRST_FLOAT, END) },
      1 << 1 | 1 << 3 | 1 << 4,
      0,
      3 },
    /* A use in a loop within counts for more. */
    { { BYTES(GET, 1, GET, 1, GET, 2, GET, 2, GET, 3, GET, 3, CALL, 0, LOOP,
              EMPTY, GET, 4, DROP, END, END) },
      1 << 1 | 1 << 2 | 1 << 4,
      0,
      3 },
    { { BYTES(GET, FIRST_FLOAT, SET, FIRST_FLOAT + 1, END) },
      3 << FIRST_FLOAT,
      2 << FIRST_FLOAT,
      0 },
    /* Locals that there are not, and bytes that are no code: no matter. */
    { { BYTES(GET, 100, GET, 3, 0xff) }, 1 << 3, 0, 1 },
};

static void test_loops(void)
{
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        struct subject subject;
        uint32_t pinned = 0;
        uint32_t dirty = 0;

        subject_open(&subject, true);
        subject_read(&subject, loops[i].code.bytes, loops[i].code.size);
        proa_plan_loop(&subject.emit);
        for (uint32_t local = 0; local < LOCALS; local++) {
            const struct proa_home *home = &subject.locals[local];
            if (home->reg == PROA_NO_GPR)
                continue;
            pinned |= 1U << local;
            dirty |= (subject.emit.pins.dirty >> home->pin & 1U) << local;
        }
        CHECK_EQ(pinned, loops[i].pinned);
        CHECK_EQ(dirty, loops[i].dirty);
        CHECK_EQ(__builtin_popcount(subject.emit.pins.bound &
                                    ((1 << PROA_PINS_KEPT) - 1)),
                 loops[i].kept);
        CHECK_EQ(subject.in.offset, 0); /* a look, nothing more */
        subject_close(&subject);
    }
}

/* Looking is bounded by the function's size in all. */
static void test_budget(void)
{
    struct subject subject;

    subject_open(&subject, true);
    subject_read(&subject, BYTES(GET, 1, GET, 2, GET, 3, END));
    subject.emit.look_budget = 2;
    proa_plan_loop(&subject.emit);
    CHECK_EQ(subject.emit.look_budget, 0);
    CHECK_EQ(subject.locals[2].reg != PROA_NO_GPR, true);
    CHECK_EQ(subject.locals[3].reg, PROA_NO_GPR);
    subject_close(&subject);
}

static const struct {
    struct code code;
    bool is_simple;
} bodies[] = {
    { { BYTES(GET, 0, END) }, true },
    { { BYTES(GET, 0, CALL, 0, END) }, false },
    { { BYTES(LOOP, EMPTY, END, END) }, false },
    { { BYTES(GET, 0, 0xff) }, false },
};

static void test_simple(void)
{
    uint8_t long_body[256];

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct proa_cursor in = { .bytes = bodies[i].code.bytes,
                                  .size = bodies[i].code.size };
        CHECK_EQ(proa_is_simple(&in), bodies[i].is_simple);
    }
    memset(long_body, 0x01, sizeof long_body); /* nop */
    struct proa_cursor in = { .bytes = long_body, .size = sizeof long_body };
    CHECK_EQ(proa_is_simple(&in), false);
}

/* Local 1 is in a pin, local 2 is not, FIRST_FLOAT is. */
static const struct {
    struct code code;
    bool xmm;
    bool is_operand; /* local 1 is on the stack */
    int local;       /* whose register it is, or -1 */
} targets[] = {
    { { BYTES(SET, 1) }, false, false, 1 },
    { { BYTES(TEE, 1) }, false, false, 1 },
    { { BYTES(GET, 1) }, false, false, -1 },
    { { BYTES(SET, 1) }, true, false, -1 },
    { { BYTES(SET, 1) }, false, true, -1 },
    { { BYTES(SET, 2) }, false, false, -1 },
    { { BYTES(SET, LOCALS) }, false, false, -1 },
    { { BYTES(SET, 0x81, 0) }, false, false, -1 },
    { { BYTES(SET) }, false, false, -1 },
    { { BYTES(SET, FIRST_FLOAT) }, true, true, FIRST_FLOAT },
    { { BYTES(SET, FIRST_FLOAT) }, false, false, -1 },
};

static void test_next_target(void)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct subject subject;
        struct proa_operand operand = { .kind = PROA_OPERAND_LOCAL,
                                        .local = 1 };
        unsigned wanted = PROA_NO_GPR;

        subject_open(&subject, true);
        proa_pin_bind(&subject.emit, 0, 1, false);
        proa_pin_bind(&subject.emit, PROA_PIN_GPRS, FIRST_FLOAT, false);
        subject.emit.stack = &operand;
        subject.emit.stack_count = targets[i].is_operand;
        subject_read(&subject, targets[i].code.bytes, targets[i].code.size);
        if (targets[i].local >= 0)
            wanted = subject.locals[targets[i].local].reg;
        CHECK_EQ(proa_next_target(&subject.emit, targets[i].xmm), wanted);
        subject_close(&subject);
    }
}

int main(void)
{
    test_loops();
    test_budget();
    test_simple();
    test_next_target();
    return 0;
}
