/*
 * One HTTP/1 connection as a state machine: bytes in, whole requests out. It
 * touches no socket and no clock.
 * https://www.rfc-editor.org/rfc/rfc9112
 *
 *   HEAD --head--> BODY --last byte--> REQUEST --take, next--> HEAD
 *     |              |
 *     +--------------+--bad--> REFUSED (answer `status`, then close)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_HTTP1_H
#define PROA_HTTP_HTTP1_H

#include "http/message.h"

struct proa_http1;

struct proa_http1_limits {
    uint32_t line_bytes_max;  /* of the request line: else 414 */
    uint32_t head_bytes_max;  /* of line and fields: else 431 */
    uint32_t field_count_max; /* else 431 */
    uint64_t body_bytes_max;  /* else 413 */
};

enum proa_http1_state {
    PROA_HTTP1_HEAD,
    PROA_HTTP1_BODY,
    PROA_HTTP1_REQUEST, /* a whole request waits to be taken */
    PROA_HTTP1_REFUSED,
};

/* NULL when there is no memory. The limits are copied. */
struct proa_http1 *proa_http1_create(const struct proa_http1_limits *limits);
void proa_http1_destroy(struct proa_http1 *http1);

/*
 * Read on. Stops behind a head, behind a request, and where it refuses; so call
 * it again while bytes are left and the state is HEAD or BODY.
 *
 * @return how many bytes were read
 * Trust: the bytes may be hostile.
 */
size_t proa_http1_feed(struct proa_http1 *http1, const uint8_t *bytes,
                       size_t size);

/*
 * Where the next bytes of a body that has a length may be read to, in place of
 * a feed; proa_http1_filled() tells how many were.
 *
 * @param size how many at most; written unless the result is NULL
 * @return NULL: they must be fed
 */
uint8_t *proa_http1_room(struct proa_http1 *http1, size_t *size);
void proa_http1_filled(struct proa_http1 *http1, size_t size);

enum proa_http1_state proa_http1_state(const struct proa_http1 *http1);

/* In REFUSED: the status to answer with. */
uint16_t proa_http1_status(const struct proa_http1 *http1);

/* Refuse from outside, as for a time-out. */
void proa_http1_refuse(struct proa_http1 *http1, uint16_t status);

/* True from the first byte of a request until it is taken. */
bool proa_http1_is_busy(const struct proa_http1 *http1);

/*
 * True once for a head that asks for it, while no byte of the body was read:
 * send PROA_HTTP1_CONTINUE.
 */
bool proa_http1_wants_continue(struct proa_http1 *http1);

#define PROA_HTTP1_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* In BODY and REQUEST: whether another request may follow on this connection.
 */
bool proa_http1_keeps_alive(const struct proa_http1 *http1);

/*
 * What is known of the request that was refused, for the log; NULL when
 * nothing is. Borrowed.
 */
const struct proa_http_request *
proa_http1_request(const struct proa_http1 *http1);

/* In REQUEST: take the request, owned by the caller, and read the next head. */
struct proa_http_request *proa_http1_take(struct proa_http1 *http1);

/*
 * In BODY: the request, to be answered while its body still comes. Owned by the
 * caller, but until proa_http1_leave() what comes of the body is added to it.
 */
struct proa_http_request *proa_http1_share(struct proa_http1 *http1);

/*
 * A shared request, if there is one, goes away: what still comes of its body is
 * read away, and behind it the next head.
 */
void proa_http1_leave(struct proa_http1 *http1);

/* The rest of a body is read away: answer nothing if it is refused. */
bool proa_http1_discards(const struct proa_http1 *http1);

/* In REQUEST, where one was left: read the next head. */
void proa_http1_next(struct proa_http1 *http1);

/* How a response's head is told. */
struct proa_http1_reply {
    bool is_head; /* the answer to HEAD: no body follows */
    bool keeps_alive;
    bool is_chunked;       /* the body follows in chunks... */
    bool is_open;          /* ...or in any case without a length told here */
    uint8_t version_minor; /* of the request */
    int64_t unix_seconds;  /* for Date */
};

/*
 * Write a response's head: status line, Date, Content-Length, Connection and
 * the response's own fields, then the empty line.
 *
 * @return whether the body is to be sent behind it
 */
bool proa_http1_write_head(const struct proa_http_response *response,
                           const struct proa_http1_reply *reply,
                           struct proa_buffer *out);

#endif
