/*
 * A use of a slot: instantiate, call, put back; in microseconds.
 *     bench_slots ARTIFACT NAME FUNCTION ARGUMENT THREADS
 * One line: NAME, the median of a use, and that of a use without its call. Of
 * THREADS threads, each with a slot of its own, the first one's. FUNCTION takes
 * an i32, or nothing when ARGUMENT is "-". When it is "ruby", the artifact is
 * Ruby, and ARGUMENT is what it evaluates. Imports get functions as of a WASI
 * with nothing in it: no arguments, no files; a program may well trap for want
 * of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "slots_ruby.h"

enum { WARM_UP = 200, USES = 20001, THREADS_MAX = 64 };

struct task {
    struct proa_engine *engine;
    struct proa_module *module;
    const char *function;
    const char *argument;
    bool is_ruby;
    uint32_t use_count;
    pthread_t thread;
    double *us;     /* of each use; NULL: only keeps a core busy */
    double *own_us; /* without the call */
};

static atomic_bool is_over;

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void check(enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK || status == PROA_EXIT || status == PROA_TRAP)
        return;
    fprintf(stderr, "bench_slots: %s\n", err->text);
    exit(1);
}

static uint32_t succeed(struct proa_call *call)
{
    (void)call;
    return 0;
}

/* No arguments, no environment. */
static uint32_t empty(struct proa_call *call, uint32_t count, uint32_t size)
{
    void *a = proa_call_memory(call, count, 4);
    void *b = proa_call_memory(call, size, 4);

    if (a == NULL || b == NULL)
        return 21; /* fault */
    memset(a, 0, 4);
    memset(b, 0, 4);
    return 0;
}

/* All of it is written, to nowhere. */
static uint32_t swallow(struct proa_call *call, uint32_t fd, uint32_t vectors,
                        uint32_t count, uint32_t written)
{
    uint32_t *out = proa_call_memory(call, written, sizeof *out);
    uint32_t sum = 0;

    (void)fd;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *pair = proa_call_memory(call, vectors + 8 * i, 8);
        if (pair == NULL)
            return 21;
        sum += pair[1];
    }
    if (out == NULL)
        return 21;
    *out = sum;
    return 0;
}

static uint32_t fail(struct proa_call *call)
{
    (void)call;
    return 8; /* badf */
}

static void leave(struct proa_call *call)
{
    proa_call_exit(call, 0);
}

static proa_host_fn function_for(const char *name)
{
    proa_host_fn found = ruby_function(name);

    if (strcmp(name, "proc_exit") == 0)
        return (proa_host_fn)leave;
    if (found != NULL)
        return found;
    if (strcmp(name, "fd_write") == 0)
        return (proa_host_fn)swallow;
    if (strstr(name, "_sizes_get") != NULL)
        return (proa_host_fn)empty;
    if (strncmp(name, "args_", 5) == 0 || strncmp(name, "environ_", 8) == 0)
        return (proa_host_fn)succeed;
    return (proa_host_fn)fail;
}

static enum proa_status link_imports(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    const struct proa_module *module = env;
    uint32_t count = proa_module_import_count(module);
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; i < count && status == PROA_OK; i++) {
        struct proa_importtype import = proa_module_import(module, i);
        imports[i].kind = PROA_KIND_FUNC;
        status = proa_func_create(store, &import.type.func,
                                  function_for(import.name), NULL,
                                  &imports[i].of.func, err);
    }
    return status;
}

/* How long the call took, of the whole use. */
static double use(struct proa_slot *slot, const struct task *task)
{
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct proa_extern found;
    union proa_value value = { .i32 = atoi(task->argument) };

    check(proa_slot_begin(slot, &instance, &err), &err);
    if (!task->is_ruby &&
        !proa_instance_export(instance, task->function, &found))
        exit(1);
    double start = now_us();
    if (task->is_ruby)
        (void)ruby_eval(instance, task->argument);
    else
        check(proa_func_call(found.of.func, &value, NULL, &err), &err);
    double call_us = now_us() - start;
    proa_slot_end(slot);
    return call_us;
}

static void *work(void *argument)
{
    const struct task *task = argument;
    const struct proa_slot_options options = {
        .link = link_imports,
        .link_env = task->module,
        .init = task->is_ruby ? ruby_start : NULL,
        .init_env = (void *)(uintptr_t)task->argument,
        .init_may_call = ruby_may_call,
        .stays_on_thread = true,
    };
    struct proa_slot *slot = NULL;
    struct proa_error err = { 0 };

    check(proa_slot_create(task->engine, task->module, &options, &slot, &err),
          &err);
    for (uint32_t i = 0; i < WARM_UP; i++)
        (void)use(slot, task);
    if (task->us == NULL) {
        while (!atomic_load(&is_over))
            (void)use(slot, task);
    }
    for (uint32_t i = 0; task->us != NULL && i < task->use_count; i++) {
        double start = now_us();
        double call_us = use(slot, task);
        task->us[i] = now_us() - start;
        task->own_us[i] = task->us[i] - call_us;
    }
    proa_slot_destroy(slot);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct task tasks[THREADS_MAX] = { { .use_count = USES } };
    struct proa_error err = { 0 };

    if (argc != 6)
        return 2;
    int thread_count = atoi(argv[5]);
    if (thread_count < 1 || thread_count > THREADS_MAX)
        return 2;
    check(proa_engine_create(&tasks[0].engine, &err), &err);
    check(proa_module_load(tasks[0].engine, argv[1], &tasks[0].module, &err),
          &err);
    tasks[0].function = argv[3];
    tasks[0].argument = strcmp(argv[4], "-") == 0 ? "0" : argv[4];
    tasks[0].is_ruby = strcmp(argv[3], "ruby") == 0;
    for (int i = 1; i < thread_count; i++) {
        tasks[i] = tasks[0];
        if (pthread_create(&tasks[i].thread, NULL, work, &tasks[i]) != 0)
            return 1;
    }
    tasks[0].us = calloc(USES, sizeof *tasks[0].us);
    tasks[0].own_us = calloc(USES, sizeof *tasks[0].own_us);
    if (tasks[0].us == NULL || tasks[0].own_us == NULL)
        return 1;
    (void)work(&tasks[0]);
    atomic_store(&is_over, true);
    for (int i = 1; i < thread_count; i++)
        (void)pthread_join(tasks[i].thread, NULL);
    qsort(tasks[0].us, USES, sizeof *tasks[0].us, compare);
    qsort(tasks[0].own_us, USES, sizeof *tasks[0].own_us, compare);
    printf("%s %.3f %.3f\n", argv[2], tasks[0].us[USES / 2],
           tasks[0].own_us[USES / 2]);
    free(tasks[0].us);
    free(tasks[0].own_us);
    proa_module_release(tasks[0].module);
    proa_engine_destroy(tasks[0].engine);
    return 0;
}
