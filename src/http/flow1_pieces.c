/*
 * Bodies in pieces, both ways, on a connection of HTTP/1.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/flow1_pieces.h"

#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "http/flow1.h"

static size_t left_in_head(const struct proa_http_connection *connection)
{
    return connection->head.size - connection->staged_sent;
}

size_t proa_http_flow1_staged(const struct proa_http_connection *connection)
{
    return left_in_head(connection) + connection->lent_size;
}

bool proa_http_flow1_is_in_pieces(const struct proa_http_connection *connection)
{
    return connection->exchange != NULL && connection->exchange->is_begun;
}

void proa_http_flow1_begin_pieces(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;
    const struct proa_http_request *request = exchange->request;
    bool has_length = exchange->response.has_length;
    struct proa_http1_reply reply = {
        .is_head = proa_http_text_equals(request->method, "HEAD"),
        .version_minor = request->version_minor,
        .is_chunked = !has_length && request->version_minor > 0,
        .is_open = !has_length,
        .unix_seconds = (int64_t)time(NULL),
    };

    /* Without chunks only the connection's end can tell the body's. */
    if (connection->shared->is_draining ||
        (exchange->continues && !exchange->is_asked) ||
        (!has_length && !reply.is_chunked))
        connection->closes = true;
    reply.keeps_alive = !connection->closes;
    connection->response = exchange->response;
    exchange->response =
        (struct proa_http_response){ .status = connection->response.status };
    connection->sent = 0;
    connection->staged_sent = 0;
    connection->put = 0;
    proa_buffer_deinit(&connection->head);
    proa_buffer_init(&connection->head, PROA_HTTP_FLOW1_HEAD_BYTES_MAX +
                                            2 * PROA_HTTP_PIECES_BYTES_MAX);
    if (exchange->continues && exchange->is_asked)
        (void)proa_buffer_append(&connection->head, PROA_HTTP1_CONTINUE,
                                 sizeof PROA_HTTP1_CONTINUE - 1);
    exchange->continues = false;
    connection->sends_body =
        proa_http1_write_head(&connection->response, &reply, &connection->head);
    connection->is_chunked = reply.is_chunked && connection->sends_body;
}

/* The head does not count: there is always room for what comes right behind. */
size_t proa_http_flow1_room(const struct proa_http_connection *connection)
{
    size_t size = proa_http_flow1_staged(connection);
    const size_t size_max =
        PROA_HTTP_FLOW1_HEAD_BYTES_MAX + PROA_HTTP_PIECES_BYTES_MAX;

    return size < size_max ? size_max - size : 0;
}

static bool fits_length(const struct proa_http_connection *connection,
                        size_t size)
{
    const struct proa_http_response *response = &connection->response;

    return !response->has_length || size <= response->length - connection->put;
}

bool proa_http_flow1_put(struct proa_http_connection *connection,
                         const uint8_t *bytes, size_t size)
{
    struct proa_buffer *head = &connection->head;
    if (!fits_length(connection, size))
        return false;
    connection->put += size;
    if (!connection->sends_body || size == 0)
        return true;
    if (connection->staged_sent > 0) {
        head->size -= connection->staged_sent;
        memmove(head->bytes, head->bytes + connection->staged_sent, head->size);
        connection->staged_sent = 0;
    }
    if (connection->is_chunked)
        (void)proa_buffer_printf(head, "%zx\r\n", size);
    (void)proa_buffer_append(head, bytes, size);
    if (connection->is_chunked)
        (void)proa_buffer_append(head, "\r\n", 2);
    return !head->is_full;
}

bool proa_http_flow1_lend(struct proa_http_connection *connection,
                          const uint8_t *bytes, size_t size)
{
    /* Under TLS the same bytes must be offered again, whoever ends meanwhile.
     */
    if (connection->transport.ssl != NULL || connection->lent_size > 0 ||
        !connection->sends_body || !fits_length(connection, size))
        return false;
    if (connection->is_chunked &&
        !proa_buffer_printf(&connection->head, "%zx\r\n", size))
        return false;
    connection->put += size;
    connection->lent = bytes;
    connection->lent_size = size;
    return true;
}

/* What was sent: first of the head, then of what is lent. */
static void count_sent(struct proa_http_connection *connection, size_t sent)
{
    struct proa_buffer *head = &connection->head;
    size_t of_head = left_in_head(connection);

    if (sent < of_head)
        of_head = sent;
    connection->sent += sent;
    connection->staged_sent += of_head;
    if (left_in_head(connection) == 0) {
        proa_buffer_clear(head);
        connection->staged_sent = 0;
    }
    if (sent == of_head)
        return;
    connection->lent += sent - of_head;
    connection->lent_size -= sent - of_head;
    if (connection->lent_size == 0 && connection->is_chunked)
        (void)proa_buffer_append(head, "\r\n", 2);
}

/* What ends a chunk that was lent goes with what the handler says next. */
static bool sends_on(const struct proa_http_connection *connection,
                     bool was_lent)
{
    return proa_http_flow1_staged(connection) > 0 &&
           (!was_lent || connection->lent_size > 0);
}

bool proa_http_flow1_send_staged(struct proa_http_connection *connection)
{
    bool was_lent = connection->lent_size > 0;
    uint64_t before = connection->sent;

    while (sends_on(connection, was_lent)) {
        const struct iovec parts[2] = {
            { connection->head.bytes + connection->staged_sent,
              left_in_head(connection) },
            { (void *)(uintptr_t)connection->lent, connection->lent_size },
        };
        size_t sent;
        enum proa_http_io result =
            proa_http_transport_write(&connection->transport, parts, &sent);
        if (result == PROA_HTTP_IO_AGAIN)
            break;
        if (result != PROA_HTTP_IO_DONE) {
            proa_http_connection_close(connection);
            return false;
        }
        count_sent(connection, sent);
    }
    if (connection->sent > before && connection->lent_size == 0)
        proa_http_exchange_change(connection->exchange);
    return true;
}

bool proa_http_flow1_wants_body(const struct proa_http_connection *connection)
{
    const struct proa_http_exchange *exchange = connection->exchange;

    return connection->phase == PROA_HTTP_WAITING && exchange->body_is_open &&
           exchange->request->body.size - exchange->request->body_taken <
               PROA_HTTP_PIECES_BYTES_MAX;
}

/* Whom do we wait for? Each 64 KiB has its time, if it is the client. */
void proa_http_flow1_limit_pieces(struct proa_http_connection *connection)
{
    struct proa_http_deadline *deadline = &connection->deadline;
    enum proa_http_deadline_kind kind = PROA_HTTP_DEADLINE_BODY;
    uint64_t moved = connection->received;

    if (proa_http_flow1_staged(connection) > 0) {
        kind = PROA_HTTP_DEADLINE_WRITE;
        moved = connection->sent;
    } else if (!proa_http_flow1_wants_body(connection)) {
        proa_http_deadline_unset(deadline);
        return;
    }
    if (deadline->next != NULL && deadline->kind == kind &&
        moved - connection->marked < PROA_HTTP_PROGRESS_BYTES)
        return;
    connection->marked = moved;
    proa_http_connection_limit(connection, kind);
}

static uint32_t wanted_events(const struct proa_http_connection *connection)
{
    uint32_t events = proa_http_flow1_wants_body(connection) ? EPOLLIN : 0;

    if (proa_http_flow1_staged(connection) > 0)
        events |= connection->transport.wants;
    return events;
}

void proa_http_flow1_watch_pieces(struct proa_http_connection *connection)
{
    uint32_t events = wanted_events(connection);

    proa_http_flow1_limit_pieces(connection);
    /* Mostly there is room again before anything comes. */
    if (events == 0 && connection->events == EPOLLIN)
        return;
    if (!proa_http_connection_watch(connection, events))
        proa_http_connection_close(connection);
}

void proa_http_flow1_ignore_pieces(struct proa_http_connection *connection)
{
    proa_http_flow1_limit_pieces(connection);
    if (!proa_http_connection_watch(connection, wanted_events(connection)))
        proa_http_connection_close(connection);
}

/* The rest of the body will not come, or is not wanted. */
void proa_http_flow1_refuse_body(struct proa_http_connection *connection,
                                 uint16_t status)
{
    struct proa_http_exchange *exchange = connection->exchange;

    exchange->refusal = status;
    exchange->body_is_open = false;
    connection->closes = true;
    proa_http_exchange_change(exchange);
}
