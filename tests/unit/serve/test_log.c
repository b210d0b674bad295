/*
 * Lines of the log hold nothing that could be taken for another line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/log.h"

#include "../check.h"

static void check_text(const struct proa_buffer *out, const char *expected)
{
    if (out->size == strlen(expected) &&
        (out->size == 0 || memcmp(out->bytes, expected, out->size) == 0))
        return;
    fprintf(stderr, "%.*snot\n%s", (int)out->size, (const char *)out->bytes,
            expected);
    exit(1);
}

static void check_access(struct proa_http_log_entry entry, const char *expected)
{
    struct proa_buffer out;

    proa_buffer_init(&out, 1 << 16);
    proa_log_access_line(&entry, 784111777, &out);
    check_text(&out, expected);
    proa_buffer_deinit(&out);
}

static void check_lines(const char *text, size_t size, const char *expected)
{
    struct proa_buffer out;
    uint8_t *copy = exact_copy((const uint8_t *)text, size);

    proa_buffer_init(&out, 1 << 16);
    proa_log_lines("guest: ", (struct proa_http_text){ (char *)copy, size },
                   &out);
    check_text(&out, expected);
    proa_buffer_deinit(&out);
    free(copy);
}

int main(void)
{
    struct proa_http_log_entry entry = {
        .client_address = "192.0.2.7",
        .method = proa_http_text_of("GET"),
        .target = proa_http_text_of("/a?b"),
        .version_minor = 1,
        .status = 200,
        .body_bytes = 12,
        .ns = 1002003,
    };

    check_access(entry, "192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] "
                        "\"GET /a?b HTTP/1.1\" 200 12 1.002ms\n");
    entry.is_cut = true;
    entry.target = proa_http_text_of("/\"\\\x1b\n");
    check_access(entry, "192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] \"GET "
                        "/\\x22\\x5c\\x1b\\x0a HTTP/1.1\" 200 12 1.002ms "
                        "cut\n");
    check_access(
        (struct proa_http_log_entry){ .client_address = "::1", .status = 400 },
        "::1 - - [06/Nov/1994:08:49:37 +0000] \"-\" 400 0 0.000ms\n");
    check_lines("a\nb", 3, "guest: a\nguest: b\n");
    check_lines("a\n\n", 3, "guest: a\nguest: \n");
    check_lines("a\tb\\\"", 5, "guest: a\tb\\\"\n");
    check_lines("\x1b[31m\r\0\x7f", 8, "guest: \\x1b[31m\\x0d\\x00\\x7f\n");
    check_lines("", 0, "");
    return 0;
}
