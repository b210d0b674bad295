/*
 * What is counted, and its text for Prometheus.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_METRICS_H
#define PROA_SERVE_METRICS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "cache/tier_queue.h"
#include "serve/admission.h"

enum {
    PROA_METRICS_CLASSES = 4,  /* 2xx to 5xx */
    PROA_METRICS_BUCKETS = 16, /* the last one is +Inf */
    PROA_METRICS_TRAPS = 14,   /* kinds; the last one is "host" */
    PROA_METRICS_STATS_MAX = 100000,
};

/* Of one function, by its name: a new version goes on counting here. */
struct proa_stats {
    struct proa_stats *next;
    char *name; /* owned */
    atomic_ullong requests[PROA_METRICS_CLASSES];
    atomic_ullong buckets[PROA_METRICS_BUCKETS];
    atomic_ullong ns_sum;
    atomic_ullong instances;   /* that answered */
    atomic_ullong cold_starts; /* of those: made, not put back */
    atomic_ullong cpu_ns;
    atomic_ullong fuel;
    atomic_ullong lost_records; /* of usage */
    atomic_ullong memory_bytes; /* the most that one of them had at its end */
    atomic_ullong traps[PROA_METRICS_TRAPS];
    atomic_ullong timeouts;
    atomic_ullong exits; /* with another code than 0 */
    atomic_ullong rejected;
    atomic_uint queued;
    atomic_uint running;
    struct proa_admission_count admission; /* not told, but by name, too */
};

struct proa_metrics {
    pthread_mutex_t lock; /* guards the list */
    struct proa_stats *first;
    struct proa_stats **end;
    uint32_t count;
    atomic_ullong refused; /* requests that were none */
    atomic_ullong limited; /* by the rate of their client */
    atomic_ullong reloads;
    atomic_ullong reload_failures;
    const struct proa_tier_counts *tier_ups; /* borrowed; NULL: none */
};

void proa_metrics_init(struct proa_metrics *metrics);
void proa_metrics_deinit(struct proa_metrics *metrics);

/*
 * The counters of that name, made when there are none. They live as long as
 * the metrics. NULL when there is no memory.
 */
struct proa_stats *proa_metrics_stats(struct proa_metrics *metrics,
                                      const char *name);

/* A request was answered after this time. Threads: any, as below. */
void proa_stats_answer(struct proa_stats *stats, uint16_t status, uint64_t ns);
/* A guest trapped with this message. */
void proa_stats_trap(struct proa_stats *stats, const char *text);

/* A guest has ended: what it used. */
void proa_stats_use(struct proa_stats *stats, uint64_t cpu_ns,
                    uint64_t memory_bytes);

/* "unreachable" ...; NULL behind the last. */
const char *proa_metrics_trap_name(uint32_t index);
/* The upper end of a bucket; UINT64_MAX for the last. */
uint64_t proa_metrics_bound_ns(uint32_t index);

/*
 * The time that a share of all requests, 0 to 1, did not exceed: within a
 * bucket as if they were evenly spread, at most the lower end of the last one.
 * 0 without requests.
 */
double
proa_metrics_quantile_ns(const unsigned long long buckets[PROA_METRICS_BUCKETS],
                         double share);

/* `out` tells by is_full whether all had room. */
void proa_metrics_write(struct proa_metrics *metrics, struct proa_buffer *out);

#endif
