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

    /* Of a body that was not whole when the handler got the request: more of
     * it may come, or `refusal` is what is wrong with it. */
    bool body_is_open;
    uint16_t refusal;
    /* The response is sent in pieces, and this is wrong with it: the client
     * shall see that it is not whole. */
    bool is_begun;
    bool is_cut;

    /* May be set by a handler on the loop's thread, which then calls it when
     * something may have changed: the client went away, more of the body is
     * here or never will be, there is room for more of the response. */
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
    bool continues; /* the client waits for "100 Continue"... */
    bool is_asked;  /* ...and the handler for the body */
};

/*
 * Hand the exchange back with its response, exactly once.
 * Threads: any, also from within the handler. The server must still exist.
 */
void proa_http_exchange_respond(struct proa_http_exchange *exchange);

/*
 * --- bodies in pieces, for a handler on the loop's thread ------------------
 *
 * None of these writes to a socket: the loop does, when the handler has given
 * its thread back.
 */

enum { PROA_HTTP_PIECES_BYTES_MAX = 64 * 1024 }; /* that are kept for either */

/*
 * Take some of the request's body.
 *
 * @return how many bytes; 0: see proa_http_exchange_waits()
 */
size_t proa_http_exchange_take(struct proa_http_exchange *exchange,
                               uint8_t *bytes, size_t size);

/*
 * With nothing to take now: where the next of the body may be read to, without
 * a copy. The bytes have to stay until proa_http_exchange_placed() takes them
 * back and tells how many came; 0: none did, or they are there to be taken.
 */
void proa_http_exchange_place(struct proa_http_exchange *exchange,
                              uint8_t *bytes, size_t size);
size_t proa_http_exchange_placed(struct proa_http_exchange *exchange);

/*
 * Whether there is nothing to take now, but may be later. Else, with nothing to
 * take, that was all, or, with a `refusal` or `is_abandoned`, all that comes.
 */
bool proa_http_exchange_waits(const struct proa_http_exchange *exchange);

/*
 * Begin the response: its status and fields as they are now, its `length` if
 * it `has_length`; its body is what follows by proa_http_exchange_put(). Ends
 * with proa_http_exchange_respond(). Not after the client went away.
 */
void proa_http_exchange_begin(struct proa_http_exchange *exchange);

/* How many bytes may be put now. Of a client that is gone: any. */
size_t proa_http_exchange_room(const struct proa_http_exchange *exchange);

/*
 * @return false: there is no memory, and the response will be cut
 */
bool proa_http_exchange_put(struct proa_http_exchange *exchange,
                            const uint8_t *bytes, size_t size);

/*
 * Put bytes without copying them: they are sent from where they are, and have
 * to stay there as they are until proa_http_exchange_lent() is 0, of which the
 * handler is told by changed(). Nothing is put before.
 *
 * @return false: not with this connection or not now; put them
 */
PROA_NODISCARD bool proa_http_exchange_lend(struct proa_http_exchange *exchange,
                                            const uint8_t *bytes, size_t size);

/* How many of them are not sent yet. */
size_t proa_http_exchange_lent(const struct proa_http_exchange *exchange);

/* Do not send the rest: the response is cut. */
void proa_http_exchange_unlend(struct proa_http_exchange *exchange);

/* The clock of `start_ns`. */
uint64_t proa_http_now_ns(void);

#endif
