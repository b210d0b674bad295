/*
 * How a server takes connections from the queues of its listeners.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_ACCEPT_H
#define PROA_HTTP_ACCEPT_H

#include <stdbool.h>

struct proa_http_listener;
struct proa_http_server;

/* Until it is tried again, when the process has no descriptor left or all twins
 * together have as many connections as may be. */
enum { PROA_HTTP_ACCEPT_PAUSE_MS = 100 };

/* Epoll waits for it, or no more. @return false: it cannot */
bool proa_http_accept_watch(const struct proa_http_server *server,
                            struct proa_http_listener *listener, bool accepts);

/* Epoll waits for all of them, or for none. */
void proa_http_accept_set(struct proa_http_server *server, bool accepts);

/* @return false: none waits any more, or none may be taken now */
bool proa_http_accept_some(struct proa_http_server *server,
                           const struct proa_http_listener *listener);

/*
 * Who has connected is not turned away: what the kernel holds for us is taken
 * before the queue closes, and what these have sent is read. From then on the
 * server drains.
 */
void proa_http_accept_last(struct proa_http_server *server);

#endif
