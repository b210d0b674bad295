/*
 * Fibers that stop in C code and in host functions of guests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/fiber.h"

#include <pthread.h>

#include "../check.h"
#include "guest_code.h"

static const uint64_t guest_stack_size = 64 * 1024;

/* Counts to `end`, parks after each step. */
struct counter {
    struct proa_fiber *fiber;
    int count;
    int end;
};

static void count_up(void *env)
{
    struct counter *counter = env;

    CHECK_EQ(proa_fiber_current() == counter->fiber, true);
    while (counter->count < counter->end) {
        counter->count++;
        proa_fiber_park();
        CHECK_EQ(proa_fiber_current() == counter->fiber, true);
    }
}

static void test_parks_and_finishes(struct proa_fiber_pool *pool)
{
    enum { COUNT = 100 };
    struct counter counters[COUNT];
    int running = COUNT;

    for (int i = 0; i < COUNT; i++) {
        counters[i] = (struct counter){ .end = i };
        counters[i].fiber = proa_fiber_create(pool, count_up, &counters[i]);
        CHECK_EQ(counters[i].fiber != NULL, true);
    }
    for (int turn = 0; running > 0; turn++) {
        for (int i = turn; i < COUNT; i++) {
            enum proa_fiber_state state =
                proa_fiber_resume(counters[i].fiber, 0);
            CHECK_EQ(state,
                     i == turn ? PROA_FIBER_FINISHED : PROA_FIBER_PARKED);
            CHECK_EQ(proa_fiber_current() == NULL, true);
            CHECK_EQ(counters[i].count, turn < i ? turn + 1 : i);
            running -= state == PROA_FIBER_FINISHED;
        }
    }
}

/* What a called function must preserve, set by hand and looked at after. */
static uint64_t keep_registers(uint64_t value)
{
    uint64_t wrong;

    __asm__ volatile(
        "push %%rbp\n push %%rbx\n push %%r12\n push %%r13\n push %%r14\n"
        "push %%r15\n"
        "mov %1, %%rbx\n lea 1(%1), %%r12\n lea 2(%1), %%r13\n"
        "lea 3(%1), %%r14\n lea 4(%1), %%r15\n lea 5(%1), %%rbp\n"
        "push %1\n sub $8, %%rsp\n"
        "mov %%rsp, %%rax\n sub $128, %%rsp\n and $-16, %%rsp\n"
        "push %%rax\n push %%rax\n"
        "call proa_fiber_park\n"
        "pop %%rsp\n add $8, %%rsp\n pop %%rax\n mov %%rax, %%rdx\n"
        "xor %%rax, %%rbx\n sub %%rax, %%r12\n sub %%rax, %%r13\n"
        "sub %%rax, %%r14\n sub %%rax, %%r15\n sub %%rax, %%rbp\n"
        "dec %%r12\n sub $2, %%r13\n sub $3, %%r14\n sub $4, %%r15\n"
        "sub $5, %%rbp\n"
        "mov %%rbx, %%rax\n or %%r12, %%rax\n or %%r13, %%rax\n"
        "or %%r14, %%rax\n or %%r15, %%rax\n or %%rbp, %%rax\n"
        "pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbx\n"
        "pop %%rbp\n"
        : "=&a"(wrong), "+D"(value)
        :
        : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",
          "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    return wrong;
}

static const uint32_t rounding_nearest = 0, rounding_up = 2, rounding_zero = 3;

/* Of SSE and of the x87 unit. */
static void rounding_set(uint32_t rounding)
{
    uint32_t sse = 0x1f80 | rounding << 13;
    uint16_t x87 = (uint16_t)(0x37f | rounding << 10);

    __asm__ volatile("ldmxcsr %0\n fldcw %1" ::"m"(sse), "m"(x87));
}

static void rounding_check(uint32_t rounding)
{
    uint32_t sse;
    uint16_t x87;

    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(sse), "=m"(x87));
    CHECK_EQ(sse >> 13 & 3, rounding);
    CHECK_EQ(x87 >> 10 & 3, rounding);
}

struct keeper {
    uint32_t rounding;
    uint64_t value;
};

static void keep(void *env)
{
    const struct keeper *keeper = env;

    rounding_check(rounding_nearest); /* as a program begins */
    rounding_set(keeper->rounding);
    CHECK_EQ(keep_registers(keeper->value), 0);
    rounding_check(keeper->rounding);
}

static void test_registers(struct proa_fiber_pool *pool)
{
    struct keeper keepers[] = { { rounding_up, 0x1111 },
                                { rounding_zero, 0x2222 },
                                { rounding_nearest, 0x3333 } };
    struct proa_fiber *fibers[3];

    for (int i = 0; i < 3; i++) {
        fibers[i] = proa_fiber_create(pool, keep, &keepers[i]);
        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_PARKED);
        rounding_check(rounding_nearest);
    }
    for (int i = 0; i < 3; i++)
        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_FINISHED);
    rounding_check(rounding_nearest);
}

/* A fiber that runs a guest, whose host function parks or runs another. */
struct runner {
    struct proa_host_head head; /* first: the call of its host function */
    struct proa_guest guest;
    struct proa_guest inner;
    uint32_t trap; /* that the host function leaves with, after the park */
    uint32_t got_trap;
    uint64_t got;
};

static uint64_t on_host(struct runner *runner, uint64_t argument)
{
    uint64_t value = argument;

    proa_fiber_park();
    CHECK_EQ(test_enter(&runner->inner, test_add_one, &value), 0);
    proa_fiber_park();
    runner->guest.pending = runner->trap;
    return value;
}

static void run(void *env)
{
    struct runner *runner = env;
    struct test_slot slot = { proa_guest_host_call, runner };

    runner->got = (uint64_t)(uintptr_t)&slot;
    runner->got_trap = test_enter(&runner->guest, test_host, &runner->got);
    CHECK_EQ(proa_guest_current() == NULL, true);
}

static void runner_init(struct runner *runner)
{
    *runner = (struct runner){
        .head = { (void (*)(void))on_host, &runner->guest, 0 },
    };
    CHECK_EQ(proa_guest_init(&runner->guest, guest_stack_size, test_owns), 1);
    CHECK_EQ(proa_guest_init(&runner->inner, guest_stack_size, test_owns), 1);
}

/* Parked in turn, resumed in the opposite order: activations do not mix. */
static void test_guests(struct proa_fiber_pool *pool)
{
    enum { COUNT = 20 };
    static struct runner runners[COUNT];
    struct proa_fiber *fibers[COUNT];

    for (int i = 0; i < COUNT; i++) {
        runner_init(&runners[i]);
        runners[i].trap = i % 3 == 0 ? PROA_GUEST_TRAP_MEMORY_BOUNDS : 0;
        fibers[i] = proa_fiber_create(pool, run, &runners[i]);
        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_PARKED);
        CHECK_EQ(proa_guest_current() == NULL, true);
        CHECK_EQ(runners[i].guest.activation != NULL, true);
        if (i % 3 == 1)
            proa_guest_interrupt(&runners[i].guest);
    }
    for (int i = COUNT - 1; i >= 0; i--)
        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_PARKED);
    for (int i = 0; i < COUNT; i++) {
        static const uint32_t traps[] = { PROA_GUEST_TRAP_MEMORY_BOUNDS,
                                          PROA_GUEST_TRAP_INTERRUPT, 0 };

        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_FINISHED);
        CHECK_EQ(runners[i].got_trap, traps[i % 3]);
        if (runners[i].got_trap == 0)
            CHECK_EQ(runners[i].got, 6);
        proa_guest_deinit(&runners[i].guest);
        proa_guest_deinit(&runners[i].inner);
    }
}

/* More than are kept: stacks come and go. */
static void *test_many(void *env)
{
    enum { COUNT = 300 };
    static const struct proa_fiber_options few = { .idle_count_max = 3 };
    struct proa_fiber_pool *pool = proa_fiber_pool_create(&few);
    struct counter counters[COUNT];

    CHECK_EQ(pool != NULL, true);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            counters[i] = (struct counter){ .end = 1 };
            counters[i].fiber = proa_fiber_create(pool, count_up, &counters[i]);
            CHECK_EQ(counters[i].fiber != NULL, true);
            CHECK_EQ(proa_fiber_resume(counters[i].fiber, 0),
                     PROA_FIBER_PARKED);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(proa_fiber_resume(counters[i].fiber, 0),
                     PROA_FIBER_FINISHED);
    }
    proa_fiber_pool_destroy(pool);
    return env;
}

static void test_threads(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, test_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    test_setup();
    struct proa_fiber_pool *pool = proa_fiber_pool_create(NULL);
    CHECK_EQ(pool != NULL, true);
    CHECK_EQ(proa_fiber_current() == NULL, true);
    test_parks_and_finishes(pool);
    test_registers(pool);
    test_guests(pool);
    test_threads();
    proa_fiber_pool_destroy(pool);
    proa_fiber_pool_destroy(NULL);
    test_teardown();
    return 0;
}
