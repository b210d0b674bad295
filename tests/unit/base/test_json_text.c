/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_text.h"

#include "check.h"

static void texts_are_escaped(void)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        { "", "\"\"" },
        { "plain ~", "\"plain ~\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "\x01\n\x7f\xc3\xbc", "\"\\u0001\\u000a\\u007f\\u00c3\\u00bc\"" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].text);
        uint8_t *copy = exact_copy((const uint8_t *)cases[i].text, size);
        struct proa_buffer out;
        proa_buffer_init(&out, 100);
        proa_json_text(&out, (const char *)copy, size);
        CHECK_EQ(out.size, strlen(cases[i].json));
        CHECK_EQ(memcmp(out.bytes, cases[i].json, out.size), 0);
        proa_buffer_deinit(&out);
        free(copy);
    }
}

/* A full buffer says so. */
static void too_much_is_told(void)
{
    struct proa_buffer out;

    proa_buffer_init(&out, 4);
    proa_json_text(&out, "abc", 3);
    CHECK_EQ(out.is_full, true);
    proa_buffer_deinit(&out);
}

int main(void)
{
    texts_are_escaped();
    too_much_is_told();
    return 0;
}
