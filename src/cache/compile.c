/*
 * From wasm bytes to a module: the cache, else the compiler process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proa/compile.h"

#include <string.h>
#include <unistd.h>

#include "cache/job.h"
#include "cache/output.h"

/* The module of a job with a tier: cached, or made now. */
static enum proa_status find_or_make(struct proa_job *job,
                                     struct proa_engine *engine,
                                     struct proa_cache *cache,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    enum proa_status status;
    int lock;

    if (cache == NULL)
        return proa_job_make_and_load(job, engine, NULL, module, err);
    status = proa_job_make_key(job, err);
    if (status == PROA_OK)
        status = proa_job_load(job, engine, cache, module, err);
    if (status != PROA_COMPILER)
        return status;
    lock = proa_cache_lock(cache, job->key, true);
    /* Another may have made it while we waited. */
    status = proa_job_load(job, engine, cache, module, err);
    if (status == PROA_COMPILER)
        status = proa_job_make_and_load(job, engine, cache, module, err);
    if (lock >= 0)
        (void)close(lock);
    return status;
}

static bool has_baseline(const struct proa_job *job)
{
    return strncmp(job->target.triple, "x86_64", 6) == 0;
}

/* The best code that is there at once. */
static enum proa_status find_or_start(struct proa_job *job,
                                      struct proa_engine *engine,
                                      struct proa_cache *cache,
                                      struct proa_module **module,
                                      struct proa_error *err)
{
    struct proa_error error = { 0 };
    enum proa_status status = PROA_COMPILER;

    if (cache != NULL) {
        proa_job_set_tier(job, PROA_TIER_OPTIMIZED);
        status = proa_job_make_key(job, err);
        if (status == PROA_OK)
            status = proa_job_load(job, engine, cache, module, err);
    }
    if (status != PROA_COMPILER)
        return status;
    proa_job_set_tier(job, PROA_TIER_BASELINE);
    status = find_or_make(job, engine, cache, module, &error);
    if (status == PROA_UNSUPPORTED) { /* the other compiler may know it */
        proa_job_set_tier(job, PROA_TIER_OPTIMIZED);
        return find_or_make(job, engine, cache, module, err);
    }
    if (status != PROA_OK)
        *err = error;
    return status;
}

enum proa_status proa_module_compile(struct proa_engine *engine,
                                     const uint8_t *bytes, size_t size,
                                     const struct proa_compile_options *options,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    struct proa_cache *cache;
    struct proa_job job;
    enum proa_status status = proa_job_init(&job, bytes, size, options, err);

    if (status != PROA_OK)
        return status;
    cache = proa_job_open_cache(&job);
    if (job.options.tier == PROA_TIER_AUTO && has_baseline(&job)) {
        status = find_or_start(&job, engine, cache, module, err);
    } else {
        proa_job_set_tier(&job, job.options.tier);
        status = find_or_make(&job, engine, cache, module, err);
    }
    proa_cache_close(cache);
    return status;
}

enum proa_status
proa_compile_to_file(const uint8_t *bytes, size_t size,
                     const struct proa_compile_options *options,
                     const char *path, struct proa_error *err)
{
    struct proa_job job;
    struct proa_job_output output = { .fd = -1 };
    enum proa_status status = proa_job_init(&job, bytes, size, options, err);
    int beside;

    if (status != PROA_OK)
        return status;
    proa_job_set_tier(&job, job.options.tier);
    /* Written where it stays, if there it can be without a name until then. */
    beside = proa_output_beside(path);
    if (beside >= 0)
        job.output_fd = &beside;
    status = proa_job_make(&job, &output, err);
    if (beside >= 0)
        (void)close(beside);
    if (status != PROA_OK)
        return status;
    status = proa_output_write(output.fd, output.size, path, err);
    (void)close(output.fd);
    return status;
}
