/*
 * Stops the guest: at its deadline, and when the user or the system asks by
 * SIGINT, SIGTERM or SIGHUP.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_WATCH_H
#define PROA_CLI_WATCH_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "proa/store.h"

enum { PROA_WATCH_NONE = 0, PROA_WATCH_TIMEOUT = -1 };

struct proa_watch {
    struct proa_store *store; /* borrowed */
    uint64_t timeout_ns;      /* 0: none */
    pthread_t thread;
    sigset_t signals;
    int signal_fd;     /* owned */
    int stop_fd;       /* owned */
    atomic_int reason; /* none, timeout, or the signal */
};

/*
 * Watch a store from now on. Blocks the signals in the calling thread.
 *
 * @param watch set on success; end with proa_watch_stop() before the store ends
 */
PROA_NODISCARD enum proa_status proa_watch_start(struct proa_watch *watch,
                                                 struct proa_store *store,
                                                 uint64_t timeout_ns,
                                                 struct proa_error *err);

/* @return why the guest was stopped: PROA_WATCH_NONE, PROA_WATCH_TIMEOUT or the
 * number of a signal */
int proa_watch_stop(struct proa_watch *watch);

/* Die of a signal, as whoever sent it expects. */
_Noreturn void proa_watch_die(int signal_number);

#endif
