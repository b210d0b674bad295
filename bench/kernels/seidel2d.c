/*
 * numeric: nine-point stencil in place; each point waits for the one before.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 300, STEPS = 20 };

static double grid[SIZE][SIZE];

void kernel_setup(void)
{
    uint32_t seed = 3;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            grid[i][j] = kernel_random_double(&seed);
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int t = 0; t < STEPS; t++) {
        for (int i = 1; i < SIZE - 1; i++) {
            for (int j = 1; j < SIZE - 1; j++) {
                double total = 0;

                for (int di = -1; di <= 1; di++) {
                    for (int dj = -1; dj <= 1; dj++)
                        total += grid[i + di][j + dj];
                }
                grid[i][j] = total / 9.0;
            }
        }
    }
    for (int i = 0; i < SIZE; i++)
        sum = kernel_mix_double(sum, grid[i][i]);
    return sum;
}
