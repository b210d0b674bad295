/*
 * What the files of fibers share: a fiber's parts and those of its thread.
 *
 * A fiber's mapping, from its low end: a guard; the stack, at whose top lies
 * the fiber itself; and a place for the registers of a guest that was
 * preempted, with room below them for the few C calls that then leave the
 * fiber. The last costs no memory until it is used.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_FIBER_STATE_H
#define PROA_PLATFORM_FIBER_STATE_H

#include <stdatomic.h>
#include <time.h>

#include "platform/fiber.h"
#include "platform/sanitizer.h"

enum {
    PROA_FIBER_GUARD_SIZE = 64 * 1024,
#if PROA_SANITIZED
    PROA_FIBER_LEAVE_SIZE = 64 * 1024,
#else
    PROA_FIBER_LEAVE_SIZE = 8 * 1024,
#endif
    PROA_FIBER_CONTEXT_SIZE = 16 * 1024, /* 11 KiB with the largest vectors */
};

struct proa_fiber {
    void *sp; /* while it does not run */
    struct proa_fiber_pool *pool;
    struct proa_fiber *next; /* idle */
    void (*fn)(void *arg);
    void *arg;
    uint8_t *map;
    uint8_t *context; /* of a preempted guest; what leaves runs below it */
    enum proa_fiber_state state;
    struct proa_sanitizer_stack sanitizer;
};

/* A thread's running slice; also its signal handler's, and others look. */
struct proa_slice {
    atomic_ullong end_ns;       /* CLOCK_MONOTONIC; 0: no slice */
    volatile uint64_t fires_ns; /* the timer; 0: it is not set */
    timer_t timer;
    int thread;              /* the kernel's number */
    struct proa_slice *next; /* of all */
};

struct proa_fiber_thread {
    struct proa_fiber *fiber; /* that runs; NULL: none */
    void *sp;                 /* of the scheduler, while a fiber runs */
    struct proa_slice slice;
    uint32_t pool_count;
    struct proa_sanitizer_stack sanitizer;
};

/* initial-exec: signal handlers read it. */
extern _Thread_local struct proa_fiber_thread proa_fiber_here
    __attribute__((tls_model("initial-exec")));

/* Leave the fiber that runs; returns when it is resumed. */
void proa_fiber_stop(struct proa_fiber *fiber, enum proa_fiber_state state);

/* In slice.c. A thread's slices end between the two; false: it has no timer. */
bool proa_slice_add(struct proa_slice *slice, int thread);
void proa_slice_remove(struct proa_slice *slice);
/* A slice begins; 0: none. */
void proa_slice_begin(struct proa_slice *slice, uint64_t end_ns);
/* Of the handler: it may be that the timer has fired. */
void proa_slice_tick(void);

#endif
