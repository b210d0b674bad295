/*
 * A slice that begins while the watchdog sleeps wakes it only when it ends
 * before the watchdog wakes by itself. Before it looks at the slices the
 * watchdog claims to sleep for ever, so that none that begins meanwhile is
 * missed: either it sees the slice, or whoever begins it sees the claim.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/slice.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform/fiber_state.h"
#include "platform/poll.h"
#include "platform/signal.h"

/* In C code the guest is left only when it returns, or at a later signal. */
static const uint64_t repeat_ns = 1000000;
/* After the last slice: waking up costs whoever begins one a system call. */
static const uint64_t linger_ns = 10000000;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct proa_slice *slices; /* guarded by the lock */

/* Guards starting and stopping, and what follows. */
static pthread_mutex_t user_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t user_count;
static pthread_t watchdog;

/* When it wakes by itself; 0: there is none to wake. */
static atomic_ullong wakes_ns;
static atomic_uint calls; /* to wake; a futex */
static atomic_bool stops;

static void wake(void)
{
    (void)atomic_fetch_add(&calls, 1);
    (void)syscall(SYS_futex, &calls, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void proa_slice_begin(struct proa_slice *slice, uint64_t end_ns)
{
    if (end_ns == 0) {
        atomic_store_explicit(&slice->end_ns, 0, memory_order_relaxed);
        return;
    }
    atomic_store(&slice->end_ns, end_ns);
    if (end_ns < atomic_load(&wakes_ns))
        wake();
}

void proa_slice_add(struct proa_slice *slice, int thread)
{
    (void)pthread_mutex_lock(&lock);
    slice->thread = thread;
    slice->next = slices;
    slices = slice;
    (void)pthread_mutex_unlock(&lock);
}

void proa_slice_remove(struct proa_slice *slice)
{
    struct proa_slice **link = &slices;

    (void)pthread_mutex_lock(&lock);
    while (*link != slice)
        link = &(*link)->next;
    *link = slice->next;
    (void)pthread_mutex_unlock(&lock);
}

void proa_slice_signal(int number)
{
    (void)pthread_mutex_lock(&lock);
    for (const struct proa_slice *slice = slices; slice != NULL;
         slice = slice->next)
        if (atomic_load(&slice->end_ns) != 0)
            (void)syscall(SYS_tgkill, getpid(), slice->thread, number);
    (void)pthread_mutex_unlock(&lock);
}

/* Signal who is over; the first time to look again, at most `first`. */
static uint64_t look(uint64_t now, uint64_t first)
{
    (void)pthread_mutex_lock(&lock);
    for (const struct proa_slice *slice = slices; slice != NULL;
         slice = slice->next) {
        uint64_t end = atomic_load(&slice->end_ns);

        if (end == 0)
            continue;
        if (end <= now) {
            (void)syscall(SYS_tgkill, getpid(), slice->thread,
                          proa_signal_interrupt());
            end = now + repeat_ns;
        }
        if (end < first)
            first = end;
    }
    (void)pthread_mutex_unlock(&lock);
    return first;
}

static void sleep_until(uint64_t end_ns, uint32_t seen)
{
    const uint64_t ns_per_second = 1000000000;
    struct timespec end = {
        .tv_sec = (time_t)(end_ns / ns_per_second),
        .tv_nsec = (long)(end_ns % ns_per_second),
    };

    (void)syscall(SYS_futex, &calls, FUTEX_WAIT_BITSET_PRIVATE, seen,
                  end_ns == UINT64_MAX ? NULL : &end, NULL,
                  FUTEX_BITSET_MATCH_ANY);
}

static void *watch(void *env)
{
    uint64_t busy_until = 0;

    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    while (!atomic_load(&stops)) {
        uint32_t seen = atomic_load(&calls);
        uint64_t now = proa_clock_now();

        atomic_store(&wakes_ns, UINT64_MAX);
        uint64_t first = look(now, UINT64_MAX);
        if (first != UINT64_MAX)
            busy_until = first + linger_ns;
        else if (now < busy_until)
            first = busy_until;
        atomic_store(&wakes_ns, first);
        sleep_until(first, seen);
    }
    return env;
}

static bool start_thread(void)
{
    sigset_t all, previous;

    atomic_store(&stops, false);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &previous);
    bool is_made = pthread_create(&watchdog, NULL, watch, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &previous, NULL);
    return is_made;
}

bool proa_slice_start(void)
{
    (void)pthread_mutex_lock(&user_lock);
    bool runs = user_count > 0 || start_thread();
    user_count += runs;
    (void)pthread_mutex_unlock(&user_lock);
    return runs;
}

void proa_slice_stop(void)
{
    (void)pthread_mutex_lock(&user_lock);
    if (--user_count == 0) {
        atomic_store(&stops, true);
        wake();
        (void)pthread_join(watchdog, NULL);
        atomic_store(&wakes_ns, 0);
    }
    (void)pthread_mutex_unlock(&user_lock);
}
