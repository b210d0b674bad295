/* SPDX-License-Identifier: Apache-2.0 */
#include "http/flow2.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "http/http2.h"

enum {
    STREAM_COUNT_MAX = 100,
    BODIES_PER_CONNECTION = 4, /* of the largest size, being read at once */
};

struct proa_http_flow2 {
    struct proa_http_connection *connection;
    struct proa_http2 *http2;
    struct proa_buffer output; /* what the socket did not take yet */
    size_t output_offset;
    uint64_t sent;
    uint64_t marked; /* bytes sent when the deadline was set */
};

/* --- streams -------------------------------------------------------------- */

static bool on_request(void *env, struct proa_http2_stream *stream,
                       struct proa_http_request *request_take)
{
    struct proa_http_flow2 *flow2 = env;
    const struct proa_http_server_options *options =
        &flow2->connection->shared->options;
    struct proa_http_exchange *exchange =
        proa_http_connection_exchange(flow2->connection, request_take);

    if (exchange == NULL)
        return false;
    exchange->stream = stream;
    exchange->body_is_open = stream->body_is_open;
    stream->owner = exchange;
    options->handle(options->env, exchange);
    return true;
}

/* The handler has the request, or still makes its response. */
static bool is_with_handler(const struct proa_http2_stream *stream)
{
    return stream->phase == PROA_HTTP2_WAITING ||
           (stream->is_in_pieces && !stream->is_ended);
}

/* What the client is waited for; false: for nothing. */
static bool find_kind(const struct proa_http2_stream *stream,
                      enum proa_http_deadline_kind *kind, uint64_t *moved)
{
    const struct proa_http_response *response = &stream->response;

    *kind = PROA_HTTP_DEADLINE_STREAM_WRITE;
    *moved = stream->sent;
    if (stream->phase == PROA_HTTP2_WRITING &&
        (!is_with_handler(stream) || response->body.size > stream->piece_at))
        return true;
    *kind = PROA_HTTP_DEADLINE_STREAM_BODY;
    if (!is_with_handler(stream)) {
        *moved = stream->request->body.size;
        return true;
    }
    *moved = stream->received;
    return stream->body_is_open &&
           stream->shared->body.size - stream->shared->body_taken <
               PROA_HTTP_PIECES_BYTES_MAX;
}

/* Each 64 KiB of a body has its time, in both directions. */
static void limit_stream(const struct proa_http_flow2 *flow2,
                         struct proa_http2_stream *stream)
{
    struct proa_http_shared *shared = flow2->connection->shared;
    enum proa_http_deadline_kind kind;
    uint64_t moved;

    if (!find_kind(stream, &kind, &moved)) {
        proa_http_deadline_unset(&stream->deadline);
        return;
    }
    if (stream->deadline.next != NULL && stream->deadline.kind == kind &&
        moved - stream->marked < PROA_HTTP_PROGRESS_BYTES)
        return;
    stream->marked = moved;
    proa_http_deadline_set(&shared->deadlines, &stream->deadline, kind,
                           shared->now_ms);
}

static void on_moved(void *env, struct proa_http2_stream *stream)
{
    struct proa_http_exchange *exchange = stream->owner;

    limit_stream(env, stream);
    if (exchange == NULL || !is_with_handler(stream))
        return;
    exchange->body_is_open = stream->body_is_open;
    exchange->refusal = stream->body_refusal;
    proa_http_exchange_change(exchange);
}

static void tell(const struct proa_http_flow2 *flow2,
                 const struct proa_http2_stream *stream)
{
    const struct proa_http_exchange *exchange = stream->owner;
    struct proa_http_log_entry entry = {
        .status = stream->response.status,
        .body_bytes = stream->is_head ? 0
                      : stream->is_in_pieces
                          ? stream->put
                          : proa_http_response_size(&stream->response),
        .is_cut = !stream->is_sent,
    };

    if (exchange != NULL) {
        entry.ns = proa_http_now_ns() - exchange->start_ns;
        entry.note = exchange->handler_note;
    }
    proa_http_connection_tell(
        flow2->connection,
        exchange != NULL ? exchange->request : stream->request, &entry);
}

static void on_over(void *env, struct proa_http2_stream *stream)
{
    struct proa_http_exchange *exchange = stream->owner;
    const struct proa_http_flow2 *flow2 = env;

    proa_http_deadline_unset(&stream->deadline);
    if (stream->phase == PROA_HTTP2_WRITING)
        tell(env, stream);
    stream->owner = NULL;
    if (exchange == NULL)
        return;
    exchange->stream = NULL;
    exchange->connection = NULL;
    exchange->body_is_open = false;
    flow2->connection->shared->has_changed = true;
    if (is_with_handler(stream))
        proa_http_exchange_abandon(exchange);
    else
        proa_http_exchange_destroy(exchange);
}

/* --- sending -------------------------------------------------------------- */

enum pumping { PUMPED_ALL, PUMPED_SOME, PUMP_FAILED };

static enum pumping flush(struct proa_http_flow2 *flow2)
{
    struct proa_buffer *output = &flow2->output;

    while (flow2->output_offset < output->size) {
        struct iovec parts[2] = {
            { output->bytes + flow2->output_offset,
              output->size - flow2->output_offset },
            { NULL, 0 },
        };
        size_t sent;
        enum proa_http_io result = proa_http_transport_write(
            &flow2->connection->transport, parts, &sent);
        if (result == PROA_HTTP_IO_AGAIN)
            return PUMPED_SOME;
        if (result != PROA_HTTP_IO_DONE)
            return PUMP_FAILED;
        flow2->output_offset += sent;
        flow2->sent += sent;
    }
    /* An idle connection shall hold no buffer. */
    proa_buffer_deinit(output);
    proa_buffer_init(output, PROA_HTTP2_OUTPUT_SIZE);
    flow2->output_offset = 0;
    return PUMPED_ALL;
}

static enum pumping pump(struct proa_http_flow2 *flow2)
{
    for (;;) {
        uint8_t *bytes = flow2->connection->shared->scratch;
        enum pumping result = flush(flow2);
        size_t size;
        if (result != PUMPED_ALL)
            return result;
        if (!proa_http2_output(flow2->http2, bytes, &size))
            return PUMP_FAILED;
        if (size == 0)
            return PUMPED_ALL;
        if (!proa_buffer_append(&flow2->output, bytes, size))
            return PUMP_FAILED;
    }
}

static void limit(struct proa_http_flow2 *flow2, enum pumping result)
{
    struct proa_http_connection *connection = flow2->connection;
    struct proa_http_deadline *deadline = &connection->deadline;
    bool is_set = deadline->next != NULL;
    /* A client that does not answer our ping shall not hold the end up. */
    enum proa_http_deadline_kind idle = connection->shared->is_draining
                                            ? PROA_HTTP_DEADLINE_LINGER
                                            : PROA_HTTP_DEADLINE_IDLE;

    if (result == PUMPED_SOME) {
        if (!is_set || deadline->kind != PROA_HTTP_DEADLINE_WRITE ||
            flow2->sent - flow2->marked >= PROA_HTTP_PROGRESS_BYTES) {
            flow2->marked = flow2->sent;
            proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_WRITE);
        }
    } else if (proa_http2_stream_count(flow2->http2) > 0) {
        proa_http_deadline_unset(deadline);
    } else if (!is_set || deadline->kind != idle) {
        proa_http_connection_limit(connection, idle);
    }
}

/* Send what there is, and wait for what comes. */
static void go_on(struct proa_http_flow2 *flow2)
{
    struct proa_http_connection *connection = flow2->connection;
    enum pumping result = pump(flow2);
    uint32_t events = EPOLLIN;

    if (result == PUMPED_SOME)
        events |= connection->transport.wants;
    if (result == PUMP_FAILED ||
        !proa_http_connection_watch(connection, events))
        proa_http_connection_close(connection);
    else if (result == PUMPED_ALL && proa_http2_is_over(flow2->http2))
        proa_http_connection_linger(connection);
    else
        limit(flow2, result);
}

/* --- what the loop tells -------------------------------------------------- */

static void feed(struct proa_http_flow2 *flow2, const uint8_t *bytes,
                 size_t size)
{
    struct proa_http_connection *connection = flow2->connection;

    if (proa_http2_feed(flow2->http2, bytes, size, connection->shared->now_ms))
        go_on(flow2);
    else
        proa_http_connection_close(connection);
}

void proa_http_flow2_begin(struct proa_http_connection *connection,
                           const uint8_t *bytes, size_t size)
{
    const struct proa_http1_limits *limits =
        &connection->shared->options.limits.request;
    struct proa_http_flow2 *flow2 = calloc(1, sizeof *flow2);

    if (flow2 == NULL) {
        proa_http_connection_close(connection);
        return;
    }
    connection->flow2 = flow2;
    connection->phase = PROA_HTTP_READING;
    flow2->connection = connection;
    proa_buffer_init(&flow2->output, PROA_HTTP2_OUTPUT_SIZE);
    const struct proa_http2_limits http2_limits = {
        .request = *limits,
        .stream_count_max = STREAM_COUNT_MAX,
        .buffered_bytes_max = limits->body_bytes_max * BODIES_PER_CONNECTION,
        .takes_pieces = connection->shared->options.takes_pieces,
    };
    const struct proa_http2_hooks hooks = {
        .env = flow2, .request = on_request, .moved = on_moved, .over = on_over
    };
    flow2->http2 = proa_http2_create(&http2_limits, &hooks);
    if (flow2->http2 == NULL) {
        proa_http_connection_close(connection);
        return;
    }
    if (connection->shared->is_draining)
        proa_http2_drain(flow2->http2);
    feed(flow2, bytes, size);
}

void proa_http_flow2_event(struct proa_http_connection *connection,
                           uint32_t events)
{
    struct proa_http_shared *shared = connection->shared;
    size_t size;

    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) {
        go_on(connection->flow2);
        return;
    }
    switch (proa_http_transport_read(&connection->transport, shared->scratch,
                                     PROA_HTTP_SCRATCH_SIZE, &size)) {
    case PROA_HTTP_IO_DONE:
        feed(connection->flow2, shared->scratch, size);
        return;
    case PROA_HTTP_IO_AGAIN:
        go_on(connection->flow2);
        return;
    default:
        proa_http_connection_close(connection);
        return;
    }
}

void proa_http_flow2_done(struct proa_http_exchange *exchange)
{
    struct proa_http2_stream *stream = exchange->stream;
    struct proa_http_flow2 *flow2 = exchange->connection->flow2;

    if (exchange->is_begun) {
        proa_http2_finish(stream, exchange->is_cut);
        limit_stream(flow2, stream);
        go_on(flow2);
        return;
    }
    stream->response = exchange->response;
    exchange->response = (struct proa_http_response){ 0 };
    proa_http2_respond(stream, (int64_t)time(NULL));
    go_on(flow2);
}

void proa_http_flow2_go_on(struct proa_http_connection *connection)
{
    go_on(connection->flow2);
}

/* It was idle for too long: goodbye. Or it takes nothing: close. */
void proa_http_flow2_over(struct proa_http_connection *connection)
{
    if (connection->deadline.kind != PROA_HTTP_DEADLINE_IDLE &&
        connection->deadline.kind != PROA_HTTP_DEADLINE_LINGER) {
        proa_http_connection_close(connection);
        return;
    }
    proa_http2_end(connection->flow2->http2);
    go_on(connection->flow2);
}

void proa_http_flow2_stream_over(struct proa_http_deadline *deadline)
{
    /* The deadline is a stream's first member. */
    struct proa_http2_stream *stream = (struct proa_http2_stream *)deadline;
    struct proa_http_flow2 *flow2 = proa_http2_env(stream->http2);

    if (stream->phase == PROA_HTTP2_BODY) {
        proa_http2_refuse(stream, 408);
    } else if (deadline->kind == PROA_HTTP_DEADLINE_STREAM_BODY) {
        stream->body_refusal = 408;
        stream->body_is_open = false;
        on_moved(flow2, stream);
    } else {
        proa_http2_cancel(stream);
    }
    go_on(flow2);
}

void proa_http_flow2_drain(struct proa_http_connection *connection)
{
    proa_http2_drain(connection->flow2->http2);
    go_on(connection->flow2);
}

void proa_http_flow2_destroy(struct proa_http_flow2 *flow2)
{
    if (flow2 == NULL)
        return;
    proa_http2_destroy(flow2->http2);
    proa_buffer_deinit(&flow2->output);
    free(flow2);
}
