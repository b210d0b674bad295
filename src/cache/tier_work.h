/*
 * Optimized code for a module that runs: found or made, and installed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_TIER_WORK_H
#define PROA_CACHE_TIER_WORK_H

#include "cache/job.h"

/*
 * From the cache, by another process that is at it already, or by ours.
 *
 * @param job    with a `stop_fd`; its tier is set here
 * @param module has baseline code; gets better code
 * @return PROA_OK, PROA_COMPILER (it failed, or it was time to stop), what
 *         compiling returns
 * Threads: any; the job belongs to one.
 */
PROA_NODISCARD enum proa_status proa_tier_work(struct proa_job *job,
                                               struct proa_engine *engine,
                                               struct proa_module *module,
                                               struct proa_error *err);

/*
 * Only these functions, at once. They are kept in the cache, as the next part,
 * until the whole is there.
 *
 * @param functions see struct proa_job
 */
PROA_NODISCARD enum proa_status proa_tier_work_some(const struct proa_job *job,
                                                    struct proa_engine *engine,
                                                    struct proa_module *module,
                                                    const char *functions,
                                                    struct proa_error *err);

/* Take the parts that the cache has: what was hot when it ran before. */
void proa_tier_load_some(const struct proa_job *job, struct proa_engine *engine,
                         struct proa_module *module);

/* Wait; false when it is time to stop. */
bool proa_tier_pause(int stop_fd, uint64_t ns);

#endif
