/*
 * A module's function, undisturbed, and moved off the processor at random until
 * that has happened COUNT times, a few of them in turns on one thread: the same
 * results. Every few turns the trap flag is set, so that a stretch of it is
 * preempted at every instruction.
 *     preempt_stress ARTIFACT COUNT
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "platform/code.h"
#include "platform/fiber.h"
#include "platform/poll.h"
#include "platform/signal.h"
#include "platform/slice.h"
#include "proa/engine.h"
#include "proa/store.h"

enum { TASKS = 3, STRETCH = 50 };

/* One guest, on a fiber. */
struct task {
    struct proa_store *store;
    struct proa_func *func;
    struct proa_fiber *fiber; /* NULL: it is done */
    int64_t seed;
    int64_t result;
};

static struct proa_engine *engine;
static struct proa_module *module;
static struct proa_fiber_pool *pool;
static struct task tasks[TASKS];
static uint32_t preempted_count;
static uint32_t step_count; /* that are left of a stretch */

static void check(enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK)
        return;
    fprintf(stderr, "preempt_stress: %s\n", err->text);
    exit(1);
}

static void expect(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "preempt_stress: %s\n", what);
    exit(1);
}

static int64_t tick(struct proa_call *call, int64_t value)
{
    (void)call;
    /* Every other one has its slice end here. */
    if (proa_fiber_current() != NULL && (value & 1) != 0)
        (void)raise(proa_signal_interrupt());
    return value + 1;
}

static void task_init(struct task *task)
{
    static const enum proa_valtype long_type[] = { PROA_I64 };
    const struct proa_functype type = { long_type, long_type, 1, 1 };
    struct proa_extern import = { .kind = PROA_KIND_FUNC }, found;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };

    check(proa_store_create(engine, NULL, &task->store, &err), &err);
    check(proa_func_create(task->store, &type, (proa_host_fn)tick, NULL,
                           &import.of.func, &err),
          &err);
    check(
        proa_instance_create(task->store, module, &import, 1, &instance, &err),
        &err);
    expect(proa_instance_export(instance, "work", &found), "no function");
    task->func = found.of.func;
}

static void call(void *env)
{
    struct task *task = env;
    union proa_value value = { .i64 = task->seed };
    struct proa_error err = { 0 };

    check(proa_func_call(task->func, &value, &value, &err), &err);
    task->result = value.i64;
}

/* In a stretch: preempted where it is; no signal comes in the handler. */
static void on_step(int number, siginfo_t *info, void *env)
{
    static uintptr_t last;
    greg_t *registers = ((ucontext_t *)env)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];
    const void *owner;

    (void)number;
    (void)info;
    /* A context that was restored traps once more where it was kept. */
    bool is_new = pc != last && proa_code_find(pc, &owner);
    last = pc;
    if (is_new && step_count > 0 && --step_count > 0)
        (void)raise(proa_signal_interrupt());
    if (step_count == 0)
        registers[REG_EFL] &= ~(greg_t)0x100;
}

static void step_setup(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    action.sa_sigaction = on_step;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, proa_signal_interrupt());
    expect(sigaction(SIGTRAP, &action, NULL) == 0, "sigaction");
}

static void begin_stepping(void)
{
    step_count = STRETCH;
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf" ::: "cc", "memory");
}

static void stop_stepping(void)
{
    __asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" ::: "cc", "memory");
}

/* A turn of one task; false: it has ended. */
static bool run_turn(struct task *task, uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    uint64_t slice_ns = 1 + (*random >> 8) % 200000;
    if (*random >> 28 == 0) {
        slice_ns = 0; /* over at once, for every step of the stretch */
        begin_stepping();
    }
    enum proa_fiber_state state =
        proa_fiber_resume(task->fiber, proa_clock_now() + slice_ns);
    stop_stepping();
    expect(state != PROA_FIBER_PARKED, "parked");
    preempted_count += state == PROA_FIBER_PREEMPTED;
    return state == PROA_FIBER_PREEMPTED;
}

static void run_all(int64_t seed, const int64_t *expected, uint32_t *random)
{
    uint32_t left = TASKS;

    for (int i = 0; i < TASKS; i++) {
        tasks[i].seed = seed + i;
        tasks[i].fiber = proa_fiber_create(pool, call, &tasks[i]);
        expect(tasks[i].fiber != NULL, "no fiber");
    }
    while (left > 0) {
        for (int i = 0; i < TASKS; i++) {
            if (tasks[i].fiber != NULL && !run_turn(&tasks[i], random)) {
                tasks[i].fiber = NULL;
                left--;
            }
        }
    }
    for (int i = 0; i < TASKS; i++)
        expect(tasks[i].result == expected[i], "another result");
}

int main(int argc, char **argv)
{
    struct proa_error err = { 0 };
    uint32_t random = 1;

    expect(argc == 3, "ARTIFACT COUNT");
    uint32_t count = (uint32_t)atoi(argv[2]);
    check(proa_engine_create(&engine, &err), &err);
    check(proa_module_load(engine, argv[1], &module, &err), &err);
    pool = proa_fiber_pool_create(NULL);
    expect(pool != NULL, "no fibers");
    proa_slice_start();
    step_setup();
    for (int i = 0; i < TASKS; i++)
        task_init(&tasks[i]);
    for (int64_t seed = 1; preempted_count < count; seed += TASKS) {
        int64_t expected[TASKS];

        for (int i = 0; i < TASKS; i++) {
            tasks[i].seed = seed + i;
            call(&tasks[i]);
            expected[i] = tasks[i].result;
        }
        run_all(seed, expected, &random);
    }
    for (int i = 0; i < TASKS; i++)
        proa_store_destroy(tasks[i].store);
    proa_slice_stop();
    proa_fiber_pool_destroy(pool);
    proa_module_release(module);
    proa_engine_destroy(engine);
    printf("%u\n", preempted_count);
    return 0;
}
