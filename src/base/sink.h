/*
 * Bytes that go somewhere in order, and never are in memory as a whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_SINK_H
#define PROA_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { PROA_SINK_STAGED_BYTES = 16384 };

struct proa_sink {
    /* Write at an offset; false: it failed. */
    bool (*write)(void *env, uint64_t offset, const void *bytes, size_t size);
    void *env;
    uint64_t size;     /* put so far */
    uint64_t size_max; /* put no more */
    bool is_full;      /* the limit, or a write that failed; checked at the end,
                          as a buffer's */
    uint32_t staged_count;
    uint8_t staged[PROA_SINK_STAGED_BYTES]; /* the last that was put */
};

void proa_sink_init(struct proa_sink *sink,
                    bool (*write)(void *env, uint64_t offset, const void *bytes,
                                  size_t size),
                    void *env, uint64_t size_max);
/* Into a buffer, which must be empty and gets its size at the end. */
void proa_sink_init_buffer(struct proa_sink *sink, struct proa_buffer *buffer);

void proa_sink_put(struct proa_sink *sink, const void *bytes, size_t size);
void proa_sink_put_zeros(struct proa_sink *sink, uint64_t size);
/* Over what was put already, all of it. */
void proa_sink_put_at(struct proa_sink *sink, uint64_t offset,
                      const void *bytes, size_t size);
/* Nothing more comes. False: it is full. */
bool proa_sink_end(struct proa_sink *sink);

#endif
