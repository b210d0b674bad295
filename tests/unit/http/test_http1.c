/*
 * Every case of the golden files, whole, cut in two at every byte, and byte by
 * byte: the transcript is always the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http1.h"

#include "golden.h"

static const struct proa_http1_limits limits = {
    .line_bytes_max = 200,
    .head_bytes_max = 600,
    .field_count_max = 8,
    .body_bytes_max = 64,
};

struct run {
    struct proa_http1 *http1;
    struct proa_buffer transcript;
};

/* Control characters as \xNN, so that a transcript is lines. */
static void tell_text(struct proa_buffer *out, const char *name,
                      struct proa_http_text text)
{
    bool good = proa_buffer_printf(out, " %s=", name);

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        good = good &&
               proa_buffer_printf(out, byte < 0x20 ? "\\x%02x" : "%c", byte);
    }
    if (!good)
        abort();
}

static void tell_request(struct run *run)
{
    bool keeps = proa_http1_keeps_alive(run->http1);
    struct proa_http_request *request = proa_http1_take(run->http1);
    struct proa_buffer *out = &run->transcript;
    const struct proa_http_field *x =
        proa_http_request_field(request, "x", NULL);

    if (!proa_buffer_printf(out, "request %.*s", (int)request->method.size,
                            request->method.bytes))
        abort();
    tell_text(out, "path", request->path);
    if (request->query.size > 0)
        tell_text(out, "query", request->query);
    tell_text(out, "at", request->authority);
    if (x != NULL)
        tell_text(out, "x", x->value);
    tell_text(out, "body",
              (struct proa_http_text){ (const char *)request->body.bytes,
                                       request->body.size });
    if (!proa_buffer_printf(out, " %s\n", keeps ? "keep" : "close"))
        abort();
    proa_http_request_destroy(request);
}

static void feed(struct run *run, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = exact_copy(bytes, size);
    size_t offset = 0;

    for (;;) {
        if (offset < size)
            offset += proa_http1_feed(run->http1, copy + offset, size - offset);
        if (proa_http1_wants_continue(run->http1) &&
            !proa_buffer_printf(&run->transcript, "continue\n"))
            abort();
        if (proa_http1_state(run->http1) == PROA_HTTP1_REQUEST)
            tell_request(run);
        else if (proa_http1_state(run->http1) == PROA_HTTP1_REFUSED ||
                 offset == size)
            break;
    }
    free(copy);
}

static void run_start(struct run *run)
{
    run->http1 = proa_http1_create(&limits);
    if (run->http1 == NULL)
        abort();
    proa_buffer_init(&run->transcript, 1 << 20);
}

static void run_finish(struct run *run, const struct golden_case *c,
                       const char *how, size_t at)
{
    struct proa_buffer *out = &run->transcript;
    bool good;

    if (proa_http1_state(run->http1) == PROA_HTTP1_REFUSED)
        good = proa_buffer_printf(out, "refused %u\n",
                                  proa_http1_status(run->http1));
    else
        good = proa_buffer_printf(
            out, proa_http1_is_busy(run->http1) ? "more\n" : "idle\n");
    if (!good)
        abort();
    if (out->size != c->expected.size ||
        memcmp(out->bytes, c->expected.bytes, out->size) != 0) {
        fprintf(stderr, "%s, %s %zu:\n%.*sexpected:\n%.*s", c->name, how, at,
                (int)out->size, (const char *)out->bytes, (int)c->expected.size,
                (const char *)c->expected.bytes);
        exit(1);
    }
    proa_buffer_deinit(out);
    proa_http1_destroy(run->http1);
}

static void run_case(const struct golden_case *c)
{
    struct run run;

    run_start(&run);
    feed(&run, c->input.bytes, c->input.size);
    run_finish(&run, c, "whole", 0);

    run_start(&run);
    for (size_t i = 0; i < c->input.size; i++)
        feed(&run, c->input.bytes + i, 1);
    run_finish(&run, c, "byte by byte", 0);

    for (size_t at = 1; at < c->input.size; at++) {
        run_start(&run);
        feed(&run, c->input.bytes, at);
        feed(&run, c->input.bytes + at, c->input.size - at);
        run_finish(&run, c, "cut at", at);
    }
}

/* Once much of it has come; and what is fed before and behind is in order. */
static void a_long_body_is_read_to_its_place(void)
{
    enum { SIZE = 100000, FED = 40000 };
    static const char head[] =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    struct proa_http1_limits wide = limits;
    static uint8_t body[SIZE];
    size_t at = FED, room = 0;
    uint8_t *place;

    wide.body_bytes_max = SIZE;
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (uint8_t)(i * 31 >> 3);
    struct proa_http1 *http1 = proa_http1_create(&wide);
    CHECK_EQ(http1 != NULL, 1);
    CHECK_EQ(proa_http1_room(http1, &room) == NULL, 1);
    CHECK_EQ(proa_http1_feed(http1, (const uint8_t *)head, sizeof head - 1),
             sizeof head - 1);
    CHECK_EQ(proa_http1_room(http1, &room) == NULL, 1);
    CHECK_EQ(proa_http1_feed(http1, body, FED), FED);
    while ((place = proa_http1_room(http1, &room)) != NULL) {
        size_t some = room < 7777 ? room : 7777;
        memcpy(place, body + at, some);
        proa_http1_filled(http1, some);
        at += some;
    }
    CHECK_EQ(at, SIZE);
    CHECK_EQ(proa_http1_state(http1), PROA_HTTP1_REQUEST);
    const struct proa_http_request *request = proa_http1_request(http1);
    CHECK_EQ(request->body.size, SIZE);
    CHECK_EQ(memcmp(request->body.bytes, body, SIZE), 0);
    proa_http1_destroy(http1);
}

int main(void)
{
    a_long_body_is_read_to_its_place();
    CHECK_EQ(golden_run(__FILE__, "requests.txt", run_case) > 30, 1);
    CHECK_EQ(golden_run(__FILE__, "smuggling.txt", run_case) > 60, 1);
    return 0;
}
