/*
 * Checks for unit tests: a failed one prints and ends the program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_CHECK_H
#define PROA_TESTS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Unlike assert(), stays in release builds and prints both numbers. */
#define CHECK_EQ(actual, expected)                                             \
    check_eq((long long)(actual), (long long)(expected), #actual, __FILE__,    \
             __LINE__)

static inline void check_eq(long long actual, long long expected,
                            const char *text, const char *file, int line)
{
    if (actual == expected)
        return;
    fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, text,
            actual, expected);
    exit(1);
}

/* A heap block of exactly `size` bytes: one read past it and ASan stops. */
static inline uint8_t *exact_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size);

    if (copy == NULL && size > 0)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

#endif
