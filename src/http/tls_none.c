/*
 * A proa without TLS, as the small runtime is: in the place of tls.c and
 * tls_session.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "http/tls.h"
#include "http/tls_session.h"

enum proa_status
proa_http_tls_create(const struct proa_http_tls_options *options,
                     struct proa_http_tls **tls, struct proa_error *err)
{
    (void)tls;
    return proa_fail(err, PROA_USAGE, 0,
                     "certificate %.200s: this proa was built without TLS; "
                     "leave it to a proxy in front",
                     options->certificate_path);
}

void proa_http_tls_destroy(struct proa_http_tls *tls)
{
    (void)tls;
}

enum proa_status proa_http_tls_reload(struct proa_http_tls *tls,
                                      struct proa_error *err)
{
    (void)tls;
    (void)err;
    return PROA_OK;
}

struct ssl_st *proa_http_tls_accept(struct proa_http_tls *tls, int fd)
{
    (void)tls;
    (void)fd;
    return NULL;
}

enum proa_http_io
proa_http_session_handshake(struct proa_http_transport *transport)
{
    (void)transport;
    return PROA_HTTP_IO_FAILED;
}

bool proa_http_session_is_http2(const struct proa_http_transport *transport)
{
    (void)transport;
    return false;
}

enum proa_http_io proa_http_session_read(struct proa_http_transport *transport,
                                         void *bytes, size_t size,
                                         size_t *count)
{
    (void)transport;
    (void)bytes;
    (void)size;
    (void)count;
    return PROA_HTTP_IO_FAILED;
}

enum proa_http_io proa_http_session_write(struct proa_http_transport *transport,
                                          const struct iovec *part,
                                          size_t *sent)
{
    (void)transport;
    (void)part;
    (void)sent;
    return PROA_HTTP_IO_FAILED;
}

void proa_http_session_end(struct proa_http_transport *transport)
{
    (void)transport;
}

void proa_http_session_close(struct proa_http_transport *transport)
{
    (void)transport;
}
