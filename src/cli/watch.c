/*
 * Stops the guest: at its deadline, and when the user or the system asks.
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
#include <time.h>
#include <unistd.h>

#include "base/fail.h"

enum { STACK_BYTES = 256 * 1024, AGAIN_MS = 50 };

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

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long to wait; -1: for ever. */
static int wait_ms(const struct proa_watch *watch, int64_t deadline_ms)
{
    int64_t left;

    if (atomic_load(&watch->reason) != PROA_WATCH_NONE)
        return AGAIN_MS;
    if (watch->timeout_ns == 0)
        return -1;
    left = deadline_ms - now_ms();
    if (left < 0)
        return 0;
    return left < 3600000 ? (int)left : 3600000;
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
        none != PROA_WATCH_TIMEOUT)
        proa_watch_die((int)info.ssi_signo);
}

static void *watch_main(void *argument)
{
    struct proa_watch *watch = argument;
    int64_t deadline_ms =
        watch->timeout_ns / 1000000 > INT64_MAX / 2
            ? INT64_MAX
            : now_ms() + (int64_t)((watch->timeout_ns + 999999) / 1000000);
    struct pollfd polled[] = { { watch->stop_fd, POLLIN, 0 },
                               { watch->signal_fd, POLLIN, 0 } };

    for (;;) {
        int ready = poll(polled, 2, wait_ms(watch, deadline_ms));
        int none = PROA_WATCH_NONE;

        if (ready < 0 && errno != EINTR)
            return NULL;
        if (ready > 0 && polled[0].revents != 0)
            return NULL;
        if (ready > 0 && polled[1].revents != 0)
            signal_take(watch);
        if (watch->timeout_ns != 0 && now_ms() >= deadline_ms)
            (void)atomic_compare_exchange_strong(&watch->reason, &none,
                                                 PROA_WATCH_TIMEOUT);
        /*
         * Again and again: one that comes just before the guest's thread
         * enters a blocking system call does not end that call.
         */
        if (atomic_load(&watch->reason) != PROA_WATCH_NONE)
            proa_store_interrupt(watch->store);
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
                                  struct proa_store *store, uint64_t timeout_ns,
                                  struct proa_error *err)
{
    pthread_attr_t attributes;
    int code;

    watch->store = store;
    watch->timeout_ns = timeout_ns;
    atomic_init(&watch->reason, PROA_WATCH_NONE);
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
