/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/address.h"
#include "http/flow1.h"
#include "http/flow2.h"
#include "http/proxy.h"
#include "http/tls.h"

enum { LINGER_BYTES_MAX = 4 << 20 };

uint64_t proa_http_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void proa_http_connection_limit(struct proa_http_connection *connection,
                                enum proa_http_deadline_kind kind)
{
    struct proa_http_shared *shared = connection->shared;

    proa_http_deadline_set(&shared->deadlines, &connection->deadline, kind,
                           shared->now_ms);
}

bool proa_http_connection_watch(struct proa_http_connection *connection,
                                uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };

    if (connection->events == events)
        return true;
    connection->events = events;
    return epoll_ctl(connection->shared->epoll_fd, EPOLL_CTL_MOD,
                     connection->transport.fd, &event) == 0;
}

static struct proa_http_connection *create(struct proa_http_shared *shared,
                                           int fd)
{
    struct proa_http_connection *connection = calloc(1, sizeof *connection);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

    if (connection == NULL)
        return NULL;
    connection->transport.fd = fd;
    if (shared->tls != NULL)
        connection->transport.ssl = proa_http_tls_accept(shared->tls, fd);
    if ((shared->tls == NULL || connection->transport.ssl != NULL) &&
        epoll_ctl(shared->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return connection;
    proa_http_transport_close(&connection->transport);
    free(connection);
    return NULL;
}

bool proa_http_connection_open(struct proa_http_shared *shared, int fd_take,
                               const struct proa_http_listener *listener,
                               const struct sockaddr_storage *peer)
{
    struct proa_http_connection *connection = create(shared, fd_take);

    if (connection == NULL)
        return false;
    connection->shared = shared;
    connection->events = EPOLLIN;
    connection->is_announced = !shared->options.reads_proxy_header;
    connection->server_port = listener->port;
    memcpy(connection->server_address, listener->address,
           sizeof connection->server_address);
    proa_http_address_text(peer, connection->client_address,
                           &connection->client_port);
    proa_buffer_init(&connection->unread, PROA_HTTP_SCRATCH_SIZE);
    connection->next = shared->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    shared->connections = connection;
    shared->connection_count++;
    proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_HEAD);
    return true;
}

void proa_http_connection_touch(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;

    if (connection->is_touched)
        return;
    connection->is_touched = true;
    connection->touched_previous = NULL;
    connection->touched_next = shared->touched;
    if (connection->touched_next != NULL)
        connection->touched_next->touched_previous = connection;
    shared->touched = connection;
}

static void untouch(struct proa_http_connection *connection)
{
    if (!connection->is_touched)
        return;
    connection->is_touched = false;
    if (connection->touched_next != NULL)
        connection->touched_next->touched_previous =
            connection->touched_previous;
    if (connection->touched_previous != NULL)
        connection->touched_previous->touched_next = connection->touched_next;
    else
        connection->shared->touched = connection->touched_next;
}

void proa_http_connection_go_on(struct proa_http_connection *connection)
{
    untouch(connection);
    if (connection->flow2 != NULL)
        proa_http_flow2_go_on(connection);
    else
        proa_http_flow1_go_on(connection);
}

void proa_http_connection_close(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;

    untouch(connection);
    proa_http_flow1_deinit(connection);
    proa_http_flow2_destroy(connection->flow2);
    proa_http_deadline_unset(&connection->deadline);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        shared->connections = connection->next;
    shared->connection_count--;
    atomic_fetch_sub(shared->open_count, 1);
    /* A process that is being started holds a copy of the socket until it
     * runs: closing ours would not end its events. */
    (void)epoll_ctl(shared->epoll_fd, EPOLL_CTL_DEL, connection->transport.fd,
                    NULL);
    proa_http_transport_close(&connection->transport);
    proa_buffer_deinit(&connection->unread);
    free(connection);
}

/* --- exchanges ----------------------------------------------------------- */

struct proa_http_exchange *
proa_http_connection_exchange(struct proa_http_connection *connection,
                              struct proa_http_request *request_take)
{
    struct proa_http_shared *shared = connection->shared;
    struct proa_http_exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL) {
        proa_http_request_destroy(request_take);
        return NULL;
    }
    exchange->request = request_take;
    exchange->server = shared->server;
    exchange->connection = connection;
    exchange->is_tls = connection->transport.ssl != NULL;
    exchange->client_port = connection->client_port;
    exchange->server_port = connection->server_port;
    exchange->start_ns = proa_http_now_ns();
    memcpy(exchange->client_address, connection->client_address,
           sizeof exchange->client_address);
    memcpy(exchange->server_address, connection->server_address,
           sizeof exchange->server_address);
    proa_http_response_init(&exchange->response, PROA_HTTP_FIELDS_BYTES_MAX,
                            (size_t)shared->options.limits.response_bytes_max);
    return exchange;
}

void proa_http_exchange_destroy(struct proa_http_exchange *exchange)
{
    if (exchange == NULL)
        return;
    proa_http_request_destroy(exchange->request);
    proa_http_response_deinit(&exchange->response);
    free(exchange);
}

void proa_http_exchange_abandon(struct proa_http_exchange *exchange)
{
    atomic_store(&exchange->is_abandoned, true);
    proa_http_exchange_change(exchange);
}

void proa_http_connection_tell(const struct proa_http_connection *connection,
                               const struct proa_http_request *request,
                               struct proa_http_log_entry *entry)
{
    const struct proa_http_server_options *options =
        &connection->shared->options;

    if (options->log == NULL)
        return;
    entry->client_address = connection->client_address;
    if (request != NULL) {
        entry->method = request->method;
        entry->target = request->target;
        entry->version_major = request->version_major;
        entry->version_minor = request->version_minor;
    }
    options->log(options->env, entry);
}

void proa_http_connection_done(struct proa_http_exchange *exchange)
{
    if (exchange->stream != NULL)
        proa_http_flow2_done(exchange);
    else
        proa_http_flow1_done(exchange->connection);
}

/* --- the beginning -------------------------------------------------------- */

/*
 * Which version a client speaks shows in its first bytes. A request line of
 * HTTP/1 is like the preface for a few bytes at most.
 * https://www.rfc-editor.org/rfc/rfc9113#section-3.4
 */
static void choose(struct proa_http_connection *connection,
                   const uint8_t *bytes, size_t size)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    size_t compared = size < sizeof preface - 1 ? size : sizeof preface - 1;

    if (memcmp(bytes, preface, compared) != 0) {
        proa_http_flow1_begin(connection, bytes, size);
        return;
    }
    if (compared == sizeof preface - 1) {
        proa_http_flow2_begin(connection, bytes, size);
        return;
    }
    if (!proa_buffer_append(&connection->unread, bytes, size))
        proa_http_connection_close(connection);
}

/* What came is behind what is already kept, if anything is. */
static void choose_on(struct proa_http_connection *connection,
                      const uint8_t *bytes, size_t size)
{
    struct proa_buffer kept = connection->unread;

    if (kept.size == 0) {
        choose(connection, bytes, size);
        return;
    }
    if (!proa_buffer_append(&kept, bytes, size)) {
        connection->unread = kept;
        proa_http_connection_close(connection);
        return;
    }
    proa_buffer_init(&connection->unread, PROA_HTTP_SCRATCH_SIZE);
    choose(connection, kept.bytes, kept.size);
    proa_buffer_deinit(&kept);
}

static void take_addresses(struct proa_http_connection *connection,
                           const struct proa_http_proxy *proxy)
{
    connection->is_announced = true;
    proa_buffer_deinit(&connection->unread);
    proa_buffer_init(&connection->unread, PROA_HTTP_SCRATCH_SIZE);
    if (!proxy->has_addresses)
        return;
    connection->client_port = proxy->client_port;
    connection->server_port = proxy->server_port;
    memcpy(connection->client_address, proxy->client_address,
           sizeof connection->client_address);
    memcpy(connection->server_address, proxy->server_address,
           sizeof connection->server_address);
}

/*
 * Read the PROXY header and not a byte more: what is behind it may be TLS's.
 *
 * @return whether it is read; else the connection waits or is gone
 */
static bool read_announcement(struct proa_http_connection *connection)
{
    struct proa_buffer *header = &connection->unread;
    uint8_t *scratch = connection->shared->scratch;
    size_t before = header->size;
    struct proa_http_proxy proxy;
    int fd = connection->transport.fd;
    ssize_t size = recv(fd, scratch, PROA_HTTP_PROXY_BYTES_MAX, MSG_PEEK);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0 || !proa_buffer_append(header, scratch, (size_t)size)) {
        proa_http_connection_close(connection);
        return false;
    }
    enum proa_http_proxy_state state =
        proa_http_proxy_read(header->bytes, header->size, &proxy);
    size_t taken =
        state == PROA_HTTP_PROXY_DONE ? proxy.size - before : (size_t)size;
    if (state == PROA_HTTP_PROXY_BAD ||
        recv(fd, scratch, taken, 0) != (ssize_t)taken) {
        proa_http_connection_close(connection);
        return false;
    }
    if (state == PROA_HTTP_PROXY_DONE)
        take_addresses(connection, &proxy);
    return state == PROA_HTTP_PROXY_DONE;
}

/* Under TLS the handshake has chosen. */
static bool shake_hands(struct proa_http_connection *connection)
{
    switch (proa_http_transport_handshake(&connection->transport)) {
    case PROA_HTTP_IO_DONE:
        connection->is_greeted = true;
        if (proa_http_connection_watch(connection, EPOLLIN))
            return true;
        break;
    case PROA_HTTP_IO_AGAIN:
        if (proa_http_connection_watch(connection, connection->transport.wants))
            return false;
        break;
    default:
        break;
    }
    proa_http_connection_close(connection);
    return false;
}

static void open_on(struct proa_http_connection *connection)
{
    struct proa_http_shared *shared = connection->shared;
    size_t size;

    if (!connection->is_announced && !read_announcement(connection))
        return;
    if (connection->transport.ssl != NULL && !connection->is_greeted &&
        !shake_hands(connection))
        return;
    switch (proa_http_transport_read(&connection->transport, shared->scratch,
                                     PROA_HTTP_SCRATCH_SIZE, &size)) {
    case PROA_HTTP_IO_DONE:
        break;
    case PROA_HTTP_IO_AGAIN:
        if (!proa_http_connection_watch(connection,
                                        connection->transport.wants))
            proa_http_connection_close(connection);
        return;
    default:
        proa_http_connection_close(connection);
        return;
    }
    if (connection->transport.ssl == NULL)
        choose_on(connection, shared->scratch, size);
    else if (proa_http_transport_is_http2(&connection->transport))
        proa_http_flow2_begin(connection, shared->scratch, size);
    else
        proa_http_flow1_begin(connection, shared->scratch, size);
}

/* --- the end -------------------------------------------------------------- */

void proa_http_connection_abort(struct proa_http_connection *connection)
{
    const struct linger at_once = { .l_onoff = 1 };

    /* An orderly end would do where the length was told or there are chunks,
     * but not where the end is all that tells the body's. */
    (void)setsockopt(connection->transport.fd, SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof at_once);
    proa_http_connection_close(connection);
}

void proa_http_connection_linger(struct proa_http_connection *connection)
{
    connection->phase = PROA_HTTP_LINGERING;
    if (!proa_http_transport_end(&connection->transport) ||
        !proa_http_connection_watch(connection, EPOLLIN)) {
        proa_http_connection_close(connection);
        return;
    }
    proa_http_connection_limit(connection, PROA_HTTP_DEADLINE_LINGER);
}

static void linger_on(struct proa_http_connection *connection)
{
    size_t size = 0;
    enum proa_http_io result = proa_http_transport_discard(
        &connection->transport, connection->shared->scratch,
        PROA_HTTP_SCRATCH_SIZE, &size);

    if (result == PROA_HTTP_IO_AGAIN)
        return;
    connection->lingered += size;
    if (result != PROA_HTTP_IO_DONE || connection->lingered > LINGER_BYTES_MAX)
        proa_http_connection_close(connection);
}

/* --- what the loop tells -------------------------------------------------- */

void proa_http_connection_event(struct proa_http_connection *connection,
                                uint32_t events)
{
    if (connection->phase == PROA_HTTP_OPENING)
        open_on(connection);
    else if (connection->phase == PROA_HTTP_LINGERING)
        linger_on(connection);
    else if (connection->flow2 != NULL)
        proa_http_flow2_event(connection, events);
    else
        proa_http_flow1_event(connection, events);
}

void proa_http_connection_over(struct proa_http_connection *connection)
{
    if (connection->phase == PROA_HTTP_OPENING ||
        connection->phase == PROA_HTTP_LINGERING)
        proa_http_connection_close(connection);
    else if (connection->flow2 != NULL)
        proa_http_flow2_over(connection);
    else
        proa_http_flow1_over(connection);
}

void proa_http_connection_drain(struct proa_http_connection *connection,
                                bool keeps_idle)
{
    if (connection->phase == PROA_HTTP_LINGERING ||
        (keeps_idle && connection->flow2 == NULL))
        return;
    if (connection->phase == PROA_HTTP_OPENING)
        proa_http_connection_close(connection);
    else if (connection->flow2 != NULL)
        proa_http_flow2_drain(connection);
    else
        proa_http_flow1_drain(connection);
}
