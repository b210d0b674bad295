/*
 * The bytes of one connection, plain or under TLS: never waits.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_TRANSPORT_H
#define PROA_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "proa/error.h"

enum proa_http_io {
    PROA_HTTP_IO_DONE,
    PROA_HTTP_IO_AGAIN, /* wait for what `wants` says, then try again */
    PROA_HTTP_IO_END,   /* the peer sends no more */
    PROA_HTTP_IO_FAILED,
};

/* Start from `{ .fd = ... }`. */
struct proa_http_transport {
    int fd;             /* owned */
    struct ssl_st *ssl; /* owned; NULL: plain text */
    uint32_t wants;     /* after AGAIN: EPOLLIN or EPOLLOUT */
    bool is_broken;     /* TLS may not be spoken any more */
};

enum { PROA_HTTP_TLS_RECORD_SIZE = 16 * 1024 };

/* Under TLS: speak first of keys; DONE from then on. */
PROA_NODISCARD enum proa_http_io
proa_http_transport_handshake(struct proa_http_transport *transport);

/* Whether both sides agreed on HTTP/2 in the handshake. */
bool proa_http_transport_is_http2(const struct proa_http_transport *transport);

/*
 * @param size  at least PROA_HTTP_TLS_RECORD_SIZE, so that nothing is left
 *              behind that epoll does not know of
 * @param count written only when DONE; above 0
 */
PROA_NODISCARD enum proa_http_io
proa_http_transport_read(struct proa_http_transport *transport, void *bytes,
                         size_t size, size_t *count);

/*
 * Write the first of two stretches and then the second, as much as goes now.
 * After AGAIN the same bytes must be offered again, more may follow them.
 *
 * @param sent written only when DONE
 */
PROA_NODISCARD enum proa_http_io
proa_http_transport_write(struct proa_http_transport *transport,
                          const struct iovec parts[2], size_t *sent);

/* Tell the peer that no more comes; reading goes on below TLS. */
bool proa_http_transport_end(struct proa_http_transport *transport);

/* Read away what the peer still sends. */
PROA_NODISCARD enum proa_http_io
proa_http_transport_discard(struct proa_http_transport *transport, void *bytes,
                            size_t size, size_t *count);

/* Send a piece of a file in plain text, which the kernel reads itself. */
PROA_NODISCARD enum proa_http_io
proa_http_transport_send_file(struct proa_http_transport *transport, int fd,
                              uint64_t offset, size_t size, size_t *sent);

void proa_http_transport_close(struct proa_http_transport *transport);

#endif
