/*
 * strings: the edit distance of two texts, one row at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 3000 };

static uint8_t a[SIZE], b[SIZE];
static uint32_t row[SIZE + 1];

void kernel_setup(void)
{
    uint32_t seed = 44;

    for (int i = 0; i < SIZE; i++) {
        a[i] = (uint8_t)('a' + kernel_random(&seed) % 8);
        b[i] = (uint8_t)('a' + kernel_random(&seed) % 8);
    }
}

static uint32_t least(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (uint32_t j = 0; j <= SIZE; j++)
        row[j] = j;
    for (uint32_t i = 0; i < SIZE; i++) {
        uint32_t corner = row[0];

        row[0] = i + 1;
        for (uint32_t j = 0; j < SIZE; j++) {
            uint32_t change = corner + (a[i] != b[j]);

            corner = row[j + 1];
            row[j + 1] = least(change, least(corner, row[j]) + 1);
        }
        sum = kernel_mix(sum, row[SIZE]);
    }
    return sum;
}
