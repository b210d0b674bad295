/*
 * One connection of the event loop.
 *
 * OPENING reads what comes before any request: keys, under TLS, and which
 * version of HTTP the client speaks. HTTP/2 then stays READING until the end;
 * HTTP/1 goes round:
 *
 *   READING --whole request--> WAITING --response--> WRITING --sent--> READING
 *      |                                                |
 *      +--refused--> WRITING                            +--last--> LINGERING
 *
 * LINGERING has sent its last byte and reads away what the client still sends,
 * so that the kernel does not destroy the answer by a reset.
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_CONNECTION_H
#define PROA_HTTP_CONNECTION_H

#include <sys/socket.h>

#include "http/deadline.h"
#include "http/listener.h"
#include "http/server.h"
#include "http/transport.h"

struct proa_http_flow2;
struct proa_http_tls;

enum proa_http_phase {
    PROA_HTTP_OPENING,
    PROA_HTTP_READING,
    PROA_HTTP_WAITING,
    PROA_HTTP_WRITING,
    PROA_HTTP_LINGERING,
};

enum { PROA_HTTP_SCRATCH_SIZE = 64 * 1024 };

/* What all connections of a server share. Used by the loop's thread only. */
struct proa_http_shared {
    struct proa_http_server *server;
    struct proa_http_server_options options;
    struct proa_http_tls *tls; /* NULL: plain text */
    struct proa_http_deadlines deadlines;
    struct proa_http_connection *connections; /* all of them */
    uint32_t connection_count;
    atomic_uint *open_count; /* the same, or of all twins */
    int epoll_fd;
    struct proa_http_connection *touched; /* by a handler: see below */
    bool has_changed; /* a handler was told that something did */
    bool is_draining;
    uint64_t now_ms; /* monotonic, read once a turn of the loop */
    uint8_t scratch[PROA_HTTP_SCRATCH_SIZE];
};

struct proa_http_connection {
    struct proa_http_deadline deadline; /* first: found by its address */
    struct proa_http_shared *shared;
    struct proa_http_connection *next;
    struct proa_http_connection *previous;
    struct proa_http_transport transport;
    uint32_t events; /* that epoll waits for */
    enum proa_http_phase phase;
    bool is_announced; /* the PROXY header was read, or is not wanted */
    bool is_greeted;   /* under TLS: the handshake is done */
    uint64_t lingered;
    struct proa_buffer unread; /* came behind a request that is under way */
    size_t unread_offset;

    /* HTTP/2; NULL: HTTP/1, in what follows */
    struct proa_http_flow2 *flow2;

    struct proa_http1 *http1;
    struct proa_http_exchange *exchange; /* in WAITING; in WRITING unless
                                            refused */
    struct proa_buffer head;             /* of the response */
    struct proa_http_response response;
    bool sends_body;
    bool closes;        /* after this response */
    uint64_t all;       /* bytes of head, body and file */
    uint64_t sent;      /* of them */
    bool sends_file;    /* `head` holds a piece of the file now... */
    size_t staged_sent; /* ...of which so much is sent */
    uint64_t marked;    /* bytes read or sent when the deadline was set */
    uint64_t received;  /* of a body that comes in pieces, with its framing */

    /* In WAITING and WRITING, of a response in pieces: they lie in `head`. */
    bool is_chunked;
    uint64_t put;        /* bytes of its body so far */
    const uint8_t *lent; /* the handler's, goes behind `head` */
    size_t lent_size;    /* bytes of it that are not sent */

    bool is_touched;
    struct proa_http_connection *touched_next;
    struct proa_http_connection *touched_previous;

    char client_address[PROA_HTTP_ADDRESS_SIZE];
    char server_address[PROA_HTTP_ADDRESS_SIZE];
    uint16_t client_port;
    uint16_t server_port;
};

/*
 * Take a socket over that came from a listener; false, and the socket closed,
 * when there is no memory.
 */
bool proa_http_connection_open(struct proa_http_shared *shared, int fd_take,
                               const struct proa_http_listener *listener,
                               const struct sockaddr_storage *peer);

/* Close and free. An exchange under way is abandoned. */
void proa_http_connection_close(struct proa_http_connection *connection);

/* epoll reports `events`. The connection may be gone afterwards. */
void proa_http_connection_event(struct proa_http_connection *connection,
                                uint32_t events);

/* One of its exchanges was handed back. The connection may be gone then. */
void proa_http_connection_done(struct proa_http_exchange *exchange);

/* A handler has taken or put something: read on and send. The connection may be
 * gone then. */
void proa_http_connection_go_on(struct proa_http_connection *connection);

/* Its deadline is over. The connection may be gone afterwards. */
void proa_http_connection_over(struct proa_http_connection *connection);

/* End as soon as no request is under way. The connection may be gone then. */
void proa_http_connection_drain(struct proa_http_connection *connection,
                                bool keeps_idle);

void proa_http_exchange_destroy(struct proa_http_exchange *exchange);

/* Its client is gone while the handler has it. */
void proa_http_exchange_abandon(struct proa_http_exchange *exchange);

/* Have the loop call proa_http_connection_go_on() soon. */
void proa_http_connection_touch(struct proa_http_connection *connection);

/* Tell the handler, if it wants to know. */
void proa_http_exchange_change(struct proa_http_exchange *exchange);

/* --- for the files that speak one version -------------------------------- */

enum {
    PROA_HTTP_FIELDS_BYTES_MAX = 64 * 1024, /* of a response */
    PROA_HTTP_PROGRESS_BYTES = 64 * 1024,   /* that one deadline is for */
};

void proa_http_connection_limit(struct proa_http_connection *connection,
                                enum proa_http_deadline_kind kind);

/* False: the kernel has no memory; the caller closes the connection. */
bool proa_http_connection_watch(struct proa_http_connection *connection,
                                uint32_t events);

/* Send no more, read the rest away, close. */
void proa_http_connection_linger(struct proa_http_connection *connection);

/* Close so that the client cannot take what it got for all. */
void proa_http_connection_abort(struct proa_http_connection *connection);

/* NULL, and the request destroyed, when there is no memory. */
struct proa_http_exchange *
proa_http_connection_exchange(struct proa_http_connection *connection,
                              struct proa_http_request *request_take);

/* Tell the log; `entry` says what the connection does not know. */
void proa_http_connection_tell(const struct proa_http_connection *connection,
                               const struct proa_http_request *request,
                               struct proa_http_log_entry *entry);

#endif
