/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "wasi/abi.h"

uint32_t proa_wasi_errno_from_host(int host_errno)
{
    switch (host_errno) {
    case 0:
        return PROA_WASI_SUCCESS;
#define ERRNO(name, number, host)                                              \
    case host:                                                                 \
        return number;
#include "wasi/errno.def"
#undef ERRNO
    default:
        return PROA_WASI_EIO;
    }
}
