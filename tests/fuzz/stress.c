/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stress.h"

#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "platform/code.h"
#include "platform/fiber.h"
#include "platform/poll.h"
#include "platform/signal.h"
#include "platform/slice.h"

enum {
    TRAP_FLAG = 0x100,
    STRETCH_MAX = 20,
    STEPS_OUTSIDE_MAX = 2000, /* of a stretch, in C code */
    CALLS_A_STRETCH = 6,
    SLICE_NS_MAX = 30000
};

static bool is_running;
static uint32_t random_state = 1;
static uint32_t step_count; /* that are left of a stretch, in guest code */
static uint32_t outside_count;

/* A step costs microseconds, in some virtual machines many. */
static void end_steps(void)
{
    __asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" ::: "cc", "memory");
}

static uint32_t pick(uint32_t count)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % count;
}

/* After an instruction: preempted there if it is a guest's. */
static void on_step(int number, siginfo_t *info, void *env)
{
    static uintptr_t last;
    greg_t *registers = ((ucontext_t *)env)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];
    const void *owner;
    /* A context that was restored traps once more where it was kept. */
    bool is_guest = proa_code_find(pc, &owner);

    (void)number;
    (void)info;
    if (!is_guest && ++outside_count > STEPS_OUTSIDE_MAX)
        step_count = 0;
    if (is_guest && pc != last && step_count > 0 && --step_count > 0)
        (void)raise(proa_signal_interrupt());
    last = pc;
    if (step_count == 0)
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static bool set_up_steps(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    action.sa_sigaction = on_step;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, proa_signal_interrupt());
    return sigaction(SIGTRAP, &action, NULL) == 0;
}

static enum proa_fiber_state turn(struct proa_fiber *fiber)
{
    /* Over at once in a stretch, for each step of it. */
    uint64_t slice_ns = step_count > 0 ? 0 : 1 + pick(SLICE_NS_MAX);

    end_steps(); /* until the guest's flags are back */
    return proa_fiber_resume(fiber, proa_clock_now() + slice_ns);
}

bool stress_run(void (*fn)(void *arg), void *arg, uint32_t *count)
{
    const struct proa_fiber_options options = { .stack_bytes = 1 << 20 };
    struct proa_fiber_pool *pool = proa_fiber_pool_create(&options);
    struct proa_fiber *fiber;

    *count = 0;
    proa_slice_start();
    if (pool == NULL || !set_up_steps())
        return false;
    fiber = proa_fiber_create(pool, fn, arg);
    is_running = true;
    while (fiber != NULL && turn(fiber) != PROA_FIBER_FINISHED)
        ++*count;
    is_running = false;
    proa_slice_stop();
    proa_fiber_pool_destroy(pool);
    return fiber != NULL;
}

void stress_begin(void)
{
    if (!is_running || pick(CALLS_A_STRETCH) != 0)
        return;
    step_count = 1 + pick(STRETCH_MAX);
    outside_count = 0;
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf" ::: "cc", "memory");
}

void stress_end(void)
{
    if (!is_running)
        return;
    end_steps();
    step_count = 0;
}
