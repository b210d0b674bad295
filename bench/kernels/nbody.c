/*
 * numeric: five bodies and their gravity; square roots and divisions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

#include <math.h>

enum { COUNT = 5, STEPS = 250000 };

static struct body {
    double place[3];
    double speed[3];
    double mass;
} bodies[COUNT];

void kernel_setup(void)
{
    uint32_t seed = 6;

    for (int i = 0; i < COUNT; i++) {
        for (int d = 0; d < 3; d++) {
            bodies[i].place[d] = 20 * kernel_random_double(&seed) - 10;
            bodies[i].speed[d] = kernel_random_double(&seed) - 0.5;
        }
        bodies[i].mass = i == 0 ? 40 : 0.05 * kernel_random_double(&seed);
    }
}

static void pull(struct body *a, struct body *b, double dt)
{
    double x = a->place[0] - b->place[0];
    double y = a->place[1] - b->place[1];
    double z = a->place[2] - b->place[2];
    double square = x * x + y * y + z * z + 0.01;
    double force = dt / (square * sqrt(square));

    a->speed[0] -= x * b->mass * force;
    a->speed[1] -= y * b->mass * force;
    a->speed[2] -= z * b->mass * force;
    b->speed[0] += x * a->mass * force;
    b->speed[1] += y * a->mass * force;
    b->speed[2] += z * a->mass * force;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < COUNT; i++) {
            for (int j = i + 1; j < COUNT; j++)
                pull(&bodies[i], &bodies[j], 0.001);
        }
        for (int i = 0; i < COUNT; i++) {
            for (int d = 0; d < 3; d++)
                bodies[i].place[d] += 0.001 * bodies[i].speed[d];
        }
    }
    for (int i = 0; i < COUNT; i++)
        sum = kernel_mix_double(sum, bodies[i].place[0]);
    return sum;
}
