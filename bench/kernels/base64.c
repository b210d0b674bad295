/*
 * integer: bytes to base64 and back.
 * https://www.rfc-editor.org/rfc/rfc4648#section-4
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 3 << 18, TEXT = 4 << 18, ROUNDS = 16 };

static uint8_t bytes[SIZE], back[SIZE], text[TEXT];
static uint8_t values[256];
static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void kernel_setup(void)
{
    uint32_t seed = 25;

    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)kernel_random(&seed);
    memset(values, 255, sizeof values);
    for (uint8_t i = 0; i < 64; i++)
        values[(uint8_t)letters[i]] = i;
}

static void encode(void)
{
    for (int i = 0, o = 0; i < SIZE; i += 3, o += 4) {
        uint32_t bits = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 |
                        bytes[i + 2];

        text[o] = (uint8_t)letters[bits >> 18];
        text[o + 1] = (uint8_t)letters[bits >> 12 & 63];
        text[o + 2] = (uint8_t)letters[bits >> 6 & 63];
        text[o + 3] = (uint8_t)letters[bits & 63];
    }
}

static int decode(void)
{
    for (int i = 0, o = 0; i < TEXT; i += 4, o += 3) {
        uint32_t a = values[text[i]], b = values[text[i + 1]];
        uint32_t c = values[text[i + 2]], d = values[text[i + 3]];
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;

        if ((a | b | c | d) > 63)
            return 0;
        back[o] = (uint8_t)(bits >> 16);
        back[o + 1] = (uint8_t)(bits >> 8);
        back[o + 2] = (uint8_t)bits;
    }
    return 1;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        encode();
        if (!decode())
            return 0;
        for (int i = 0; i < SIZE; i += 61)
            sum = kernel_mix(sum, back[i]);
        bytes[round] ^= 1;
    }
    return sum;
}
