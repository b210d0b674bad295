/*
 * Bytes that grow up to a limit.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_BUFFER_H
#define PROA_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proa_buffer {
    uint8_t *bytes; /* owned */
    size_t size;
    size_t capacity;
    size_t size_max;
    bool is_full; /* an append failed: the limit or the machine's memory */
};

void proa_buffer_init(struct proa_buffer *buffer, size_t size_max);
void proa_buffer_deinit(struct proa_buffer *buffer);

/*
 * Append; false, and nothing appended, when the limit or memory is reached.
 * After one failure every further append fails too, so that a writer may check
 * `is_full` once at its end.
 */
bool proa_buffer_append(struct proa_buffer *buffer, const void *bytes,
                        size_t size);
bool proa_buffer_append_zeros(struct proa_buffer *buffer, size_t size);
bool proa_buffer_printf(struct proa_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes, to be written in place; NULL when there is none.
 */
uint8_t *proa_buffer_reserve(struct proa_buffer *buffer, size_t size);
/* Keep the memory, forget the bytes. */
void proa_buffer_clear(struct proa_buffer *buffer);

#endif
