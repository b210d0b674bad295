/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>

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

enum proa_http_io
proa_http_session_handshake(struct proa_http_transport *transport)
{
    ERR_clear_error();
    int result = SSL_accept(transport->ssl);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

bool proa_http_session_is_http2(const struct proa_http_transport *transport)
{
    const unsigned char *name = NULL;
    unsigned size = 0;

    SSL_get0_alpn_selected(transport->ssl, &name, &size);
    return size == 2 && memcmp(name, "h2", 2) == 0;
}

enum proa_http_io proa_http_session_read(struct proa_http_transport *transport,
                                         void *bytes, size_t size,
                                         size_t *count)
{
    ERR_clear_error();
    int result = SSL_read_ex(transport->ssl, bytes, size, count);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

enum proa_http_io proa_http_session_write(struct proa_http_transport *transport,
                                          const struct iovec *part,
                                          size_t *sent)
{
    ERR_clear_error();
    int result =
        SSL_write_ex(transport->ssl, part->iov_base, part->iov_len, sent);
    return result == 1 ? PROA_HTTP_IO_DONE : failed(transport, result);
}

void proa_http_session_end(struct proa_http_transport *transport)
{
    ERR_clear_error();
    /* What this cannot send now is not worth waiting for. */
    (void)SSL_shutdown(transport->ssl);
}

void proa_http_session_close(struct proa_http_transport *transport)
{
    SSL_free(transport->ssl);
    transport->ssl = NULL;
    ERR_clear_error();
}
