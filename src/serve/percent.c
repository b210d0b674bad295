/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/percent.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The byte at *index, which is moved behind it; 0 when there is none. */
static char decode_one(struct proa_http_text text, size_t *index)
{
    size_t i = *index;

    if (text.bytes[i] != '%') {
        *index = i + 1;
        return text.bytes[i];
    }
    if (text.size - i < 3)
        return 0;
    int high = hex_digit(text.bytes[i + 1]);
    int low = hex_digit(text.bytes[i + 2]);
    if (high < 0 || low < 0)
        return 0;
    *index = i + 3;
    return (char)(high * 16 + low);
}

bool proa_percent_decode(struct proa_http_text text, char *out,
                         size_t *out_size)
{
    size_t size = 0;

    for (size_t i = 0; i < text.size;) {
        char byte = decode_one(text, &i);
        if (byte == 0)
            return false;
        out[size++] = byte;
    }
    *out_size = size;
    return true;
}

bool proa_percent_is(struct proa_http_text text, const char *word)
{
    for (size_t i = 0; i < text.size; word++) {
        char byte = decode_one(text, &i);
        if (byte == 0 || byte != *word)
            return false;
    }
    return *word == '\0';
}
