/*
 * Waiting in host functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WAIT_H
#define PROA_WAIT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd; /* of <poll.h> */
struct proa_store;

/*
 * What a host function waits for: one of the descriptors, or a time. Fill in
 * `fds` as for poll(2).
 */
struct proa_wait {
    struct pollfd *fds; /* borrowed; may be NULL when there are none */
    uint32_t count;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; UINT64_MAX: never */
};

/*
 * Wait in a host function's place, for example by giving the thread to another
 * guest meanwhile. It runs on the guest's stack, on the thread that the guest
 * runs on, and returns there. proa_store_interrupt() must end the wait: a hook
 * that does not notice by itself is told by whoever interrupts.
 *
 * @param store the waiting guest's
 * @param wait  borrowed until it returns; revents are set as poll(2) does
 * @return how many descriptors are ready; 0: the deadline has passed; -1 and
 *         errno: EINTR when the guest is to end, else as poll(2)
 */
typedef int (*proa_wait_fn)(void *env, struct proa_store *store,
                            struct proa_wait *wait);

#ifdef __cplusplus
}
#endif
#endif
