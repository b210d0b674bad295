/*
 * What preemption costs, and how exact it is: bench_preempt ARTIFACT SLICE_US
 * Lines: "overhead RATIO" of the same work in slices and in one go, a line a
 * round; "late_us US", how long after its slice's end a guest without end had
 * left the processor, a line a slice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "platform/fiber.h"
#include "platform/poll.h"
#include "platform/slice.h"
#include "proa/engine.h"
#include "proa/store.h"

enum { ROUNDS = 9, TIMES = 8, SLICES = 400 };

struct work {
    struct proa_func *func;
    union proa_value value;
    enum proa_status status;
};

static void check(enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK)
        return;
    fprintf(stderr, "bench_preempt: %s\n", err->text);
    exit(1);
}

static void run(void *env)
{
    struct work *work = env;
    struct proa_error err = { 0 };

    work->status = proa_func_call(work->func, &work->value, &work->value, &err);
}

/* Processor time of the thread, of the whole work. */
static double measure(struct proa_fiber_pool *pool, struct proa_func *func,
                      uint64_t slice_ns)
{
    struct work work = { .func = func, .value.i32 = TIMES };
    struct proa_fiber *fiber = proa_fiber_create(pool, run, &work);
    struct timespec start, end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    while (proa_fiber_resume(fiber,
                             slice_ns == 0 ? 0 : proa_clock_now() + slice_ns) !=
           PROA_FIBER_FINISHED)
        ;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (double)(end.tv_sec - start.tv_sec) * 1e9 +
           (double)(end.tv_nsec - start.tv_nsec);
}

/*
 * At real-time priority a program that never rests is stopped for 50 ms of each
 * second (sched_rt_runtime_us), so that ordinary ones get their share: that
 * would be told as lateness of ours. Resting between slices leaves them theirs.
 */
static void rest(uint64_t ns)
{
    struct timespec time = { .tv_sec = (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000) };

    (void)nanosleep(&time, NULL);
}

static void measure_lateness(struct proa_fiber_pool *pool,
                             struct proa_func *func, struct proa_store *store,
                             uint64_t slice_ns)
{
    struct work work = { .func = func };
    struct proa_fiber *fiber = proa_fiber_create(pool, run, &work);

    for (int i = 0; i < SLICES; i++) {
        rest(slice_ns);

        uint64_t end = proa_clock_now() + slice_ns;

        if (proa_fiber_resume(fiber, end) != PROA_FIBER_PREEMPTED)
            exit(1);
        printf("late_us %.1f\n", (double)(proa_clock_now() - end) / 1000);
    }
    proa_store_interrupt(store);
    if (proa_fiber_resume(fiber, 0) != PROA_FIBER_FINISHED ||
        work.status != PROA_TRAP)
        exit(1);
}

static struct proa_func *find(struct proa_instance *instance, const char *name)
{
    struct proa_extern found;

    if (!proa_instance_export(instance, name, &found))
        exit(1);
    return found.of.func;
}

int main(int argc, char **argv)
{
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    struct proa_store *store = NULL;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };

    if (argc != 3)
        return 2;
    uint64_t slice_ns = (uint64_t)atoi(argv[2]) * 1000;
    check(proa_engine_create(&engine, &err), &err);
    check(proa_module_load(engine, argv[1], &module, &err), &err);
    check(proa_store_create(engine, NULL, &store, &err), &err);
    check(proa_instance_create(store, module, NULL, 0, &instance, &err), &err);
    struct proa_fiber_pool *pool = proa_fiber_pool_create(NULL);
    if (pool == NULL)
        return 1;
    proa_slice_start();
    struct proa_func *func = find(instance, "work");
    (void)measure(pool, func, 0);
    for (int i = 0; i < ROUNDS; i++) {
        double whole = measure(pool, func, 0);

        printf("overhead %.5f\n", measure(pool, func, slice_ns) / whole - 1);
    }
    measure_lateness(pool, find(instance, "spin"), store, slice_ns);
    proa_slice_stop();
    proa_fiber_pool_destroy(pool);
    proa_store_destroy(store);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return 0;
}
