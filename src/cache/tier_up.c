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
#include "platform/sample.h"
#include "runtime/module.h"
#include "runtime/tier.h"

static const uint64_t sample_ns = 1000000;
static const uint64_t again_ns = 50000000;      /* samples after a batch */
static const uint64_t rest_max_ns = 1000000000; /* between samples */
static const uint64_t idle_ns = 400000000;      /* such a rest: nothing runs */

/*
 * Of baseline code in a batch: at first what compiles in a moment, then more,
 * as each costs the start of a compiler and the reading of the module.
 */
enum { BATCH_BYTES_FIRST = 48 << 10, BATCH_BYTES_MAX = 512 << 10 };

/*
 * The whole is compiled by who has run for as long as that may take: so a
 * program that is run again and again, for a moment each, leaves its hot parts
 * behind and not each time half of a long work. By baseline code.
 */
static const uint64_t whole_bytes_per_s = 1 << 20;

struct proa_tier_up {
    struct proa_job job;
    struct proa_engine *engine; /* borrowed */
    struct proa_module *module; /* owned */
    uint64_t delay_ns;
    pthread_t thread;
    struct proa_sampler sampler; /* of the thread that started it */
    bool has_sampler;
    struct proa_heat heat; /* used with the sampler */
    int stop_fd;           /* owned */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Look where the guest is, for that long: false when it is time to stop. */
static bool watch(struct proa_tier_up *tier_up, uint64_t ns)
{
    struct proa_sampler *sampler = &tier_up->sampler;
    uint64_t start = now_ns();
    uint32_t count;

    proa_sampler_clear(sampler);
    while (now_ns() - start < ns) {
        if (!proa_tier_pause(tier_up->stop_fd, sample_ns))
            return false;
        proa_sampler_ask(sampler);
    }
    proa_heat_fade(&tier_up->heat);
    count = atomic_load(&sampler->count);
    for (uint32_t i = 0; i < count && i < PROA_SAMPLES_MAX; i++)
        (void)proa_heat_note(&tier_up->heat, atomic_load(&sampler->pcs[i]));
    return true;
}

/* Whoever wants to hear of it; nothing that was given up is told. */
static void tell(const struct proa_tier_up *tier_up, uint32_t function_count,
                 uint64_t start_ns, enum proa_status status,
                 const struct proa_error *err)
{
    const struct proa_compile_options *options = &tier_up->job.options;
    const struct proa_tier_step step = {
        .function_count = function_count,
        .ns = now_ns() - start_ns,
        .status = status,
        .err = err,
    };

    if (options->step == NULL ||
        (status != PROA_OK && !proa_tier_pause(tier_up->stop_fd, 0)))
        return;
    options->step(options->step_env, &step);
}

/* One batch. */
static enum proa_status compile_some(struct proa_tier_up *tier_up,
                                     const char *functions)
{
    struct proa_error err = { 0 };
    uint64_t start_ns = now_ns();
    enum proa_status status = proa_tier_work_some(
        &tier_up->job, tier_up->engine, tier_up->module, functions, &err);

    tell(tier_up, proa_heat_count_text(functions), start_ns, status, &err);
    return status;
}

static void compile_whole(struct proa_tier_up *tier_up)
{
    struct proa_error err = { 0 };
    uint64_t start_ns = now_ns();
    enum proa_status status =
        proa_tier_work(&tier_up->job, tier_up->engine, tier_up->module, &err);

    tell(tier_up, 0, start_ns, status, &err);
}

/* Hot functions first, as they show; false when it is time to stop. */
static bool compile_hot(struct proa_tier_up *tier_up)
{
    uint64_t whole_ns =
        now_ns() + tier_up->delay_ns +
        tier_up->module->artifact.text_size * 1000000000 / whole_bytes_per_s;
    uint64_t batch_bytes = BATCH_BYTES_FIRST;
    uint64_t watch_ns = tier_up->delay_ns;
    uint64_t rest_ns = again_ns;
    char functions[PROA_HEAT_TEXT_SIZE];

    for (;;) {
        if (watch_ns > 0 && !watch(tier_up, watch_ns))
            return false;
        watch_ns = again_ns;
        if (proa_heat_take(&tier_up->heat, batch_bytes, functions)) {
            if (compile_some(tier_up, functions) != PROA_OK)
                return proa_tier_pause(tier_up->stop_fd, 0);
            if (batch_bytes < BATCH_BYTES_MAX)
                batch_bytes *= 2;
            rest_ns = again_ns;
            watch_ns = 0; /* what had no room in this one comes next */
        } else {
            if (now_ns() >= whole_ns &&
                (rest_ns >= idle_ns || proa_heat_is_known(&tier_up->heat)))
                return true;
            if (!proa_tier_pause(tier_up->stop_fd, rest_ns))
                return false;
            /* Nothing runs: look ever less often. */
            if (atomic_load(&tier_up->sampler.count) > 0)
                rest_ns = again_ns;
            else if (rest_ns < rest_max_ns)
                rest_ns *= 2;
        }
    }
}

static void *run(void *argument)
{
    struct proa_tier_up *tier_up = argument;
    bool goes_on;

    if (tier_up->has_sampler) {
        goes_on = compile_hot(tier_up);
        proa_sampler_stop(&tier_up->sampler);
    } else {
        goes_on = proa_tier_pause(tier_up->stop_fd, tier_up->delay_ns);
    }
    if (goes_on)
        compile_whole(tier_up);
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
    proa_tier_load_some(&tier_up->job, tier_up->engine, tier_up->module);
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
    made->delay_ns = delay_ns;
    made->module = proa_module_retain(module);
    made->has_sampler = delay_ns > 0 && proa_heat_init(&made->heat, module) &&
                        proa_sampler_start(&made->sampler);
    enum proa_status status = fill(made, bytes, size, options, err);
    if (status != PROA_OK) {
        if (made->has_sampler)
            proa_sampler_stop(&made->sampler);
        proa_heat_deinit(&made->heat);
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
    proa_heat_deinit(&tier_up->heat);
    proa_module_release(tier_up->module);
    free(tier_up);
}
