/*
 * A server for HTTP/1 and HTTP/2, in plain text or under TLS: one event loop, a
 * handler for each request.
 * Bodies are whole in memory, both ways, up to a limit, or come and go in
 * pieces: see exchange.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_SERVER_H
#define PROA_HTTP_SERVER_H

#include "http/exchange.h"
#include "http/http1.h"

/* Start from PROA_HTTP_SERVER_LIMITS_DEFAULT. */
struct proa_http_server_limits {
    struct proa_http1_limits request;
    uint64_t response_bytes_max;   /* of a response's body */
    uint32_t connection_count_max; /* more wait in the kernel's queue */
    uint32_t head_ms_max; /* from a request's first byte, or from connecting, to
                             the end of its head: else 408 */
    uint32_t body_ms_max; /* for each 64 KiB of a request's body: else 408 */
    uint32_t write_ms_max;  /* for each 64 KiB of a response */
    uint32_t idle_ms_max;   /* between two requests */
    uint32_t linger_ms_max; /* to read away what a refused client still sends */
    uint32_t drain_ms_max;  /* from the wish to stop to the end */
};

#define PROA_HTTP_SERVER_LIMITS_DEFAULT                                        \
    {                                                                          \
        .request = { .line_bytes_max = 8192,                                   \
                     .head_bytes_max = 32768,                                  \
                     .field_count_max = 128,                                   \
                     .body_bytes_max = 8 << 20 },                              \
        .response_bytes_max = 32 << 20, .connection_count_max = 1000,          \
        .head_ms_max = 10000, .body_ms_max = 30000, .write_ms_max = 30000,     \
        .idle_ms_max = 60000, .linger_ms_max = 2000, .drain_ms_max = 30000,    \
    }

/* What is told of an answered request. All borrowed for the call. */
struct proa_http_log_entry {
    const char *client_address;
    struct proa_http_text method; /* empty when the request was unreadable */
    struct proa_http_text target; /* as it came: escape what you print */
    uint8_t version_major;
    uint8_t version_minor;
    uint16_t status;
    uint64_t body_bytes; /* that were to be sent */
    bool is_cut;         /* the client went away before the end */
    uint64_t ns;         /* from the whole request to the last byte sent */
    const void *note;    /* the exchange's handler_note; NULL: refused */
};

struct proa_http_server_options {
    /*
     * "HOST:PORT", "[IPv6]:PORT" (port 0: any free one), "unix:/PATH",
     * "systemd" (the sockets that it passes)
     */
    const char *address;
    const char *const *more_addresses; /* as many again as wanted */
    uint32_t more_address_count;
    /*
     * Listen wherever this server does, which must not run yet; the addresses
     * are not looked at then. Each of them has its own loop and its own
     * connections, and they share out what comes. NULL: alone, or the first.
     * Borrowed for the call.
     */
    struct proa_http_server *twin;
    /* How many connections all twins have; NULL: this server counts its own. */
    atomic_uint *connection_count;
    /*
     * Each connection starts with a header of the PROXY protocol, version 1 or
     * 2, which tells the client's address: only where nobody but the proxy can
     * connect.
     */
    bool reads_proxy_header;
    /*
     * TLS instead of plain text, on all of them; NULL: plain text. PEM files;
     * without a key's path the key is in the certificate's file. TLS writes
     * raise SIGPIPE when a client is gone: ignore that signal.
     */
    const char *tls_certificate_path;
    const char *tls_key_path;
    struct proa_http_server_limits limits;
    /*
     * Called by the loop for each request; takes the exchange and must not
     * wait.
     */
    void (*handle)(void *env, struct proa_http_exchange *exchange);
    /* Call it when the head is whole, and the body may not be. */
    bool takes_pieces;
    /* Called by the loop for each response; may be NULL; must not wait. */
    void (*log)(void *env, const struct proa_http_log_entry *entry);
    /*
     * Called by the loop whenever it has nothing else to do, and at the time
     * (of proa_http_now_ns()) that it returned last: 0 for at once, UINT64_MAX
     * for never. May be NULL; must not wait.
     */
    uint64_t (*turn)(void *env);
    void *env;
    /*
     * When readable: stop. First by draining (no new connection, the requests
     * under way are answered), at the second time at once. As an eventfd or a
     * signalfd is. Borrowed; -1: never.
     */
    int stop_fd;
    /*
     * While it is set, draining leaves a connection without a request open: the
     * next one is answered, and told that it was the last. The same is done at
     * the end of it, when `stop_fd` is readable once more. NULL: never.
     */
    const atomic_bool *keeps_idle;
    /*
     * May be NULL. Called by the loop when `reload_fd` is readable (as a
     * signalfd is) and was read: such as to call proa_http_server_reload().
     * Without it `reload_fd` is not looked at. Borrowed.
     */
    void (*reload)(void *env);
    int reload_fd;
};

/*
 * Bind and listen.
 *
 * @param options borrowed for the call
 * @param server  set on success; owned: end with proa_http_server_destroy()
 * @return PROA_OK, PROA_USAGE (the address makes no sense), PROA_IO (it cannot
 *         be bound), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_http_server_create(const struct proa_http_server_options *options,
                        struct proa_http_server **server,
                        struct proa_error *err);

/*
 * End a server. Every exchange that its handler took must have been handed
 * back. NULL does nothing.
 */
void proa_http_server_destroy(struct proa_http_server *server);

/*
 * Read the certificate and its key again, for the connections that come from
 * now on, to this server and to those it is a twin of. When they are no good,
 * nothing changes. Without TLS does nothing.
 *
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_http_server_reload(struct proa_http_server *server,
                        struct proa_error *err);

/* "127.0.0.1:8080", "[::1]:8080": with the port that was bound; the first. */
const char *proa_http_server_address(const struct proa_http_server *server);

/* How many there are, and each of them; NULL behind the last. */
uint32_t proa_http_server_address_count(const struct proa_http_server *server);
const char *proa_http_server_address_at(const struct proa_http_server *server,
                                        uint32_t index);

/*
 * Serve until told to stop. Exchanges may still be with the handler when this
 * returns; their clients are gone.
 *
 * @return PROA_OK, PROA_IO
 */
PROA_NODISCARD enum proa_status
proa_http_server_run(struct proa_http_server *server, struct proa_error *err);

/* Have the loop look around: its `turn` is called soon. Threads: any. */
void proa_http_server_wake(struct proa_http_server *server);

#endif
