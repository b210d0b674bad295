/*
 * integer: SHA-256 over a megabyte; rotations, additions, many live values.
 * https://csrc.nist.gov/pubs/fips/180-4/upd1/final
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 4 << 20 };

static uint8_t bytes[SIZE];
static uint32_t constants[64];

/* The first 32 bits of the fractions of cube roots of primes, by search. */
static void make_constants(void)
{
    int count = 0;

    for (uint32_t prime = 2; count < 64; prime++) {
        int is_prime = 1;
        unsigned __int128 target = (unsigned __int128)prime << 96;
        uint64_t root = 0;

        for (uint32_t d = 2; d * d <= prime; d++)
            is_prime &= prime % d != 0;
        if (!is_prime)
            continue;
        for (int bit = 36; bit >= 0; bit--) {
            uint64_t r = root | UINT64_C(1) << bit;

            if ((unsigned __int128)r * r * r <= target)
                root = r;
        }
        constants[count++] = (uint32_t)root;
    }
}

void kernel_setup(void)
{
    uint32_t seed = 21;

    make_constants();
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)kernel_random(&seed);
}

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void block(uint32_t state[8], const uint8_t *in)
{
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16 |
               (uint32_t)in[4 * i + 2] << 8 | in[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];

        w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] +
               (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
    }
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                      ((e & f) ^ (~e & g)) + constants[i] + w[i];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));

        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

uint64_t kernel_run(void)
{
    uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    uint64_t sum = 0;

    for (int i = 0; i < SIZE; i += 64)
        block(state, bytes + i);
    for (int i = 0; i < 8; i++)
        sum = kernel_mix(sum, state[i]);
    return sum;
}
