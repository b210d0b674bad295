/*
 * integer: quicksort with a middle pivot, insertion sort below sixteen.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 300000 };

static int32_t numbers[SIZE];

void kernel_setup(void)
{
    uint32_t seed = 24;

    for (int i = 0; i < SIZE; i++)
        numbers[i] = (int32_t)kernel_random(&seed);
}

static void swap(int32_t *a, int32_t *b)
{
    int32_t t = *a;

    *a = *b;
    *b = t;
}

static void insertion(int32_t *at, int count)
{
    for (int i = 1; i < count; i++) {
        int32_t value = at[i];
        int j = i;

        for (; j > 0 && at[j - 1] > value; j--)
            at[j] = at[j - 1];
        at[j] = value;
    }
}

static void quick(int32_t *at, int count)
{
    while (count > 16) {
        int32_t pivot;
        int i = 0, j = count - 1;

        if (at[count / 2] < at[0])
            swap(&at[count / 2], &at[0]);
        if (at[count - 1] < at[0])
            swap(&at[count - 1], &at[0]);
        if (at[count - 1] < at[count / 2])
            swap(&at[count - 1], &at[count / 2]);
        pivot = at[count / 2];
        for (;; i++, j--) {
            while (at[i] < pivot)
                i++;
            while (at[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&at[i], &at[j]);
        }
        quick(at, j + 1);
        at += j + 1;
        count -= j + 1;
    }
    insertion(at, count);
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    quick(numbers, SIZE);
    for (int i = 1; i < SIZE; i++) {
        if (numbers[i - 1] > numbers[i])
            return 0;
    }
    for (int i = 0; i < SIZE; i += 101)
        sum = kernel_mix(sum, (uint64_t)numbers[i]);
    return sum;
}
