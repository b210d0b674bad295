/*
 * integer: queens on a board of thirteen, counted by recursion over bit masks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 13 };

void kernel_setup(void)
{
}

static uint64_t place(uint32_t columns, uint32_t left, uint32_t right)
{
    uint32_t free = ~(columns | left | right) & ((1u << SIZE) - 1);
    uint64_t count = 0;

    if (columns == (1u << SIZE) - 1)
        return 1;
    while (free != 0) {
        uint32_t bit = free & -free;

        free ^= bit;
        count += place(columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

uint64_t kernel_run(void)
{
    return place(0, 0, 0);
}
