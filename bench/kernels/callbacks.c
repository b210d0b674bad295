/*
 * calls: sorting and folding with functions given as arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { COUNT = 60000, FOLDS = 60 };

typedef int (*compare_fn)(const void *a, const void *b);
typedef uint64_t (*fold_fn)(uint64_t sum, uint32_t value);

static uint32_t numbers[COUNT], scratch[COUNT];

void kernel_setup(void)
{
    uint32_t seed = 51;

    for (int i = 0; i < COUNT; i++)
        numbers[i] = kernel_random(&seed);
}

static int up(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int down(const void *a, const void *b)
{
    return up(b, a);
}

static int by_low_bits(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a & 0xffff;
    uint32_t y = *(const uint32_t *)b & 0xffff;

    return (x > y) - (x < y);
}

static uint64_t fold_sum(uint64_t sum, uint32_t value)
{
    return sum + value;
}

static uint64_t fold_xor(uint64_t sum, uint32_t value)
{
    return sum ^ (uint64_t)value << (value & 15);
}

static uint64_t fold_mix(uint64_t sum, uint32_t value)
{
    return kernel_mix(sum, value);
}

/* Merge sort from the bottom up, stable. */
static __attribute__((noinline)) void sort(compare_fn compare)
{
    for (uint32_t width = 1; width < COUNT; width *= 2) {
        for (uint32_t low = 0; low < COUNT; low += 2 * width) {
            uint32_t i = low, o = low;
            uint32_t middle = low + width < COUNT ? low + width : COUNT;
            uint32_t high = low + 2 * width < COUNT ? low + 2 * width : COUNT;
            uint32_t j = middle;

            while (i < middle && j < high)
                scratch[o++] = compare(&numbers[j], &numbers[i]) < 0
                                   ? numbers[j++]
                                   : numbers[i++];
            while (i < middle)
                scratch[o++] = numbers[i++];
            while (j < high)
                scratch[o++] = numbers[j++];
        }
        for (uint32_t i = 0; i < COUNT; i++)
            numbers[i] = scratch[i];
    }
}

static __attribute__((noinline)) uint64_t fold(fold_fn step, uint64_t sum)
{
    for (uint32_t i = 0; i < COUNT; i++)
        sum = step(sum, numbers[i]);
    return sum;
}

uint64_t kernel_run(void)
{
    static const compare_fn orders[] = { up, down, by_low_bits };
    static const fold_fn steps[] = { fold_sum, fold_xor, fold_mix };
    uint64_t sum = 0;

    for (int i = 0; i < 3; i++) {
        sort(orders[i]);
        sum = fold(fold_mix, sum);
    }
    for (int i = 0; i < FOLDS; i++)
        sum = fold(steps[i % 3], sum);
    return sum;
}
