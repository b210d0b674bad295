/*
 * Waiting for clocks and descriptors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>

#include "platform/signal.h"

static const uint32_t end = GUEST_MEMORY_SIZE;

/* A guest's subscriptions, being written. */
struct list {
    struct proa_call *guest;
    enum proa_wasi_version version;
    uint32_t address;
    uint32_t count;
    uint32_t events;
};

enum { LIST_MAX = 8 };

static struct list list_make(struct proa_call *guest,
                             enum proa_wasi_version version)
{
    struct list list = { guest, version, 0, 0, 0 };

    list.address = guest_room(guest, 56 * LIST_MAX);
    memset(guest->memory + list.address, 0, 56 * LIST_MAX);
    list.events = guest_room(guest, 32 * LIST_MAX);
    return list;
}

static uint8_t *list_next(struct list *list, uint8_t type)
{
    uint8_t *at =
        list->guest->memory + list->address +
        (size_t)list->count * proa_wasi_subscription_size(list->version);

    proa_guest_store_u64(at, 1000 + list->count++);
    at[8] = type;
    return at;
}

static void list_fd(struct list *list, uint8_t type, uint32_t fd)
{
    proa_guest_store_u32(list_next(list, type) + 16, fd);
}

static void list_clock(struct list *list, uint32_t clock, uint64_t timeout,
                       uint16_t flags)
{
    uint8_t *body = list_next(list, PROA_WASI_EVENT_CLOCK) + 16;

    if (list->version == PROA_WASI_UNSTABLE)
        body += 8;
    proa_guest_store_u32(body, clock);
    proa_guest_store_u64(body + 8, timeout);
    proa_guest_store_u16(body + 24, flags);
}

/* The errno; and the number of events. */
static uint32_t list_poll(const struct list *list, uint32_t *count)
{
    uint32_t out = guest_room(list->guest, 4);
    uint32_t error =
        list->version == PROA_WASI_UNSTABLE
            ? proa_wasi_poll_oneoff_unstable(list->guest, list->address,
                                             list->events, list->count, out)
            : proa_wasi_poll_oneoff(list->guest, list->address, list->events,
                                    list->count, out);

    *count = guest_u32(list->guest, out);
    return error;
}

static void check_event(const struct list *list, uint32_t index,
                        uint64_t userdata, uint16_t error, uint8_t type)
{
    const uint8_t *at = list->guest->memory + list->events + (size_t)index * 32;

    CHECK_EQ(proa_guest_load_u64(at), userdata);
    CHECK_EQ(proa_guest_load_u16(at + 8), error);
    CHECK_EQ(at[10], type);
}

static uint64_t event_size(const struct list *list, uint32_t index)
{
    return guest_u64(list->guest, list->events + index * 32 + 16);
}

static uint16_t event_flags(const struct list *list, uint32_t index)
{
    return proa_guest_load_u16(list->guest->memory + list->events + index * 32 +
                               24);
}

static void test_clocks(struct proa_call *guest)
{
    static const enum proa_wasi_version versions[] = { PROA_WASI_UNSTABLE,
                                                       PROA_WASI_PREVIEW1 };

    for (int i = 0; i < 2; i++) {
        struct list list = list_make(guest, versions[i]);
        uint32_t count;

        /* An hour, a time that has long passed, and now: two are due. */
        list_clock(&list, 1, UINT64_C(3600000000000), 0);
        list_clock(&list, 0, 1, PROA_WASI_SUBCLOCK_ABSTIME);
        list_clock(&list, 0, 0, 0);
        list_clock(&list, 0, UINT64_MAX, 0);
        list_clock(&list, 0, UINT64_MAX, PROA_WASI_SUBCLOCK_ABSTIME);
        CHECK_EQ(list_poll(&list, &count), 0);
        CHECK_EQ(count, 2);
        check_event(&list, 0, 1001, 0, PROA_WASI_EVENT_CLOCK);
        check_event(&list, 1, 1002, 0, PROA_WASI_EVENT_CLOCK);
        CHECK_EQ(event_size(&list, 0), 0);
    }
}

static void test_short_sleeps_end(struct proa_call *guest)
{
    struct list list = list_make(guest, PROA_WASI_PREVIEW1);
    struct timespec now;
    uint32_t count;

    list_clock(&list, 1, 1000, 0);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(count, 1);
    clock_gettime(CLOCK_REALTIME, &now);
    list.count = 0;
    list_clock(&list, 0,
               (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 2000,
               PROA_WASI_SUBCLOCK_ABSTIME);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(count, 1);
    check_event(&list, 0, 1000, 0, PROA_WASI_EVENT_CLOCK);
}

static void test_errors_are_events(struct proa_call *guest)
{
    struct list list = list_make(guest, PROA_WASI_PREVIEW1);
    uint32_t count;

    list_clock(&list, 1, UINT64_C(3600000000000), 0);
    list_fd(&list, PROA_WASI_EVENT_FD_READ, 77);
    list_clock(&list, 2, 0, 0);
    list_clock(&list, 9, 0, 0);
    list_clock(&list, 0, 0, 2);
    list_fd(&list, PROA_WASI_EVENT_FD_WRITE, GUEST_ROOT_FD);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(count, 5);
    check_event(&list, 0, 1001, PROA_WASI_EBADF, PROA_WASI_EVENT_FD_READ);
    check_event(&list, 1, 1002, PROA_WASI_EINVAL, PROA_WASI_EVENT_CLOCK);
    check_event(&list, 2, 1003, PROA_WASI_EINVAL, PROA_WASI_EVENT_CLOCK);
    check_event(&list, 3, 1004, PROA_WASI_EINVAL, PROA_WASI_EVENT_CLOCK);
    check_event(&list, 4, 1005, PROA_WASI_ENOTCAPABLE,
                PROA_WASI_EVENT_FD_WRITE);
}

static void test_arguments(struct proa_call *guest)
{
    struct list list = list_make(guest, PROA_WASI_PREVIEW1);
    uint32_t out = guest_room(guest, 4), count;

    CHECK_EQ(list_poll(&list, &count), PROA_WASI_EINVAL); /* none at all */
    list_next(&list, 3);                                  /* of no known type */
    CHECK_EQ(list_poll(&list, &count), PROA_WASI_EINVAL);
    list.count = 0;
    list_clock(&list, 1, 0, 0);
    CHECK_EQ(proa_wasi_poll_oneoff(guest, end - 47, list.events, 1, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_poll_oneoff(guest, list.address, end - 31, 1, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(
        proa_wasi_poll_oneoff(guest, list.address, list.events, 1, end - 3),
        PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_poll_oneoff(guest, 8, 8, UINT32_MAX, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_poll_oneoff(guest, 8, 8,
                                   PROA_WASI_SUBSCRIPTION_COUNT_MAX + 1, out),
             PROA_WASI_EINVAL);
}

static void test_files_are_ready(struct proa_call *guest)
{
    struct list list = list_make(guest, PROA_WASI_PREVIEW1);
    uint32_t fd = 0, count, at = guest_room(guest, 8);

    CHECK_EQ(guest_open(guest, "file", 0, 0, UINT64_MAX, &fd), 0);
    CHECK_EQ(proa_wasi_fd_seek(guest, fd, 3, 0, at), 0);
    list_clock(&list, 1, UINT64_C(3600000000000), 0);
    list_fd(&list, PROA_WASI_EVENT_FD_READ, fd);
    list_fd(&list, PROA_WASI_EVENT_FD_WRITE, fd);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(count, 2);
    check_event(&list, 0, 1001, 0, PROA_WASI_EVENT_FD_READ);
    check_event(&list, 1, 1002, 0, PROA_WASI_EVENT_FD_WRITE);
    CHECK_EQ(event_size(&list, 0), 7);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static void on_signal(int number)
{
    (void)number;
}

static pthread_t poller;

static void *interrupt(void *argument)
{
    struct proa_call *guest = argument;

    atomic_store(&guest->is_interrupted, true);
    CHECK_EQ(pthread_kill(poller, proa_signal_interrupt()), 0);
    return NULL;
}

/* A guest that waits for a pipe and for ever. */
static void test_pipes(void)
{
    int in[2];
    struct proa_wasi_options options = { .stdout_fd = -1, .stderr_fd = -1 };
    struct proa_call guest;
    struct list list;
    uint32_t count;

    CHECK_EQ(pipe(in), 0);
    options.stdin_fd = in[0];
    guest_init(&guest, &options);
    list = list_make(&guest, PROA_WASI_PREVIEW1);
    list_fd(&list, PROA_WASI_EVENT_FD_READ, 0);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;

        atomic_store(&guest.is_interrupted, false);
        CHECK_EQ(pthread_create(&thread, NULL, interrupt, &guest), 0);
        CHECK_EQ(list_poll(&list, &count), PROA_WASI_EINTR);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    atomic_store(&guest.is_interrupted, false);
    CHECK_EQ(write(in[1], "abc", 3), 3);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(event_size(&list, 0), 3);
    CHECK_EQ(event_flags(&list, 0), 0);
    close(in[1]);
    CHECK_EQ(list_poll(&list, &count), 0);
    CHECK_EQ(event_flags(&list, 0), PROA_WASI_EVENT_HANGUP);
    guest_deinit(&guest);
    close(in[0]);
}

int main(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    char folder[64];
    struct proa_call guest;

    poller = pthread_self();
    CHECK_EQ(sigaction(proa_signal_interrupt(), &action, NULL), 0);
    folder_make(folder);
    host_file(folder, "file", "0123456789");
    guest_init_folder(&guest, folder, false);
    test_clocks(&guest);
    test_short_sleeps_end(&guest);
    test_errors_are_events(&guest);
    test_arguments(&guest);
    test_files_are_ready(&guest);
    guest_deinit(&guest);
    test_pipes();
    folder_remove(folder);
    return 0;
}
