/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    RESPONSE_FIELDS_BYTES_MAX = 64 * 1024,
    RESPONSE_HEAD_BYTES_MAX = RESPONSE_FIELDS_BYTES_MAX + 1024,
    PROGRESS_BYTES = 64 * 1024, /* that each body or write deadline is for */
    LINGER_BYTES_MAX = 4 << 20,
};

uint64_t proa_http_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void set_deadline(struct proa_http_connection *connection,
                         enum proa_http_deadline_kind kind)
{
    struct proa_http_shared *shared = connection->shared;

    proa_http_deadline_set(&shared->deadlines, &connection->deadline, kind,
                           shared->now_ms);
}

/* False: the kernel has no memory; the caller closes the connection. */
static bool set_events(struct proa_http_connection *connection, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };

    if (connection->events == events)
        return true;
    connection->events = events;
    return epoll_ctl(connection->shared->epoll_fd, EPOLL_CTL_MOD,
                     connection->fd, &event) == 0;
}

static void exchange_abandon(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;

    connection->exchange = NULL;
    if (exchange == NULL)
        return;
    exchange->connection = NULL;
    if (connection->phase == PROA_HTTP_WAITING)
        atomic_store(&exchange->is_abandoned, true);
    else
        proa_http_exchange_destroy(exchange);
}

bool proa_http_connection_open(struct proa_http_shared *shared, int fd_take,
                               const char *client_address, uint16_t client_port)
{
    struct proa_http_connection *connection = calloc(1, sizeof *connection);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

    if (connection != NULL)
        connection->http1 = proa_http1_create(&shared->options.limits.request);
    if (connection == NULL || connection->http1 == NULL ||
        epoll_ctl(shared->epoll_fd, EPOLL_CTL_ADD, fd_take, &event) != 0) {
        if (connection != NULL)
            proa_http1_destroy(connection->http1);
        free(connection);
        (void)close(fd_take);
        return false;
    }
    connection->shared = shared;
    connection->fd = fd_take;
    connection->events = EPOLLIN;
    connection->client_port = client_port;
    memcpy(connection->client_address, client_address,
           sizeof connection->client_address);
    proa_buffer_init(&connection->unread, PROA_HTTP_SCRATCH_SIZE);
    proa_buffer_init(&connection->head, RESPONSE_HEAD_BYTES_MAX);
    connection->next = shared->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    shared->connections = connection;
    shared->connection_count++;
    set_deadline(connection, PROA_HTTP_DEADLINE_HEAD);
    return true;
}

static void tell(struct proa_http_connection *connection, bool is_cut)
{
    const struct proa_http_server_options *options =
        &connection->shared->options;
    const struct proa_http_exchange *exchange = connection->exchange;
    const struct proa_http_request *request =
        exchange != NULL ? exchange->request
                         : proa_http1_request(connection->http1);
    struct proa_http_log_entry entry = {
        .client_address = connection->client_address,
        .status = connection->response.status,
        .body_bytes =
            connection->sends_body ? connection->response.body.size : 0,
        .is_cut = is_cut,
    };

    if (options->log == NULL)
        return;
    if (exchange != NULL)
        entry.ns = proa_http_now_ns() - exchange->start_ns;
    if (request != NULL) {
        entry.method = request->method;
        entry.target = request->target;
        entry.version_minor = request->version_minor;
    }
    options->log(options->env, &entry);
}

void proa_http_connection_close(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;

    if (connection->phase == PROA_HTTP_WRITING)
        tell(connection, true);
    exchange_abandon(connection);
    proa_http_deadline_unset(&connection->deadline);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        shared->connections = connection->next;
    shared->connection_count--;
    (void)close(connection->fd);
    proa_http1_destroy(connection->http1);
    proa_buffer_deinit(&connection->unread);
    proa_buffer_deinit(&connection->head);
    proa_http_response_deinit(&connection->response);
    free(connection);
}

bool proa_http_connection_is_idle(const struct proa_http_connection *connection)
{
    return connection->phase == PROA_HTTP_READING &&
           !proa_http1_is_busy(connection->http1);
}

void proa_http_exchange_destroy(struct proa_http_exchange *exchange)
{
    if (exchange == NULL)
        return;
    proa_http_request_destroy(exchange->request);
    proa_http_response_deinit(&exchange->response);
    free(exchange);
}

/* --- writing ------------------------------------------------------------ */

static bool send_some(struct proa_http_connection *connection, ssize_t *sent)
{
    const struct proa_buffer *head = &connection->head;
    const struct proa_buffer *body = &connection->response.body;
    size_t head_offset =
        connection->sent < head->size ? connection->sent : head->size;
    size_t body_offset = (size_t)(connection->sent - head_offset);
    struct iovec parts[2] = {
        { head->bytes + head_offset, head->size - head_offset },
        { NULL, 0 },
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 1 };

    if (connection->sends_body && body->size > body_offset) {
        parts[1] = (struct iovec){ body->bytes + body_offset,
                                   body->size - body_offset };
        message.msg_iovlen = 2;
    }
    if (parts[0].iov_len + parts[1].iov_len == 0) {
        *sent = 0;
        return true;
    }
    do {
        *sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    } while (*sent < 0 && errno == EINTR);
    return *sent >= 0;
}

static void linger(struct proa_http_connection *connection)
{
    connection->phase = PROA_HTTP_LINGERING;
    if (shutdown(connection->fd, SHUT_WR) != 0 ||
        !set_events(connection, EPOLLIN)) {
        proa_http_connection_close(connection);
        return;
    }
    set_deadline(connection, PROA_HTTP_DEADLINE_LINGER);
}

static void process_unread(struct proa_http_connection *connection);

static void finish_response(struct proa_http_connection *connection)
{
    tell(connection, false);
    proa_http_exchange_destroy(connection->exchange);
    connection->exchange = NULL;
    proa_http_response_deinit(&connection->response);
    proa_buffer_clear(&connection->head);
    connection->sent = 0;
    if (connection->closes) {
        linger(connection);
        return;
    }
    connection->phase = PROA_HTTP_READING;
    set_deadline(connection, PROA_HTTP_DEADLINE_IDLE);
    if (!set_events(connection, EPOLLIN))
        proa_http_connection_close(connection);
    else
        process_unread(connection);
}

static void write_on(struct proa_http_connection *connection)
{
    uint64_t all =
        connection->head.size +
        (connection->sends_body ? connection->response.body.size : 0);

    for (;;) {
        ssize_t sent;
        if (!send_some(connection, &sent)) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                break;
            if (connection->sent - connection->marked >= PROGRESS_BYTES) {
                connection->marked = connection->sent;
                set_deadline(connection, PROA_HTTP_DEADLINE_WRITE);
            }
            if (set_events(connection, EPOLLOUT))
                return;
            break;
        }
        connection->sent += (uint64_t)sent;
        if (connection->sent == all) {
            finish_response(connection);
            return;
        }
    }
    proa_http_connection_close(connection);
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
    connection->sends_body =
        proa_http1_write_head(&connection->response, &reply, &connection->head);
    set_deadline(connection, PROA_HTTP_DEADLINE_WRITE);
    if (connection->head.is_full)
        proa_http_connection_close(connection);
    else
        write_on(connection);
}

static void refuse(struct proa_http_connection *connection)
{
    proa_http_response_init(&connection->response, RESPONSE_FIELDS_BYTES_MAX,
                            RESPONSE_FIELDS_BYTES_MAX);
    proa_http_response_error(&connection->response,
                             proa_http1_status(connection->http1));
    connection->closes = true;
    begin_response(connection, proa_http1_request(connection->http1));
}

void proa_http_connection_done(struct proa_http_connection *connection)
{
    struct proa_http_exchange *exchange = connection->exchange;

    connection->response = exchange->response;
    exchange->response = (struct proa_http_response){ 0 };
    if (connection->shared->is_draining)
        connection->closes = true;
    begin_response(connection, exchange->request);
}

/* --- reading ------------------------------------------------------------ */

static void dispatch(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;
    struct proa_http_exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL) {
        proa_http1_refuse(connection->http1, 503);
        refuse(connection);
        return;
    }
    connection->closes = !proa_http1_keeps_alive(connection->http1);
    exchange->request = proa_http1_take(connection->http1);
    exchange->server = shared->server;
    exchange->connection = connection;
    exchange->client_port = connection->client_port;
    exchange->server_port = shared->server_port;
    exchange->start_ns = proa_http_now_ns();
    memcpy(exchange->client_address, connection->client_address,
           sizeof exchange->client_address);
    memcpy(exchange->server_address, shared->server_address,
           sizeof exchange->server_address);
    proa_http_response_init(&exchange->response, RESPONSE_FIELDS_BYTES_MAX,
                            (size_t)shared->options.limits.response_bytes_max);
    connection->exchange = exchange;
    connection->phase = PROA_HTTP_WAITING;
    proa_http_deadline_unset(&connection->deadline);
    shared->options.handle(shared->options.env, exchange);
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
            set_deadline(connection, PROA_HTTP_DEADLINE_HEAD);
        return;
    }
    if (kind != PROA_HTTP_DEADLINE_BODY)
        connection->marked = 0;
    else if (request->body.size - connection->marked < PROGRESS_BYTES)
        return;
    connection->marked = request->body.size;
    set_deadline(connection, PROA_HTTP_DEADLINE_BODY);
}

/* True when all went out; the client reads nothing before, so it has room. */
static bool send_continue(struct proa_http_connection *connection)
{
    static const char text[] = PROA_HTTP1_CONTINUE;

    return send(connection->fd, text, sizeof text - 1, MSG_NOSIGNAL) ==
           (ssize_t)(sizeof text - 1);
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
        if (state == PROA_HTTP1_REQUEST || state == PROA_HTTP1_REFUSED)
            return READING_STOPPED;
    }
    /* Asked only when the body is not here yet. */
    if (proa_http1_wants_continue(http1) && !send_continue(connection))
        return READING_FAILED;
    return READING_ON;
}

static void act(struct proa_http_connection *connection)
{
    if (proa_http1_state(connection->http1) == PROA_HTTP1_REFUSED)
        refuse(connection);
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

static void read_on(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;
    size_t used = 0;
    ssize_t size =
        recv(connection->fd, shared->scratch, PROA_HTTP_SCRATCH_SIZE, 0);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        proa_http_connection_close(connection);
        return;
    }
    enum reading result =
        feed(connection, shared->scratch, (size_t)size, &used);
    if (result == READING_ON) {
        watch_reading(connection);
        return;
    }
    /* What came behind a request is kept until that one is answered. */
    if (result == READING_FAILED ||
        !proa_buffer_append(&connection->unread, shared->scratch + used,
                            (size_t)size - used))
        proa_http_connection_close(connection);
    else
        act(connection);
}

static void linger_on(struct proa_http_connection *connection)
{
    ssize_t size = recv(connection->fd, connection->shared->scratch,
                        PROA_HTTP_SCRATCH_SIZE, 0);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0)
        connection->lingered += (uint64_t)size;
    if (size <= 0 || connection->lingered > LINGER_BYTES_MAX)
        proa_http_connection_close(connection);
}

void proa_http_connection_event(struct proa_http_connection *connection,
                                uint32_t events)
{
    bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;

    switch (connection->phase) {
    case PROA_HTTP_READING:
        read_on(connection);
        return;
    case PROA_HTTP_WAITING:
        /* No byte more is read before this request is answered. */
        if (is_broken || !set_events(connection, 0))
            proa_http_connection_close(connection);
        return;
    case PROA_HTTP_WRITING:
        write_on(connection);
        return;
    case PROA_HTTP_LINGERING:
        linger_on(connection);
        return;
    }
}

void proa_http_connection_over(struct proa_http_connection *connection)
{
    if (connection->phase == PROA_HTTP_READING &&
        proa_http1_is_busy(connection->http1)) {
        proa_http1_refuse(connection->http1, 408);
        refuse(connection);
        return;
    }
    proa_http_connection_close(connection);
}
