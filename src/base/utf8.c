/*
 * https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf table 3-7
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/utf8.h"

#include <stdint.h>

/*
 * How many bytes a sequence with this first byte has, and what its second byte
 * may be: the only places where the rows of table 3-7 differ.
 */
static uint32_t sequence_size(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2)
        return 0; /* a tail byte, or an overlong form */
    if (first < 0xe0)
        return 2;
    if (first < 0xf0) {
        if (first == 0xe0)
            *low = 0xa0;
        else if (first == 0xed)
            *high = 0x9f; /* above: surrogates */
        return 3;
    }
    if (first == 0xf0)
        *low = 0x90;
    else if (first == 0xf4)
        *high = 0x8f;
    return first <= 0xf4 ? 4 : 0;
}

bool proa_utf8_is_valid(const char *bytes, size_t size)
{
    const uint8_t *at = (const uint8_t *)bytes;

    while (size > 0) {
        uint8_t low;
        uint8_t high;
        uint32_t count = sequence_size(at[0], &low, &high);

        if (count == 0 || count > size)
            return false;
        if (count > 1 && (at[1] < low || at[1] > high))
            return false;
        for (uint32_t i = 2; i < count; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += count;
        size -= count;
    }
    return true;
}
