/* SPDX-License-Identifier: Apache-2.0 */
#include "http/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/tls_session.h"

enum { JOINED_BYTES_MAX = 2048 };

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
    return proa_http_session_handshake(transport);
}

bool proa_http_transport_is_http2(const struct proa_http_transport *transport)
{
    return transport->ssl != NULL && proa_http_session_is_http2(transport);
}

enum proa_http_io
proa_http_transport_read(struct proa_http_transport *transport, void *bytes,
                         size_t size, size_t *count)
{
    if (transport->ssl == NULL)
        return plain_result(transport, recv(transport->fd, bytes, size, 0),
                            EPOLLIN, count);
    return proa_http_session_read(transport, bytes, size, count);
}

static enum proa_http_io write_plain(struct proa_http_transport *transport,
                                     const struct iovec parts[2], size_t *sent)
{
    struct iovec both[2] = { parts[0], parts[1] };
    struct msghdr message = { .msg_iov = both, .msg_iovlen = 2 };
    uint8_t joined[JOINED_BYTES_MAX];
    size_t all = parts[0].iov_len + parts[1].iov_len;
    ssize_t size;

    /* To copy what is short costs less than that the kernel reads a list. */
    if (all <= sizeof joined && parts[0].iov_len > 0 && parts[1].iov_len > 0) {
        memcpy(joined, parts[0].iov_base, parts[0].iov_len);
        memcpy(joined + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
        both[0] = (struct iovec){ joined, all };
        both[1].iov_len = 0;
    }
    do {
        size = both[1].iov_len == 0
                   ? send(transport->fd, both[0].iov_base, both[0].iov_len,
                          MSG_NOSIGNAL)
                   : sendmsg(transport->fd, &message, MSG_NOSIGNAL);
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
    return proa_http_session_write(transport, &part, sent);
}

enum proa_http_io
proa_http_transport_send_file(struct proa_http_transport *transport, int fd,
                              uint64_t offset, size_t size, size_t *sent)
{
    off_t at = (off_t)offset;
    ssize_t got;

    do
        got = sendfile(transport->fd, fd, &at, size);
    while (got < 0 && errno == EINTR);
    /* There is no such place in the file any more. */
    if (got == 0)
        return PROA_HTTP_IO_FAILED;
    return plain_result(transport, got, EPOLLOUT, sent);
}

bool proa_http_transport_end(struct proa_http_transport *transport)
{
    if (transport->ssl != NULL && !transport->is_broken)
        proa_http_session_end(transport);
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
    proa_http_session_close(transport);
    (void)close(transport->fd);
}
