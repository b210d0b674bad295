/*
 * Stops the guest: when its time is over, and when the user or the system asks.
 *
 * A thread does it, not a signal handler, so that the runtime's way to stop a
 * guest need not be safe in handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fail.h"

enum {
    STACK_BYTES = 256 * 1024,
    AGAIN_MS = 50,
    /* Between two looks at a thread that may be waiting, not computing. */
    CPU_LOOK_MS = 5,
    WAIT_MAX_MS = 3600000,
};

_Noreturn void proa_watch_die(int signal_number)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t one;

    (void)sigaction(signal_number, &action, NULL);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, signal_number);
    (void)raise(signal_number);
    (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    _exit(128 + signal_number); /* it was one that does not end us */
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What is left of a limit that was to count from `start_ns`; 0: nothing. */
static int64_t left_ns(uint64_t limit_ns, clockid_t clock, int64_t start_ns)
{
    int64_t spent_ns = now_ns(clock) - start_ns;

    if (limit_ns > INT64_MAX)
        return INT64_MAX;
    return (int64_t)limit_ns > spent_ns ? (int64_t)limit_ns - spent_ns : 0;
}

static int to_ms(int64_t ns)
{
    int64_t ms = ns / 1000000 + (ns % 1000000 != 0);

    return ms < WAIT_MAX_MS ? (int)ms : WAIT_MAX_MS;
}

/* A limit is over: remember it, if nothing else was first. */
static void stop_for(struct proa_watch *watch, int reason)
{
    int none = PROA_WATCH_NONE;

    (void)atomic_compare_exchange_strong(&watch->reason, &none, reason);
}

/* Look at the limits. @return how long to wait; -1: for ever */
static int look(struct proa_watch *watch, int64_t start_ns)
{
    const struct proa_watch_limits *limits = &watch->limits;
    int64_t wall_ns = INT64_MAX;
    int64_t cpu_ns = INT64_MAX;

    if (limits->wall_ns != 0)
        wall_ns = left_ns(limits->wall_ns, CLOCK_MONOTONIC, start_ns);
    if (limits->cpu_ns != 0)
        cpu_ns = left_ns(limits->cpu_ns, watch->cpu_clock, watch->cpu_start_ns);
    if (wall_ns == 0)
        stop_for(watch, PROA_WATCH_TIMEOUT);
    if (cpu_ns == 0)
        stop_for(watch, PROA_WATCH_CPU_TIMEOUT);
    if (atomic_load(&watch->reason) != PROA_WATCH_NONE)
        return AGAIN_MS;
    if (limits->wall_ns == 0 && limits->cpu_ns == 0)
        return -1;
    /* One thread spends no more of its time than passes on the clock. */
    int wall_ms = to_ms(wall_ns);
    int cpu_ms = to_ms(cpu_ns) > CPU_LOOK_MS ? to_ms(cpu_ns) : CPU_LOOK_MS;
    return wall_ms < cpu_ms ? wall_ms : cpu_ms;
}

static void signal_take(struct proa_watch *watch)
{
    struct signalfd_siginfo info;
    int none = PROA_WATCH_NONE;

    if (read(watch->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    /* The second one is from somebody who will not wait. */
    if (!atomic_compare_exchange_strong(&watch->reason, &none,
                                        (int)info.ssi_signo) &&
        none > PROA_WATCH_NONE)
        proa_watch_die((int)info.ssi_signo);
}

static void *watch_main(void *argument)
{
    struct proa_watch *watch = argument;
    int64_t start_ns = now_ns(CLOCK_MONOTONIC);
    struct pollfd polled[] = { { watch->stop_fd, POLLIN, 0 },
                               { watch->signal_fd, POLLIN, 0 } };

    for (;;) {
        int timeout_ms = look(watch, start_ns);

        /*
         * Again and again: one that comes just before the guest's thread
         * enters a blocking system call does not end that call.
         */
        if (atomic_load(&watch->reason) != PROA_WATCH_NONE)
            proa_store_interrupt(watch->store);
        int ready = poll(polled, 2, timeout_ms);
        if (ready < 0 && errno != EINTR)
            return NULL;
        if (ready > 0 && polled[0].revents != 0)
            return NULL;
        if (ready > 0 && polled[1].revents != 0)
            signal_take(watch);
    }
}

static bool signals_block(sigset_t *signals)
{
    static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action;

    (void)sigemptyset(signals);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        /* Stays ignored when it was, as under nohup. */
        if (sigaction(wanted[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            (void)sigaddset(signals, wanted[i]);
    return pthread_sigmask(SIG_BLOCK, signals, NULL) == 0;
}

enum proa_status proa_watch_start(struct proa_watch *watch,
                                  struct proa_store *store,
                                  struct proa_watch_limits limits,
                                  struct proa_error *err)
{
    pthread_attr_t attributes;
    int code;

    watch->store = store;
    watch->limits = limits;
    atomic_init(&watch->reason, PROA_WATCH_NONE);
    code = pthread_getcpuclockid(pthread_self(), &watch->cpu_clock);
    if (code != 0)
        return proa_fail(err, PROA_IO, 0, "the thread's clock: %s",
                         strerror(code));
    watch->cpu_start_ns = now_ns(watch->cpu_clock);
    if (!signals_block(&watch->signals) || pthread_attr_init(&attributes) != 0)
        return proa_fail(err, PROA_IO, 0, "signals: %s", strerror(errno));
    watch->signal_fd = signalfd(-1, &watch->signals, SFD_CLOEXEC);
    watch->stop_fd = eventfd(0, EFD_CLOEXEC);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    code = watch->signal_fd < 0 || watch->stop_fd < 0
               ? errno
               : pthread_create(&watch->thread, &attributes, watch_main, watch);
    (void)pthread_attr_destroy(&attributes);
    if (code == 0)
        return PROA_OK;
    if (watch->signal_fd >= 0)
        (void)close(watch->signal_fd);
    if (watch->stop_fd >= 0)
        (void)close(watch->stop_fd);
    return proa_fail(err, PROA_IO, 0, "a thread for signals: %s",
                     strerror(code));
}

int proa_watch_stop(struct proa_watch *watch)
{
    uint64_t one = 1;

    (void)!write(watch->stop_fd, &one, sizeof one);
    (void)pthread_join(watch->thread, NULL);
    (void)close(watch->signal_fd);
    (void)close(watch->stop_fd);
    return atomic_load(&watch->reason);
}
