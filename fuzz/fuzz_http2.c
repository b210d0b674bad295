/*
 * HTTP/2: whatever the bytes behind the preface are, requests keep to the
 * limits, every stream that began is over at the end, and what is sent ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "http/http2.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct proa_http2_limits limits = {
    .request = { .line_bytes_max = 200,
                 .head_bytes_max = 600,
                 .field_count_max = 8,
                 .body_bytes_max = 64 },
    .stream_count_max = 4,
    .buffered_bytes_max = 128,
};

struct run {
    struct proa_http2_stream *waiting[16];
    uint32_t waiting_count;
};

static bool on_request(void *env, struct proa_http2_stream *stream,
                       struct proa_http_request *request_take)
{
    struct run *run = env;
    uint32_t hosts;

    (void)proa_http_request_field(request_take, "host", &hosts);
    if (hosts != 1 || request_take->path.size == 0 ||
        request_take->body.size > limits.request.body_bytes_max ||
        request_take->authority.size == 0 ||
        request_take->field_count > limits.request.field_count_max + 5 ||
        run->waiting_count == 16)
        abort();
    run->waiting[run->waiting_count++] = stream;
    proa_http_request_destroy(request_take);
    return true;
}

static void on_moved(void *env, struct proa_http2_stream *stream)
{
    (void)env;
    (void)stream;
}

static void on_over(void *env, struct proa_http2_stream *stream)
{
    struct run *run = env;

    for (uint32_t i = 0; i < run->waiting_count; i++)
        if (run->waiting[i] == stream)
            run->waiting[i] = run->waiting[--run->waiting_count];
}

static bool drain_output(struct proa_http2 *http2)
{
    static uint8_t bytes[PROA_HTTP2_OUTPUT_SIZE];
    size_t size;

    do {
        if (!proa_http2_output(http2, bytes, &size))
            return false;
    } while (size > 0);
    return true;
}

/* The byte that leads each piece says how long it is and what happens then. */
static void feed(struct proa_http2 *http2, struct run *run,
                 const uint8_t *bytes, size_t size)
{
    uint64_t now_ms = 1;

    while (size > 0) {
        uint8_t how = bytes[0];
        size_t piece = (size_t)(how & 0x3f) + 1;
        bytes++;
        size--;
        if (piece > size)
            piece = size;
        if (!proa_http2_feed(http2, bytes, piece, now_ms++) ||
            !drain_output(http2))
            return;
        bytes += piece;
        size -= piece;
        if ((how & 0x40) != 0 && run->waiting_count > 0) {
            struct proa_http2_stream *stream =
                run->waiting[--run->waiting_count];
            proa_http_response_init(&stream->response, 100, 100000);
            (void)proa_buffer_append_zeros(&stream->response.body,
                                           (size_t)how * 300);
            proa_http2_respond(stream, 0);
        }
        if (how == 0x80)
            proa_http2_drain(http2);
        if (how == 0x81 && proa_http2_streams(http2) != NULL)
            proa_http2_cancel(proa_http2_streams(http2));
        if (!drain_output(http2) || proa_http2_is_over(http2))
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                  "\0\0\0\4\0\0\0\0\0";
    struct run run = { .waiting_count = 0 };
    const struct proa_http2_hooks hooks = {
        .env = &run, .request = on_request, .moved = on_moved, .over = on_over
    };
    struct proa_http2 *http2 = proa_http2_create(&limits, &hooks);

    if (http2 == NULL)
        abort();
    if (proa_http2_feed(http2, (const uint8_t *)preface, sizeof preface - 1,
                        1) &&
        drain_output(http2))
        feed(http2, &run, bytes, size);
    proa_http2_destroy(http2);
    if (run.waiting_count != 0)
        abort();
    return 0;
}
