/*
 * Which part of a file answers a request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/range.h"

#include "../check.h"

static const struct proa_file_state state = { 1000, "\"abc\"",
                                              "Sun, 06 Nov 1994 08:49:37 GMT" };

struct part_case {
    const char *fields[4]; /* name, value, name, value */
    struct proa_file_part part;
};

static const struct part_case cases[] = {
    { { 0 }, { 200, 0, 1000 } },
    { { "Range", "bytes=0-0" }, { 206, 0, 1 } },
    { { "Range", "bytes=0-" }, { 206, 0, 1000 } },
    { { "Range", "bytes=10-19" }, { 206, 10, 10 } },
    { { "Range", "Bytes= 10-19 " }, { 206, 10, 10 } },
    { { "Range", "bytes=990-2000" }, { 206, 990, 10 } },
    { { "Range", "bytes=999-" }, { 206, 999, 1 } },
    { { "Range", "bytes=1000-" }, { 416, 0, 0 } },
    { { "Range", "bytes=-1" }, { 206, 999, 1 } },
    { { "Range", "bytes=-5000" }, { 206, 0, 1000 } },
    { { "Range", "bytes=-0" }, { 416, 0, 0 } },
    { { "Range", "bytes=5-4" }, { 200, 0, 1000 } },
    { { "Range", "bytes=-" }, { 200, 0, 1000 } },
    { { "Range", "bytes=" }, { 200, 0, 1000 } },
    { { "Range", "bytes=a-b" }, { 200, 0, 1000 } },
    { { "Range", "bytes=1-2,4-5" }, { 200, 0, 1000 } },
    { { "Range", "lines=1-2" }, { 200, 0, 1000 } },
    { { "Range", "" }, { 200, 0, 1000 } },
    { { "Range", "bytes=99999999999999999999-" }, { 416, 0, 0 } },
    { { "Range", "bytes=5-99999999999999999999" }, { 206, 5, 995 } },
    { { "Range", "bytes=-99999999999999999999" }, { 206, 0, 1000 } },
    { { "Range", "bytes=1-2", "Range", "bytes=3-4" }, { 200, 0, 1000 } },
    { { "Range", "bytes=1-2", "If-Range", "\"abc\"" }, { 206, 1, 2 } },
    { { "Range", "bytes=1-2", "If-Range", "\"other\"" }, { 200, 0, 1000 } },
    { { "Range", "bytes=1-2", "If-Range", "W/\"abc\"" }, { 200, 0, 1000 } },
    { { "Range", "bytes=1-2", "If-Range", "Sun, 06 Nov 1994 08:49:37 GMT" },
      { 206, 1, 2 } },
    { { "If-None-Match", "\"abc\"" }, { 304, 0, 0 } },
    { { "If-None-Match", "\"x\" , W/\"abc\"" }, { 304, 0, 0 } },
    { { "If-None-Match", "*" }, { 304, 0, 0 } },
    { { "If-None-Match", "\"x\",,\"ab\"" }, { 200, 0, 1000 } },
    { { "If-None-Match", "" }, { 200, 0, 1000 } },
    { { "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT" }, { 304, 0, 0 } },
    { { "If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT" },
      { 200, 0, 1000 } },
    { { "If-None-Match", "\"x\"", "If-Modified-Since",
        "Sun, 06 Nov 1994 08:49:37 GMT" },
      { 200, 0, 1000 } },
    { { "If-None-Match", "\"abc\"", "Range", "bytes=1-2" }, { 304, 0, 0 } },
    { { "If-Match", "\"abc\"" }, { 200, 0, 1000 } },
    { { "If-Match", "\"x\"" }, { 412, 0, 0 } },
    { { "If-Match", "W/\"abc\"" }, { 412, 0, 0 } },
    { { "If-Match", "\"x\"", "If-Match", "\"abc\"" }, { 200, 0, 1000 } },
    { { "If-Match", "*" }, { 200, 0, 1000 } },
    { { "If-None-Match", "\"x\"", "If-None-Match", "W/\"abc\"" },
      { 304, 0, 0 } },
    { { "If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT" },
      { 304, 0, 0 } },
    { { "If-Modified-Since", "Sun Nov  6 08:49:37 1994" }, { 304, 0, 0 } },
    { { "If-Modified-Since", "Sun Nov  6 08:49:36 1994" }, { 200, 0, 1000 } },
    { { "If-Modified-Since", "Mon, 01 Jan 2029 00:00:00 GMT" }, { 304, 0, 0 } },
    { { "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMTx" },
      { 200, 0, 1000 } },
    { { "If-Modified-Since", "Sun, 36 Nov 1994 08:49:37 GMT" },
      { 200, 0, 1000 } },
    { { "If-Modified-Since", "Sun, 06 Nov 1994 08:49:3" }, { 200, 0, 1000 } },
    { { "If-Modified-Since", "" }, { 200, 0, 1000 } },
    { { "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT" },
      { 412, 0, 0 } },
    { { "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT" },
      { 200, 0, 1000 } },
    { { "If-Unmodified-Since", "never" }, { 200, 0, 1000 } },
    { { "If-Match", "\"abc\"", "If-Unmodified-Since",
        "Sun, 06 Nov 1994 08:49:36 GMT" },
      { 200, 0, 1000 } },
};

static struct proa_file_part part_of(const struct part_case *c,
                                     const char *method)
{
    struct proa_http_field fields[2];
    struct proa_http_request request = { .method = proa_http_text_of(method),
                                         .fields = fields };
    uint8_t *copies[2];

    for (int i = 0; i < 2 && c->fields[2 * i] != NULL; i++) {
        size_t size = strlen(c->fields[2 * i + 1]);
        copies[i] = exact_copy((const uint8_t *)c->fields[2 * i + 1], size);
        fields[i] =
            (struct proa_http_field){ proa_http_text_of(c->fields[2 * i]),
                                      { (char *)copies[i], size } };
        request.field_count++;
    }
    struct proa_file_part part = proa_file_part(&request, &state);
    for (uint32_t i = 0; i < request.field_count; i++)
        free(copies[i]);
    return part;
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_file_part part = part_of(&cases[i], "GET");
        if (part.status != cases[i].part.status ||
            part.offset != cases[i].part.offset ||
            part.size != cases[i].part.size) {
            fprintf(stderr, "case %zu: %u, %llu bytes at %llu\n", i,
                    (unsigned)part.status, (unsigned long long)part.size,
                    (unsigned long long)part.offset);
            return 1;
        }
    }
    /* A range is for GET only. */
    CHECK_EQ(part_of(&cases[1], "HEAD").status, 200);
    return 0;
}
