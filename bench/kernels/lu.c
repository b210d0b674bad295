/*
 * numeric: LU decomposition in place, no pivoting, diagonally dominant matrix.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 640 };

static double a[SIZE][SIZE];

void kernel_setup(void)
{
    uint32_t seed = 4;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            a[i][j] = kernel_random_double(&seed);
        a[i][i] += (double)SIZE;
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int k = 0; k < SIZE; k++) {
        for (int i = k + 1; i < SIZE; i++) {
            double factor = a[i][k] / a[k][k];

            a[i][k] = factor;
            for (int j = k + 1; j < SIZE; j++)
                a[i][j] -= factor * a[k][j];
        }
    }
    for (int i = 0; i < SIZE; i++)
        sum = kernel_mix_double(sum, a[i][i]);
    return sum;
}
