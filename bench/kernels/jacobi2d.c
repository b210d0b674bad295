/*
 * numeric: five-point stencil from one grid to another and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 400, STEPS = 100 };

static double a[SIZE][SIZE], b[SIZE][SIZE];

void kernel_setup(void)
{
    uint32_t seed = 2;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            a[i][j] = b[i][j] = kernel_random_double(&seed);
    }
}

static void step(double (*restrict to)[SIZE], double (*restrict from)[SIZE])
{
    for (int i = 1; i < SIZE - 1; i++) {
        for (int j = 1; j < SIZE - 1; j++)
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] +
                              from[i - 1][j] + from[i + 1][j]);
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int t = 0; t < STEPS; t++) {
        step(b, a);
        step(a, b);
    }
    for (int i = 0; i < SIZE; i++)
        sum = kernel_mix_double(sum, a[i][i]);
    return sum;
}
