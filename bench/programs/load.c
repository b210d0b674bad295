/*
 * Nanoseconds to map an artifact: bench_load ARTIFACT
 * Prints the median of many loads and the time of the first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proa/engine.h"
#include "proa/module.h"

enum { COUNT = 201 };

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct proa_engine *engine = NULL;
    struct proa_error err = { 0 };
    static double times_ns[COUNT];
    double first_ns;

    if (argc != 2 || proa_engine_create(&engine, &err) != PROA_OK)
        return 2;
    for (int i = 0; i < COUNT; i++) {
        struct proa_module *module = NULL;
        double start = now_ns();

        if (proa_module_load(engine, argv[1], &module, &err) != PROA_OK) {
            fprintf(stderr, "bench_load: %s\n", err.text);
            return 1;
        }
        times_ns[i] = now_ns() - start;
        proa_module_release(module);
    }
    first_ns = times_ns[0];
    qsort(times_ns, COUNT, sizeof *times_ns, compare);
    printf("%.0f %.0f\n", times_ns[COUNT / 2], first_ns);
    proa_engine_destroy(engine);
    return 0;
}
