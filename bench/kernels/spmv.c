/*
 * numeric: sparse matrix by vector, rows compressed; indexes read from memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { ROWS = 20000, PER_ROW = 12, ROUNDS = 160 };

static double values[ROWS * PER_ROW], x[ROWS], y[ROWS];
static uint32_t columns[ROWS * PER_ROW], starts[ROWS + 1];

void kernel_setup(void)
{
    uint32_t seed = 7;
    uint32_t at = 0;

    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t count = 1 + kernel_random(&seed) % PER_ROW;

        starts[i] = at;
        for (uint32_t k = 0; k < count; k++, at++) {
            columns[at] = kernel_random(&seed) % ROWS;
            values[at] = kernel_random_double(&seed) / count;
        }
        x[i] = kernel_random_double(&seed);
    }
    starts[ROWS] = at;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < ROWS; i++) {
            double total = 0;

            for (uint32_t k = starts[i]; k < starts[i + 1]; k++)
                total += values[k] * x[columns[k]];
            y[i] = total;
        }
        for (uint32_t i = 0; i < ROWS; i++)
            x[i] = y[i] + 0.5;
    }
    for (uint32_t i = 0; i < ROWS; i += 37)
        sum = kernel_mix_double(sum, x[i]);
    return sum;
}
