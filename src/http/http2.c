/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/http2_stream.h"

enum {
    STREAM_WINDOW_SIZE = 256 * 1024,
    PIECES_WINDOW_SIZE = 128 * 1024, /* kept for each stream */
    CONNECTION_WINDOW_SIZE = 1024 * 1024,
    FRAME_OUTPUT_SIZE_MAX = 9 + 16384, /* of one frame that we send */
    SEND_HEADER_BYTES_MAX = 256 * 1024,
    OUTBOUND_ACK_COUNT_MAX = 200,

    /*
     * Frames that cost us work and bring no request forward: a connection may
     * send so many at once and some more each second.
     */
    NUISANCE_MAX = 1000,
    NUISANCE_PER_SECOND = 50,
    NUISANCE_OF_RESET = 4, /* its request may run already */
    /* A short block may name a long field of the table again and again: one
     * that becomes so many times as long as a head may be ends it all. */
    BLOCK_HEADS_MAX = 8,
};

struct proa_http2 {
    nghttp2_session *session;
    struct proa_http2_limits limits;
    struct proa_http2_hooks hooks;
    struct proa_http2_stream *streams;
    uint32_t stream_count;
    uint64_t buffered_bytes;
    uint64_t credit_ms; /* a thousandth of a nuisance that is still allowed */
    uint64_t now_ms;
    uint64_t block_bytes; /* of the fields that come now, as they are */
    int32_t last_id;      /* the highest that the client opened */
    int32_t skipped_from; /* ids below it that it passed over last */
    bool is_draining;
    bool is_last_told; /* GOAWAY names the last stream that will be answered */
};

/* --- streams -------------------------------------------------------------- */

static struct proa_http2_stream *stream_open(struct proa_http2 *http2,
                                             int32_t id)
{
    struct proa_http2_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->request =
        proa_http_request_create(http2->limits.request.head_bytes_max,
                                 (size_t)http2->limits.request.body_bytes_max);
    if (stream->request == NULL) {
        free(stream);
        return NULL;
    }
    stream->http2 = http2;
    stream->id = id;
    stream->next = http2->streams;
    if (stream->next != NULL)
        stream->next->previous = stream;
    http2->streams = stream;
    http2->stream_count++;
    return stream;
}

static void stream_close(struct proa_http2_stream *stream)
{
    struct proa_http2 *http2 = stream->http2;

    http2->hooks.over(http2->hooks.env, stream);
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        http2->streams = stream->next;
    http2->stream_count--;
    if (stream->request != NULL && stream->phase == PROA_HTTP2_BODY)
        http2->buffered_bytes -= stream->request->body.size;
    proa_http_request_destroy(stream->request);
    proa_http_response_deinit(&stream->response);
    free(stream->spans);
    free(stream);
}

static void answer(struct proa_http2_stream *stream, int64_t unix_seconds)
{
    struct proa_http2 *http2 = stream->http2;

    stream->phase = PROA_HTTP2_WRITING;
    if (!proa_http2_stream_submit(http2->session, stream, unix_seconds))
        proa_http2_cancel(stream);
    http2->hooks.moved(http2->hooks.env, stream);
}

void proa_http2_respond(struct proa_http2_stream *stream, int64_t unix_seconds)
{
    answer(stream, unix_seconds);
}

void proa_http2_refuse(struct proa_http2_stream *stream, uint16_t status)
{
    if (stream->phase == PROA_HTTP2_BODY) {
        stream->http2->buffered_bytes -= stream->request->body.size;
        proa_buffer_deinit(&stream->request->body);
    }
    stream->refusal = status;
    proa_http_response_init(&stream->response, 1024, 1024);
    proa_http_response_error(&stream->response, status);
    answer(stream, (int64_t)time(NULL));
}

void proa_http2_cancel(struct proa_http2_stream *stream)
{
    /* Without memory for a frame the session fails at its next turn. */
    (void)nghttp2_submit_rst_stream(stream->http2->session, NGHTTP2_FLAG_NONE,
                                    stream->id, NGHTTP2_INTERNAL_ERROR);
}

/* The last byte came. */
static void hand_over(struct proa_http2_stream *stream)
{
    struct proa_http2 *http2 = stream->http2;
    struct proa_http_request *request = stream->request;

    if (stream->phase == PROA_HTTP2_BODY)
        http2->buffered_bytes -= request->body.size;
    stream->request = NULL;
    stream->phase = PROA_HTTP2_WAITING;
    if (!http2->hooks.request(http2->hooks.env, stream, request)) {
        stream->shared = NULL;
        stream->body_is_open = false;
        proa_http2_refuse(stream, 503);
    } else {
        http2->hooks.moved(http2->hooks.env, stream);
    }
}

static void finish_head(struct proa_http2_stream *stream, bool is_last)
{
    struct proa_http2 *http2 = stream->http2;
    bool expects = proa_http2_stream_head(stream, &http2->limits.request);

    if (stream->refusal != 0) {
        proa_http2_refuse(stream, stream->refusal);
    } else if (is_last) {
        hand_over(stream);
    } else if (http2->limits.takes_pieces) {
        stream->expects = expects;
        stream->body_is_open = true;
        stream->shared = stream->request;
        hand_over(stream);
    } else {
        stream->phase = PROA_HTTP2_BODY;
        if (expects)
            proa_http2_stream_continue(http2->session, stream);
        http2->hooks.moved(http2->hooks.env, stream);
    }
}

/* --- what nghttp2 tells --------------------------------------------------- */

static struct proa_http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return id == 0 ? NULL : nghttp2_session_get_stream_user_data(session, id);
}

/*
 * To open a stream below one that was opened is an error; nghttp2 takes it for
 * a late frame of a stream that is over.
 * https://www.rfc-editor.org/rfc/rfc9113#section-5.1.1
 */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd,
                          void *env)
{
    struct proa_http2 *http2 = env;

    if (hd->type != NGHTTP2_HEADERS || hd->stream_id % 2 == 0)
        return 0;
    if (hd->stream_id > http2->last_id) {
        http2->skipped_from = http2->last_id + 1;
        http2->last_id = hd->stream_id;
    } else if (hd->stream_id >= http2->skipped_from &&
               hd->stream_id < http2->last_id &&
               nghttp2_session_find_stream(session, hd->stream_id) == NULL) {
        return nghttp2_session_terminate_session(session,
                                                 NGHTTP2_PROTOCOL_ERROR) == 0
                   ? 0
                   : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *env)
{
    struct proa_http2 *http2 = env;

    http2->block_bytes = 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct proa_http2_stream *stream = stream_open(http2, frame->hd.stream_id);
    if (stream == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
                                                stream) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* NOLINTNEXTLINE(readability-function-size): nghttp2's parameters */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags,
                     void *env)
{
    struct proa_http2 *http2 = env;
    struct proa_http2_stream *stream = stream_of(session, frame->hd.stream_id);

    (void)flags;
    http2->block_bytes += name_size + value_size;
    if (http2->block_bytes >
        (uint64_t)BLOCK_HEADS_MAX * http2->limits.request.head_bytes_max)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    /* Trailers are read, checked by nghttp2, and not handed on. */
    if (stream != NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        proa_http2_stream_field(
            stream, &http2->limits.request,
            (struct proa_http_text){ (const char *)name, name_size },
            (struct proa_http_text){ (const char *)value, value_size });
    return 0;
}

/* Keep what came of a body; @return whether it is kept for long. */
static bool keep_data(struct proa_http2_stream *stream, const uint8_t *bytes,
                      size_t size)
{
    struct proa_http2 *http2 = stream->http2;

    if (stream->body_is_open) {
        proa_http2_stream_data(stream, &http2->limits.request, bytes, size);
        http2->hooks.moved(http2->hooks.env, stream);
        return stream->body_is_open;
    }
    if (stream->phase != PROA_HTTP2_BODY)
        return false;
    struct proa_buffer *body = &stream->request->body;
    if (size > body->size_max - body->size) {
        proa_http2_refuse(stream, 413);
    } else if (http2->buffered_bytes + size >
                   http2->limits.buffered_bytes_max ||
               !proa_buffer_append(body, bytes, size)) {
        proa_http2_refuse(stream, 503);
    } else {
        http2->buffered_bytes += size;
        http2->hooks.moved(http2->hooks.env, stream);
    }
    return false;
}

/*
 * One that does not read shall not stop the others of its connection: only the
 * stream's window waits for it.
 */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *bytes, size_t size, void *env)
{
    struct proa_http2_stream *stream = stream_of(session, id);
    bool is_kept = stream != NULL && keep_data(stream, bytes, size);

    (void)flags;
    (void)env;
    if (nghttp2_session_consume_connection(session, size) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    /* The stream may be gone: then its window is of no interest. */
    if (!is_kept)
        (void)nghttp2_session_consume_stream(session, id, size);
    return 0;
}

/* @return whether the connection may go on */
static bool pay(struct proa_http2 *http2, uint64_t nuisance)
{
    uint64_t price = nuisance * 1000;

    if (price <= http2->credit_ms) {
        http2->credit_ms -= price;
        return true;
    }
    return nghttp2_session_terminate_session(http2->session,
                                             NGHTTP2_ENHANCE_YOUR_CALM) == 0;
}

/* The client knows that we drain: no stream is on its way any more. */
static bool tell_last(struct proa_http2 *http2)
{
    if (!http2->is_draining || http2->is_last_told)
        return true;
    http2->is_last_told = true;
    return nghttp2_submit_goaway(
               http2->session, NGHTTP2_FLAG_NONE,
               nghttp2_session_get_last_proc_stream_id(http2->session),
               NGHTTP2_NO_ERROR, NULL, 0) == 0;
}

static bool is_nuisance(const nghttp2_frame *frame)
{
    bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;

    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
        return !is_ack;
    case NGHTTP2_PRIORITY:
        return true;
    case NGHTTP2_DATA:
        return frame->data.hd.length == frame->data.padlen &&
               (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0;
    default:
        return false;
    }
}

static void end_body(struct proa_http2_stream *stream)
{
    stream->body_is_open = false;
    stream->http2->hooks.moved(stream->http2->hooks.env, stream);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame,
                         void *env)
{
    struct proa_http2 *http2 = env;
    struct proa_http2_stream *stream = stream_of(session, frame->hd.stream_id);
    bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool good = true;

    if (frame->hd.type == NGHTTP2_RST_STREAM)
        good = pay(http2, NUISANCE_OF_RESET);
    else if (is_nuisance(frame))
        good = pay(http2, 1);
    if (frame->hd.type == NGHTTP2_PING &&
        (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
        good = good && tell_last(http2);
    if (frame->hd.type == NGHTTP2_HEADERS && stream != NULL &&
        frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        finish_head(stream, is_last);
    else if (is_last && stream != NULL && stream->phase == PROA_HTTP2_BODY)
        hand_over(stream);
    else if (is_last && stream != NULL && stream->body_is_open)
        end_body(stream);
    return good ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* A stream that we had to reset costs what one does that the client resets. */
static bool is_their_fault(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_RST_STREAM &&
           (frame->rst_stream.error_code == NGHTTP2_PROTOCOL_ERROR ||
            frame->rst_stream.error_code == NGHTTP2_FLOW_CONTROL_ERROR ||
            frame->rst_stream.error_code == NGHTTP2_STREAM_CLOSED ||
            frame->rst_stream.error_code == NGHTTP2_FRAME_SIZE_ERROR);
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame,
                         void *env)
{
    struct proa_http2 *http2 = env;
    struct proa_http2_stream *stream = stream_of(session, frame->hd.stream_id);
    uint8_t type = frame->hd.type;

    if (is_their_fault(frame) && !pay(http2, NUISANCE_OF_RESET))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (stream == NULL || (type != NGHTTP2_DATA && type != NGHTTP2_HEADERS))
        return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        http2->hooks.moved(http2->hooks.env, stream);
        return 0;
    }
    stream->is_sent = true;
    /* The answer needs nothing more of the request: ask for no more.
     * https://www.rfc-editor.org/rfc/rfc9113#section-8.1 */
    if (nghttp2_session_get_stream_remote_close(session, stream->id) == 0)
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                         NGHTTP2_NO_ERROR) == 0
                   ? 0
                   : NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_frame_not_send(nghttp2_session *session,
                             const nghttp2_frame *frame, int error, void *env)
{
    struct proa_http2_stream *stream = stream_of(session, frame->hd.stream_id);

    (void)error;
    (void)env;
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS)
        proa_http2_cancel(stream);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error,
                           void *env)
{
    struct proa_http2_stream *stream = stream_of(session, id);

    (void)error;
    (void)env;
    if (stream != NULL) {
        (void)nghttp2_session_set_stream_user_data(session, id, NULL);
        stream_close(stream);
    }
    return 0;
}

/* --- the session ---------------------------------------------------------- */

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *all;

    if (nghttp2_session_callbacks_new(&all) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_frame_callback(all, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all,
                                                             on_frame_not_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(all,
                                                           on_stream_close);
    return all;
}

static bool make_session(struct proa_http2 *http2)
{
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *option = NULL;

    if (callbacks == NULL)
        return false;
    if (nghttp2_option_new(&option) == 0) {
        nghttp2_option_set_max_outbound_ack(option, OUTBOUND_ACK_COUNT_MAX);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_send_header_block_length(option,
                                                        SEND_HEADER_BYTES_MAX);
        if (nghttp2_session_server_new2(&http2->session, callbacks, http2,
                                        option) != 0)
            http2->session = NULL;
        nghttp2_option_del(option);
    }
    nghttp2_session_callbacks_del(callbacks);
    return http2->session != NULL;
}

static bool greet(struct proa_http2 *http2)
{
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
          http2->limits.stream_count_max },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2->limits.takes_pieces
                                                    ? PIECES_WINDOW_SIZE
                                                    : STREAM_WINDOW_SIZE },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
          http2->limits.request.head_bytes_max },
    };

    return nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0 &&
           nghttp2_session_set_local_window_size(http2->session,
                                                 NGHTTP2_FLAG_NONE, 0,
                                                 CONNECTION_WINDOW_SIZE) == 0;
}

struct proa_http2 *proa_http2_create(const struct proa_http2_limits *limits,
                                     const struct proa_http2_hooks *hooks)
{
    struct proa_http2 *http2 = calloc(1, sizeof *http2);

    if (http2 == NULL)
        return NULL;
    http2->limits = *limits;
    http2->hooks = *hooks;
    http2->credit_ms = (uint64_t)NUISANCE_MAX * 1000;
    if (!make_session(http2) || !greet(http2)) {
        proa_http2_destroy(http2);
        return NULL;
    }
    return http2;
}

void proa_http2_destroy(struct proa_http2 *http2)
{
    if (http2 == NULL)
        return;
    struct proa_http2_stream *stream = http2->streams;
    while (stream != NULL) {
        struct proa_http2_stream *next = stream->next;
        stream_close(stream);
        stream = next;
    }
    nghttp2_session_del(http2->session);
    free(http2);
}

bool proa_http2_feed(struct proa_http2 *http2, const uint8_t *bytes,
                     size_t size, uint64_t now_ms)
{
    uint64_t gained = http2->now_ms == 0 ? 0 : now_ms - http2->now_ms;
    uint64_t credit_max = (uint64_t)NUISANCE_MAX * 1000;

    http2->now_ms = now_ms;
    http2->credit_ms += gained * NUISANCE_PER_SECOND;
    if (http2->credit_ms > credit_max)
        http2->credit_ms = credit_max;
    return nghttp2_session_mem_recv(http2->session, bytes, size) ==
           (ssize_t)size;
}

bool proa_http2_output(struct proa_http2 *http2, uint8_t *bytes, size_t *size)
{
    size_t filled = 0;

    while (PROA_HTTP2_OUTPUT_SIZE - filled >= FRAME_OUTPUT_SIZE_MAX) {
        const uint8_t *part;
        ssize_t part_size = nghttp2_session_mem_send(http2->session, &part);
        if (part_size < 0 ||
            (size_t)part_size > PROA_HTTP2_OUTPUT_SIZE - filled)
            return false;
        if (part_size == 0)
            break;
        memcpy(bytes + filled, part, (size_t)part_size);
        filled += (size_t)part_size;
    }
    *size = filled;
    return true;
}

void proa_http2_drain(struct proa_http2 *http2)
{
    if (http2->is_draining)
        return;
    http2->is_draining = true;
    /* Streams that the client opens before it reads this are still taken; it
     * read this when it answers the ping.
     * https://www.rfc-editor.org/rfc/rfc9113#section-6.8 */
    (void)nghttp2_submit_shutdown_notice(http2->session);
    (void)nghttp2_submit_ping(http2->session, NGHTTP2_FLAG_NONE, NULL);
}

void proa_http2_end(struct proa_http2 *http2)
{
    (void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
}

bool proa_http2_is_over(const struct proa_http2 *http2)
{
    return nghttp2_session_want_read(http2->session) == 0 &&
           nghttp2_session_want_write(http2->session) == 0;
}

struct proa_http2_stream *proa_http2_streams(const struct proa_http2 *http2)
{
    return http2->streams;
}

uint32_t proa_http2_stream_count(const struct proa_http2 *http2)
{
    return http2->stream_count;
}

struct nghttp2_session *proa_http2_session(const struct proa_http2 *http2)
{
    return http2->session;
}

void *proa_http2_env(const struct proa_http2 *http2)
{
    return http2->hooks.env;
}
