/*
 * numeric: C = alpha * A * B + beta * C, doubles, in the order that keeps rows
 * together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 448 };

static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

void kernel_setup(void)
{
    uint32_t seed = 1;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = kernel_random_double(&seed);
            b[i][j] = kernel_random_double(&seed);
            c[i][j] = kernel_random_double(&seed);
        }
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            c[i][j] *= 1.2;
        for (int k = 0; k < SIZE; k++) {
            for (int j = 0; j < SIZE; j++)
                c[i][j] += 1.5 * a[i][k] * b[k][j];
        }
    }
    for (int i = 0; i < SIZE; i++)
        sum = kernel_mix_double(sum, c[i][(i * 7) % SIZE]);
    return sum;
}
