/*
 * HTTP/2 without a socket: frames written by hand go in, nghttp2's client side
 * where a whole client is wanted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http2.h"

#include <string.h>

#include "check.h"

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum {
    DATA = 0,
    HEADERS = 1,
    RST_STREAM = 3,
    SETTINGS = 4,
    PING = 6,
    GOAWAY = 7,
    CONTINUATION = 9,
    END_STREAM = 1,
    END_HEADERS = 4,
    ACK = 1,
    SMALL_WINDOW_SIZE = 65535,
};

struct fixture {
    struct proa_http2 *http2;
    struct proa_buffer in;
    uint32_t request_count;
    uint32_t over_count;
    uint32_t sent_count;
    uint64_t body_size;
    struct proa_http2_stream *held[200];
    bool holds;
};

static bool on_request(void *env, struct proa_http2_stream *stream,
                       struct proa_http_request *request_take)
{
    struct fixture *fixture = env;

    fixture->body_size = request_take->body.size;
    CHECK_EQ(request_take->version_major, 2);
    CHECK_EQ(request_take->authority.size > 0, 1);
    CHECK_EQ(proa_http_request_field(request_take, "host", NULL) != NULL, 1);
    proa_http_request_destroy(request_take);
    fixture->held[fixture->request_count++ % 200] = stream;
    return true;
}

static void on_moved(void *env, struct proa_http2_stream *stream)
{
    (void)env;
    (void)stream;
}

static void on_over(void *env, struct proa_http2_stream *stream)
{
    struct fixture *fixture = env;

    fixture->over_count++;
    fixture->sent_count += stream->is_sent;
}

static void start(struct fixture *fixture)
{
    const struct proa_http2_limits limits = {
        .request = { .line_bytes_max = 100,
                     .head_bytes_max = 1000,
                     .field_count_max = 8,
                     .body_bytes_max = 1000 },
        .stream_count_max = 10,
        .buffered_bytes_max = 1500,
    };
    const struct proa_http2_hooks hooks = { .env = fixture,
                                            .request = on_request,
                                            .moved = on_moved,
                                            .over = on_over };

    *fixture = (struct fixture){ 0 };
    fixture->http2 = proa_http2_create(&limits, &hooks);
    CHECK_EQ(fixture->http2 != NULL, 1);
    proa_buffer_init(&fixture->in, 1 << 24);
    CHECK_EQ(proa_buffer_append(&fixture->in, preface, sizeof preface - 1), 1);
}

static void finish(struct fixture *fixture)
{
    proa_http2_destroy(fixture->http2);
    proa_buffer_deinit(&fixture->in);
}

static void add_frame(struct fixture *fixture, uint8_t type, uint8_t flags,
                      uint32_t id, const char *bytes, size_t size)
{
    const uint8_t head[9] = {
        (uint8_t)(size >> 16),
        (uint8_t)(size >> 8),
        (uint8_t)size,
        type,
        flags,
        (uint8_t)(id >> 24),
        (uint8_t)(id >> 16),
        (uint8_t)(id >> 8),
        (uint8_t)id,
    };

    CHECK_EQ(proa_buffer_append(&fixture->in, head, sizeof head), 1);
    CHECK_EQ(proa_buffer_append(&fixture->in, bytes, size), 1);
}

/* GET or POST https://x/ in HPACK's static table. */
#define GET "\x82\x87\x84\x41\x01x"
#define POST "\x83\x87\x84\x41\x01x"

static bool feed(struct fixture *fixture, uint64_t now_ms)
{
    bool good = proa_http2_feed(fixture->http2, fixture->in.bytes,
                                fixture->in.size, now_ms);

    proa_buffer_clear(&fixture->in);
    return good;
}

/* How many frames of a type come out, and the error of the last GOAWAY. */
static uint32_t output(struct fixture *fixture, uint8_t type, uint32_t *error)
{
    static uint8_t bytes[PROA_HTTP2_OUTPUT_SIZE];
    struct proa_buffer all;
    uint32_t count = 0;
    size_t size = 0;

    proa_buffer_init(&all, 1 << 24);
    do {
        CHECK_EQ(proa_http2_output(fixture->http2, bytes, &size), 1);
        CHECK_EQ(proa_buffer_append(&all, bytes, size), 1);
    } while (size > 0);
    for (size_t at = 0; at < all.size;) {
        const uint8_t *frame = all.bytes + at;
        if (frame[3] == GOAWAY)
            *error = frame[16];
        count += frame[3] == type;
        at += 9 + ((size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2]);
    }
    proa_buffer_deinit(&all);
    return count;
}

static void add_hello(struct fixture *fixture)
{
    add_frame(fixture, SETTINGS, 0, 0, NULL, 0);
}

static void respond(struct proa_http2_stream *stream, size_t size)
{
    proa_http_response_init(&stream->response, 1000, 1 << 20);
    CHECK_EQ(proa_buffer_append_zeros(&stream->response.body, size), 1);
    proa_http2_respond(stream, 0);
}

static void test_answer(void)
{
    struct fixture f;
    uint32_t error = 99;

    start(&f);
    add_hello(&f);
    add_frame(&f, HEADERS, END_HEADERS, 1, POST, sizeof POST - 1);
    add_frame(&f, DATA, 0, 1, "ab", 2);
    add_frame(&f, DATA, END_STREAM, 1, "c", 1);
    /* Byte by byte is the same as at once. */
    for (size_t i = 0; i < f.in.size; i++)
        CHECK_EQ(proa_http2_feed(f.http2, f.in.bytes + i, 1, 1), 1);
    proa_buffer_clear(&f.in);
    CHECK_EQ(f.request_count, 1);
    CHECK_EQ(f.body_size, 3);
    CHECK_EQ(proa_http2_stream_count(f.http2), 1);
    CHECK_EQ(output(&f, HEADERS, &error), 0);
    respond(f.held[0], 40000);
    CHECK_EQ(output(&f, DATA, &error), 3);
    CHECK_EQ(f.over_count, 1);
    CHECK_EQ(f.sent_count, 1);
    CHECK_EQ(error, 99);
    finish(&f);
}

/* The client's window is a limit, and a stream that waits for it can end. */
static void test_window(void)
{
    struct fixture f;
    uint32_t error = 99;

    start(&f);
    add_hello(&f);
    add_frame(&f, HEADERS, END_HEADERS | END_STREAM, 1, GET, sizeof GET - 1);
    CHECK_EQ(feed(&f, 1), 1);
    respond(f.held[0], 100000);
    CHECK_EQ(output(&f, DATA, &error), 4);
    CHECK_EQ(f.held[0]->sent, SMALL_WINDOW_SIZE);
    proa_http2_cancel(f.held[0]);
    CHECK_EQ(output(&f, RST_STREAM, &error), 1);
    CHECK_EQ(f.over_count, 1);
    CHECK_EQ(f.sent_count, 0);
    finish(&f);
}

struct refused_case {
    const char *name;
    const char *head;
    size_t head_size;
    uint16_t status;
};

#define HEAD(text) text, sizeof(text) - 1
#define HUNDRED                                                                \
    "0123456789012345678901234567890123456789012345678901234567890123456789"   \
    "012345678901234567890123456789"

static const struct refused_case refused_cases[] = {
    { "too long a path", HEAD("\x82\x87\x41\x01x\x04\x65/" HUNDRED), 414 },
    { "too long a body",
      HEAD(POST "\x5c\x04"
                "1001"),
      413 },
    { "too many fields",
      HEAD(GET "\x40\x01"
               "a\x01"
               "1\xbe\xbe\xbe\xbe\xbe\xbe\xbe\xbe"),
      431 },
    { "two hosts", HEAD(GET "\x66\x01y"), 400 },
    { "a host that is none", HEAD("\x82\x87\x84\x41\x03x@y"), 400 },
    { "an unknown expectation",
      HEAD(POST "\x40\x06"
                "expect\x01x"),
      417 },
};

static void test_refused(void)
{
    for (size_t i = 0; i < sizeof refused_cases / sizeof refused_cases[0];
         i++) {
        const struct refused_case *c = &refused_cases[i];
        struct fixture f;
        uint32_t error = 99;
        start(&f);
        add_hello(&f);
        add_frame(&f, HEADERS, END_HEADERS, 1, c->head, c->head_size);
        CHECK_EQ(feed(&f, 1), 1);
        CHECK_EQ(f.request_count, 0);
        CHECK_EQ(proa_http2_stream_count(f.http2), 1);
        struct proa_http2_stream *stream = proa_http2_streams(f.http2);
        if (stream->refusal != c->status)
            fprintf(stderr, "%s: %u\n", c->name, (unsigned)stream->refusal);
        CHECK_EQ(stream->refusal, c->status);
        /* Answered though the body never ends, and then gone. */
        CHECK_EQ(output(&f, RST_STREAM, &error), 1);
        CHECK_EQ(f.over_count, 1);
        CHECK_EQ(f.sent_count, 1);
        CHECK_EQ(error, 99);
        finish(&f);
    }
}

/* Bodies are refused where they grow too large, and all of them together. */
static void test_bodies(void)
{
    static char bytes[1001];
    struct fixture f;
    uint32_t error = 99;

    start(&f);
    add_hello(&f);
    add_frame(&f, HEADERS, END_HEADERS, 1, POST, sizeof POST - 1);
    add_frame(&f, DATA, 0, 1, bytes, 1000);
    add_frame(&f, HEADERS, END_HEADERS, 3, POST, sizeof POST - 1);
    add_frame(&f, DATA, 0, 3, bytes, 500);
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(output(&f, HEADERS, &error), 0);
    add_frame(&f, DATA, 0, 3, bytes, 1); /* 1501 in all: 503 */
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(output(&f, HEADERS, &error), 1);
    add_frame(&f, HEADERS, END_HEADERS, 5, POST, sizeof POST - 1);
    add_frame(&f, DATA, 0, 5, bytes, 500);
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(output(&f, HEADERS, &error), 0); /* what it held is free again */
    add_frame(&f, DATA, 0, 1, bytes, 1);      /* 1001: 413 */
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(output(&f, HEADERS, &error), 1);
    CHECK_EQ(f.request_count, 0);
    finish(&f);
}

struct flood_case {
    const char *name;
    uint8_t type;
    uint8_t flags;
    uint32_t id;
    const char *bytes;
    size_t size;
};

static const struct flood_case flood_cases[] = {
    { "ping", PING, 0, 0, "12345678", 8 },
    { "settings", SETTINGS, 0, 0, NULL, 0 },
    { "priority", 2, 0, 1, "\0\0\0\0\0", 5 },
    { "empty data", DATA, 0, 1, NULL, 0 },
};

/* 1000 of them are borne at once, 50 more a second later, and no more. */
static void test_floods(void)
{
    for (size_t i = 0; i < sizeof flood_cases / sizeof flood_cases[0]; i++) {
        const struct flood_case *c = &flood_cases[i];
        struct fixture f;
        uint32_t error = 99;
        start(&f);
        add_hello(&f);
        add_frame(&f, HEADERS, END_HEADERS, 1, POST, sizeof POST - 1);
        CHECK_EQ(feed(&f, 1), 1);
        for (int sent = 0; sent < 1049; sent++) {
            add_frame(&f, c->type, c->flags, c->id, c->bytes, c->size);
            CHECK_EQ(feed(&f, sent < 999 ? 1 : 1001), 1);
            (void)output(&f, GOAWAY, &error);
            CHECK_EQ(error, 99);
        }
        add_frame(&f, c->type, c->flags, c->id, c->bytes, c->size);
        add_frame(&f, c->type, c->flags, c->id, c->bytes, c->size);
        CHECK_EQ(feed(&f, 1001), 1);
        CHECK_EQ(output(&f, GOAWAY, &error), 1);
        CHECK_EQ(error, 11); /* ENHANCE_YOUR_CALM */
        finish(&f);
    }
}

/* Requests that are taken back at once: the connection ends before long. */
static void test_rapid_reset(void)
{
    struct fixture f;
    uint32_t error = 99, id = 1;

    start(&f);
    add_hello(&f);
    while (error == 99 && id < 4000) {
        add_frame(&f, HEADERS, END_HEADERS | END_STREAM, id, GET,
                  sizeof GET - 1);
        add_frame(&f, RST_STREAM, 0, id, "\0\0\0\x08", 4);
        CHECK_EQ(feed(&f, 1), 1);
        (void)output(&f, GOAWAY, &error);
        id += 2;
    }
    CHECK_EQ(error, 11);
    CHECK_EQ(f.request_count <= 260, 1);
    CHECK_EQ(f.over_count, f.request_count);
    finish(&f);
}

/* More streams than are allowed are refused, one by one. */
static void test_too_many_streams(void)
{
    struct fixture f;
    uint32_t error = 99;

    start(&f);
    add_hello(&f);
    CHECK_EQ(feed(&f, 1), 1);
    (void)output(&f, SETTINGS, &error);
    add_frame(&f, SETTINGS, ACK, 0, NULL, 0);
    for (uint32_t i = 0; i < 12; i++)
        add_frame(&f, HEADERS, END_HEADERS | END_STREAM, 1 + 2 * i, GET,
                  sizeof GET - 1);
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(f.request_count, 10);
    CHECK_EQ(proa_http2_stream_count(f.http2), 10);
    (void)output(&f, GOAWAY, &error);
    finish(&f);
    CHECK_EQ(f.over_count, 10);
    CHECK_EQ(f.sent_count, 0);
}

/* GOAWAY twice: first the wish, and after the ping what is the last stream. */
static void test_drain(void)
{
    struct fixture f;
    uint32_t error = 99;

    start(&f);
    add_hello(&f);
    add_frame(&f, HEADERS, END_HEADERS | END_STREAM, 1, GET, sizeof GET - 1);
    CHECK_EQ(feed(&f, 1), 1);
    (void)output(&f, SETTINGS, &error);
    proa_http2_drain(f.http2);
    CHECK_EQ(output(&f, GOAWAY, &error), 1);
    /* On its way before the client knew: answered too. */
    add_frame(&f, HEADERS, END_HEADERS | END_STREAM, 3, GET, sizeof GET - 1);
    add_frame(&f, PING, ACK, 0, "\0\0\0\0\0\0\0\0", 8);
    CHECK_EQ(feed(&f, 1), 1);
    CHECK_EQ(output(&f, GOAWAY, &error), 1);
    CHECK_EQ(error, 0);
    CHECK_EQ(f.request_count, 2);
    respond(f.held[0], 1);
    CHECK_EQ(output(&f, DATA, &error), 1);
    CHECK_EQ(proa_http2_is_over(f.http2), 0);
    respond(f.held[1], 1);
    CHECK_EQ(output(&f, DATA, &error), 1);
    CHECK_EQ(proa_http2_is_over(f.http2), 1);
    finish(&f);
}

int main(void)
{
    test_answer();
    test_window();
    test_refused();
    test_bodies();
    test_floods();
    test_rapid_reset();
    test_too_many_streams();
    test_drain();
    return 0;
}
