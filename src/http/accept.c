/* SPDX-License-Identifier: Apache-2.0 */
#include "http/accept.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "http/server_state.h"

enum {
    ACCEPTS_PER_TURN = 64,
    LAST_TURNS_MAX = 64, /* more than a queue holds */
};

/* One queue that several loops wait for shall wake one of them. */
bool proa_http_accept_watch(const struct proa_http_server *server,
                            struct proa_http_listener *listener, bool accepts)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };

    if (listener->is_shared)
        event.events |= EPOLLEXCLUSIVE;
    return epoll_ctl(server->shared.epoll_fd,
                     accepts ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener->fd,
                     &event) == 0;
}

void proa_http_accept_set(struct proa_http_server *server, bool accepts)
{
    bool is_done = true;

    if (server->shared.is_draining || server->accepts == accepts)
        return;
    for (uint32_t i = 0; i < server->listeners.count; i++)
        if (!proa_http_accept_watch(server, &server->listeners.items[i],
                                    accepts))
            is_done = false;
    if (is_done)
        server->accepts = accepts;
}

/* Take one more connection into the count, if there may be one. */
static bool count_connection(const struct proa_http_shared *shared)
{
    if (atomic_fetch_add(shared->open_count, 1) <
        shared->options.limits.connection_count_max)
        return true;
    atomic_fetch_sub(shared->open_count, 1);
    return false;
}

bool proa_http_accept_some(struct proa_http_server *server,
                           const struct proa_http_listener *listener)
{
    struct proa_http_shared *shared = &server->shared;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer = { 0 };
        socklen_t size = sizeof peer;
        int one = 1;

        if (!count_connection(shared)) {
            proa_http_accept_set(server, false);
            /* A twin's connection may be the one that ends. */
            if (server->shared.options.connection_count != NULL)
                server->accept_again_ms =
                    shared->now_ms + PROA_HTTP_ACCEPT_PAUSE_MS;
            return false;
        }
        int fd = accept4(listener->fd, (struct sockaddr *)&peer, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            atomic_fetch_sub(shared->open_count, 1);
            /* Without a free descriptor the listener would wake us for ever.
             */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                errno == ENOMEM) {
                proa_http_accept_set(server, false);
                server->accept_again_ms =
                    shared->now_ms + PROA_HTTP_ACCEPT_PAUSE_MS;
            }
            return false;
        }
        if (peer.ss_family != AF_UNIX)
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (!proa_http_connection_open(shared, fd, listener, &peer))
            atomic_fetch_sub(shared->open_count, 1);
    }
    return true;
}

void proa_http_accept_last(struct proa_http_server *server)
{
    struct proa_http_connection *connection, *next;

    for (uint32_t i = 0; i < server->listeners.count; i++) {
        uint32_t turns = 0;
        while (turns < LAST_TURNS_MAX && server->accepts &&
               proa_http_accept_some(server, &server->listeners.items[i]))
            turns++;
    }
    server->shared.is_draining = true;
    for (connection = server->shared.connections; connection != NULL;
         connection = next) {
        next = connection->next;
        if (connection->phase == PROA_HTTP_OPENING ||
            (connection->phase == PROA_HTTP_READING &&
             connection->flow2 == NULL))
            proa_http_connection_event(connection, EPOLLIN);
    }
}
