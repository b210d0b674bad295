/*
 * The server's certificate and what it agrees to in TLS 1.2 and 1.3.
 * https://www.rfc-editor.org/rfc/rfc8446
 * https://www.rfc-editor.org/rfc/rfc7301
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_TLS_H
#define PROA_HTTP_TLS_H

#include <stdbool.h>

#include "proa/error.h"

struct proa_http_tls;
struct ssl_st;

/* All borrowed for the call. */
struct proa_http_tls_options {
    const char *certificate_path; /* PEM: the certificate, then its chain */
    const char *key_path; /* PEM; NULL: it is in the certificate's file */
    bool offers_http2;
};

/*
 * @param tls set on success; owned: end with proa_http_tls_destroy()
 * @return PROA_OK, PROA_IO (a file cannot be read or used, or they do not
 *         belong together), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_http_tls_create(const struct proa_http_tls_options *options,
                     struct proa_http_tls **tls, struct proa_error *err);
void proa_http_tls_destroy(struct proa_http_tls *tls);

/*
 * Read the files again: connections that come from now on see what is in them.
 * When that is no good, nothing changes.
 * Threads: any.
 */
PROA_NODISCARD enum proa_status proa_http_tls_reload(struct proa_http_tls *tls,
                                                     struct proa_error *err);

/*
 * The server's side of a new connection; owned by the caller. NULL without
 * memory. Threads: any.
 */
struct ssl_st *proa_http_tls_accept(struct proa_http_tls *tls, int fd);

#endif
