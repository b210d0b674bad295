/*
 * integer: SipHash-2-4 of many short keys; 64-bit words.
 * https://www.aumasson.jp/siphash/siphash.pdf
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 1 << 16, KEYS = 900000 };

static uint8_t bytes[SIZE + 64];

void kernel_setup(void)
{
    uint32_t seed = 23;

    for (int i = 0; i < SIZE + 64; i++)
        bytes[i] = (uint8_t)kernel_random(&seed);
}

static uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static void round_of(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash(const uint8_t *in, uint32_t size)
{
    uint64_t v[4] = { 0x736f6d6570736575, 0x646f72616e646f6d,
                      0x6c7967656e657261, 0x7465646279746573 };
    uint64_t last = (uint64_t)size << 56;
    uint32_t at = 0;

    for (; at + 8 <= size; at += 8) {
        uint64_t word;

        memcpy(&word, in + at, 8);
        v[3] ^= word;
        round_of(v);
        round_of(v);
        v[0] ^= word;
    }
    for (uint32_t i = 0; at + i < size; i++)
        last |= (uint64_t)in[at + i] << 8 * i;
    v[3] ^= last;
    round_of(v);
    round_of(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < KEYS; i++)
        sum += hash(bytes + (i * 31 & (SIZE - 1)), i & 31);
    return sum;
}
