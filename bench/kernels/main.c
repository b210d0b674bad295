/*
 * Runs a kernel: PROGRAM [REPETITIONS]. Prints the checksum, then the
 * nanoseconds of each repetition, one a line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPETITIONS_MAX = 1000 };

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Through here no compiler sees that the work is the same every time. */
static uint64_t (*volatile run)(void) = kernel_run;

int main(int argc, char **argv)
{
    static uint64_t times_ns[REPETITIONS_MAX];
    uint64_t first = 0;
    int count = argc > 1 ? atoi(argv[1]) : 3;

    if (count < 1 || count > REPETITIONS_MAX)
        return 2;
    for (int i = 0; i < count; i++) {
        uint64_t start;
        uint64_t sum;

        kernel_setup();
        start = now_ns();
        sum = run();
        times_ns[i] = now_ns() - start;
        if (i == 0)
            first = sum;
        else if (sum != first)
            return 3; /* not the same work: the figures would mean nothing */
    }
    printf("%016" PRIx64 "\n", first);
    for (int i = 0; i < count; i++)
        printf("%" PRIu64 "\n", times_ns[i]);
    return 0;
}
