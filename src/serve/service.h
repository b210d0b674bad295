/*
 * The requests of a running server: found a function, queued, answered.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SERVICE_H
#define PROA_SERVE_SERVICE_H

#include <pthread.h>

#include "http/server.h"
#include "serve/guest.h"
#include "serve/limit.h"
#include "serve/metrics.h"
#include "serve/serve.h"
#include "serve/worker.h"

struct proa_service {
    struct proa_serve_options options; /* without zeros */
    struct proa_guest_host host;
    struct proa_worker *workers; /* owned; as many as the options say */
    uint32_t worker_count;       /* that were begun with */
    atomic_uint connection_count;
    struct proa_admission_total total;
    struct proa_limit *limit; /* owned */
    pthread_mutex_t app_lock; /* guards `app`, not what it points to */
    struct proa_app *app;     /* owned */
    struct proa_metrics metrics;
    struct proa_stats *file_stats; /* of files */
    struct proa_stats *none_stats; /* of requests that found nothing */
    struct proa_trace_source traces;
    struct proa_usage_log *usage; /* owned; NULL: no records */
    struct proa_reload *reload;   /* NULL: not yet */
    atomic_int fetched_fd;   /* owned, for the next reload; -1: there is none */
    atomic_bool is_ready;    /* it listens and does not drain */
    atomic_bool is_yielding; /* it drains, as another one takes over */
};

/* For the HTTP server of a worker, which is `env`. */
void proa_service_handle(void *env, struct proa_http_exchange *exchange);
/* Begin those that waited and may run now. */
void proa_service_admit(struct proa_worker *worker);
void proa_service_log(void *env, const struct proa_http_log_entry *entry);

/* Requests from now on get this app. Threads: any. */
void proa_service_set_app(struct proa_service *service,
                          struct proa_app *app_take);

/* The app of now, with one more owner. Threads: any. */
struct proa_app *proa_service_app(struct proa_service *service);

#endif
