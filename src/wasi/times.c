/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/times.h"

#include <stdbool.h>
#include <sys/stat.h>

#include "wasi/abi.h"

static struct timespec time_of(uint64_t ns, bool is_set, bool is_now)
{
    if (is_now)
        return (struct timespec){ .tv_nsec = UTIME_NOW };
    if (!is_set)
        return (struct timespec){ .tv_nsec = UTIME_OMIT };
    return (struct timespec){
        .tv_sec = (time_t)(ns / 1000000000),
        .tv_nsec = (long)(ns % 1000000000),
    };
}

uint32_t proa_wasi_times_make(uint64_t accessed_ns, uint64_t modified_ns,
                              uint32_t fst_flags, struct timespec times[2])
{
    bool sets_accessed = (fst_flags & PROA_WASI_FSTFLAG_ATIM) != 0;
    bool accessed_now = (fst_flags & PROA_WASI_FSTFLAG_ATIM_NOW) != 0;
    bool sets_modified = (fst_flags & PROA_WASI_FSTFLAG_MTIM) != 0;
    bool modified_now = (fst_flags & PROA_WASI_FSTFLAG_MTIM_NOW) != 0;

    if ((fst_flags & ~(uint32_t)PROA_WASI_FSTFLAG_ALL) != 0 ||
        (sets_accessed && accessed_now) || (sets_modified && modified_now))
        return PROA_WASI_EINVAL;
    times[0] = time_of(accessed_ns, sets_accessed, accessed_now);
    times[1] = time_of(modified_ns, sets_modified, modified_now);
    return PROA_WASI_SUCCESS;
}
