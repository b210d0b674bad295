/*
 * TLS on one connection, for transport.h, which says what each of these means.
 * A proa without TLS has none of it (tls_none.c).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_TLS_SESSION_H
#define PROA_HTTP_TLS_SESSION_H

#include "http/transport.h"

enum proa_http_io
proa_http_session_handshake(struct proa_http_transport *transport);
bool proa_http_session_is_http2(const struct proa_http_transport *transport);
enum proa_http_io proa_http_session_read(struct proa_http_transport *transport,
                                         void *bytes, size_t size,
                                         size_t *count);
enum proa_http_io proa_http_session_write(struct proa_http_transport *transport,
                                          const struct iovec *part,
                                          size_t *sent);
void proa_http_session_end(struct proa_http_transport *transport);
/* Also without a session. */
void proa_http_session_close(struct proa_http_transport *transport);

#endif
