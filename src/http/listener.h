/*
 * Sockets that connections come from.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_LISTENER_H
#define PROA_HTTP_LISTENER_H

#include <sys/un.h>

#include "http/exchange.h"

enum {
    PROA_HTTP_LISTENER_COUNT_MAX = 64,
    PROA_HTTP_LISTENER_TEXT_SIZE = sizeof(struct sockaddr_un) + 16,
};

struct proa_http_listener {
    int fd;         /* owned; -1: closed */
    bool is_shared; /* twins accept from the same queue */
    bool is_port;   /* bound here, to a port */
    bool is_made;   /* a socket in the file system, made by us: to be removed */
    const char *others; /* more of "fd:", for twins; borrowed; NULL: none */
    uint64_t device;
    uint64_t inode;
    char text[PROA_HTTP_LISTENER_TEXT_SIZE]; /* "127.0.0.1:80", "unix:/x" */
    char address[PROA_HTTP_ADDRESS_SIZE];    /* "" for a Unix socket */
    uint16_t port;
};

struct proa_http_listeners {
    struct proa_http_listener items[PROA_HTTP_LISTENER_COUNT_MAX];
    uint32_t count;
};

/*
 * Open one or more, behind those that are there:
 * "HOST:PORT", "[IPv6]:PORT" (that and no IPv4), "unix:/PATH" (a socket that
 * nobody listens on is replaced), "systemd" (all that systemd passes:
 * https://www.freedesktop.org/software/systemd/man/sd_listen_fds.html),
 * "fd:NUMBER,NUMBER...": a socket that this process has, which listens and is
 * owned from now on; the others are for the twins. The text stays.
 *
 * @return PROA_OK, PROA_USAGE, PROA_IO; what is open then is to be closed too
 */
PROA_NODISCARD enum proa_status
proa_http_listeners_open(struct proa_http_listeners *listeners,
                         const char *address, struct proa_error *err);

/*
 * Listen wherever `first` does: at a port beside it, so that the kernel shares
 * connections out; on a Unix socket, or one of systemd's, by the same queue.
 * What `first` has for twins is taken from it.
 */
PROA_NODISCARD enum proa_status
proa_http_listeners_twin(struct proa_http_listeners *listeners,
                         struct proa_http_listeners *first,
                         struct proa_error *err);

/* No new connections; a Unix socket of ours goes from its folder. */
void proa_http_listener_close(struct proa_http_listener *listener);
void proa_http_listeners_close(struct proa_http_listeners *listeners);

#endif
