/*
 * Waiting for descriptors so that no interrupt of a guest is missed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_POLL_H
#define PROA_PLATFORM_POLL_H

#include <stdbool.h>
#include <stdint.h>

struct pollfd;

/*
 * poll(2) until a time. The interrupt signal is held back but for the wait
 * itself, so what `is_over` looks at may be set by whoever sends it.
 *
 * @param deadline_ns CLOCK_MONOTONIC; UINT64_MAX: never
 * @param is_over     asked before each wait: true ends it
 * @return how many are ready; 0: the time has come; -1 and errno: EINTR when
 *         it is over
 */
int proa_poll(struct pollfd *fds, uint32_t count, uint64_t deadline_ns,
              bool (*is_over)(const void *env), const void *env);

/* CLOCK_MONOTONIC in nanoseconds. Also in a signal handler. */
uint64_t proa_clock_now(void);

#endif
