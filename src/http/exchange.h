/*
 * One request and the response that is made for it.
 *
 * The event loop makes an exchange when a request is whole, hands it to the
 * handler, and gets it back by proa_http_exchange_respond(). In between it
 * belongs to the handler alone, on whatever thread that works. A handler that
 * stays on the loop's thread may be told when the client goes away.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_EXCHANGE_H
#define PROA_HTTP_EXCHANGE_H

#include <stdatomic.h>

#include "http/message.h"

struct proa_http2_stream;
struct proa_http_connection;
struct proa_http_server;

enum { PROA_HTTP_ADDRESS_SIZE = 64 };

struct proa_http_exchange {
    struct proa_http_request *request;  /* owned */
    struct proa_http_response response; /* to be filled by the handler */
    char client_address[PROA_HTTP_ADDRESS_SIZE]; /* without port */
    char server_address[PROA_HTTP_ADDRESS_SIZE];
    uint16_t client_port;
    uint16_t server_port;
    bool is_tls;       /* "https" */
    uint64_t start_ns; /* monotonic: when the request was whole */
    /* The client went away: the response will reach nobody. */
    atomic_bool is_abandoned;

    /* May be set by a handler on the loop's thread, which then calls it when
     * something has changed: the client went away. */
    void (*changed)(struct proa_http_exchange *exchange);

    /* The handler's own, untouched by the loop. */
    struct proa_http_exchange *queue_next;
    void *handler_data;
    uint64_t handler_note[8]; /* lives until the log was told */

    /* The loop's own. */
    struct proa_http_server *server;
    struct proa_http_connection *connection; /* NULL once it is closed */
    struct proa_http2_stream *stream;        /* in HTTP/2 */
    struct proa_http_exchange *done_next;
};

/*
 * Hand the exchange back with its response, exactly once.
 * Threads: any, also from within the handler. The server must still exist.
 */
void proa_http_exchange_respond(struct proa_http_exchange *exchange);

/* The clock of `start_ns`. */
uint64_t proa_http_now_ns(void);

#endif
