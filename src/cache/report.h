/*
 * The lines that the compiler process reports. They are not trusted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_REPORT_H
#define PROA_CACHE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "proa/error.h"

struct proa_report {
    enum proa_status status; /* PROA_OK: no error was reported */
    uint64_t offset;
    char text[400];
    uint64_t done_bytes;
    uint64_t all_bytes;
    char said[200]; /* the last line of its standard error */

    char line[512]; /* one that is not complete yet */
    size_t line_size;
    char said_line[200];
    size_t said_size;
};

void proa_report_init(struct proa_report *report);

/*
 * Take bytes that came from the report descriptor. True when there is progress
 * to show. Lines that are too long or make no sense are left out.
 */
bool proa_report_add(struct proa_report *report, const char *bytes,
                     size_t size);

/* Take bytes that came from standard error. */
void proa_report_add_stderr(struct proa_report *report, const char *bytes,
                            size_t size);

#endif
