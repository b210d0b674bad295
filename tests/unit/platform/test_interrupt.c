/*
 * Interrupts at every moment: from another thread while a guest spins, and at
 * each single instruction of the way in and out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include "../check.h"
#include "guest_code.h"

/* The thread sanitizer keeps signals back until the thread calls something it
 * knows: a guest that spins never does. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define SIGNALS_ARE_LATE true
#endif
#endif
#ifndef SIGNALS_ARE_LATE
#define SIGNALS_ARE_LATE false
#endif

static const uint64_t stack_size = 256 * 1024;
static struct proa_guest guest;

struct host {
    struct proa_host_head head; /* first */
    int pipe[2];
    int error;
};

static uint64_t on_host(struct host *host, uint64_t argument)
{
    (void)host;
    return argument;
}

/* Blocks until a signal comes. */
static uint64_t on_blocking(struct host *host, uint64_t argument)
{
    uint8_t byte = 0;

    if (atomic_load(&host->head.guest->interrupt) == 0)
        host->error = read(host->pipe[0], &byte, 1) < 0 ? errno : 0;
    return argument;
}

static sem_t go;

static void *send_many(void *env)
{
    const int *count = env;

    for (int i = 0; i < *count; i++) {
        while (sem_wait(&go) != 0)
            ;
        proa_guest_interrupt(&guest);
    }
    return NULL;
}

/* Each interrupt ends exactly one call. */
static void test_threads(void)
{
    int count = 1000;
    pthread_t thread;
    uint64_t value = 0;

    CHECK_EQ(sem_init(&go, 0, 0), 0);
    CHECK_EQ(pthread_create(&thread, NULL, send_many, &count), 0);
    for (int i = 0; i < count; i++) {
        CHECK_EQ(sem_post(&go), 0);
        CHECK_EQ(test_enter(&guest, test_spin, &value),
                 PROA_GUEST_TRAP_INTERRUPT);
        value = 1;
        CHECK_EQ(test_enter(&guest, test_add_one, &value), 0);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(sem_destroy(&go), 0);
}

static atomic_bool is_done;

/* The host function may look at the flag just before it is set, and block just
 * after the signal: who must be sure asks again. */
static void *send_until_done(void *env)
{
    (void)env;
    while (!atomic_load(&is_done)) {
        proa_guest_interrupt(&guest);
        (void)sched_yield();
    }
    return NULL;
}

/* With no guest running, the next call ends, once. */
static void test_sticky(void)
{
    uint64_t value = 1;

    proa_guest_interrupt(&guest);
    proa_guest_interrupt(&guest);
    CHECK_EQ(test_enter(&guest, test_add_one, &value),
             PROA_GUEST_TRAP_INTERRUPT);
    CHECK_EQ(value, 1);
    CHECK_EQ(test_enter(&guest, test_add_one, &value), 0);
    CHECK_EQ(value, 2);
    proa_guest_interrupt(&guest);
    CHECK_EQ(proa_guest_take_interrupt(&guest), true);
    CHECK_EQ(proa_guest_take_interrupt(&guest), false);
    CHECK_EQ(test_enter(&guest, test_add_one, &value), 0);
}

enum { STEPS_MAX = 20000 };

static uintptr_t places[STEPS_MAX]; /* where each step found us */
static volatile sig_atomic_t step_count;
static volatile sig_atomic_t step_wanted; /* where the interrupt comes */
static const greg_t trap_flag = 0x100;

/* After each instruction, up to the one where the interrupt comes or where the
 * guest begins to spin. */
static void on_step(int number, siginfo_t *info, void *env)
{
    greg_t *registers = ((ucontext_t *)env)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];

    (void)number;
    (void)info;
    if (step_count == STEPS_MAX)
        abort();
    places[step_count] = pc;
    bool is_spinning = pc == (uintptr_t)test_host_spin_loop;
    if (++step_count != step_wanted && !is_spinning)
        return;
    registers[REG_EFL] &= ~trap_flag;
    proa_guest_interrupt(&guest);
}

static uint32_t enter_stepping(void (*code)(void), struct test_slot *slot)
{
    uint64_t value = (uint64_t)(uintptr_t)slot;

    step_count = 0;
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf" ::: "cc", "memory");
    uint32_t trap = test_enter(&guest, code, &value);
    __asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" ::: "cc", "memory");
    CHECK_EQ(guest.activation == NULL, true);
    return trap;
}

/* Every place in assembly, and every 16th in C, where order matters less. */
static bool is_worthwhile(int step)
{
    const void *owner;
    uintptr_t start = (uintptr_t)proa_guest_enter;

    return step % 16 == 0 || proa_code_find(places[step], &owner) ||
           places[step] - start < 1024;
}

/*
 * The guest calls a host function and then spins: only an interrupt ends it,
 * so that a lost one would hang.
 */
static void test_every_instruction(void)
{
    struct host host = { .head = { (void (*)(void))on_host, &guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };

    step_wanted = 0;
    CHECK_EQ(enter_stepping(test_host_spin, &slot), PROA_GUEST_TRAP_INTERRUPT);
    int count = step_count;
    for (int step = 0; step < count; step++) {
        if (!is_worthwhile(step))
            continue;
        step_wanted = step + 1;
        CHECK_EQ(enter_stepping(test_host_spin, &slot),
                 PROA_GUEST_TRAP_INTERRUPT);
        CHECK_EQ(atomic_load(&guest.interrupt), 0);
    }
}

/* The same with a guest that returns: the call ends either way, and when it
 * ended well the interrupt is there for the next. */
static void test_every_instruction_out(void)
{
    struct host host = { .head = { (void (*)(void))on_host, &guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };

    step_wanted = 0;
    CHECK_EQ(enter_stepping(test_host, &slot), 0);
    int count = step_count;
    for (int step = 0; step < count; step++) {
        if (!is_worthwhile(step))
            continue;
        step_wanted = step + 1;
        uint32_t trap = enter_stepping(test_host, &slot);
        bool is_pending = proa_guest_take_interrupt(&guest);
        CHECK_EQ(trap == 0 || trap == PROA_GUEST_TRAP_INTERRUPT, 1);
        CHECK_EQ((trap != 0) + is_pending, 1);
    }
}

static void step_setup(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO };

    action.sa_sigaction = on_step;
    /* Not within the handler: when it returns, at the instruction. */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, proa_signal_interrupt());
    CHECK_EQ(sigaction(SIGTRAP, &action, NULL), 0);
}

static void test_blocking(void)
{
    struct host host = { .head = { (void (*)(void))on_blocking, &guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };
    pthread_t thread;
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    CHECK_EQ(pipe(host.pipe), 0);
    CHECK_EQ(pthread_create(&thread, NULL, send_until_done, NULL), 0);
    CHECK_EQ(test_enter(&guest, test_host, &value), PROA_GUEST_TRAP_INTERRUPT);
    atomic_store(&is_done, true);
    CHECK_EQ(host.error == 0 || host.error == EINTR, 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    (void)proa_guest_take_interrupt(&guest);
    (void)close(host.pipe[0]);
    (void)close(host.pipe[1]);
}

int main(void)
{
    /* Whoever ignored the signal before goes on ignoring it. */
    CHECK_EQ(signal(proa_signal_interrupt(), SIG_IGN) != SIG_ERR, true);
    test_setup();
    CHECK_EQ(raise(proa_signal_interrupt()), 0);
    CHECK_EQ(raise(proa_signal_interrupt()), 0);
    CHECK_EQ(proa_guest_init(&guest, stack_size, test_owns), true);
    test_sticky();
    if (!SIGNALS_ARE_LATE) {
        test_threads();
        step_setup();
        test_every_instruction();
        test_every_instruction_out();
    }
    test_blocking();
    proa_guest_deinit(&guest);
    test_teardown();
    return 0;
}
