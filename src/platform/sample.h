/*
 * Where a thread is in guest code, asked again and again: which functions are
 * hot. The code itself pays nothing for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_SAMPLE_H
#define PROA_PLATFORM_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { PROA_SAMPLES_MAX = 4096 };

struct proa_sampler {
    int thread;          /* the kernel's number of it; 0: who runs a fiber */
    clockid_t cpu_clock; /* of the thread */
    uint64_t cpu_ns;     /* when it was asked last */
    atomic_uint count;   /* may be more than fit */
    atomic_uintptr_t pcs[PROA_SAMPLES_MAX];
};

/*
 * Get ready to ask the thread that calls this. One in a process at a time.
 *
 * @return false: another is at it, or the system does not let us
 */
bool proa_sampler_start(struct proa_sampler *sampler);

/* The same for all threads that run fibers in slices, from any thread. */
bool proa_sampler_start_fibers(struct proa_sampler *sampler);

/* Ask once, unless it did not run since. Threads: any, one at a time. */
void proa_sampler_ask(struct proa_sampler *sampler);

/* Forget what was found. */
void proa_sampler_clear(struct proa_sampler *sampler);

/* Ask no more. What was found stays. */
void proa_sampler_stop(struct proa_sampler *sampler);

#endif
