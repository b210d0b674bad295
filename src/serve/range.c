/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/range.h"

#include <string.h>

static struct proa_http_text trim(struct proa_http_text text)
{
    while (text.size > 0 && strchr(" \t", text.bytes[0]) != NULL) {
        text.bytes++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t", text.bytes[text.size - 1]) != NULL)
        text.size--;
    return text;
}

/* A list of tags, weakly compared; "*" is all. */
static bool lists_tag(struct proa_http_text list, const char *etag)
{
    if (proa_http_text_equals(trim(list), "*"))
        return true;
    while (list.size > 0) {
        struct proa_http_text item = { list.bytes, 0 };
        while (item.size < list.size && list.bytes[item.size] != ',')
            item.size++;
        size_t used = item.size < list.size ? item.size + 1 : item.size;
        list.bytes += used;
        list.size -= used;
        item = trim(item);
        if (item.size > 2 && memcmp(item.bytes, "W/", 2) == 0) {
            item.bytes += 2;
            item.size -= 2;
        }
        if (proa_http_text_equals(item, etag))
            return true;
    }
    return false;
}

static const struct proa_http_field *
field(const struct proa_http_request *request, const char *name)
{
    uint32_t count = 0;
    const struct proa_http_field *found =
        proa_http_request_field(request, name, &count);

    return count == 1 ? found : NULL;
}

/*
 * Dates are compared as text: a client that repeats the date it was told is
 * right; any other gets the file, which is always correct.
 */
static bool is_unchanged(const struct proa_http_request *request,
                         const struct proa_file_state *state)
{
    const struct proa_http_field *none = field(request, "if-none-match");
    const struct proa_http_field *since = field(request, "if-modified-since");

    if (none != NULL)
        return lists_tag(none->value, state->etag);
    return since != NULL &&
           proa_http_text_equals(since->value, state->modified);
}

/* Digits; false when there are none or too many. */
static bool read_number(struct proa_http_text text, uint64_t *number)
{
    uint64_t value = 0;

    if (text.size == 0 || text.size > 18)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    *number = value;
    return true;
}

static struct proa_file_part cut(uint64_t first, uint64_t last, uint64_t size)
{
    if (first >= size)
        return (struct proa_file_part){ .status = 416 };
    if (last >= size)
        last = size - 1;
    return (struct proa_file_part){ 206, first, last - first + 1 };
}

static struct proa_file_part read_range(struct proa_http_text value,
                                        uint64_t size)
{
    const struct proa_file_part whole = { 200, 0, size };
    uint64_t first = 0, last = UINT64_MAX;
    bool is_short = value.size < 7;

    if (is_short || memchr(value.bytes, ',', value.size) != NULL)
        return whole;
    if (!proa_http_text_is((struct proa_http_text){ value.bytes, 6 }, "bytes="))
        return whole;
    struct proa_http_text range =
        trim((struct proa_http_text){ value.bytes + 6, value.size - 6 });
    const char *dash =
        range.size > 0 ? memchr(range.bytes, '-', range.size) : NULL;
    if (dash == NULL)
        return whole;
    struct proa_http_text from = { range.bytes, (size_t)(dash - range.bytes) };
    struct proa_http_text to = { dash + 1, range.size - from.size - 1 };
    if (from.size == 0) {
        /* The last so many bytes. */
        if (!read_number(to, &last))
            return whole;
        if (last == 0)
            return (struct proa_file_part){ .status = 416 };
        first = last < size ? size - last : 0;
        return cut(first, UINT64_MAX, size);
    }
    if (!read_number(from, &first) ||
        (to.size > 0 && (!read_number(to, &last) || last < first)))
        return whole;
    return cut(first, last, size);
}

struct proa_file_part proa_file_part(const struct proa_http_request *request,
                                     const struct proa_file_state *state)
{
    const struct proa_http_field *match = field(request, "if-match");
    /* Ranges are for GET only. */
    const struct proa_http_field *range =
        proa_http_text_equals(request->method, "GET") ? field(request, "range")
                                                      : NULL;
    const struct proa_http_field *if_range = field(request, "if-range");

    if (match != NULL && !lists_tag(match->value, state->etag))
        return (struct proa_file_part){ .status = 412 };
    if (is_unchanged(request, state))
        return (struct proa_file_part){ .status = 304 };
    if (range == NULL ||
        (if_range != NULL &&
         !proa_http_text_equals(if_range->value, state->etag) &&
         !proa_http_text_equals(if_range->value, state->modified)))
        return (struct proa_file_part){ 200, 0, state->size };
    return read_range(range->value, state->size);
}
