/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/cursor.h"

#include "../check.h"

struct u32_case {
    uint8_t bytes[6];
    uint32_t size;
    enum proa_status status;
    uint32_t value;
};

static const struct u32_case u32_cases[] = {
    { { 0x00 }, 1, PROA_OK, 0 },
    { { 0x80, 0x01 }, 2, PROA_OK, 128 },
    { { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5, PROA_OK, UINT32_MAX },
    { { 0x80, 0x00 }, 2, PROA_OK, 0 }, /* padding is allowed */
    { { 0xff, 0xff, 0xff, 0xff, 0x1f }, 5, PROA_MALFORMED, 7 },
    { { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }, 6, PROA_MALFORMED, 7 },
    { { 0x80 }, 1, PROA_MALFORMED, 7 },
    { { 0 }, 0, PROA_MALFORMED, 7 },
};

int main(void)
{
    for (size_t i = 0; i < sizeof u32_cases / sizeof u32_cases[0]; i++) {
        const struct u32_case *c = &u32_cases[i];
        uint8_t *bytes = exact_copy(c->bytes, c->size);
        struct proa_cursor in = { .bytes = bytes, .size = c->size };
        struct proa_error err = { 0 };
        uint32_t value = 7; /* untouched on failure */

        CHECK_EQ(proa_cursor_u32(&in, &value, &err), c->status);
        CHECK_EQ(value, c->value);
        CHECK_EQ(err.status, c->status);
        free(bytes);
    }
    return 0;
}
