/*
 * A process that holds the listening sockets and starts the server again when
 * it is killed. It reads nothing that a client sent. A fork, no new program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SUPERVISE_H
#define PROA_SERVE_SUPERVISE_H

#include <stdatomic.h>

#include "proa/error.h"

struct proa_serve_options;

/* What a server and the process above it tell each other. */
struct proa_supervised {
    /* A byte for each signal; its end: the process above is gone. */
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
