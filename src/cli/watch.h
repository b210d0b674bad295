/*
 * Stops the guest: when its time is over, that of the clock or that of the
 * processor, and when the user or the system asks by SIGINT, SIGTERM or SIGHUP.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_WATCH_H
#define PROA_CLI_WATCH_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "proa/store.h"

enum {
    PROA_WATCH_NONE = 0,
    PROA_WATCH_TIMEOUT = -1,
    PROA_WATCH_CPU_TIMEOUT = -2,
};

/* How long the guest may run; 0: for ever. */
struct proa_watch_limits {
    uint64_t wall_ns;
    uint64_t cpu_ns; /* of the thread that starts to watch */
};

struct proa_watch {
    struct proa_store *store; /* borrowed */
    struct proa_watch_limits limits;
    clockid_t cpu_clock;  /* of the guest's thread */
    int64_t cpu_start_ns; /* by that clock */
    pthread_t thread;
    sigset_t signals;
    int signal_fd;     /* owned */
    int stop_fd;       /* owned */
    atomic_int reason; /* none, a timeout, or the signal */
};

/*
 * Watch a store from now on. Blocks the signals in the calling thread, which is
 * the one that runs the guest.
 *
 * @param watch set on success; end with proa_watch_stop() before the store ends
 */
PROA_NODISCARD enum proa_status
proa_watch_start(struct proa_watch *watch, struct proa_store *store,
                 struct proa_watch_limits limits, struct proa_error *err);

/* @return why the guest was stopped: one of PROA_WATCH_* or the number of a
 * signal */
int proa_watch_stop(struct proa_watch *watch);

/* Die of a signal, as whoever sent it expects. */
_Noreturn void proa_watch_die(int signal_number);

#endif
