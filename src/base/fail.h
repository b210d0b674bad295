/*
 * How a function of ours fails.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_FAIL_H
#define PROA_BASE_FAIL_H

#include <stdint.h>

#include "proa/error.h"

/*
 * Record a failure in *err and yield its status: `return proa_fail(err, ...);`.
 * A macro, so that the compiler and the analyzer see which status is returned.
 */
#define proa_fail(err, status, offset, ...)                                    \
    (proa_error_set((err), (status), (offset), __VA_ARGS__), (status))

/* The first error wins: a record that already holds one is left alone. */
void proa_error_set(struct proa_error *err, enum proa_status status,
                    uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
