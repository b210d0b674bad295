/*
 * A process that holds the listening sockets, starts the server again when it
 * is killed, and another one when the configuration needs more than the one
 * that runs was granted. It reads nothing that a client sent, and of a server
 * only what comes before its first request. A fork, no new program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SUPERVISE_H
#define PROA_SERVE_SUPERVISE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proa/error.h"

struct proa_serve_options;

/* What a server has of the process above it. */
struct proa_supervised {
    /* A byte for each signal, with what was fetched for a reload (refetch.h);
     * its end: the process above is gone. */
    int command_fd;
    bool is_first;                   /* there was no server before it */
    bool is_successor;               /* another one serves until it is ready */
    struct proa_buffer settings;     /* that it was granted; see granted.h */
    atomic_uint_least64_t *restarts; /* memory of all servers */
};

enum {
    PROA_SUPERVISED_STOP = 'T',   /* SIGTERM, SIGINT */
    PROA_SUPERVISED_RELOAD = 'H', /* SIGHUP */
    PROA_SUPERVISED_REOPEN = 'U', /* SIGUSR1 */
    PROA_SUPERVISED_YIELD = 'Y',  /* another server has taken over */
};

/* What follows when a server was killed. */
struct proa_restart {
    bool is_last;          /* too often: it is not started again */
    uint32_t wait_ms;      /* before it is */
    uint32_t killed_count; /* for the next time: soon after each other */
};

/*
 * The first is started again at once, the next ones after 100 ms and then twice
 * as long each, to 5 s; ten are, unless one lived for ten seconds, which begins
 * the count anew. Threads: any.
 */
struct proa_restart proa_restart_after(uint32_t killed_count,
                                       uint64_t lived_ms);

/*
 * Fork. Returns in each server, where `options` name `supervised`, and at the
 * end in the process above, which has outlived them all. A server that is not
 * the first reads its options anew then.
 *
 * @param exit_code set in the process above: that of the last server, or 128
 *                  and the signal that killed it once too often; -1 in a server
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 * Threads: before any is started.
 */
PROA_NODISCARD enum proa_status
proa_supervise(struct proa_serve_options *options, int *exit_code,
               struct proa_error *err);

/*
 * In a server, with the options that it serves: take the sockets over or open
 * them, and have `options` name those that are open.
 *
 * @return PROA_OK, PROA_USAGE, PROA_IO, PROA_NOMEM
 * Threads: before any is started.
 */
PROA_NODISCARD enum proa_status
proa_supervised_open(struct proa_serve_options *options,
                     struct proa_error *err);

/* Tell the process above what it may compare with; taken. */
void proa_supervised_granted(const struct proa_supervised *supervised,
                             int fd_take);
/* And that requests are taken; after that it listens no more. */
void proa_supervised_ready(const struct proa_supervised *supervised);

#endif
