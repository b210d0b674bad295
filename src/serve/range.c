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

/* A list of tags; "*" is all. Ours is a strong one: compared weakly, what a
 * client calls a weak one may be it. */
static bool lists_tag(struct proa_http_text list, const char *etag,
                      bool is_weakly)
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
        if (is_weakly && item.size > 2 && memcmp(item.bytes, "W/", 2) == 0) {
            item.bytes += 2;
            item.size -= 2;
        }
        if (proa_http_text_equals(item, etag))
            return true;
    }
    return false;
}

/* Fields of one name are one list. @param is_there whether there is one */
static bool any_lists_tag(const struct proa_http_request *request,
                          const char *name, const char *etag, bool *is_there)
{
    bool is_weakly = strcmp(name, "if-none-match") == 0, is_found = false;

    *is_there = false;
    for (uint32_t i = 0; i < request->field_count; i++) {
        const struct proa_http_field *found = &request->fields[i];
        if (!proa_http_text_is(found->name, name))
            continue;
        *is_there = true;
        is_found |= lists_tag(found->value, etag, is_weakly);
    }
    return is_found;
}

static const struct proa_http_field *
field(const struct proa_http_request *request, const char *name)
{
    uint32_t count = 0;
    const struct proa_http_field *found =
        proa_http_request_field(request, name, &count);

    return count == 1 ? found : NULL;
}

/* Whether it is one date, and how the file's is to it: -1, 0, 1. */
static bool compare_date(const struct proa_http_request *request,
                         const char *name, const struct proa_file_state *state,
                         int *order)
{
    const struct proa_http_field *found = field(request, name);
    int64_t asked, own;

    if (found == NULL || !proa_http_date_read(trim(found->value), &asked) ||
        !proa_http_date_read(
            (struct proa_http_text){ state->modified, strlen(state->modified) },
            &own))
        return false;
    *order = own < asked ? -1 : own > asked;
    return true;
}

static bool is_unchanged(const struct proa_http_request *request,
                         const struct proa_file_state *state)
{
    bool has_tags;
    bool has_ours =
        any_lists_tag(request, "if-none-match", state->etag, &has_tags);
    int order = 1;

    if (has_tags)
        return has_ours;
    return compare_date(request, "if-modified-since", state, &order) &&
           order <= 0;
}

static bool is_another(const struct proa_http_request *request,
                       const struct proa_file_state *state)
{
    bool has_tags;
    bool has_ours = any_lists_tag(request, "if-match", state->etag, &has_tags);
    int order = 0;

    if (has_tags)
        return !has_ours;
    return compare_date(request, "if-unmodified-since", state, &order) &&
           order > 0;
}

/* Digits; false when there are none. More than we can count are the most. */
static bool read_number(struct proa_http_text text, uint64_t *number)
{
    uint64_t value = 0;

    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.bytes[i] - '0');
        value =
            value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
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
    /* Ranges are for GET only. */
    const struct proa_http_field *range =
        proa_http_text_equals(request->method, "GET") ? field(request, "range")
                                                      : NULL;
    const struct proa_http_field *if_range = field(request, "if-range");

    if (is_another(request, state))
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
