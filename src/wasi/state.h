/*
 * What the families of functions share: one guest's state and the small steps
 * that nearly every call takes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_STATE_H
#define PROA_WASI_STATE_H

#include <errno.h>

#include "host/guest.h"
#include "wasi/abi.h"
#include "wasi/fdtable.h"
#include "wasi/layout.h"
#include "wasi/text.h"

struct proa_wasi {
    struct proa_wasi_fdtable fds;
    struct proa_wasi_text args;
    struct proa_wasi_text env;
    uint64_t bytes_in; /* read and written through descriptors */
    uint64_t bytes_out;
};

static inline struct proa_wasi *proa_wasi_of(const struct proa_call *call)
{
    return proa_call_env(call);
}

/* A descriptor with these rights: SUCCESS, EBADF, ENOTCAPABLE. */
static inline uint32_t proa_wasi_find(const struct proa_call *call,
                                      uint32_t number, uint64_t rights,
                                      struct proa_wasi_fd **fd)
{
    return proa_wasi_fdtable_find(&proa_wasi_of(call)->fds, number, rights, fd);
}

/* The same for a folder; ENOTDIR when it is none. */
uint32_t proa_wasi_find_directory(const struct proa_call *call, uint32_t number,
                                  uint64_t rights, struct proa_wasi_fd **fd);

/* SUCCESS or EFAULT. */
uint32_t proa_wasi_store_u32(const struct proa_call *call, uint32_t address,
                             uint32_t value);
uint32_t proa_wasi_store_u64(const struct proa_call *call, uint32_t address,
                             uint64_t value);

/*
 * After a system call that failed: is it worth another try? True after EINTR
 * unless the guest is to end.
 */
bool proa_wasi_try_again(const struct proa_call *call);

/* The errno of a system call that failed just now: never SUCCESS, and here so
 * that whoever reads the caller sees it. */
static inline uint32_t proa_wasi_errno(void)
{
    uint32_t error = proa_wasi_errno_from_host(errno);

    return error != PROA_WASI_SUCCESS ? error : (uint32_t)PROA_WASI_EIO;
}

/*
 * Describe an open host descriptor: its type, whether it can seek, and from its
 * flags which of reading and writing it allows. `inheriting`, `is_read_only`
 * and the name are the caller's to set.
 *
 * @return SUCCESS, EBADF
 */
uint32_t proa_wasi_fd_describe(int host_fd, uint64_t rights_asked,
                               struct proa_wasi_fd *fd);

#endif
