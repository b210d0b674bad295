/*
 * What a kernel is: one file, one program, the same source for the guest and
 * for the machine itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BENCH_KERNEL_H
#define PROA_BENCH_KERNEL_H

#include <stdint.h>
#include <string.h>

/* Make the data, the same every time. Not measured. */
void kernel_setup(void);
/* The work: ten to fifty milliseconds. A checksum of the result. */
uint64_t kernel_run(void);

/* A small generator, so that no kernel depends on a C library's. */
static inline uint32_t kernel_random(uint32_t *state)
{
    uint32_t x = *state;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* In [0, 1). */
static inline double kernel_random_double(uint32_t *state)
{
    return (double)(kernel_random(state) >> 8) / 16777216.0;
}

static inline uint64_t kernel_mix(uint64_t sum, uint64_t value)
{
    sum ^= value;
    sum *= UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 29;
}

static inline uint64_t kernel_mix_double(uint64_t sum, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return kernel_mix(sum, bits);
}

#endif
