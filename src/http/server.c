/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/accept.h"
#include "http/connection.h"
#include "http/flow2.h"
#include "http/server_state.h"
#include "http/tls.h"

enum {
    EVENTS_PER_TURN = 256,
    NS_PER_MS = 1000000,
    /* Answers are kept back until others are there, too, so that a client that
     * sleeps is woken for several: but not so many, nor for so long. */
    KEPT_COUNT_MAX = 32,
    KEPT_BYTES_MAX = 64 * 1024,
    KEPT_NS_MAX = 200000,
};

void proa_http_exchange_respond(struct proa_http_exchange *exchange)
{
    struct proa_http_server *server = exchange->server;
    uint64_t one = 1;

    if (atomic_load_explicit(&server->runs, memory_order_acquire) &&
        pthread_equal(pthread_self(), server->thread)) {
        exchange->done_next = NULL;
        *server->own_last = exchange;
        server->own_last = &exchange->done_next;
        server->own_count++;
        server->own_bytes += exchange->response.body.size;
        return;
    }
    (void)pthread_mutex_lock(&server->done_lock);
    bool is_first = server->done == NULL;
    exchange->done_next = server->done;
    server->done = exchange;
    /* Under the lock: the server may end as soon as it has the last one. */
    if (is_first)
        (void)!write(server->wake_fd, &one, sizeof one);
    (void)pthread_mutex_unlock(&server->done_lock);
}

void proa_http_server_wake(struct proa_http_server *server)
{
    const uint64_t one = 1;

    (void)!write(server->wake_fd, &one, sizeof one);
}

/* All that were handed back, oldest first. */
static struct proa_http_exchange *take_done(struct proa_http_server *server)
{
    struct proa_http_exchange *ordered = NULL;

    (void)pthread_mutex_lock(&server->done_lock);
    struct proa_http_exchange *done = server->done;
    server->done = NULL;
    (void)pthread_mutex_unlock(&server->done_lock);
    while (done != NULL) {
        struct proa_http_exchange *next = done->done_next;
        done->done_next = ordered;
        ordered = done;
        done = next;
    }
    return ordered;
}

static void finish_one(struct proa_http_exchange *exchange)
{
    if (exchange->connection == NULL)
        proa_http_exchange_destroy(exchange);
    else
        proa_http_connection_done(exchange);
}

static void finish_done(struct proa_http_server *server)
{
    uint64_t count;
    struct proa_http_exchange *exchange;

    (void)!read(server->wake_fd, &count, sizeof count);
    exchange = take_done(server);
    while (exchange != NULL) {
        struct proa_http_exchange *next = exchange->done_next;
        finish_one(exchange);
        exchange = next;
    }
}

static struct proa_http_exchange *take_own(struct proa_http_server *server)
{
    struct proa_http_exchange *exchange = server->own;

    if (exchange == NULL)
        return NULL;
    server->own = exchange->done_next;
    if (server->own == NULL)
        server->own_last = &server->own;
    return exchange;
}

/* To answer one may bring the next on its connection, which is then here. */
static void finish_own(struct proa_http_server *server)
{
    struct proa_http_exchange *exchange;

    do {
        while ((exchange = take_own(server)) != NULL)
            finish_one(exchange);
        if (server->shared.touched != NULL)
            proa_http_connection_go_on(server->shared.touched);
    } while (server->own != NULL || server->shared.touched != NULL);
    server->own_count = 0;
    server->own_bytes = 0;
}

/* After an event, the first of those since `kept_ns` (0: none yet). */
static void keep_own(struct proa_http_server *server, uint64_t *kept_ns)
{
    if (server->own == NULL && server->shared.touched == NULL)
        return;
    uint64_t now_ns = proa_http_now_ns();
    if (*kept_ns == 0)
        *kept_ns = now_ns;
    if (server->own_count < KEPT_COUNT_MAX &&
        server->own_bytes < KEPT_BYTES_MAX && now_ns - *kept_ns < KEPT_NS_MAX)
        return;
    finish_own(server);
    *kept_ns = 0;
}

static void drain_connections(struct proa_http_server *server)
{
    const atomic_bool *keeps_idle = server->shared.options.keeps_idle;
    struct proa_http_connection *connection = server->shared.connections;

    server->keeps_idle = keeps_idle != NULL && atomic_load(keeps_idle);
    while (connection != NULL) {
        struct proa_http_connection *next = connection->next;
        proa_http_connection_drain(connection, server->keeps_idle);
        connection = next;
    }
}

static void stop(struct proa_http_server *server)
{
    struct proa_http_shared *shared = &server->shared;
    uint8_t signal_bytes[128];
    ssize_t size =
        read(shared->options.stop_fd, signal_bytes, sizeof signal_bytes);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (server->keeps_idle && !atomic_load(shared->options.keeps_idle)) {
        drain_connections(server);
        return;
    }
    server->stop_count++;
    if (server->stop_count > 1 || size <= 0) {
        server->stop_count = 2;
        return;
    }
    proa_http_accept_last(server);
    server->drain_end_ms = shared->now_ms + shared->options.limits.drain_ms_max;
    /* A twin may keep the queue open, and with it our place in epoll. */
    for (uint32_t i = 0; i < server->listeners.count && server->accepts; i++)
        (void)proa_http_accept_watch(server, &server->listeners.items[i],
                                     false);
    proa_http_listeners_close(&server->listeners);
    drain_connections(server);
}

static void reload(const struct proa_http_server *server)
{
    const struct proa_http_server_options *options = &server->shared.options;
    uint8_t signal_bytes[128];

    if (read(options->reload_fd, signal_bytes, sizeof signal_bytes) > 0)
        options->reload(options->env);
}

static void close_all(struct proa_http_server *server)
{
    while (server->shared.connections != NULL)
        proa_http_connection_close(server->shared.connections);
}

static void finish_deadlines(struct proa_http_server *server)
{
    struct proa_http_shared *shared = &server->shared;
    struct proa_http_deadline *deadline;

    while ((deadline = proa_http_deadline_over(&shared->deadlines,
                                               shared->now_ms)) != NULL) {
        if (deadline->kind >= PROA_HTTP_DEADLINE_STREAM_BODY)
            proa_http_flow2_stream_over(deadline);
        else
            /* The deadline is a connection's first member. */
            proa_http_connection_over((struct proa_http_connection *)deadline);
    }
    if (server->accepts || shared->now_ms < server->accept_again_ms)
        return;
    if (atomic_load(shared->open_count) <
        shared->options.limits.connection_count_max)
        proa_http_accept_set(server, true);
    else if (shared->options.connection_count != NULL)
        /* The one that ends may be a twin's, of which nobody tells us. */
        server->accept_again_ms = shared->now_ms + PROA_HTTP_ACCEPT_PAUSE_MS;
}

static int wait_ms(const struct proa_http_server *server)
{
    const struct proa_http_shared *shared = &server->shared;
    int64_t wait = proa_http_deadline_wait(&shared->deadlines, shared->now_ms);
    uint64_t until = UINT64_MAX;

    if (shared->is_draining)
        until = server->drain_end_ms;
    else if (!server->accepts && server->accept_again_ms > shared->now_ms)
        until = server->accept_again_ms;
    if (server->turn_ns != UINT64_MAX && server->turn_ns / NS_PER_MS < until)
        until = server->turn_ns / NS_PER_MS;
    if (server->turn_ns == 0)
        return 0;
    if (until != UINT64_MAX) {
        int64_t left =
            until <= shared->now_ms ? 0 : (int64_t)(until - shared->now_ms);
        if (wait < 0 || left < wait)
            wait = left;
    }
    /* One more: a wait that ends a little early would be a turn for nothing. */
    return wait < 0 ? -1 : (int)(wait < 3600000 ? wait + 1 : 3600000);
}

/* The listener that an event is for, or NULL. */
static const struct proa_http_listener *
listener_of(const struct proa_http_server *server, const void *who)
{
    for (uint32_t i = 0; i < server->listeners.count; i++)
        if (who == &server->listeners.items[i])
            return who;
    return NULL;
}

static bool is_connection(const struct proa_http_server *server,
                          const void *who)
{
    return who != &server->wake_fd && who != &server->stop_count &&
           who != &server->reload_mark && listener_of(server, who) == NULL;
}

static void dispatch_event(struct proa_http_server *server,
                           const struct epoll_event *event)
{
    void *who = event->data.ptr;

    const struct proa_http_listener *listener = listener_of(server, who);

    if (listener != NULL) {
        if (listener->fd >= 0)
            proa_http_accept_some(server, listener);
    } else if (who == &server->wake_fd) {
        finish_done(server);
    } else if (who == &server->stop_count) {
        stop(server);
    } else if (who == &server->reload_mark) {
        reload(server);
    } else {
        proa_http_connection_event(who, event->events);
    }
}

/*
 * Connections end in the events before `stop` or exchanges touch others, so no
 * event of one turn may name a connection that is gone: those three come last.
 */
static void turn(struct proa_http_server *server,
                 const struct epoll_event *events, int count)
{
    uint64_t kept_ns = 0;

    for (int i = 0; i < count; i++)
        if (is_connection(server, events[i].data.ptr)) {
            dispatch_event(server, &events[i]);
            keep_own(server, &kept_ns);
        }
    finish_own(server);
    for (int i = 0; i < count; i++)
        if (!is_connection(server, events[i].data.ptr))
            dispatch_event(server, &events[i]);
}

enum proa_status proa_http_server_run(struct proa_http_server *server,
                                      struct proa_error *err)
{
    struct proa_http_shared *shared = &server->shared;
    struct epoll_event events[EVENTS_PER_TURN];
    enum proa_status status = PROA_OK;

    server->thread = pthread_self();
    atomic_store_explicit(&server->runs, true, memory_order_release);
    for (;;) {
        int count = epoll_wait(shared->epoll_fd, events, EVENTS_PER_TURN,
                               wait_ms(server));
        if (count < 0 && errno != EINTR) {
            status =
                proa_fail(err, PROA_IO, 0, "epoll_wait: %s", strerror(errno));
            break;
        }
        shared->now_ms = proa_http_now_ns() / NS_PER_MS;
        turn(server, events, count);
        finish_deadlines(server);
        shared->has_changed = false;
        if (shared->options.turn != NULL)
            server->turn_ns = shared->options.turn(shared->options.env);
        finish_own(server);
        if (shared->has_changed)
            server->turn_ns = 0;
        if (server->stop_count > 1 ||
            (shared->is_draining && (shared->connection_count == 0 ||
                                     shared->now_ms >= server->drain_end_ms)))
            break;
    }
    close_all(server);
    return status;
}

static enum proa_status watch(struct proa_http_server *server, int fd,
                              void *who, struct proa_error *err)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = who };

    if (fd >= 0 &&
        epoll_ctl(server->shared.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return PROA_OK;
    return proa_fail(err, PROA_IO, 0, "event loop: %s", strerror(errno));
}

static enum proa_status open_tls(struct proa_http_server *server,
                                 struct proa_error *err)
{
    const struct proa_http_server_options *options = &server->shared.options;
    const struct proa_http_tls_options tls_options = {
        .certificate_path = options->tls_certificate_path,
        .key_path = options->tls_key_path,
        .offers_http2 = true,
    };

    if (options->twin != NULL)
        server->shared.tls = options->twin->shared.tls;
    if (options->tls_certificate_path == NULL || options->twin != NULL)
        return PROA_OK;
    return proa_http_tls_create(&tls_options, &server->shared.tls, err);
}

static enum proa_status open_listeners(struct proa_http_server *server,
                                       struct proa_error *err)
{
    const struct proa_http_server_options *options = &server->shared.options;
    struct proa_http_listeners *listeners = &server->listeners;
    enum proa_status status;

    if (options->twin != NULL)
        status =
            proa_http_listeners_twin(listeners, &options->twin->listeners, err);
    else
        status = proa_http_listeners_open(listeners, options->address, err);
    for (uint32_t i = 0; i < options->more_address_count && status == PROA_OK &&
                         options->twin == NULL;
         i++)
        status = proa_http_listeners_open(listeners, options->more_addresses[i],
                                          err);
    for (uint32_t i = 0; i < listeners->count && status == PROA_OK; i++) {
        /* A queue that is another process's, too, or may become so. */
        if (!listeners->items[i].is_port &&
            (options->twin != NULL || options->connection_count != NULL))
            listeners->items[i].is_shared = true;
        if (!proa_http_accept_watch(server, &listeners->items[i], true))
            status =
                proa_fail(err, PROA_IO, 0, "event loop: %s", strerror(errno));
    }
    return status;
}

static enum proa_status open_all(struct proa_http_server *server,
                                 struct proa_error *err)
{
    struct proa_http_shared *shared = &server->shared;
    enum proa_status status = open_tls(server, err);

    shared->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (status == PROA_OK)
        status = open_listeners(server, err);
    if (status == PROA_OK)
        status = watch(server, server->wake_fd, &server->wake_fd, err);
    if (status == PROA_OK && shared->options.stop_fd >= 0)
        status =
            watch(server, shared->options.stop_fd, &server->stop_count, err);
    if (status == PROA_OK && shared->options.reload != NULL)
        status =
            watch(server, shared->options.reload_fd, &server->reload_mark, err);
    /* Borrowed for the call only. */
    shared->options.address = NULL;
    shared->options.twin = NULL;
    shared->options.more_addresses = NULL;
    shared->options.tls_certificate_path = NULL;
    shared->options.tls_key_path = NULL;
    return status;
}

enum proa_status
proa_http_server_create(const struct proa_http_server_options *options,
                        struct proa_http_server **server,
                        struct proa_error *err)
{
    const struct proa_http_server_limits *limits = &options->limits;
    const uint32_t ms[PROA_HTTP_DEADLINE_KIND_COUNT] = {
        [PROA_HTTP_DEADLINE_HEAD] = limits->head_ms_max,
        [PROA_HTTP_DEADLINE_BODY] = limits->body_ms_max,
        [PROA_HTTP_DEADLINE_WRITE] = limits->write_ms_max,
        [PROA_HTTP_DEADLINE_IDLE] = limits->idle_ms_max,
        [PROA_HTTP_DEADLINE_LINGER] = limits->linger_ms_max,
        [PROA_HTTP_DEADLINE_STREAM_BODY] = limits->body_ms_max,
        [PROA_HTTP_DEADLINE_STREAM_WRITE] = limits->write_ms_max,
    };
    struct proa_http_server *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a server");
    made->shared.server = made;
    made->shared.options = *options;
    made->shared.epoll_fd = -1;
    made->shared.now_ms = proa_http_now_ns() / NS_PER_MS;
    made->shared.open_count = options->connection_count != NULL
                                  ? options->connection_count
                                  : &made->own_connection_count;
    made->wake_fd = -1;
    made->accepts = true;
    made->turn_ns = UINT64_MAX;
    made->own_last = &made->own;
    made->is_twin = options->twin != NULL;
    (void)pthread_mutex_init(&made->done_lock, NULL);
    proa_http_deadlines_init(&made->shared.deadlines, ms);
    enum proa_status status = open_all(made, err);
    if (status != PROA_OK) {
        proa_http_server_destroy(made);
        return status;
    }
    *server = made;
    return PROA_OK;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void proa_http_server_destroy(struct proa_http_server *server)
{
    if (server == NULL)
        return;
    close_all(server);
    struct proa_http_exchange *exchange = take_done(server);
    while (exchange != NULL) {
        struct proa_http_exchange *next = exchange->done_next;
        proa_http_exchange_destroy(exchange);
        exchange = next;
    }
    while ((exchange = take_own(server)) != NULL)
        proa_http_exchange_destroy(exchange);
    if (!server->is_twin)
        proa_http_tls_destroy(server->shared.tls);
    proa_http_listeners_close(&server->listeners);
    close_fd(server->wake_fd);
    close_fd(server->shared.epoll_fd);
    (void)pthread_mutex_destroy(&server->done_lock);
    free(server);
}

const char *proa_http_server_address(const struct proa_http_server *server)
{
    return server->listeners.items[0].text;
}

uint32_t proa_http_server_address_count(const struct proa_http_server *server)
{
    return server->listeners.count;
}

const char *proa_http_server_address_at(const struct proa_http_server *server,
                                        uint32_t index)
{
    return index < server->listeners.count ? server->listeners.items[index].text
                                           : NULL;
}

enum proa_status proa_http_server_reload(struct proa_http_server *server,
                                         struct proa_error *err)
{
    if (server->shared.tls == NULL || server->is_twin)
        return PROA_OK;
    return proa_http_tls_reload(server->shared.tls, err);
}
