/*
 * integer: a byte-wise dictionary coder with a hash of the last places, and its
 * decoder; branches, unaligned words, overlapping copies.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 3 << 20, HASH_BITS = 14, MATCH_MIN = 4, MATCH_MAX = 255 + 4 };

static uint8_t text[SIZE], packed[SIZE * 2], back[SIZE];
static uint32_t places[1 << HASH_BITS];

void kernel_setup(void)
{
    uint32_t seed = 27;
    uint32_t at = 0;

    while (at < SIZE) {
        uint32_t r = kernel_random(&seed);
        uint32_t count = 4 + r % 40;

        /* Half of the text was said before. */
        if (at > 4096 && r >> 31) {
            uint32_t from = at - 64 - (r >> 8) % 4000;

            for (; count > 0 && at < SIZE; count--)
                text[at++] = text[from++];
        } else {
            for (; count > 0 && at < SIZE; count--)
                text[at++] = (uint8_t)('a' + kernel_random(&seed) % 26);
        }
    }
    memset(places, 0, sizeof places);
}

static uint32_t word_at(uint32_t at)
{
    uint32_t word;

    memcpy(&word, text + at, 4);
    return word;
}

static uint32_t match_length(uint32_t a, uint32_t b)
{
    uint32_t n = 0;

    while (b + n < SIZE && n < MATCH_MAX && text[a + n] == text[b + n])
        n++;
    return n;
}

/* 0, byte: a literal; 1, length, distance of two bytes: a match. */
static uint32_t pack(void)
{
    uint32_t at = 0, out = 0;

    while (at < SIZE) {
        uint32_t length = 0, from = 0;

        if (at + 4 <= SIZE) {
            uint32_t hash = word_at(at) * 2654435761u >> (32 - HASH_BITS);

            from = places[hash];
            places[hash] = at;
            if (from < at && at - from < 65536)
                length = match_length(from, at);
        }
        if (length >= MATCH_MIN) {
            packed[out++] = 1;
            packed[out++] = (uint8_t)(length - MATCH_MIN);
            packed[out++] = (uint8_t)(at - from);
            packed[out++] = (uint8_t)((at - from) >> 8);
            at += length;
        } else {
            packed[out++] = 0;
            packed[out++] = text[at++];
        }
    }
    return out;
}

static uint32_t unpack(uint32_t size)
{
    uint32_t at = 0;

    for (uint32_t in = 0; in < size;) {
        if (packed[in] == 0) {
            back[at++] = packed[in + 1];
            in += 2;
        } else {
            uint32_t length = packed[in + 1] + MATCH_MIN;
            uint32_t from =
                at - (packed[in + 2] | (uint32_t)packed[in + 3] << 8);

            for (; length > 0; length--)
                back[at++] = back[from++];
            in += 4;
        }
    }
    return at;
}

uint64_t kernel_run(void)
{
    uint32_t size = pack();
    uint64_t sum = size;

    if (unpack(size) != SIZE)
        return 0;
    for (uint32_t i = 0; i < SIZE; i++) {
        if (back[i] != text[i])
            return 0;
    }
    for (uint32_t i = 0; i < size; i += 67)
        sum = kernel_mix(sum, packed[i]);
    return sum;
}
