/*
 * integer: primes below six million, a byte a number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 6000000 };

static uint8_t is_composite[SIZE];

void kernel_setup(void)
{
    memset(is_composite, 0, sizeof is_composite);
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (uint32_t i = 2; i < SIZE; i++) {
        if (is_composite[i])
            continue;
        sum += i;
        if (i < 2000) {
            for (uint32_t j = i * i; j < SIZE; j += i)
                is_composite[j] = 1;
        }
    }
    return sum;
}
