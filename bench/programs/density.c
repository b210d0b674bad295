/*
 * Instances that wait in a host call, all at once in one process, each in a
 * store of its own and on a fiber: bench_density ARTIFACT COUNT
 * One line: how many wait, and the bytes of memory that one takes, page tables
 * included. Then all go on to their end, which is checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/fiber.h"
#include "proa/engine.h"
#include "proa/store.h"

struct request {
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_fiber *fiber;
    int32_t argument;
    int32_t result;
};

static void check(enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK)
        return;
    fprintf(stderr, "bench_density: %s\n", err->text);
    exit(1);
}

static int32_t host_wait(struct proa_call *call, int32_t value)
{
    (void)call;
    proa_fiber_park();
    return value;
}

static void answer(void *env)
{
    static const enum proa_valtype types[] = { PROA_I32 };
    const struct proa_functype type = { types, types, 1, 1 };
    struct request *request = env;
    struct proa_error err = { 0 };
    struct proa_store *store = NULL;
    struct proa_instance *instance = NULL;
    struct proa_extern import = { .kind = PROA_KIND_FUNC }, found;
    union proa_value value = { .i32 = request->argument };

    check(proa_store_create(request->engine, NULL, &store, &err), &err);
    check(proa_func_create(store, &type, (proa_host_fn)host_wait, NULL,
                           &import.of.func, &err),
          &err);
    check(proa_instance_create(store, request->module, &import, 1, &instance,
                               &err),
          &err);
    if (!proa_instance_export(instance, "run", &found))
        exit(1);
    check(proa_func_call(found.of.func, &value, &value, &err), &err);
    request->result = value.i32;
    proa_store_destroy(store);
}

/* Bytes of memory that this process has, by the lines of its status. */
static long bytes_now(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long total = 0, kib;

    if (file == NULL)
        exit(1);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "RssAnon: %ld", &kib) == 1 ||
            sscanf(line, "VmPTE: %ld", &kib) == 1)
            total += kib * 1024;
    }
    fclose(file);
    return total;
}

static struct proa_fiber_pool *pool;

/* How many of them wait now: fewer when there is no room for more. */
static uint32_t begin_all(struct request *requests, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        requests[i].argument = (int32_t)i;
        requests[i].fiber = proa_fiber_create(pool, answer, &requests[i]);
        if (requests[i].fiber == NULL)
            return i;
        if (proa_fiber_resume(requests[i].fiber, 0) != PROA_FIBER_PARKED)
            exit(1);
    }
    return count;
}

int main(int argc, char **argv)
{
    struct proa_error err = { 0 };
    struct request first = { 0 };

    if (argc != 3)
        return 2;
    uint32_t count = (uint32_t)atoi(argv[2]);
    struct request *requests = calloc(count, sizeof *requests);
    check(proa_engine_create(&first.engine, &err), &err);
    check(proa_module_load(first.engine, argv[1], &first.module, &err), &err);
    pool = proa_fiber_pool_create(NULL);
    if (requests == NULL || pool == NULL)
        return 1;
    for (uint32_t i = 0; i < count; i++)
        requests[i] = first;
    (void)begin_all(&first, 1); /* what is needed once */
    long before = bytes_now();
    uint32_t parked = begin_all(requests, count);
    printf("%u %ld\n", parked, (bytes_now() - before) / (long)parked);
    if (getenv("BENCH_DENSITY_MAPS") != NULL)
        (void)system("cat /proc/$PPID/smaps"); // NOLINT
    for (uint32_t i = 0; i < parked; i++) {
        if (proa_fiber_resume(requests[i].fiber, 0) != PROA_FIBER_FINISHED ||
            requests[i].result != (int32_t)i + 's' + 1)
            return 1;
    }
    (void)proa_fiber_resume(first.fiber, 0);
    proa_fiber_pool_destroy(pool);
    proa_module_release(first.module);
    proa_engine_destroy(first.engine);
    free(requests);
    return 0;
}
