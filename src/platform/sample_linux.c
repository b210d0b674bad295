/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/sample.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/guest.h"
#include "platform/signal.h"
#include "platform/slice.h"

static _Atomic(struct proa_sampler *) current;

/* A system call that waits is left in peace. */
static const uint64_t cpu_ns_between = 200000;

static int sample_signal(void)
{
    return proa_signal_interrupt() + 1;
}

static void note(int number, siginfo_t *info, void *ucontext)
{
    struct proa_sampler *sampler = atomic_load(&current);
    uint32_t at;

    (void)number;
    (void)info;
    if (sampler == NULL)
        return;
    at = atomic_fetch_add(&sampler->count, 1);
    if (at < PROA_SAMPLES_MAX)
        atomic_store(&sampler->pcs[at], proa_ucontext_pc(ucontext));
}

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec time;

    if (clock_gettime(clock, &time) != 0)
        return 0;
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Stays: a signal may be on its way when we stop. */
static bool take_signal(void)
{
    struct sigaction action = { .sa_sigaction = note };

    (void)sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    return sigaction(sample_signal(), &action, NULL) == 0;
}

bool proa_sampler_start(struct proa_sampler *sampler)
{
    struct proa_sampler *none = NULL;
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, sample_signal());
    sampler->thread = (int)syscall(SYS_gettid);
    atomic_store(&sampler->count, 0);
    if (pthread_getcpuclockid(pthread_self(), &sampler->cpu_clock) != 0 ||
        !atomic_compare_exchange_strong(&current, &none, sampler))
        return false;
    sampler->cpu_ns = cpu_ns(sampler->cpu_clock);
    if (!take_signal() || pthread_sigmask(SIG_UNBLOCK, &signals, NULL) != 0) {
        atomic_store(&current, NULL);
        return false;
    }
    return true;
}

bool proa_sampler_start_fibers(struct proa_sampler *sampler)
{
    struct proa_sampler *none = NULL;

    sampler->thread = 0;
    atomic_store(&sampler->count, 0);
    if (!atomic_compare_exchange_strong(&current, &none, sampler))
        return false;
    if (take_signal())
        return true;
    atomic_store(&current, NULL);
    return false;
}

void proa_sampler_ask(struct proa_sampler *sampler)
{
    uint64_t now;

    if (sampler->thread == 0) {
        proa_slice_signal(sample_signal());
        return;
    }
    now = cpu_ns(sampler->cpu_clock);
    if (now - sampler->cpu_ns < cpu_ns_between)
        return;
    sampler->cpu_ns = now;
    (void)syscall(SYS_tgkill, getpid(), sampler->thread, sample_signal());
}

void proa_sampler_clear(struct proa_sampler *sampler)
{
    atomic_store(&sampler->count, 0);
}

void proa_sampler_stop(struct proa_sampler *sampler)
{
    struct proa_sampler *own = sampler;

    (void)atomic_compare_exchange_strong(&current, &own, NULL);
}
