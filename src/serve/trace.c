/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/trace.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, TEXT_SIZE = 55 };

void proa_trace_source_init(struct proa_trace_source *source)
{
    struct timespec now = { 0 };

    /* Identifiers shall differ, they need not be secret: the time will do. */
    if (getrandom(source->key, sizeof source->key, 0) !=
        (ssize_t)sizeof source->key) {
        (void)clock_gettime(CLOCK_REALTIME, &now);
        source->key[0] = (uint64_t)now.tv_nsec;
        source->key[1] = (uint64_t)now.tv_sec;
    }
    atomic_init(&source->counter, 1);
}

/* The finaliser of splitmix64: one to one, so counted numbers stay apart. */
static uint64_t mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31);
}

static bool is_hex(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!(text[i] >= '0' && text[i] <= '9') &&
            !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

static bool is_zero(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '0')
            return false;
    return true;
}

/* Later versions may be longer, and are read as this one. */
static bool is_good(struct proa_http_text text)
{
    const char *bytes = text.bytes;

    if (text.size < TEXT_SIZE || !is_hex(bytes, 2) || bytes[2] != '-' ||
        memcmp(bytes, "ff", 2) == 0)
        return false;
    if (text.size > TEXT_SIZE &&
        (memcmp(bytes, "00", 2) == 0 || bytes[TEXT_SIZE] != '-'))
        return false;
    return is_hex(bytes + TRACE_AT, 32) && bytes[SPAN_AT - 1] == '-' &&
           is_hex(bytes + SPAN_AT, 16) && bytes[FLAGS_AT - 1] == '-' &&
           is_hex(bytes + FLAGS_AT, 2) && !is_zero(bytes + TRACE_AT, 32) &&
           !is_zero(bytes + SPAN_AT, 16);
}

static void put_hex(char text[16], uint64_t number)
{
    for (int i = 15; i >= 0; i--) {
        text[i] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
}

void proa_trace_make(struct proa_trace_source *source,
                     const struct proa_http_request *request,
                     struct proa_trace *trace)
{
    uint64_t number = atomic_fetch_add(&source->counter, 1);
    uint64_t span = mix(number ^ source->key[0]);
    uint32_t count = 0;
    const struct proa_http_field *field =
        proa_http_request_field(request, "traceparent", &count);

    if (span == 0)
        span = 1;
    trace->is_new = count != 1 || !is_good(field->value);
    char *parent = trace->parent;
    memcpy(parent, "00-", TRACE_AT);
    if (trace->is_new) {
        put_hex(parent + TRACE_AT, source->key[1] | 1);
        put_hex(parent + TRACE_AT + 16, mix(number + source->key[1]));
    } else {
        memcpy(parent + TRACE_AT, field->value.bytes + TRACE_AT, 32);
    }
    parent[SPAN_AT - 1] = '-';
    put_hex(parent + SPAN_AT, span);
    parent[FLAGS_AT - 1] = '-';
    memcpy(parent + FLAGS_AT,
           trace->is_new ? "01" : field->value.bytes + FLAGS_AT, 2);
    parent[TEXT_SIZE] = '\0';
}
