/*
 * Reading and writing through the guest's lists of buffers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_IO_H
#define PROA_WASI_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>

#include "wasi/abi.h"

struct pollfd;
struct proa_call;
struct proa_wasi_fd;

/* The guest's buffers as the host's system calls want them. */
struct proa_wasi_iovs {
    struct iovec items[PROA_WASI_IOV_COUNT_MAX];
    int count;
};

/*
 * Check the list and every buffer in it. Buffers past the host's limits are
 * left out: reading or writing less than was asked for is always allowed.
 *
 * @param size_max at most so many bytes in all
 * @return SUCCESS, EFAULT
 */
uint32_t proa_wasi_iovs_load(const struct proa_call *call, uint32_t address,
                             uint32_t count, uint32_t size_max,
                             struct proa_wasi_iovs *iovs);

/*
 * Before a call that may block: wait until it will not, so that an interrupt
 * ends the wait. (A signal that comes just before a blocking system call would
 * be missed by it; this wait misses none.) Writing does not wait here.
 *
 * A borrowed descriptor shares its flags with other processes, so NONBLOCK is
 * not set on it but obeyed here, by not waiting.
 *
 * @param events of poll(2): POLLIN or POLLOUT
 * @return SUCCESS, EAGAIN, EINTR
 */
uint32_t proa_wasi_io_ready(const struct proa_call *call,
                            const struct proa_wasi_fd *fd, short events);

/*
 * ppoll(2) that fails with EINTR when the guest is to end, whether it was told
 * so before or while waiting.
 */
int proa_wasi_io_wait(const struct proa_call *call, struct pollfd *fds,
                      uint32_t count, const struct timespec *timeout);

/* How much may be written without blocking once io_ready() has said yes. */
uint32_t proa_wasi_io_write_max(const struct proa_wasi_fd *fd);

#endif
