/*
 * A process that holds the listening sockets and starts the server again when
 * it is killed. It reads nothing that a client sent. A fork, no new program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SUPERVISE_H
#define PROA_SERVE_SUPERVISE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proa/error.h"

struct proa_serve_options;

/* What a server and the process above it tell each other. */
struct proa_supervised {
    /* A byte for each signal, with what was fetched for a reload (refetch.h);
     * its end: the process above is gone. */
    int command_fd;
    struct proa_supervised_state *state; /* memory of both */
};

struct proa_supervised_state {
    atomic_bool is_ready; /* requests are taken */
    atomic_uint_least64_t restarts;
};

enum {
    PROA_SUPERVISED_STOP = 'T',   /* SIGTERM, SIGINT */
    PROA_SUPERVISED_RELOAD = 'H', /* SIGHUP */
    PROA_SUPERVISED_REOPEN = 'U', /* SIGUSR1 */
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
 * Open the addresses of `options`, and fork. Returns in each server, where
 * `options` name the open sockets and `supervised`, and at the end in the
 * process above, which has outlived them all.
 *
 * @param exit_code set in the process above: that of the last server, or 128
 *                  and the signal that killed it once too often; -1 in a server
 * @return PROA_OK, PROA_USAGE, PROA_IO, PROA_NOMEM
 * Threads: before any is started.
 */
PROA_NODISCARD enum proa_status
proa_supervise(struct proa_serve_options *options, int *exit_code,
               struct proa_error *err);

#endif
