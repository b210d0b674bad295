/*
 * Clocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/clock.h"

#include "wasi/preview1.h"
#include "wasi/state.h"

bool proa_wasi_clock_find(uint32_t id, clockid_t *clock)
{
    switch (id) {
    case PROA_WASI_CLOCK_REALTIME:
        *clock = CLOCK_REALTIME;
        return true;
    case PROA_WASI_CLOCK_MONOTONIC:
        *clock = CLOCK_MONOTONIC;
        return true;
    case PROA_WASI_CLOCK_PROCESS_CPU:
        *clock = CLOCK_PROCESS_CPUTIME_ID;
        return true;
    case PROA_WASI_CLOCK_THREAD_CPU:
        *clock = CLOCK_THREAD_CPUTIME_ID;
        return true;
    default:
        return false;
    }
}

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

uint64_t proa_wasi_clock_now(clockid_t clock)
{
    struct timespec now = { 0 };

    clock_gettime(clock, &now); /* fails only for a clock that is none */
    return nanoseconds(&now);
}

uint32_t proa_wasi_clock_res_get(struct proa_call *call, uint32_t id,
                                 uint32_t resolution)
{
    struct timespec step;
    clockid_t clock;

    if (!proa_wasi_clock_find(id, &clock))
        return PROA_WASI_EINVAL;
    if (clock_getres(clock, &step) != 0)
        return proa_wasi_errno();
    return proa_wasi_store_u64(call, resolution, nanoseconds(&step));
}

uint32_t proa_wasi_clock_time_get(struct proa_call *call, uint32_t id,
                                  uint64_t precision, uint32_t time)
{
    clockid_t clock;

    (void)precision; /* the best there is costs no more */
    if (!proa_wasi_clock_find(id, &clock))
        return PROA_WASI_EINVAL;
    return proa_wasi_store_u64(call, time, proa_wasi_clock_now(clock));
}
