/*
 * strings: UTF-8 checked and decoded to code points, changed, and encoded.
 * https://www.rfc-editor.org/rfc/rfc3629
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { POINTS = 400000, ROUNDS = 3 };

static uint8_t text[POINTS * 4], back[POINTS * 4];
static uint32_t text_size;
static uint32_t points[POINTS];

static uint32_t encode(uint8_t *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (point & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (point & 63));
    return 4;
}

void kernel_setup(void)
{
    uint32_t seed = 41;

    text_size = 0;
    for (int i = 0; i < POINTS; i++) {
        uint32_t r = kernel_random(&seed);
        uint32_t point = 'a' + (r >> 8) % 26;

        if ((r & 15) == 0)
            point = 0x10000 + (r >> 8) % 0x1000;
        else if ((r & 15) < 3)
            point = 0x900 + (r >> 8) % 0x4000;
        else if ((r & 15) < 6)
            point = 0xa0 + (r >> 8) % 0x400;
        text_size += encode(text + text_size, point);
    }
}

/* How many bytes, 0 when they are no character. */
static uint32_t decode(const uint8_t *in, uint32_t left, uint32_t *point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t size = in[0] < 0x80   ? 1
                    : in[0] < 0xc2 ? 0
                    : in[0] < 0xe0 ? 2
                    : in[0] < 0xf0 ? 3
                    : in[0] < 0xf5 ? 4
                                   : 0;
    uint32_t value;

    if (size == 0 || size > left)
        return 0;
    value = size == 1 ? in[0] : in[0] & (0x7fu >> size);
    for (uint32_t i = 1; i < size; i++) {
        if ((in[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (in[i] & 63);
    }
    if (value < least[size] || value > 0x10ffff ||
        (value >= 0xd800 && value < 0xe000))
        return 0;
    *point = value;
    return size;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t count = 0;
        uint32_t size = 0;

        for (uint32_t at = 0; at < text_size;) {
            uint32_t n = decode(text + at, text_size - at, &points[count]);

            if (n == 0)
                return 0;
            at += n;
            count++;
        }
        for (uint32_t i = 0; i < count; i++) {
            uint32_t p = points[i];

            size += encode(back + size, p >= 'a' && p <= 'z' ? p - 32 : p);
        }
        for (uint32_t i = 0; i < size; i += 59)
            sum = kernel_mix(sum, back[i]);
    }
    return sum;
}
