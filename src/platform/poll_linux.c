/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/poll.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "platform/signal.h"

static const uint64_t ns_per_second = 1000000000;

uint64_t proa_clock_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * ns_per_second + (uint64_t)now.tv_nsec;
}

static int poll_until(struct pollfd *fds, uint32_t count, uint64_t deadline_ns,
                      const sigset_t *mask)
{
    uint64_t now = deadline_ns == UINT64_MAX ? 0 : proa_clock_now();
    uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    struct timespec timeout = {
        .tv_sec = (time_t)(left / ns_per_second),
        .tv_nsec = (long)(left % ns_per_second),
    };

    return ppoll(fds, count, deadline_ns == UINT64_MAX ? NULL : &timeout, mask);
}

int proa_poll(struct pollfd *fds, uint32_t count, uint64_t deadline_ns,
              bool (*is_over)(const void *env), const void *env)
{
    sigset_t interrupt, previous;
    int result = -1, error = EINTR;

    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, proa_signal_interrupt());
    (void)pthread_sigmask(SIG_BLOCK, &interrupt, &previous);
    while (result < 0 && error == EINTR && !is_over(env)) {
        result = poll_until(fds, count, deadline_ns, &previous);
        error = errno;
    }
    (void)pthread_sigmask(SIG_SETMASK, &previous, NULL);
    errno = error;
    return result;
}
