/*
 * integer: long multiplication and modular powers, 32-bit limbs in 64-bit
 * products, as public-key code does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { LIMBS = 32, POWERS = 8 };

static uint32_t modulus[LIMBS], base[LIMBS];

void kernel_setup(void)
{
    uint32_t seed = 28;

    for (int i = 0; i < LIMBS; i++) {
        modulus[i] = kernel_random(&seed);
        base[i] = kernel_random(&seed);
    }
    modulus[0] |= 1;
    modulus[LIMBS - 1] |= 0x80000000u;
    base[LIMBS - 1] &= 0x7fffffffu;
}

static uint32_t negative_inverse(uint32_t m)
{
    uint32_t x = 1;

    for (int i = 0; i < 5; i++)
        x *= 2 - m * x;
    return -x;
}

/* Montgomery's product of a and b. */
static void multiply(uint32_t *out, const uint32_t *a, const uint32_t *b,
                     uint32_t inverse)
{
    uint32_t t[LIMBS + 2] = { 0 };

    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        uint32_t m;

        for (int j = 0; j < LIMBS; j++) {
            carry += t[j] + (uint64_t)a[j] * b[i];
            t[j] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += t[LIMBS];
        t[LIMBS] = (uint32_t)carry;
        t[LIMBS + 1] = (uint32_t)(carry >> 32);
        m = t[0] * inverse;
        carry = (t[0] + (uint64_t)m * modulus[0]) >> 32;
        for (int j = 1; j < LIMBS; j++) {
            carry += t[j] + (uint64_t)m * modulus[j];
            t[j - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += t[LIMBS];
        t[LIMBS - 1] = (uint32_t)carry;
        t[LIMBS] = t[LIMBS + 1] + (uint32_t)(carry >> 32);
    }
    if (t[LIMBS] != 0) {
        int64_t borrow = 0;

        for (int j = 0; j < LIMBS; j++) {
            borrow += (int64_t)t[j] - modulus[j];
            t[j] = (uint32_t)borrow;
            borrow >>= 32;
        }
    }
    memcpy(out, t, LIMBS * sizeof *out);
}

uint64_t kernel_run(void)
{
    uint32_t inverse = negative_inverse(modulus[0]);
    uint32_t x[LIMBS], power[LIMBS];
    uint64_t sum = 0;

    memcpy(x, base, sizeof x);
    for (int round = 0; round < POWERS; round++) {
        memcpy(power, x, sizeof x);
        for (int i = 0; i < LIMBS * 32; i++) {
            multiply(power, power, power, inverse);
            if (base[i / 32] >> (i % 32) & 1)
                multiply(power, power, x, inverse);
        }
        memcpy(x, power, sizeof x);
        sum = kernel_mix(sum, x[round]);
    }
    return sum;
}
