/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/heed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/supervise.h"

enum { NS_PER_MS = 1000000 };

static int open_signal(int first, int second, sigset_t *all)
{
    sigset_t own;

    (void)sigemptyset(&own);
    (void)sigaddset(&own, first);
    (void)sigaddset(all, first);
    if (second != 0) {
        (void)sigaddset(&own, second);
        (void)sigaddset(all, second);
    }
    return signalfd(-1, &own, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum proa_status proa_heed_open(struct proa_heed *heed, struct proa_error *err)
{
    const struct proa_supervised *above = heed->service->options.supervised;
    sigset_t all;
    bool is_good = true;

    (void)sigemptyset(&all);
    heed->stop_fd = heed->reload_fd = heed->reopen_fd = heed->command_fd = -1;
    heed->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (above != NULL) {
        /* What the whole group is sent is theirs to tell. */
        heed->command_fd = above->command_fd;
    } else {
        heed->stop_fd = open_signal(SIGTERM, SIGINT, &all);
        heed->reload_fd = open_signal(SIGHUP, 0, &all);
        heed->reopen_fd = open_signal(SIGUSR1, 0, &all);
        is_good =
            heed->stop_fd >= 0 && heed->reload_fd >= 0 && heed->reopen_fd >= 0;
    }
    int code = errno;
    (void)pthread_sigmask(SIG_BLOCK, &all, &heed->previous);
    if (is_good && heed->ended_fd >= 0)
        return PROA_OK;
    return proa_fail(err, PROA_IO, 0, "a descriptor to begin with: %s",
                     strerror(code));
}

void proa_heed_close(struct proa_heed *heed)
{
    const int fds[] = { heed->stop_fd, heed->reload_fd, heed->reopen_fd,
                        heed->command_fd, heed->ended_fd };

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    (void)pthread_sigmask(SIG_SETMASK, &heed->previous, NULL);
}

void proa_heed_stop(struct proa_heed *heed)
{
    struct proa_service *service = heed->service;

    atomic_store(&service->is_ready, false);
    for (uint32_t i = 0; i < service->worker_count; i++)
        proa_worker_stop(&service->workers[i]);
}

static bool take_signal(int fd)
{
    uint8_t bytes[sizeof(struct signalfd_siginfo)];

    return read(fd, bytes, sizeof bytes) > 0;
}

/*
 * At first it is only told that nothing more should come, if so wished: who
 * shares requests out takes some time to see that.
 */
static void ask_to_stop(struct proa_heed *heed)
{
    uint64_t delay_ns = heed->service->options.drain_delay_ns;

    atomic_store(&heed->service->is_yielding, false);
    if (heed->stop_ns != 0 || delay_ns == 0) {
        heed->stop_ns = UINT64_MAX;
        proa_heed_stop(heed);
        return;
    }
    atomic_store(&heed->service->is_ready, false);
    heed->stop_ns = proa_http_now_ns() + delay_ns;
}

/* Nobody waits for us to be seen as not ready: the next one is. */
static void yield(struct proa_heed *heed)
{
    heed->stop_ns = UINT64_MAX;
    atomic_store(&heed->service->is_yielding, true);
    heed->yield(heed->env);
    proa_heed_stop(heed);
}

/* A byte, and the descriptor that may come with it. @return as read() */
static ssize_t receive(int command_fd, char *byte, int *fetched_fd)
{
    union {
        struct cmsghdr head; /* for its alignment */
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = { .iov_base = byte, .iov_len = 1 };
    struct msghdr message = { .msg_iov = &data,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    ssize_t got = recvmsg(command_fd, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (head != NULL && head->cmsg_level == SOL_SOCKET &&
        head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(fetched_fd, CMSG_DATA(head), sizeof *fetched_fd);
    return got;
}

static void take_command(struct proa_heed *heed)
{
    char byte = 0;
    int fetched_fd = -1;
    ssize_t got = receive(heed->command_fd, &byte, &fetched_fd);

    if (got == 0) {
        /* The process above was killed, and so are we. */
        proa_heed_stop(heed);
        proa_heed_stop(heed);
        (void)close(heed->command_fd);
        heed->command_fd = -1;
    } else if (got < 0) {
        return;
    } else if (byte == PROA_SUPERVISED_RELOAD) {
        heed->reload(heed->env, fetched_fd);
    } else if (byte == PROA_SUPERVISED_REOPEN) {
        heed->reopen(heed->env);
    } else if (byte == PROA_SUPERVISED_YIELD) {
        yield(heed);
    } else {
        ask_to_stop(heed);
    }
}

/* For poll(); -1: for ever. */
static int wait_ms(const struct proa_heed *heed)
{
    uint64_t now_ns = proa_http_now_ns();

    if (heed->stop_ns == 0 || heed->stop_ns == UINT64_MAX)
        return -1;
    if (heed->stop_ns <= now_ns)
        return 0;
    uint64_t ms = (heed->stop_ns - now_ns) / NS_PER_MS + 1;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void heed_once(struct proa_heed *heed, const struct pollfd waits[4])
{
    if (waits[0].revents != 0 && take_signal(heed->stop_fd))
        ask_to_stop(heed);
    if (waits[1].revents != 0 && take_signal(heed->reload_fd))
        heed->reload(heed->env, -1);
    if (waits[2].revents != 0 && take_signal(heed->reopen_fd))
        heed->reopen(heed->env);
    if (waits[3].revents != 0)
        take_command(heed);
    if (wait_ms(heed) == 0) {
        heed->stop_ns = UINT64_MAX;
        proa_heed_stop(heed);
    }
}

void proa_heed_run(struct proa_heed *heed)
{
    uint64_t ended_count = 0, count;

    while (ended_count < heed->service->worker_count) {
        struct pollfd waits[] = {
            { .fd = heed->stop_fd, .events = POLLIN },
            { .fd = heed->reload_fd, .events = POLLIN },
            { .fd = heed->reopen_fd, .events = POLLIN },
            { .fd = heed->command_fd, .events = POLLIN },
            { .fd = heed->ended_fd, .events = POLLIN },
        };
        if (poll(waits, 5, wait_ms(heed)) < 0)
            continue;
        heed_once(heed, waits);
        if (waits[4].revents == 0 ||
            read(heed->ended_fd, &count, sizeof count) != sizeof count)
            continue;
        /* One that failed takes the others with it. */
        if (ended_count == 0 && heed->stop_ns != UINT64_MAX) {
            heed->stop_ns = UINT64_MAX;
            proa_heed_stop(heed);
        }
        ended_count += count;
    }
}
