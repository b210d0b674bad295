/* SPDX-License-Identifier: Apache-2.0 */
#include "http/flow1.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "http/flow1_pieces.h"
#include "http/flow1_send.h"

static void exchange_abandon(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;

    connection->exchange = NULL;
    if (exchange == NULL)
        return;
    exchange->connection = NULL;
    exchange->body_is_open = false;
    connection->shared->has_changed = true;
    if (connection->phase == PROA_HTTP_WAITING)
        proa_http_exchange_abandon(exchange);
    else
        proa_http_exchange_destroy(exchange);
}

static void tell(struct proa_http_connection *connection, bool is_cut)
{
    const struct proa_http_exchange *exchange = connection->exchange;
    const struct proa_http_request *request =
        exchange != NULL ? exchange->request
                         : proa_http1_request(connection->http1);
    struct proa_http_log_entry entry = {
        .status = connection->response.status,
        .body_bytes = connection->sends_body
                          ? proa_http_response_size(&connection->response) +
                                connection->put
                          : 0,
        .is_cut = is_cut,
    };

    if (exchange != NULL) {
        entry.ns = proa_http_now_ns() - exchange->start_ns;
        entry.note = exchange->handler_note;
    }
    proa_http_connection_tell(connection, request, &entry);
}

void proa_http_flow1_deinit(struct proa_http_connection *connection)
{
    if (connection->http1 == NULL)
        return;
    if (connection->phase == PROA_HTTP_WRITING ||
        (connection->exchange != NULL && connection->exchange->is_begun))
        tell(connection, true);
    exchange_abandon(connection);
    proa_http1_destroy(connection->http1);
    proa_buffer_deinit(&connection->head);
    proa_http_response_deinit(&connection->response);
}

/* --- after a response ----------------------------------------------------- */

static void process_unread(struct proa_http_connection *connection);

static void finish_response(struct proa_http_connection *connection)
{
    bool has_buffer =
        connection->sends_file || proa_http_flow1_is_in_pieces(connection);

    tell(connection, false);
    proa_http1_leave(connection->http1);
    proa_http_exchange_destroy(connection->exchange);
    connection->exchange = NULL;
    connection->put = 0;
    connection->staged_sent = 0;
    proa_http_response_deinit(&connection->response);
    if (has_buffer) {
        /* An idle connection shall hold no such buffer. */
        proa_buffer_deinit(&connection->head);
        proa_buffer_init(&connection->head, PROA_HTTP_FLOW1_HEAD_BYTES_MAX);
    }
    proa_buffer_clear(&connection->head);
    connection->sent = 0;
    if (connection->closes) {
        proa_http_connection_linger(connection);
        return;
    }
    connection->phase = PROA_HTTP_READING;
    proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_IDLE);
    if (!proa_http_connection_watch(connection, EPOLLIN))
        proa_http_connection_close(connection);
    else
        process_unread(connection);
}

static void write_on(struct proa_http_connection *connection)
{
    enum proa_http_io result;
    size_t sent;

    while ((result = proa_http_flow1_send(connection, &sent)) ==
           PROA_HTTP_IO_DONE) {
        connection->sent += sent;
        if (connection->sent == connection->all) {
            finish_response(connection);
            return;
        }
        if (!connection->sends_file && connection->sends_body &&
            connection->sent ==
                connection->head.size + connection->response.body.size)
            proa_http_flow1_begin_file(connection);
    }
    if (result != PROA_HTTP_IO_AGAIN ||
        !proa_http_connection_watch(connection, connection->transport.wants)) {
        proa_http_connection_close(connection);
        return;
    }
    if (connection->sent - connection->marked >= PROA_HTTP_PROGRESS_BYTES) {
        connection->marked = connection->sent;
        proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_WRITE);
    }
}

/* The response is in the connection: make its head and begin to send. */
static void begin_response(struct proa_http_connection *connection,
                           const struct proa_http_request *request)
{
    struct proa_http1_reply reply = {
        .is_head =
            request != NULL && proa_http_text_equals(request->method, "HEAD"),
        .keeps_alive = !connection->closes,
        .version_minor = request == NULL ? 1 : request->version_minor,
        .unix_seconds = (int64_t)time(NULL),
    };

    connection->phase = PROA_HTTP_WRITING;
    connection->sent = 0;
    connection->marked = 0;
    connection->sends_file = false;
    connection->sends_body =
        proa_http1_write_head(&connection->response, &reply, &connection->head);
    connection->all =
        connection->head.size +
        (connection->sends_body ? proa_http_response_size(&connection->response)
                                : 0);
    proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_WRITE);
    if (connection->head.is_full)
        proa_http_connection_close(connection);
    else
        write_on(connection);
}

static void refuse(struct proa_http_connection *connection)
{
    proa_http_response_init(&connection->response, PROA_HTTP_FIELDS_BYTES_MAX,
                            PROA_HTTP_FIELDS_BYTES_MAX);
    proa_http_response_error(&connection->response,
                             proa_http1_status(connection->http1));
    connection->closes = true;
    begin_response(connection, proa_http1_request(connection->http1));
}

/* The handler has put its last piece. */
static void end_pieces(struct proa_http_connection *connection)
{
    const struct proa_http_response *response = &connection->response;
    struct proa_http_exchange *exchange = connection->exchange;

    if (connection->sends_body && response->has_length &&
        connection->put < response->length)
        exchange->is_cut = true;
    connection->phase = PROA_HTTP_WRITING;
    if (exchange->is_cut) {
        proa_http_connection_abort(connection);
        return;
    }
    if (connection->shared->is_draining)
        connection->closes = true;
    if (connection->is_chunked)
        (void)proa_buffer_append(&connection->head, "0\r\n\r\n", 5);
    proa_http_flow1_go_on(connection);
}

void proa_http_flow1_done(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;

    if (exchange->is_begun) {
        end_pieces(connection);
        return;
    }
    if (exchange->continues)
        connection->closes = true;
    connection->response = exchange->response;
    exchange->response = (struct proa_http_response){ 0 };
    if (connection->shared->is_draining)
        connection->closes = true;
    begin_response(connection, exchange->request);
}

/* --- reading ------------------------------------------------------------ */

static void dispatch(struct proa_http_connection *connection)
{
    const struct proa_http_server_options *options =
        &connection->shared->options;

    connection->closes = !proa_http1_keeps_alive(connection->http1);
    connection->exchange = proa_http_connection_exchange(
        connection, proa_http1_take(connection->http1));
    if (connection->exchange == NULL) {
        proa_http1_refuse(connection->http1, 503);
        refuse(connection);
        return;
    }
    connection->phase = PROA_HTTP_WAITING;
    proa_http_deadline_unset(&connection->deadline);
    options->handle(options->env, connection->exchange);
}

/* The head is whole, and some of the body may be. */
static void dispatch_open(struct proa_http_connection *connection)
{
    const struct proa_http_server_options *options =
        &connection->shared->options;
    struct proa_http1 *http1 = connection->http1;

    connection->closes = !proa_http1_keeps_alive(http1);
    connection->exchange =
        proa_http_connection_exchange(connection, proa_http1_share(http1));
    if (connection->exchange == NULL) {
        proa_http1_leave(http1);
        proa_http1_refuse(http1, 503);
        refuse(connection);
        return;
    }
    connection->exchange->body_is_open = true;
    connection->exchange->continues = proa_http1_wants_continue(http1);
    connection->phase = PROA_HTTP_WAITING;
    connection->received = 0;
    proa_http_deadline_unset(&connection->deadline);
    proa_http_flow1_limit_pieces(connection);
    options->handle(options->env, connection->exchange);
}

/* After bytes were read and no request is whole: how long may it take? */
static void watch_reading(struct proa_http_connection *connection)
{
    const struct proa_http_request *request =
        proa_http1_request(connection->http1);
    enum proa_http_deadline_kind kind = connection->deadline.kind;

    if (request == NULL)
        return;
    if (proa_http1_state(connection->http1) == PROA_HTTP1_HEAD) {
        if (kind != PROA_HTTP_DEADLINE_HEAD)
            proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_HEAD);
        return;
    }
    if (kind != PROA_HTTP_DEADLINE_BODY)
        connection->marked = 0;
    else if (request->body.size - connection->marked < PROA_HTTP_PROGRESS_BYTES)
        return;
    connection->marked = request->body.size;
    proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_BODY);
}

/* True when all went out; the client reads nothing before, so it has room. */
static bool send_continue(struct proa_http_connection *connection)
{
    static char text[] = PROA_HTTP1_CONTINUE;
    const struct iovec parts[2] = { { text, sizeof text - 1 }, { NULL, 0 } };
    size_t sent;

    return proa_http_transport_write(&connection->transport, parts, &sent) ==
               PROA_HTTP_IO_DONE &&
           sent == sizeof text - 1;
}

enum reading { READING_ON, READING_STOPPED, READING_FAILED };

/* Feed the parser until a request is whole, it refuses or all is read. */
static enum reading feed(struct proa_http_connection *connection,
                         const uint8_t *bytes, size_t size, size_t *used)
{
    struct proa_http1 *http1 = connection->http1;
    size_t offset = 0;

    while (offset < size) {
        offset += proa_http1_feed(http1, bytes + offset, size - offset);
        *used = offset;
        enum proa_http1_state state = proa_http1_state(http1);
        if (state == PROA_HTTP1_REQUEST && proa_http1_discards(http1)) {
            proa_http1_next(http1);
            continue;
        }
        if (state == PROA_HTTP1_REQUEST || state == PROA_HTTP1_REFUSED)
            return READING_STOPPED;
    }
    if (proa_http1_state(http1) == PROA_HTTP1_BODY &&
        connection->shared->options.takes_pieces &&
        connection->phase == PROA_HTTP_READING && !proa_http1_discards(http1))
        return READING_STOPPED;
    /* Asked only when the body is not here yet. */
    if (proa_http1_wants_continue(http1) && !send_continue(connection))
        return READING_FAILED;
    return READING_ON;
}

static void act(struct proa_http_connection *connection)
{
    enum proa_http1_state state = proa_http1_state(connection->http1);

    if (state == PROA_HTTP1_REFUSED && proa_http1_discards(connection->http1))
        proa_http_connection_linger(connection);
    else if (state == PROA_HTTP1_REFUSED)
        refuse(connection);
    else if (state == PROA_HTTP1_BODY)
        dispatch_open(connection);
    else
        dispatch(connection);
}

static void process_unread(struct proa_http_connection *connection)
{
    struct proa_buffer *unread = &connection->unread;
    size_t used = 0;

    if (unread->size == 0)
        return;
    enum reading result =
        feed(connection, unread->bytes + connection->unread_offset,
             unread->size - connection->unread_offset, &used);
    connection->unread_offset += used;
    if (connection->unread_offset == unread->size) {
        /* An idle connection shall hold no buffer. */
        proa_buffer_deinit(unread);
        proa_buffer_init(unread, PROA_HTTP_SCRATCH_SIZE);
        connection->unread_offset = 0;
    }
    if (result == READING_FAILED)
        proa_http_connection_close(connection);
    else if (result == READING_STOPPED)
        act(connection);
    else
        watch_reading(connection);
}

/* Feed what has just come; what came behind a request is kept until that one
 * is answered. */
static void process(struct proa_http_connection *connection,
                    const uint8_t *bytes, size_t size)
{
    size_t used = 0;
    enum reading result = feed(connection, bytes, size, &used);

    if (result == READING_ON)
        watch_reading(connection);
    else if (result == READING_FAILED ||
             !proa_buffer_append(&connection->unread, bytes + used,
                                 size - used))
        proa_http_connection_close(connection);
    else
        act(connection);
}

static void read_on(struct proa_http_connection *connection)
{
    uint8_t *bytes = connection->shared->scratch;
    size_t size;

    switch (proa_http_transport_read(&connection->transport, bytes,
                                     PROA_HTTP_SCRATCH_SIZE, &size)) {
    case PROA_HTTP_IO_DONE:
        if (proa_http_connection_watch(connection, EPOLLIN)) {
            process(connection, bytes, size);
            return;
        }
        break;
    case PROA_HTTP_IO_AGAIN:
        if (proa_http_connection_watch(connection, connection->transport.wants))
            return;
        break;
    default:
        break;
    }
    proa_http_connection_close(connection);
}

/* --- a body in pieces ----------------------------------------------------- */

/* Feed what has come of it, unless it was read to where it belongs (`bytes` is
 * NULL); what is behind it is kept. */
static void process_body(struct proa_http_connection *connection,
                         const uint8_t *bytes, size_t size)
{
    struct proa_http_exchange *exchange = connection->exchange;
    struct proa_http1 *http1 = connection->http1;
    size_t used = size;

    if (bytes == NULL)
        proa_http1_filled(http1, size);
    else
        (void)feed(connection, bytes, size, &used);
    connection->received += used;
    if (proa_http1_state(http1) == PROA_HTTP1_BODY) {
        proa_http_exchange_change(exchange);
    } else if (proa_http1_state(http1) == PROA_HTTP1_REFUSED) {
        proa_http_flow1_refuse_body(connection, proa_http1_status(http1));
    } else {
        exchange->body_is_open = false;
        if (used == size ||
            proa_buffer_append(&connection->unread, bytes + used, size - used))
            proa_http_exchange_change(exchange);
        else
            proa_http_flow1_refuse_body(connection, 503);
    }
    proa_http_flow1_watch_pieces(connection);
}

static void read_body(struct proa_http_connection *connection)
{
    uint8_t *bytes = connection->shared->scratch, *room = NULL;
    size_t size, size_max = PROA_HTTP_SCRATCH_SIZE;

    /* Under TLS what is left of a record would wake nobody. */
    if (connection->transport.ssl == NULL)
        room = proa_http1_room(connection->http1, &size_max);
    switch (proa_http_transport_read(
        &connection->transport, room != NULL ? room : bytes, size_max, &size)) {
    case PROA_HTTP_IO_DONE:
        process_body(connection, room != NULL ? NULL : bytes, size);
        break;
    case PROA_HTTP_IO_AGAIN:
        proa_http_flow1_watch_pieces(connection);
        break;
    default:
        proa_http_connection_close(connection);
        break;
    }
}

void proa_http_flow1_go_on(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;

    if (exchange == NULL)
        return;
    if (exchange->continues && exchange->is_asked && !exchange->is_begun) {
        exchange->continues = false;
        if (!send_continue(connection)) {
            proa_http_connection_close(connection);
            return;
        }
    }
    if (exchange->is_begun) {
        if (!proa_http_flow1_send_staged(connection))
            return;
        if (connection->phase == PROA_HTTP_WRITING &&
            proa_http_flow1_staged(connection) == 0) {
            finish_response(connection);
            return;
        }
    }
    proa_http_flow1_watch_pieces(connection);
}

/* Something happens while the handler has the request. */
static void wait_on(struct proa_http_connection *connection, uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        proa_http_connection_close(connection);
    else if ((events & EPOLLOUT) != 0)
        proa_http_flow1_go_on(connection);
    else if (proa_http_flow1_wants_body(connection))
        read_body(connection);
    else
        /* No byte more is read before this request is answered. */
        proa_http_flow1_ignore_pieces(connection);
}

/* --- what the loop tells -------------------------------------------------- */

void proa_http_flow1_begin(struct proa_http_connection *connection,
                           const uint8_t *bytes, size_t size)
{
    connection->http1 =
        proa_http1_create(&connection->shared->options.limits.request);
    if (connection->http1 == NULL) {
        proa_http_connection_close(connection);
        return;
    }
    proa_buffer_init(&connection->head, PROA_HTTP_FLOW1_HEAD_BYTES_MAX);
    connection->phase = PROA_HTTP_READING;
    process(connection, bytes, size);
}

void proa_http_flow1_event(struct proa_http_connection *connection,
                           uint32_t events)
{
    if (connection->phase == PROA_HTTP_READING)
        read_on(connection);
    else if (connection->phase == PROA_HTTP_WAITING)
        wait_on(connection, events);
    else if (proa_http_flow1_is_in_pieces(connection))
        proa_http_flow1_go_on(connection);
    else
        write_on(connection);
}

void proa_http_flow1_over(struct proa_http_connection *connection)
{
    if (connection->phase == PROA_HTTP_READING &&
        proa_http1_is_busy(connection->http1)) {
        proa_http1_refuse(connection->http1, 408);
        refuse(connection);
        return;
    }
    if (connection->phase == PROA_HTTP_WAITING &&
        connection->deadline.kind == PROA_HTTP_DEADLINE_BODY) {
        proa_http_flow1_refuse_body(connection, 408);
        proa_http_flow1_watch_pieces(connection);
        return;
    }
    proa_http_connection_close(connection);
}

void proa_http_flow1_drain(struct proa_http_connection *connection)
{
    if (connection->phase != PROA_HTTP_READING ||
        proa_http1_is_busy(connection->http1))
        return;
    if (proa_http1_discards(connection->http1))
        proa_http_connection_linger(connection);
    else
        proa_http_connection_close(connection);
}
