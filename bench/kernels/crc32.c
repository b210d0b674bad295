/*
 * integer: the checksum of Ethernet and zip, one table step a byte.
 * https://www.rfc-editor.org/rfc/rfc1952#section-8
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 1 << 20, ROUNDS = 8 };

static uint8_t bytes[SIZE];
static uint32_t table[256];

void kernel_setup(void)
{
    uint32_t seed = 20;

    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;

        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[n] = c;
    }
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)kernel_random(&seed);
}

uint64_t kernel_run(void)
{
    uint32_t crc = 0xffffffffu;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SIZE; i++)
            crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    }
    return ~crc;
}
