/*
 * What a call of a guest has used, to be paid for or to be watched.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_USAGE_H
#define PROA_USAGE_H

#include "proa/fuel.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/* The bytes are for whoever moves them to fill in. */
struct proa_usage {
    uint64_t cpu_ns;       /* of the thread, while the guest had it */
    uint64_t wall_ns;      /* from proa_usage_begin() to proa_usage_end() */
    uint64_t fuel;         /* spent from begin to end; 0 unless counted */
    uint64_t memory_bytes; /* at most: memories, tables, host objects */
    uint64_t bytes_in;     /* read by the guest: files, streams, sockets */
    uint64_t bytes_out;    /* and written */
    /* Private to the functions below. */
    uint64_t cpu_from_ns;
    uint64_t wall_from_ns;
    uint64_t fuel_before;
};

/*
 * Begin to measure; the calling thread is the guest's. A store never gives
 * memory back, so what it holds at the end is the most it held.
 */
void proa_usage_begin(struct proa_usage *usage, const struct proa_store *store);

/*
 * Where a thread runs guests in turn: the thread goes to another one, and comes
 * back to this one, or another thread takes it up.
 */
void proa_usage_rest(struct proa_usage *usage);
void proa_usage_resume(struct proa_usage *usage);

/* On the guest's thread, not at rest. */
void proa_usage_end(struct proa_usage *usage, const struct proa_store *store);

/*
 * What a store holds now: memories, and objects, which are tables, instances
 * and what the host made. Of objects 256 KiB do not count for the store's
 * limit, so that one in whole pages leaves them to memories. Without a limit a
 * memory has at most 4 GiB.
 */
uint64_t proa_store_memory_bytes(const struct proa_store *store);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
