/*
 * integer: the ChaCha20 stream; sixteen words in registers.
 * https://www.rfc-editor.org/rfc/rfc8439
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { BLOCKS = 160000 };

static uint32_t key[8];

void kernel_setup(void)
{
    uint32_t seed = 22;

    for (int i = 0; i < 8; i++)
        key[i] = kernel_random(&seed);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = (*d ^ *a) << 16 | (*d ^ *a) >> 16;
    *c += *d;
    *b = (*b ^ *c) << 12 | (*b ^ *c) >> 20;
    *a += *b;
    *d = (*d ^ *a) << 8 | (*d ^ *a) >> 24;
    *c += *d;
    *b = (*b ^ *c) << 7 | (*b ^ *c) >> 25;
}

uint64_t kernel_run(void)
{
    uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    uint64_t sum = 0;

    memcpy(in + 4, key, sizeof key);
    for (uint32_t n = 0; n < BLOCKS; n++) {
        uint32_t x[16];

        in[12] = n;
        memcpy(x, in, sizeof x);
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 4; i++)
                quarter(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
            for (int i = 0; i < 4; i++)
                quarter(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
                        &x[12 + (i + 3) % 4]);
        }
        for (int i = 0; i < 16; i++)
            sum = kernel_mix(sum, x[i] + in[i]);
    }
    return sum;
}
