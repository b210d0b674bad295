/*
 * What a running server is told from outside: signals, or the same from the
 * process that supervises it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_HEED_H
#define PROA_SERVE_HEED_H

#include <signal.h>

#include "serve/service.h"

struct proa_heed {
    struct proa_service *service; /* borrowed, with its options */
    /* With what was fetched for it, owned then; -1: nothing was. */
    void (*reload)(void *env, int fetched_fd);
    void (*reopen)(void *env);
    void (*yield)(void *env); /* another server takes over */
    void *env;
    int stop_fd;      /* SIGTERM and SIGINT; -1, as the next two: supervised */
    int reload_fd;    /* SIGHUP */
    int reopen_fd;    /* SIGUSR1 */
    int command_fd;   /* of the supervisor; -1: there is none */
    int ended_fd;     /* readable when a worker ended */
    uint64_t stop_ns; /* when the listeners close; 0: nobody asked for it */
    sigset_t previous;
};

/*
 * Begin to take signals: before a thread is started, so that none of them ever
 * gets one.
 *
 * @return PROA_OK, PROA_IO; end with proa_heed_close() in any case
 */
PROA_NODISCARD enum proa_status proa_heed_open(struct proa_heed *heed,
                                               struct proa_error *err);
void proa_heed_close(struct proa_heed *heed);

/* Until every worker has ended. */
void proa_heed_run(struct proa_heed *heed);

/* Have all workers drain, or, at the second time, end. */
void proa_heed_stop(struct proa_heed *heed);

#endif
