/*
 * calls: a machine whose states are functions that name the next one; every
 * step is a call through a pointer that was just computed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { STEPS = 6000000 };

struct machine {
    uint32_t x, y;
};
typedef uint32_t (*state_fn)(struct machine *machine);

static volatile uint32_t start;

static uint32_t add(struct machine *m)
{
    m->x += m->y;
    return m->x & 7;
}

static uint32_t turn(struct machine *m)
{
    m->y = m->y << 5 | m->y >> 27;
    return (m->y >> 3) & 7;
}

static uint32_t swap(struct machine *m)
{
    uint32_t t = m->x;

    m->x = m->y;
    m->y = t;
    return (t ^ m->x) & 7;
}

static uint32_t mix(struct machine *m)
{
    m->x = m->x * 1664525 + 1013904223;
    return m->x >> 29;
}

static uint32_t fold(struct machine *m)
{
    m->y ^= m->x >> 7;
    return m->y & 3;
}

static uint32_t half(struct machine *m)
{
    m->x = (m->x >> 1) + 3;
    return 3 + (m->x & 3);
}

static state_fn states[8];

void kernel_setup(void)
{
    static const state_fn all[8] = {
        add, turn, swap, mix, fold, half, mix, add
    };

    memcpy(states, all, sizeof all);
    start = 3;
}

uint64_t kernel_run(void)
{
    struct machine machine = { 12345, 67890 };
    uint32_t state = start;

    for (int i = 0; i < STEPS; i++)
        state = states[state & 7](&machine);
    return kernel_mix(machine.x, machine.y);
}
