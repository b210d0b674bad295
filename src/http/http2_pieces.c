/*
 * Bodies in pieces on a stream of HTTP/2: what the handler takes and puts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <nghttp2/nghttp2.h>
#include <string.h>
#include <time.h>

#include "http/exchange.h"
#include "http/http2_stream.h"

static struct nghttp2_session *
session_of(const struct proa_http2_stream *stream)
{
    return proa_http2_session(stream->http2);
}

void proa_http2_stream_continue(struct nghttp2_session *session,
                                const struct proa_http2_stream *stream)
{
    static uint8_t name[] = ":status", value[] = "100";
    const nghttp2_nv status = { .name = name,
                                .namelen = sizeof name - 1,
                                .value = value,
                                .valuelen = sizeof value - 1,
                                .flags = NGHTTP2_NV_FLAG_NONE };

    (void)nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, stream->id, NULL,
                                 &status, 1, NULL);
}

void proa_http2_stream_data(struct proa_http2_stream *stream,
                            const struct proa_http1_limits *limits,
                            const uint8_t *bytes, size_t size)
{
    struct proa_http_request *request = stream->shared;

    if (size > limits->body_bytes_max - stream->received)
        stream->body_refusal = 413;
    if (stream->body_refusal == 0) {
        proa_http_request_compact(request);
        stream->received += size;
        if (!proa_buffer_append(&request->body, bytes, size))
            stream->body_refusal = 503;
    }
    if (stream->body_refusal != 0)
        stream->body_is_open = false;
}

void proa_http2_took(struct proa_http2_stream *stream, size_t size)
{
    if (stream->expects && !stream->is_in_pieces)
        proa_http2_stream_continue(session_of(stream), stream);
    stream->expects = false;
    /* Without memory for a frame the session fails at its next turn. */
    if (size > 0)
        (void)nghttp2_session_consume_stream(session_of(stream), stream->id,
                                             size);
}

void proa_http2_begin(struct proa_http2_stream *stream,
                      struct proa_http_response *response_take)
{
    stream->response = *response_take;
    *response_take =
        (struct proa_http_response){ .status = stream->response.status };
    proa_buffer_deinit(&stream->response.body);
    proa_buffer_init(&stream->response.body, 2 * PROA_HTTP_PIECES_BYTES_MAX);
    stream->is_in_pieces = true;
    stream->phase = PROA_HTTP2_WRITING;
    if (!proa_http2_stream_submit(session_of(stream), stream,
                                  (int64_t)time(NULL)))
        proa_http2_cancel(stream);
}

size_t proa_http2_room(const struct proa_http2_stream *stream)
{
    size_t size = stream->response.body.size - stream->piece_at;

    return size < PROA_HTTP_PIECES_BYTES_MAX ? PROA_HTTP_PIECES_BYTES_MAX - size
                                             : 0;
}

static void resume(struct proa_http2_stream *stream)
{
    if (!stream->is_deferred)
        return;
    stream->is_deferred = false;
    (void)nghttp2_session_resume_data(session_of(stream), stream->id);
}

bool proa_http2_put(struct proa_http2_stream *stream, const uint8_t *bytes,
                    size_t size)
{
    struct proa_buffer *body = &stream->response.body;
    const struct proa_http_response *response = &stream->response;

    if (response->has_length && size > response->length - stream->put)
        return false;
    stream->put += size;
    if (stream->is_head || size == 0)
        return true;
    if (stream->piece_at > 0) {
        body->size -= stream->piece_at;
        memmove(body->bytes, body->bytes + stream->piece_at, body->size);
        stream->piece_at = 0;
    }
    if (!proa_buffer_append(body, bytes, size))
        return false;
    resume(stream);
    return true;
}

void proa_http2_finish(struct proa_http2_stream *stream, bool is_cut)
{
    const struct proa_http_response *response = &stream->response;

    stream->is_ended = true;
    if (!stream->is_head && response->has_length &&
        stream->put < response->length)
        is_cut = true;
    if (is_cut)
        proa_http2_cancel(stream);
    else
        resume(stream);
}
