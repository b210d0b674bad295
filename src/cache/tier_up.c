/*
 * Better code, made while the program runs on the first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/heat.h"
#include "cache/tier_work.h"
#include "runtime/tier.h"

static const uint64_t sample_ns = 1000000;

struct proa_tier_up {
    struct proa_job job;
    struct proa_engine *engine; /* borrowed */
    struct proa_module *module; /* owned */
    uint64_t delay_ns;
    pthread_t thread;
    struct proa_sampler sampler; /* of the thread that started it */
    bool has_sampler;
    int stop_fd; /* owned */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Until it is time to compile: false when it is time to stop. */
static bool watch(struct proa_tier_up *tier_up)
{
    uint64_t start = now_ns();

    while (tier_up->has_sampler && now_ns() - start < tier_up->delay_ns) {
        if (!proa_tier_pause(tier_up->stop_fd, sample_ns))
            return false;
        proa_sampler_ask(&tier_up->sampler);
    }
    return tier_up->has_sampler ||
           proa_tier_pause(tier_up->stop_fd, tier_up->delay_ns);
}

static void *run(void *argument)
{
    struct proa_tier_up *tier_up = argument;
    char functions[PROA_HEAT_TEXT_SIZE];
    struct proa_error err = { 0 };
    bool goes_on = watch(tier_up);

    if (tier_up->has_sampler)
        proa_sampler_stop(&tier_up->sampler);
    /* There is nobody to tell, and nothing is lost. */
    if (goes_on && tier_up->has_sampler &&
        proa_heat_text(tier_up->module, &tier_up->sampler, functions))
        (void)!proa_tier_work_some(&tier_up->job, tier_up->engine,
                                   tier_up->module, functions, &err);
    if (goes_on)
        (void)!proa_tier_work(&tier_up->job, tier_up->engine, tier_up->module,
                              &err);
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
    made->has_sampler = delay_ns > 0 && proa_sampler_start(&made->sampler);
    made->delay_ns = delay_ns;
    made->module = proa_module_retain(module);
    enum proa_status status = fill(made, bytes, size, options, err);
    if (status != PROA_OK) {
        if (made->has_sampler)
            proa_sampler_stop(&made->sampler);
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
    if (tier_up->has_sampler)
        proa_sampler_stop(&tier_up->sampler);
    (void)close(tier_up->stop_fd);
    proa_module_release(tier_up->module);
    free(tier_up);
}
