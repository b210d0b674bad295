/*
 * Modules of a server that wait for better code: one queue, two compilers, one
 * of them for what is hot.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_TIER_QUEUE_H
#define PROA_CACHE_TIER_QUEUE_H

#include <stdatomic.h>

#include "proa/compile.h"

enum { PROA_TIER_QUEUE_MAX = 100000 }; /* modules that wait */

struct proa_tier_queue;

/* What became of a module. */
struct proa_tier_end {
    const char *name;
    uint32_t function_count; /* of a part; 0: all of it */
    enum proa_status status;
    const struct proa_error *err; /* why, when it is not PROA_OK */
    uint64_t ns;                  /* from when it was its turn */
};

struct proa_tier_counts {
    atomic_ullong count;     /* modules that got better code */
    atomic_ullong failures;  /* that did not */
    atomic_ullong ns;        /* what all of them took */
    atomic_ullong parts;     /* of hot functions, installed before that */
    atomic_ullong functions; /* in these */
    atomic_ullong parts_ns;
};

/* Borrowed for the call; a NULL is allowed for `end`. */
struct proa_tier_queue_options {
    struct proa_engine *engine; /* outlives the queue */
    /* From the queue's threads, perhaps from two at once. */
    void (*end)(void *env, const struct proa_tier_end *end);
    void *env;
};

/* @return PROA_OK, PROA_NOMEM, PROA_IO */
PROA_NODISCARD enum proa_status
proa_tier_queue_create(const struct proa_tier_queue_options *options,
                       struct proa_tier_queue **queue, struct proa_error *err);

/* What is compiled is given up. NULL does nothing. */
void proa_tier_queue_destroy(struct proa_tier_queue *queue);

/*
 * Get better code for a module: all of it after those that are busier, or were
 * added before; what is hot of it as soon as that shows. One that has no
 * baseline code is passed over.
 *
 * @param module  retained until then
 * @param name    copied, as are the bytes; what `options` point to outlives the
 *                queue
 * @return PROA_OK, PROA_LIMIT, PROA_NOMEM, PROA_USAGE, PROA_IO (no thread: it
 * is started for the first one) Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_tier_queue_add(struct proa_tier_queue *queue, struct proa_module *module,
                    const char *name, const uint8_t *bytes, size_t size,
                    const struct proa_compile_options *options,
                    struct proa_error *err);

/* They only grow. */
const struct proa_tier_counts *
proa_tier_queue_counts(const struct proa_tier_queue *queue);

#endif
