/*
 * Calls between C and a guest, in nanoseconds: bench_calls ARTIFACT
 * A line a case: its name and the least of several rounds' averages.
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

enum { COUNT = 3000000, ROUNDS = 5 };

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void check(enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK)
        return;
    fprintf(stderr, "bench_calls: %s\n", err->text);
    exit(1);
}

static void host_nothing(struct proa_call *call)
{
    (void)call;
}

static uint32_t host_add(struct proa_call *call, uint32_t a, uint32_t b)
{
    (void)call;
    return a + b;
}

static struct proa_extern make_host(struct proa_store *store,
                                    const struct proa_functype *type,
                                    proa_host_fn fn)
{
    struct proa_extern made = { .kind = PROA_KIND_FUNC };
    struct proa_error err = { 0 };

    check(proa_func_create(store, type, fn, NULL, &made.of.func, &err), &err);
    return made;
}

static struct proa_func *find(struct proa_instance *instance, const char *name)
{
    struct proa_extern found;

    if (!proa_instance_export(instance, name, &found))
        exit(1);
    return found.of.func;
}

static void report(const char *name, double best_ns)
{
    printf("%s %.3f\n", name, best_ns);
}

/* One call from here a time. */
static void measure_entry(const char *name, struct proa_func *func)
{
    union proa_value args[2] = { { .i32 = 1 }, { .i32 = 2 } };
    union proa_value result = { 0 };
    struct proa_error err = { 0 };
    double best_ns = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        double ns;

        for (int i = 0; i < COUNT; i++) {
            args[0].i32 = i;
            check(proa_func_call(func, args, &result, &err), &err);
        }
        ns = (now_ns() - start) / COUNT;
        if (ns < best_ns)
            best_ns = ns;
    }
    report(name, best_ns);
}

/* One call from here, in which the guest makes COUNT calls. */
static void measure_inside(const char *name, struct proa_func *func)
{
    union proa_value count = { .i32 = COUNT };
    union proa_value result = { 0 };
    struct proa_error err = { 0 };
    double best_ns = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        double ns;

        check(proa_func_call(func, &count, &result, &err), &err);
        ns = (now_ns() - start) / COUNT;
        if (ns < best_ns)
            best_ns = ns;
    }
    report(name, best_ns);
}

/* What `call_table` does in the guest, in C. */
__attribute__((noinline)) static int32_t inner(int32_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value + 1;
}

static int32_t (*table[2])(int32_t) = { inner, inner };

static void measure_pointer(const char *name)
{
    double best_ns = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        int32_t sum = 0;

        __asm__ volatile("" ::"r"(table) : "memory"); /* it may have changed */
        for (uint32_t i = COUNT; i > 0; i--)
            sum = table[i & 1](sum);
        double ns = (now_ns() - start) / COUNT;
        if (ns < best_ns && sum == COUNT)
            best_ns = ns;
    }
    report(name, best_ns);
}

static void park_forever(void *env)
{
    const bool *is_over = env;

    while (!*is_over)
        proa_fiber_park();
}

/* There and back is two switches; of several fibers, which take turns. */
static void measure_switch(const char *name, uint32_t fiber_count,
                           uint64_t slice_ns)
{
    enum { FIBERS_MAX = 16 };
    struct proa_fiber_pool *pool = proa_fiber_pool_create(NULL);
    struct proa_fiber *fibers[FIBERS_MAX];
    bool is_over = false;
    double best_ns = 1e30;

    for (uint32_t i = 0; i < fiber_count; i++)
        fibers[i] = proa_fiber_create(pool, park_forever, &is_over);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        uint64_t end = slice_ns == 0 ? 0 : proa_clock_now() + slice_ns;

        for (int i = 0; i < COUNT; i++)
            (void)proa_fiber_resume(fibers[(uint32_t)i % fiber_count], end);
        double ns = (now_ns() - start) / COUNT / 2;
        if (ns < best_ns)
            best_ns = ns;
    }
    report(name, best_ns);
    is_over = true;
    for (uint32_t i = 0; i < fiber_count; i++)
        (void)proa_fiber_resume(fibers[i], 0);
    proa_fiber_pool_destroy(pool);
}

int main(int argc, char **argv)
{
    static const enum proa_valtype two[] = { PROA_I32, PROA_I32 };
    const struct proa_functype nothing = { 0 };
    const struct proa_functype add = { two, two, 2, 1 };
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    struct proa_store *store = NULL;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct proa_extern imports[2];

    if (argc != 2)
        return 2;
    check(proa_engine_create(&engine, &err), &err);
    check(proa_module_load(engine, argv[1], &module, &err), &err);
    check(proa_store_create(engine, NULL, &store, &err), &err);
    imports[0] = make_host(store, &nothing, (proa_host_fn)host_nothing);
    imports[1] = make_host(store, &add, (proa_host_fn)host_add);
    check(proa_instance_create(store, module, imports, 2, &instance, &err),
          &err);

    measure_entry("host_to_guest_nothing", find(instance, "nothing"));
    measure_entry("host_to_guest_add", find(instance, "add"));
    measure_inside("guest_to_host_nothing", find(instance, "call_nothing"));
    measure_inside("guest_to_host_add", find(instance, "call_add"));
    measure_inside("guest_to_guest_table", find(instance, "call_table"));
    measure_pointer("native_pointer");
    measure_switch("fiber_switch", 1, 0);
    measure_switch("fiber_switch_of_16", 16, 0);
    proa_slice_start();
    measure_switch("fiber_switch_watched", 16, UINT64_C(10000000000));
    proa_slice_stop();

    proa_store_destroy(store);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return 0;
}
