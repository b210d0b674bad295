/*
 * numeric: y = a * x + y over floats, then an integer dot product; loops of one
 * line that stand and fall with vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 16384, ROUNDS = 6000 };

static float x[SIZE], y[SIZE];
static int32_t p[SIZE], q[SIZE];

void kernel_setup(void)
{
    uint32_t seed = 10;

    for (int i = 0; i < SIZE; i++) {
        x[i] = (float)kernel_random_double(&seed);
        y[i] = (float)kernel_random_double(&seed);
        p[i] = (int32_t)kernel_random(&seed);
        q[i] = (int32_t)kernel_random(&seed);
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        float a = 0.0001f * (float)round;
        uint32_t total = 0;

        for (int i = 0; i < SIZE; i++)
            y[i] += a * x[i];
        for (int i = 0; i < SIZE; i++)
            total += (uint32_t)p[i] * (uint32_t)q[i];
        q[round] ^= (int32_t)total;
        sum = kernel_mix(sum, total);
    }
    for (int i = 0; i < SIZE; i += 61)
        sum = kernel_mix_double(sum, (double)y[i]);
    return sum;
}
