/*
 * What a request's fields and query say to ranges, traces and modules of
 * Reactr. A line "Name: value" is a field, "?text" the query, "+name" a name
 * that the module asks for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "serve/range.h"
#include "serve/reactr.h"
#include "serve/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FIELDS_MAX = 16, NAMES_MAX = 8, OUT_BYTES_MAX = 1 << 20, KINDS = 7 };

struct input {
    struct proa_http_field fields[FIELDS_MAX];
    struct proa_http_request request;
    struct proa_http_text names[NAMES_MAX];
    uint32_t name_count;
};

/* Copied to its exact size, so that ASan sees its end. */
static struct proa_http_text keep(const uint8_t *bytes, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    return (struct proa_http_text){ copy, size };
}

static void take_line(struct input *input, const uint8_t *line, size_t size)
{
    const uint8_t *colon = size > 0 ? memchr(line, ':', size) : NULL;

    if (size > 0 && line[0] == '?') {
        free((void *)input->request.query.bytes);
        input->request.query = keep(line + 1, size - 1);
    } else if (size > 0 && line[0] == '+') {
        if (input->name_count < NAMES_MAX)
            input->names[input->name_count++] = keep(line + 1, size - 1);
    } else if (colon != NULL && input->request.field_count < FIELDS_MAX) {
        struct proa_http_field *field =
            &input->fields[input->request.field_count++];
        field->name = keep(line, (size_t)(colon - line));
        field->value = keep(colon + 1, size - (size_t)(colon - line) - 1);
    }
}

static void take_all(struct input *input, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const uint8_t *end = memchr(bytes, '\n', size);
        size_t line_size = end == NULL ? size : (size_t)(end - bytes);
        size_t used = end == NULL ? size : line_size + 1;

        take_line(input, bytes, line_size);
        bytes += used;
        size -= used;
    }
}

static void forget(struct input *input)
{
    for (uint32_t i = 0; i < input->request.field_count; i++) {
        free((void *)input->fields[i].name.bytes);
        free((void *)input->fields[i].value.bytes);
    }
    for (uint32_t i = 0; i < input->name_count; i++)
        free((void *)input->names[i].bytes);
    free((void *)input->request.query.bytes);
}

static void check_range(const struct input *input)
{
    const struct proa_file_state state = { 1000, "\"abc\"",
                                           "Sun, 06 Nov 1994 08:49:37 GMT" };
    struct proa_file_part part = proa_file_part(&input->request, &state);

    assert(part.status == 200 || part.status == 206 || part.status == 304 ||
           part.status == 412 || part.status == 416);
    assert(part.offset <= state.size && part.size <= state.size - part.offset);
    assert(part.status != 206 || part.size > 0);
}

static void check_trace(const struct input *input, struct proa_trace *trace)
{
    struct proa_trace_source source;

    proa_trace_source_init(&source);
    proa_trace_make(&source, &input->request, trace);
    assert(strlen(trace->parent) == PROA_TRACE_SIZE - 1);
    for (const char *c = trace->parent; *c != '\0'; c++)
        assert(strchr("0123456789abcdef-", *c) != NULL);
    assert(memcmp(trace->parent, "00-", 3) == 0);
}

static void check_reactr(struct input *input, const struct proa_trace *trace)
{
    struct proa_http_exchange exchange = { .request = &input->request };
    const struct proa_route_match match = { 0 };
    struct proa_reactr reactr;

    proa_reactr_init(&reactr, OUT_BYTES_MAX);
    reactr.exchange = &exchange;
    reactr.match = &match;
    reactr.trace = trace;
    for (uint32_t i = 0; i < input->name_count; i++) {
        char *name = strndup(input->names[i].bytes, input->names[i].size);
        if (name == NULL)
            abort();
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            struct proa_buffer out;
            proa_buffer_init(&out, OUT_BYTES_MAX);
            (void)!proa_reactr_field_get(&reactr, kind, name, &out);
            if (kind % 2 == i % 2)
                (void)!proa_reactr_field_set(&reactr, kind, name,
                                             input->request.query);
            proa_buffer_deinit(&out);
        }
        free(name);
    }
    proa_reactr_deinit(&reactr);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = { .request = { .method = proa_http_text_of("GET"),
                                        .target = proa_http_text_of("/a") } };
    struct proa_trace trace = { 0 };

    input.request.fields = input.fields;
    take_all(&input, bytes, size);
    check_range(&input);
    check_trace(&input, &trace);
    check_reactr(&input, &trace);
    forget(&input);
    return 0;
}
