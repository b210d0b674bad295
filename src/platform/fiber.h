/*
 * Fibers: C functions that can stop in the middle, each on a stack of its own.
 *
 * A thread's scheduler resumes a fiber; the fiber runs until it parks, until
 * its slice is over or until its function returns. Guests nest in a fiber as
 * they nest in a thread: a guest that a fiber entered runs on its own stack
 * (guest.h), and a host function that it calls may park the fiber.
 *
 * A fiber stays on the thread of its pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_FIBER_H
#define PROA_PLATFORM_FIBER_H

#include <stdbool.h>
#include <stdint.h>

struct proa_fiber_pool;
struct proa_fiber;

/* Why proa_fiber_resume() came back. */
enum proa_fiber_state {
    PROA_FIBER_PARKED,    /* it waits for something */
    PROA_FIBER_PREEMPTED, /* it would go on: its slice is over */
    PROA_FIBER_FINISHED,  /* its function returned; it is gone */
};

/* Start from `{ 0 }`: every zero is the default. */
struct proa_fiber_options {
    uint64_t stack_bytes; /* for C code of a fiber; 0: 64 KiB. With sanitizers
                             it is four times as large */
    uint32_t idle_count_max; /* stacks kept for the next; 0: 64 */
};

/*
 * @param options borrowed for the call; NULL: all defaults
 * @return owned: end with proa_fiber_pool_destroy(); NULL: no memory
 * Threads: the pool and its fibers belong to the thread that calls.
 */
struct proa_fiber_pool *
proa_fiber_pool_create(const struct proa_fiber_options *options);

/* Every fiber must have finished. NULL does nothing. */
void proa_fiber_pool_destroy(struct proa_fiber_pool *pool);

/*
 * A fiber that will call fn(arg) when it is first resumed.
 *
 * @return ends itself when `fn` returns; NULL: no memory
 */
struct proa_fiber *proa_fiber_create(struct proa_fiber_pool *pool,
                                     void (*fn)(void *arg), void *arg);

/*
 * Run a fiber until it stops. Not from within a fiber.
 *
 * @param slice_end_ns CLOCK_MONOTONIC; 0: never. A fiber that runs beyond it is
 *                     preempted, once proa_slice_start() was called (slice.h)
 */
enum proa_fiber_state proa_fiber_resume(struct proa_fiber *fiber,
                                        uint64_t slice_end_ns);

/* Stop this fiber; returns when it is resumed. Only within a fiber. */
void proa_fiber_park(void);

/* The fiber that runs on this thread; NULL: none. Also in a signal handler. */
struct proa_fiber *proa_fiber_current(void);

#endif
