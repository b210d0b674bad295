/*
 * Reading and writing through the guest's lists of buffers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_IO_H
#define PROA_WASI_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "wasi/abi.h"

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
 * After a call that would have blocked: wait until it will not. A borrowed
 * descriptor shares its flags with other processes, so NONBLOCK is not set on
 * it but obeyed here, by not waiting.
 *
 * @param events of poll(2): POLLIN or POLLOUT
 * @return SUCCESS, EAGAIN (it must not block), EINTR (the guest is to end)
 */
uint32_t proa_wasi_io_wait(const struct proa_call *call,
                           const struct proa_wasi_fd *fd, short events);

/* The same before a call that has no form which does not block. */
uint32_t proa_wasi_io_ready(const struct proa_call *call,
                            const struct proa_wasi_fd *fd, short events);

#endif
