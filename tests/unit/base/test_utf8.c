/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/utf8.h"

#include "../check.h"

struct utf8_case {
    const char *bytes;
    uint32_t size;
    bool is_valid;
};

static const struct utf8_case cases[] = {
    { "", 0, true },
    { "a\0b", 3, true },
    { "\x7f", 1, true },
    { "\x80", 1, false }, /* a tail byte alone */
    { "\xbf", 1, false },
    { "\xc0\x80", 2, false }, /* overlong */
    { "\xc1\xbf", 2, false },
    { "\xc2\x80", 2, true },
    { "\xdf\xbf", 2, true },
    { "\xc2", 1, false },
    { "\xc2\x7f", 2, false },
    { "\xc2\xc0", 2, false },
    { "\xe0\x9f\xbf", 3, false }, /* overlong */
    { "\xe0\xa0\x80", 3, true },
    { "\xe1\x80\x80", 3, true },
    { "\xe1\x80", 2, false },
    { "\xe1\x80\x7f", 3, false },
    { "\xed\x9f\xbf", 3, true },
    { "\xed\xa0\x80", 3, false }, /* a surrogate */
    { "\xee\x80\x80", 3, true },
    { "\xef\xbf\xbf", 3, true },
    { "\xf0\x8f\xbf\xbf", 4, false }, /* overlong */
    { "\xf0\x90\x80\x80", 4, true },
    { "\xf4\x8f\xbf\xbf", 4, true },
    { "\xf4\x90\x80\x80", 4, false }, /* above U+10FFFF */
    { "\xf5\x80\x80\x80", 4, false },
    { "\xf0\x90\x80", 3, false },
    { "\xf0\x90\x80\xc0", 4, false },
    { "\xff", 1, false },
    { "abc\xc3\xa9z", 6, true },
    { "abc\xc3", 4, false },
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct utf8_case *c = &cases[i];
        uint8_t *bytes = exact_copy((const uint8_t *)c->bytes, c->size);

        if (proa_utf8_is_valid((const char *)bytes, c->size) != c->is_valid) {
            fprintf(stderr, "case %zu is judged wrongly\n", i);
            return 1;
        }
        free(bytes);
    }
    return 0;
}
