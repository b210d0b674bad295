/*
 * The trace that a request belongs to: the client's, or a new one.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_TRACE_H
#define PROA_SERVE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "http/message.h"

/* "00-" 32 digits "-" 16 digits "-" 2 digits, terminated. */
enum { PROA_TRACE_SIZE = 56 };

struct proa_trace {
    char parent[PROA_TRACE_SIZE]; /* to pass on: its span is the request's */
    bool is_new; /* the client's was missing or wrong: so is its tracestate */
};

/* Where identifiers come from. */
struct proa_trace_source {
    atomic_ullong counter;
    uint64_t key[2];
};

void proa_trace_source_init(struct proa_trace_source *source);

/* Threads: any. Trust: the request may say anything. */
void proa_trace_make(struct proa_trace_source *source,
                     const struct proa_http_request *request,
                     struct proa_trace *trace);

#endif
