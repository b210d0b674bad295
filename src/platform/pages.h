/*
 * Which pages of an area are its own: written since it was mapped, so that they
 * no longer read as zero or as the file behind them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_PAGES_H
#define PROA_PLATFORM_PAGES_H

#include <stdbool.h>
#include <stdint.h>

enum { PROA_PAGES_RUNS_MAX = 64 };

/* Whole pages, in bytes from the area's start. */
struct proa_page_run {
    uint64_t start;
    uint64_t end;
};

/*
 * The runs of own pages in [from, size) of a mapping, ascending, at most
 * `run_max` (1 to PROA_PAGES_RUNS_MAX) of them; pages that were swapped out
 * belong to them.
 *
 * @param next set to where to go on: `size` when all was looked at
 * @return how many runs were written; -1: this cannot be known here
 * Threads: any.
 */
int proa_pages_scan(const void *base, uint64_t from, uint64_t size,
                    struct proa_page_run *runs, uint32_t run_max,
                    uint64_t *next);

/* How many pages this thread has ever faulted in, also by calls of the kernel;
 * equal ones of one thread mean that none came in between. */
struct proa_page_faults {
    const void *thread;
    uint64_t count;
};

/* Threads: any. */
struct proa_page_faults proa_pages_faults(void);

#endif
