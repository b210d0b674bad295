/* SPDX-License-Identifier: Apache-2.0 */
#include "http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a call that did not succeed means for the loop. */
static enum proa_http_io failed(struct proa_http_transport *transport,
                                int result)
{
    switch (SSL_get_error(transport->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        transport->wants = EPOLLIN;
        return PROA_HTTP_IO_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        transport->wants = EPOLLOUT;
        return PROA_HTTP_IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return PROA_HTTP_IO_END;
    default:
        transport->is_broken = true;
        return PROA_HTTP_IO_FAILED;
    }
}

static enum proa_http_io plain_result(struct proa_http_transport *transport,
                                      ssize_t size, uint32_t wants,
                                      size_t *count)
{
    if (size > 0) {
        *count = (size_t)size;
        return PROA_HTTP_IO_DONE;
    }
    if (size == 0)
        return PROA_HTTP_IO_END;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return PROA_HTTP_IO_FAILED;
    transport->wants = wants;
    return PROA_HTTP_IO_AGAIN;
}

enum proa_http_io
proa_http_transport_handshake(struct proa_http_transport *transport)
{
    if (transport->ssl == NULL)
        return PROA_HTTP_IO_DONE;
    ERR_clear_error();
    int result = SSL_accept(transport->ssl);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

bool proa_http_transport_is_http2(const struct proa_http_transport *transport)
{
    const unsigned char *name = NULL;
    unsigned size = 0;

    if (transport->ssl == NULL)
        return false;
    SSL_get0_alpn_selected(transport->ssl, &name, &size);
    return size == 2 && memcmp(name, "h2", 2) == 0;
}

enum proa_http_io
proa_http_transport_read(struct proa_http_transport *transport, void *bytes,
                         size_t size, size_t *count)
{
    if (transport->ssl == NULL)
        return plain_result(transport, recv(transport->fd, bytes, size, 0),
                            EPOLLIN, count);
    ERR_clear_error();
    int result = SSL_read_ex(transport->ssl, bytes, size, count);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

static enum proa_http_io write_plain(struct proa_http_transport *transport,
                                     const struct iovec parts[2], size_t *sent)
{
    struct iovec both[2] = { parts[0], parts[1] };
    struct msghdr message = { .msg_iov = both, .msg_iovlen = 2 };
    ssize_t size;

    do {
        size = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    return plain_result(transport, size, EPOLLOUT, sent);
}

enum proa_http_io
proa_http_transport_write(struct proa_http_transport *transport,
                          const struct iovec parts[2], size_t *sent)
{
    uint8_t record[PROA_HTTP_TLS_RECORD_SIZE];
    struct iovec part = parts[0].iov_len > 0 ? parts[0] : parts[1];

    if (parts[0].iov_len + parts[1].iov_len == 0) {
        *sent = 0;
        return PROA_HTTP_IO_DONE;
    }
    if (transport->ssl == NULL)
        return write_plain(transport, parts, sent);
    /* A head and the body behind it go in one record. */
    if (parts[0].iov_len > 0 && parts[0].iov_len < sizeof record &&
        parts[1].iov_len > 0) {
        size_t room = sizeof record - parts[0].iov_len;
        size_t more = parts[1].iov_len < room ? parts[1].iov_len : room;
        memcpy(record, parts[0].iov_base, parts[0].iov_len);
        memcpy(record + parts[0].iov_len, parts[1].iov_base, more);
        part = (struct iovec){ record, parts[0].iov_len + more };
    }
    ERR_clear_error();
    int result =
        SSL_write_ex(transport->ssl, part.iov_base, part.iov_len, sent);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

bool proa_http_transport_end(struct proa_http_transport *transport)
{
    if (transport->ssl != NULL && !transport->is_broken) {
        ERR_clear_error();
        /* What this cannot send now is not worth waiting for. */
        (void)SSL_shutdown(transport->ssl);
    }
    return shutdown(transport->fd, SHUT_WR) == 0;
}

enum proa_http_io
proa_http_transport_discard(struct proa_http_transport *transport, void *bytes,
                            size_t size, size_t *count)
{
    return plain_result(transport, recv(transport->fd, bytes, size, 0), EPOLLIN,
                        count);
}

void proa_http_transport_close(struct proa_http_transport *transport)
{
    SSL_free(transport->ssl);
    transport->ssl = NULL;
    (void)close(transport->fd);
    ERR_clear_error();
}
