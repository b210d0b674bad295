/*
 * calls: objects of four kinds through tables of functions, as C++ does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { COUNT = 4096, ROUNDS = 500 };

struct shape;
struct methods {
    int64_t (*area)(const struct shape *shape);
    void (*grow)(struct shape *shape, int32_t by);
};
static struct shape {
    const struct methods *methods;
    int32_t a, b;
} shapes[COUNT];

static int64_t square_area(const struct shape *shape)
{
    return (int64_t)shape->a * shape->a;
}

static int64_t box_area(const struct shape *shape)
{
    return (int64_t)shape->a * shape->b;
}

static int64_t triangle_area(const struct shape *shape)
{
    return (int64_t)shape->a * shape->b / 2;
}

static int64_t ring_area(const struct shape *shape)
{
    return 3 * ((int64_t)shape->a * shape->a - (int64_t)shape->b * shape->b);
}

static void grow_a(struct shape *shape, int32_t by)
{
    shape->a = (shape->a + by) & 1023;
}

static void grow_both(struct shape *shape, int32_t by)
{
    shape->a = (shape->a + by) & 1023;
    shape->b = (shape->b ^ by) & 1023;
}

static const struct methods kinds[] = {
    { square_area, grow_a },
    { box_area, grow_both },
    { triangle_area, grow_both },
    { ring_area, grow_a },
};

void kernel_setup(void)
{
    uint32_t seed = 50;

    for (int i = 0; i < COUNT; i++) {
        shapes[i].methods = &kinds[kernel_random(&seed) & 3];
        shapes[i].a = (int32_t)(kernel_random(&seed) & 1023);
        shapes[i].b = (int32_t)(kernel_random(&seed) & 1023);
    }
}

uint64_t kernel_run(void)
{
    int64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNT; i++) {
            struct shape *shape = &shapes[i];

            sum += shape->methods->area(shape);
            shape->methods->grow(shape, round);
        }
    }
    return (uint64_t)sum;
}
