/*
 * One HTTP/2 connection as a state machine: bytes in, whole requests out,
 * responses in, bytes out. It touches no socket and no clock; nghttp2 reads and
 * writes the frames.
 * https://www.rfc-editor.org/rfc/rfc9113
 *
 * A stream:   HEAD --> BODY --> WAITING --> WRITING --> over
 *               |        |                     ^
 *               +--------+------refused--------+
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_HTTP2_H
#define PROA_HTTP_HTTP2_H

#include "http/deadline.h"
#include "http/http1.h"

struct nghttp2_session;
struct proa_http2;

enum proa_http2_phase {
    PROA_HTTP2_HEAD,
    PROA_HTTP2_BODY,
    PROA_HTTP2_WAITING, /* the request was handed over */
    PROA_HTTP2_WRITING,
};

/* Where a field lies in the head, which may still move. */
struct proa_http2_span {
    size_t name_at, name_size;
    size_t value_at, value_size;
};

struct proa_http2_stream {
    struct proa_http_deadline deadline; /* first; for who owns the loop */
    struct proa_http2 *http2;
    struct proa_http2_stream *next;
    struct proa_http2_stream *previous;
    int32_t id;
    enum proa_http2_phase phase;
    uint16_t refusal;                  /* the status to answer with, or 0 */
    bool is_head;                      /* the answer has no body */
    bool is_sent;                      /* the answer is out, whole */
    bool is_told;                      /* the log was told */
    struct proa_http_request *request; /* owned until it is handed over */
    struct proa_http2_span *spans;     /* owned; of the head being read */
    uint32_t span_count;
    uint32_t span_capacity;
    struct proa_http_response response;
    uint64_t sent; /* of the response's body */

    /* Handed over before its body was whole... */
    struct proa_http_request *shared; /* borrowed; NULL: it was whole */
    bool body_is_open;                /* ...and more of it may come... */
    bool expects;                     /* ...when it is asked for */
    uint16_t body_refusal;            /* ...but this is wrong with it */
    uint64_t received;
    /* The response comes in pieces, which lie in its body. */
    bool is_in_pieces;
    bool is_ended;    /* that was the last one */
    bool is_deferred; /* nghttp2 waits for the next */
    size_t piece_at;  /* what is before it in the body is sent */
    uint64_t put;

    void *owner;     /* for the hooks, as they like */
    uint64_t marked; /* likewise */
};

/* What a connection tells; none of them may end it. */
struct proa_http2_hooks {
    void *env;
    /* A request is whole, or with pieces its head. False: there is no memory.
     */
    bool (*request)(void *env, struct proa_http2_stream *stream,
                    struct proa_http_request *request_take);
    /* The phase changed, or some of a body was read or sent. */
    void (*moved)(void *env, struct proa_http2_stream *stream);
    /* It is gone after this; `is_sent` tells whether the answer is out. */
    void (*over)(void *env, struct proa_http2_stream *stream);
};

struct proa_http2_limits {
    struct proa_http1_limits request;
    uint32_t stream_count_max;
    uint64_t buffered_bytes_max; /* all bodies that are being read */
    bool takes_pieces; /* a request is handed over when its head is whole */
};

/* NULL when there is no memory. */
struct proa_http2 *proa_http2_create(const struct proa_http2_limits *limits,
                                     const struct proa_http2_hooks *hooks);
/* All streams are over by this. NULL does nothing. */
void proa_http2_destroy(struct proa_http2 *http2);

/*
 * Read on.
 *
 * @return false: nothing more can be read or sent, close the connection
 * Trust: the bytes may be hostile.
 */
PROA_NODISCARD bool proa_http2_feed(struct proa_http2 *http2,
                                    const uint8_t *bytes, size_t size,
                                    uint64_t now_ms);

/*
 * What is to be sent next: at most PROA_HTTP2_OUTPUT_SIZE bytes, 0 when there
 * is nothing now.
 *
 * @return false: close the connection
 */
PROA_NODISCARD bool proa_http2_output(struct proa_http2 *http2, uint8_t *bytes,
                                      size_t *size);
enum { PROA_HTTP2_OUTPUT_SIZE = 64 * 1024 };

/* Answer a request in WAITING with the stream's `response`. */
void proa_http2_respond(struct proa_http2_stream *stream, int64_t unix_seconds);

/*
 * Of a request that was handed over without its body: how much was taken of
 * what is there. The first time "100 Continue" is sent to who waits for it.
 */
void proa_http2_took(struct proa_http2_stream *stream, size_t size);

/*
 * Answer in pieces: with the head of `response_take`, of which the status
 * stays, and a body that is put. The stream's `response` is its place.
 */
void proa_http2_begin(struct proa_http2_stream *stream,
                      struct proa_http_response *response_take);
size_t proa_http2_room(const struct proa_http2_stream *stream);
/* False: there is no memory, or it is more than the length that was told. */
bool proa_http2_put(struct proa_http2_stream *stream, const uint8_t *bytes,
                    size_t size);
/* No more pieces come; when it is cut the client shall see that. */
void proa_http2_finish(struct proa_http2_stream *stream, bool is_cut);

/* Answer a request that is not whole with an error. */
void proa_http2_refuse(struct proa_http2_stream *stream, uint16_t status);

/* The client shall get no more of this stream. */
void proa_http2_cancel(struct proa_http2_stream *stream);

/* Take no new stream; those under way go on. */
void proa_http2_drain(struct proa_http2 *http2);

/* Say goodbye at once. */
void proa_http2_end(struct proa_http2 *http2);

/* Nothing will be read or sent any more. */
bool proa_http2_is_over(const struct proa_http2 *http2);

struct nghttp2_session *proa_http2_session(const struct proa_http2 *http2);

/* The hooks' `env`. */
void *proa_http2_env(const struct proa_http2 *http2);

/* One of those under way, the newest first, by `next`; NULL: there is none. */
struct proa_http2_stream *proa_http2_streams(const struct proa_http2 *http2);

uint32_t proa_http2_stream_count(const struct proa_http2 *http2);

#endif
