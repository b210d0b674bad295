/*
 * A bounded number of threads that answer requests, and a bounded queue before
 * them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_POOL_H
#define PROA_SERVE_POOL_H

#include "http/exchange.h"

struct proa_pool;

struct proa_pool_options {
    uint32_t worker_count;
    uint32_t queue_count_max;
    /* Answers and hands back the exchange; on the worker of that index. */
    void (*answer)(void *env, uint32_t worker_index,
                   struct proa_http_exchange *exchange);
    /* The same for one that waited when the pool ended. */
    void (*refuse)(void *env, struct proa_http_exchange *exchange);
    void *env;
};

/*
 * @param pool set on success; owned: end with proa_pool_destroy()
 * @return PROA_OK, PROA_NOMEM, PROA_IO (no thread)
 */
PROA_NODISCARD enum proa_status
proa_pool_create(const struct proa_pool_options *options,
                 struct proa_pool **pool, struct proa_error *err);

/* Give a request to the pool; false when its queue is full. Threads: any. */
PROA_NODISCARD bool proa_pool_submit(struct proa_pool *pool,
                                     struct proa_http_exchange *exchange);

/*
 * Wait for the requests that run; those that wait are refused. NULL does
 * nothing.
 */
void proa_pool_destroy(struct proa_pool *pool);

#endif
