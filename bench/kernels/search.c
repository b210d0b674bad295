/*
 * strings: a phrase looked for in a text by skipping, and line counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 1 << 20, ROUNDS = 8 };

static uint8_t text[SIZE];
static const char *const phrases[] = { "needle", "the quick brown", "aab",
                                       "xyzzy plugh" };

void kernel_setup(void)
{
    uint32_t seed = 43;
    uint32_t at = 0;

    while (at < SIZE - 32) {
        uint32_t r = kernel_random(&seed);

        if (r % 97 == 0) {
            for (const char *p = phrases[r >> 16 & 3]; *p != '\0'; p++)
                text[at++] = (uint8_t)*p;
        } else {
            text[at++] = r % 61 == 0 ? '\n' : (uint8_t)('a' + (r >> 8) % 26);
        }
    }
    while (at < SIZE)
        text[at++] = ' ';
}

static uint32_t count_phrase(const char *phrase)
{
    uint32_t skip[256];
    uint32_t size = 0;
    uint32_t found = 0;

    while (phrase[size] != '\0')
        size++;
    for (int i = 0; i < 256; i++)
        skip[i] = size;
    for (uint32_t i = 0; i + 1 < size; i++)
        skip[(uint8_t)phrase[i]] = size - 1 - i;
    for (uint32_t at = 0; at + size <= SIZE;) {
        uint32_t i = size;

        while (i > 0 && text[at + i - 1] == (uint8_t)phrase[i - 1])
            i--;
        found += i == 0;
        at += skip[text[at + size - 1]];
    }
    return found;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t lines = 0;

        for (int i = 0; i < 4; i++)
            sum = kernel_mix(sum, count_phrase(phrases[i]));
        for (uint32_t i = 0; i < SIZE; i++)
            lines += text[i] == '\n';
        sum = kernel_mix(sum, lines);
    }
    return sum;
}
