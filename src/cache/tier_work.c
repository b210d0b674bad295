/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/tier_work.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/heat.h"
#include "runtime/module.h"
#include "runtime/tier.h"

/* How often we look whether another process has made it. */
static const uint64_t look_again_ns = 500000000;

bool proa_tier_pause(int stop_fd, uint64_t ns)
{
    struct pollfd polled = { stop_fd, POLLIN, 0 };
    struct timespec time = { (time_t)(ns / 1000000000),
                             (long)(ns % 1000000000) };
    int ready;

    do {
        ready = ppoll(&polled, 1, &time, NULL);
    } while (ready < 0 && errno == EINTR);
    return ready == 0;
}

/* The optimized module, by us or by another process that is at it already. */
static enum proa_status better_get(const struct proa_job *job,
                                   struct proa_engine *engine,
                                   struct proa_cache *cache,
                                   struct proa_module **better,
                                   struct proa_error *err)
{
    enum proa_status status;
    int lock = -1;

    for (;;) {
        status = proa_job_load(job, engine, cache, better, err);
        if (status != PROA_COMPILER || lock >= 0)
            break;
        lock = proa_cache_lock(cache, job->key, false);
        if (lock < 0 && !proa_tier_pause(*job->stop_fd, look_again_ns))
            return proa_fail(err, PROA_COMPILER, 0, "it was time to stop");
    }
    if (status == PROA_COMPILER)
        status = proa_job_make_and_load(job, engine, cache, better, err);
    if (lock >= 0)
        (void)close(lock);
    return status;
}

/* Whoever starts from now on has no use for them. */
static void drop_parts(const struct proa_job *job, struct proa_cache *cache,
                       uint32_t count)
{
    struct proa_job own = *job;
    struct proa_error err = { 0 };

    for (uint32_t i = 1; i <= count; i++) {
        proa_job_set_part(&own, i);
        if (proa_job_make_key(&own, &err) == PROA_OK)
            proa_cache_drop(cache, own.key);
    }
}

enum proa_status proa_tier_work(struct proa_job *job,
                                struct proa_engine *engine,
                                struct proa_module *module,
                                struct proa_error *err)
{
    struct proa_cache *cache = proa_job_open_cache(job);
    struct proa_module *better = NULL;
    char *hot = proa_heat_text_of_parts(module);
    enum proa_status status;

    proa_job_set_part(job, 0);
    proa_job_set_digest(job, module->artifact.module_sha256);
    job->hot = hot;
    if (cache == NULL) {
        status = proa_job_make_and_load(job, engine, NULL, &better, err);
    } else {
        status = proa_job_make_key(job, err);
        if (status == PROA_OK)
            status = better_get(job, engine, cache, &better, err);
        if (status == PROA_OK)
            drop_parts(job, cache, proa_module_some_count(module));
        proa_cache_close(cache);
    }
    job->hot = NULL;
    free(hot);
    if (status == PROA_OK)
        status = proa_module_improve(module, better, err);
    proa_module_release(better);
    return status;
}

enum proa_status proa_tier_work_some(const struct proa_job *job,
                                     struct proa_engine *engine,
                                     struct proa_module *module,
                                     const char *functions,
                                     struct proa_error *err)
{
    struct proa_cache *cache = proa_job_open_cache(job);
    struct proa_job own = *job;
    struct proa_module *some = NULL;
    enum proa_status status;

    proa_job_set_part(&own, proa_module_some_count(module) + 1);
    proa_job_set_digest(&own, module->artifact.module_sha256);
    own.functions = functions;
    status = proa_job_make_key(&own, err);
    if (status == PROA_OK)
        status = proa_job_make_and_load(&own, engine, cache, &some, err);
    proa_cache_close(cache);
    if (status == PROA_OK)
        status = proa_module_improve_some(module, some, err);
    proa_module_release(some);
    return status;
}

void proa_tier_load_some(const struct proa_job *job, struct proa_engine *engine,
                         struct proa_module *module)
{
    struct proa_cache *cache = proa_job_open_cache(job);
    struct proa_job own = *job;
    enum proa_status status = PROA_OK;

    proa_job_set_digest(&own, module->artifact.module_sha256);
    for (uint32_t i = 1;
         cache != NULL && status == PROA_OK && i <= PROA_TIER_SOME_MAX; i++) {
        struct proa_module *some = NULL;
        struct proa_error err = { 0 };

        proa_job_set_part(&own, i);
        status = proa_job_make_key(&own, &err);
        if (status == PROA_OK)
            status = proa_job_load(&own, engine, cache, &some, &err);
        if (status == PROA_OK)
            status = proa_module_improve_some(module, some, &err);
        proa_module_release(some);
    }
    proa_cache_close(cache);
}
