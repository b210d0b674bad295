/*
 * Random bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/random.h>

#include "wasi/preview1.h"
#include "wasi/state.h"

/* At a time, so that a large request can be interrupted. */
enum { CHUNK_SIZE_MAX = 1 << 20 };

uint32_t proa_wasi_random_get(struct proa_call *call, uint32_t buf,
                              uint32_t size)
{
    uint8_t *to = proa_guest_bytes(call, buf, size);
    uint32_t done = 0;

    if (to == NULL)
        return PROA_WASI_EFAULT;
    while (done < size) {
        uint32_t left = size - done;
        ssize_t got = getrandom(
            to + done, left < CHUNK_SIZE_MAX ? left : CHUNK_SIZE_MAX, 0);

        if (got >= 0)
            done += (uint32_t)got;
        else if (!proa_wasi_try_again(call))
            return proa_wasi_errno();
        if (proa_call_interrupted(call))
            return PROA_WASI_EINTR;
    }
    return PROA_WASI_SUCCESS;
}
