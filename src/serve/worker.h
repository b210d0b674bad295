/*
 * A worker: a thread with its own listeners, event loop, fibers and slots. A
 * request is read, run and answered on it; workers share nothing that a
 * request writes, but for counters.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_WORKER_H
#define PROA_SERVE_WORKER_H

#include <pthread.h>

#include "http/server.h"
#include "serve/admission.h"
#include "serve/slots.h"

struct proa_service;

struct proa_worker {
    struct proa_service *service;
    uint32_t index;
    struct proa_http_server *server; /* owned */
    int stop_fd;                     /* owned; see proa_http_server_options */
    int ended_fd;                    /* borrowed; readable at its end */
    struct proa_tasks *tasks;        /* while the thread runs, as the next */
    struct proa_slots *slots;
    struct proa_admission admission;
    pthread_t thread;
    bool is_started;
    enum proa_status status; /* of its end */
    struct proa_error err;
};

/*
 * Listen.
 *
 * @param worker  from `{ 0 }`; end it with proa_worker_deinit()
 * @param options its `env`, `stop_fd` and `turn` are set here
 */
PROA_NODISCARD enum proa_status
proa_worker_init(struct proa_worker *worker,
                 struct proa_http_server_options *options,
                 struct proa_error *err);

/* The thread begins; `ended_fd`, an eventfd, tells its end. */
PROA_NODISCARD enum proa_status proa_worker_start(struct proa_worker *worker,
                                                  int ended_fd,
                                                  struct proa_error *err);

/* Drain; the second time: end at once. Threads: any. */
void proa_worker_stop(struct proa_worker *worker);

/* Wait for the thread's end; what it came to. */
PROA_NODISCARD enum proa_status proa_worker_join(struct proa_worker *worker,
                                                 struct proa_error *err);

void proa_worker_deinit(struct proa_worker *worker);

#endif
