/*
 * Better code, made while the program runs on the first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/job.h"
#include "runtime/tier.h"

/* How often we look whether another process has made it. */
static const uint64_t look_again_ns = 500000000;

struct proa_tier_up {
    struct proa_job job;
    struct proa_engine *engine; /* borrowed */
    struct proa_module *module; /* owned */
    uint64_t delay_ns;
    pthread_t thread;
    int stop_fd; /* owned */
};

/* False when it is time to stop. */
static bool pause_for(const struct proa_tier_up *tier_up, uint64_t ns)
{
    struct pollfd polled = { tier_up->stop_fd, POLLIN, 0 };
    struct timespec time = { (time_t)(ns / 1000000000),
                             (long)(ns % 1000000000) };
    int ready;

    do {
        ready = ppoll(&polled, 1, &time, NULL);
    } while (ready < 0 && errno == EINTR);
    return ready == 0;
}

/* The optimized module, by us or by another process that is at it already. */
static enum proa_status better_get(const struct proa_tier_up *tier_up,
                                   struct proa_cache *cache,
                                   struct proa_module **better,
                                   struct proa_error *err)
{
    enum proa_status status;
    int lock = -1;

    for (;;) {
        status =
            proa_job_load(&tier_up->job, tier_up->engine, cache, better, err);
        if (status != PROA_COMPILER || lock >= 0)
            break;
        lock = proa_cache_lock(cache, tier_up->job.key, false);
        if (lock < 0 && !pause_for(tier_up, look_again_ns))
            return PROA_COMPILER;
    }
    if (status == PROA_COMPILER)
        status = proa_job_make_and_load(&tier_up->job, tier_up->engine, cache,
                                        better, err);
    if (lock >= 0)
        (void)close(lock);
    return status;
}

static void *run(void *argument)
{
    struct proa_tier_up *tier_up = argument;
    struct proa_module *better = NULL;
    struct proa_error err = { 0 };
    struct proa_cache *cache;
    enum proa_status status;

    if (!pause_for(tier_up, tier_up->delay_ns))
        return NULL;
    cache = proa_job_open_cache(&tier_up->job);
    if (cache == NULL) {
        status = proa_job_make_and_load(&tier_up->job, tier_up->engine, NULL,
                                        &better, &err);
    } else {
        status = proa_job_make_key(&tier_up->job, &err);
        if (status == PROA_OK)
            status = better_get(tier_up, cache, &better, &err);
        proa_cache_close(cache);
    }
    if (status == PROA_OK)
        status = proa_module_improve(tier_up->module, better, &err);
    (void)status; /* there is nobody to tell, and nothing is lost */
    proa_module_release(better);
    return NULL;
}

/* Signals are for the threads that run guests. */
static bool thread_start(struct proa_tier_up *tier_up)
{
    sigset_t all;
    sigset_t before;
    int code;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&tier_up->thread, NULL, run, tier_up);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

static enum proa_status fill(struct proa_tier_up *tier_up, const uint8_t *bytes,
                             size_t size,
                             const struct proa_compile_options *options,
                             struct proa_error *err)
{
    enum proa_status status =
        proa_job_init(&tier_up->job, bytes, size, options, err);

    if (status != PROA_OK)
        return status;
    /* These are for the thread that waits. */
    tier_up->job.options.progress = NULL;
    tier_up->job.options.warn = NULL;
    tier_up->job.stop_fd = &tier_up->stop_fd;
    proa_job_set_tier(&tier_up->job, PROA_TIER_OPTIMIZED);
    tier_up->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (tier_up->stop_fd < 0 || !thread_start(tier_up)) {
        if (tier_up->stop_fd >= 0)
            (void)close(tier_up->stop_fd);
        return proa_fail(err, PROA_IO, 0, "no thread to compile in");
    }
    return PROA_OK;
}

enum proa_status proa_tier_up_start(struct proa_engine *engine,
                                    struct proa_module *module,
                                    const uint8_t *bytes, size_t size,
                                    const struct proa_compile_options *options,
                                    uint64_t delay_ns,
                                    struct proa_tier_up **tier_up,
                                    struct proa_error *err)
{
    struct proa_tier_up *made;

    if (!proa_module_can_improve(module)) {
        *tier_up = NULL;
        return PROA_OK;
    }
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    made->engine = engine;
    made->delay_ns = delay_ns;
    made->module = proa_module_retain(module);
    enum proa_status status = fill(made, bytes, size, options, err);
    if (status != PROA_OK) {
        proa_module_release(made->module);
        free(made);
        return status;
    }
    *tier_up = made;
    return PROA_OK;
}

void proa_tier_up_stop(struct proa_tier_up *tier_up)
{
    static const uint64_t one = 1;

    if (tier_up == NULL)
        return;
    (void)!write(tier_up->stop_fd, &one, sizeof one);
    (void)pthread_join(tier_up->thread, NULL);
    (void)close(tier_up->stop_fd);
    proa_module_release(tier_up->module);
    free(tier_up);
}
