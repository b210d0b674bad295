/*
 * Waiting for clocks and descriptors.
 *
 * Subscriptions are taken apart once: those of descriptors become pollfds, of
 * the clocks only the earliest time counts. An error in one subscription is an
 * event of its own and ends the wait at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/clock.h"
#include "wasi/preview1.h"
#include "wasi/state.h"
#include "wasi/wasi.h"

enum { NS_PER_SECOND = 1000000000 };

/* A wall clock can be set while we wait by it: look again now and then. */
enum { REALTIME_WAIT_NS_MAX = NS_PER_SECOND };

struct waiter {
    struct proa_wasi_subscription subscription;
    uint32_t error;       /* found before waiting */
    clockid_t clock;      /* of a clock: on it ... */
    uint64_t deadline_ns; /* ... it is due at this time */
    int host_fd;
    const struct proa_wasi_stream *stream; /* NULL: it is a host's */
};

struct wait {
    struct waiter *waiters; /* owned; one a subscription */
    struct pollfd *pollfds; /* owned; the same, with -1 for the clocks */
    uint32_t count;
    uint8_t *events; /* the guest's, as many */
    uint32_t event_count;
};

static void load_clock(struct waiter *waiter)
{
    const struct proa_wasi_subscription *wanted = &waiter->subscription;
    uint64_t now;

    if ((wanted->clock != PROA_WASI_CLOCK_REALTIME &&
         wanted->clock != PROA_WASI_CLOCK_MONOTONIC) ||
        (wanted->flags & ~PROA_WASI_SUBCLOCK_ABSTIME) != 0 ||
        !proa_wasi_clock_find(wanted->clock, &waiter->clock)) {
        waiter->error = PROA_WASI_EINVAL;
        return;
    }
    if ((wanted->flags & PROA_WASI_SUBCLOCK_ABSTIME) != 0) {
        waiter->deadline_ns = wanted->timeout_ns;
        return;
    }
    waiter->clock = CLOCK_MONOTONIC; /* a span is one by any clock */
    now = proa_wasi_clock_now(waiter->clock);
    waiter->deadline_ns = wanted->timeout_ns > UINT64_MAX - now
                              ? UINT64_MAX
                              : now + wanted->timeout_ns;
}

static void load_fd(const struct proa_call *call, struct waiter *waiter,
                    struct pollfd *pollfd)
{
    bool reads = waiter->subscription.type == PROA_WASI_EVENT_FD_READ;
    struct proa_wasi_fd *fd;

    waiter->error = proa_wasi_find(call, waiter->subscription.fd,
                                   PROA_WASI_POLL_FD_READWRITE, &fd);
    if (waiter->error != PROA_WASI_SUCCESS)
        return;
    waiter->host_fd = fd->host_fd;
    waiter->stream = fd->stream;
    /* Whoever waits for us is woken when a stream of his may be ready. */
    if (fd->stream != NULL)
        return;
    pollfd->fd = fd->host_fd;
    pollfd->events = reads ? POLLIN : POLLOUT;
}

/* EINVAL when a subscription is of no known type. */
static uint32_t load(const struct proa_call *call, const uint8_t *list,
                     enum proa_wasi_version version, struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        struct waiter *waiter = &wait->waiters[i];

        waiter->subscription = proa_wasi_subscription_load(
            list + (size_t)i * proa_wasi_subscription_size(version), version);
        waiter->host_fd = -1;
        wait->pollfds[i].fd = -1;
        switch (waiter->subscription.type) {
        case PROA_WASI_EVENT_CLOCK:
            load_clock(waiter);
            break;
        case PROA_WASI_EVENT_FD_READ:
        case PROA_WASI_EVENT_FD_WRITE:
            load_fd(call, waiter, &wait->pollfds[i]);
            break;
        default:
            return PROA_WASI_EINVAL;
        }
    }
    return PROA_WASI_SUCCESS;
}

static void put_event(struct wait *wait, const struct waiter *waiter,
                      uint32_t error, uint64_t byte_count, uint16_t flags)
{
    struct proa_wasi_event event = {
        .userdata = waiter->subscription.userdata,
        .error = (uint16_t)error,
        .type = waiter->subscription.type,
        .byte_count = byte_count,
        .flags = flags,
    };

    proa_wasi_event_store(wait->events + (size_t)PROA_WASI_EVENT_SIZE *
                                             wait->event_count++,
                          &event);
}

/* How much there is to read, as far as the host can say. */
static uint64_t readable_size(int fd)
{
    struct stat st;
    int count = 0;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        off_t at = lseek(fd, 0, SEEK_CUR);

        return at >= 0 && st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
    }
    if (ioctl(fd, FIONREAD, &count) != 0 || count < 0)
        return 0;
    return (uint64_t)count;
}

static void put_fd_event(struct wait *wait, uint32_t index)
{
    const struct waiter *waiter = &wait->waiters[index];
    short got = wait->pollfds[index].revents;
    bool reads = waiter->subscription.type == PROA_WASI_EVENT_FD_READ;
    uint16_t flags = (got & POLLHUP) != 0 ? PROA_WASI_EVENT_HANGUP : 0;

    if ((got & POLLNVAL) != 0)
        put_event(wait, waiter, PROA_WASI_EBADF, 0, 0);
    else if (reads && waiter->stream == NULL)
        put_event(wait, waiter, PROA_WASI_SUCCESS,
                  readable_size(waiter->host_fd), flags);
    else /* an error shows at the write itself */
        put_event(wait, waiter, PROA_WASI_SUCCESS, 0, flags);
}

/* When the first clock is due, on the monotonic clock. */
static uint64_t first_clock(const struct wait *wait)
{
    uint64_t first = UINT64_MAX;

    for (uint32_t i = 0; i < wait->count; i++) {
        const struct waiter *waiter = &wait->waiters[i];
        uint64_t due = waiter->deadline_ns;

        if (waiter->subscription.type != PROA_WASI_EVENT_CLOCK)
            continue;
        if (waiter->clock != CLOCK_MONOTONIC) {
            uint64_t now = proa_wasi_clock_now(waiter->clock);
            uint64_t left = due > now ? due - now : 0;

            if (left > REALTIME_WAIT_NS_MAX)
                left = REALTIME_WAIT_NS_MAX;
            due = proa_wasi_clock_now(CLOCK_MONOTONIC) + left;
        }
        if (due < first)
            first = due;
    }
    return first;
}

static void put_ready(struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        const struct waiter *waiter = &wait->waiters[i];

        if (waiter->subscription.type != PROA_WASI_EVENT_CLOCK) {
            if (waiter->stream != NULL
                    ? waiter->stream->is_ready(waiter->stream->env)
                    : wait->pollfds[i].revents != 0)
                put_fd_event(wait, i);
        } else if (proa_wasi_clock_now(waiter->clock) >= waiter->deadline_ns) {
            put_event(wait, waiter, PROA_WASI_SUCCESS, 0, 0);
        }
    }
}

static void put_errors(struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        if (wait->waiters[i].error != PROA_WASI_SUCCESS)
            put_event(wait, &wait->waiters[i], wait->waiters[i].error, 0, 0);
    }
}

static bool has_stream(const struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        if (wait->waiters[i].stream != NULL)
            return true;
    }
    return false;
}

/* Wait until there is an event. */
static uint32_t wait_for_one(const struct proa_call *call, struct wait *wait)
{
    put_errors(wait);
    if (wait->event_count == 0 && has_stream(wait))
        put_ready(wait);
    while (wait->event_count == 0) {
        struct proa_wait all = { wait->pollfds, wait->count,
                                 first_clock(wait) };

        if (proa_call_wait(call, &all) < 0)
            return proa_wasi_errno();
        put_ready(wait);
    }
    return PROA_WASI_SUCCESS;
}

static uint32_t poll_oneoff(struct proa_call *call,
                            enum proa_wasi_version version, const uint8_t *in,
                            struct wait *wait)
{
    uint32_t error;

    wait->waiters = calloc(wait->count, sizeof *wait->waiters);
    wait->pollfds = calloc(wait->count, sizeof *wait->pollfds);
    if (wait->waiters == NULL || wait->pollfds == NULL)
        error = PROA_WASI_ENOMEM;
    else
        error = load(call, in, version, wait);
    if (error == PROA_WASI_SUCCESS)
        error = wait_for_one(call, wait);
    free(wait->waiters);
    free(wait->pollfds);
    return error;
}

static uint32_t poll_checked(struct proa_call *call,
                             enum proa_wasi_version version, const uint8_t *in,
                             struct wait *wait, uint8_t *event_count)
{
    uint32_t error;

    if (in == NULL || wait->events == NULL || event_count == NULL)
        return PROA_WASI_EFAULT;
    if (wait->count == 0 || wait->count > PROA_WASI_SUBSCRIPTION_COUNT_MAX)
        return PROA_WASI_EINVAL;
    error = poll_oneoff(call, version, in, wait);
    if (error == PROA_WASI_SUCCESS)
        proa_guest_store_u32(event_count, wait->event_count);
    return error;
}

uint32_t proa_wasi_poll_oneoff(struct proa_call *call, uint32_t in,
                               uint32_t out, uint32_t count,
                               uint32_t event_count)
{
    struct wait wait = {
        .count = count,
        .events = proa_guest_array(call, out, count, PROA_WASI_EVENT_SIZE),
    };

    return poll_checked(
        call, PROA_WASI_PREVIEW1,
        proa_guest_array(call, in, count, PROA_WASI_SUBSCRIPTION_SIZE), &wait,
        proa_guest_bytes(call, event_count, 4));
}

uint32_t proa_wasi_poll_oneoff_unstable(struct proa_call *call, uint32_t in,
                                        uint32_t out, uint32_t count,
                                        uint32_t event_count)
{
    struct wait wait = {
        .count = count,
        .events = proa_guest_array(call, out, count, PROA_WASI_EVENT_SIZE),
    };

    return poll_checked(
        call, PROA_WASI_UNSTABLE,
        proa_guest_array(call, in, count, PROA_WASI_SUBSCRIPTION_SIZE_UNSTABLE),
        &wait, proa_guest_bytes(call, event_count, 4));
}
