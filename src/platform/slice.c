/*
 * Each thread has a timer, which signals it. It is set when a slice begins and
 * nothing would fire before that ends; when it fires while another slice runs,
 * it is set to the end of that one. So a thread of short slices makes a system
 * call for many of them, and no other thread must get a processor for a slice
 * to end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/slice.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform/fiber_state.h"
#include "platform/poll.h"
#include "platform/signal.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* In C code the guest is left only when it returns, or at a later signal. */
static const uint64_t repeat_ns = 1000000;
static const uint64_t ns_per_second = 1000000000;

static atomic_uint user_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct proa_slice *slices; /* guarded by the lock */

bool proa_slice_add(struct proa_slice *slice, int thread)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = proa_signal_interrupt(),
    };

    event.sigev_notify_thread_id = thread;
    slice->fires_ns = 0;
    if (timer_create(CLOCK_MONOTONIC, &event, &slice->timer) != 0)
        return false;
    (void)pthread_mutex_lock(&lock);
    slice->thread = thread;
    slice->next = slices;
    slices = slice;
    (void)pthread_mutex_unlock(&lock);
    return true;
}

void proa_slice_remove(struct proa_slice *slice)
{
    struct proa_slice **link = &slices;

    (void)timer_delete(slice->timer);
    slice->fires_ns = 0;
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

/* Also within a signal handler. */
static void set(struct proa_slice *slice, uint64_t fires_ns)
{
    const struct itimerspec when = {
        .it_value = { .tv_sec = (time_t)(fires_ns / ns_per_second),
                      .tv_nsec = (long)(fires_ns % ns_per_second) },
    };

    /* First: the signal may come before the call returns. */
    slice->fires_ns = fires_ns;
    (void)timer_settime(slice->timer, TIMER_ABSTIME, &when, NULL);
}

void proa_slice_begin(struct proa_slice *slice, uint64_t end_ns)
{
    atomic_store_explicit(&slice->end_ns, end_ns, memory_order_relaxed);
    /* Seen in this order by the handler, which is on this thread. */
    atomic_signal_fence(memory_order_seq_cst);
    if (end_ns == 0 || (slice->fires_ns != 0 && slice->fires_ns <= end_ns) ||
        atomic_load_explicit(&user_count, memory_order_relaxed) == 0)
        return;
    set(slice, end_ns);
}

void proa_slice_tick(void)
{
    struct proa_slice *slice = &proa_fiber_here.slice;
    uint64_t end_ns =
        atomic_load_explicit(&slice->end_ns, memory_order_relaxed);

    if (slice->fires_ns == 0)
        return;
    uint64_t now_ns = proa_clock_now();
    if (slice->fires_ns > now_ns)
        return; /* it was not the timer */
    if (end_ns == 0 ||
        atomic_load_explicit(&user_count, memory_order_relaxed) == 0)
        slice->fires_ns = 0;
    else
        set(slice, end_ns > now_ns ? end_ns : now_ns + repeat_ns);
}

void proa_slice_start(void)
{
    (void)atomic_fetch_add(&user_count, 1);
}

void proa_slice_stop(void)
{
    (void)atomic_fetch_sub(&user_count, 1);
}
