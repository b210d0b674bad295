/* SPDX-License-Identifier: Apache-2.0 */
#include "proa/usage.h"

#include <time.h>

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void proa_usage_begin(struct proa_usage *usage, const struct proa_store *store)
{
    *usage = (struct proa_usage){ 0 };
    usage->fuel_before = proa_store_fuel_spent(store);
    usage->wall_from_ns = now_ns(CLOCK_MONOTONIC);
    proa_usage_resume(usage);
}

void proa_usage_rest(struct proa_usage *usage)
{
    usage->cpu_ns += now_ns(CLOCK_THREAD_CPUTIME_ID) - usage->cpu_from_ns;
}

void proa_usage_resume(struct proa_usage *usage)
{
    usage->cpu_from_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
}

void proa_usage_end(struct proa_usage *usage, const struct proa_store *store)
{
    proa_usage_rest(usage);
    usage->wall_ns = now_ns(CLOCK_MONOTONIC) - usage->wall_from_ns;
    usage->fuel = proa_store_fuel_spent(store) - usage->fuel_before;
    usage->memory_bytes = proa_store_memory_bytes(store);
}
