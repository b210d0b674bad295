/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 256 };

void proa_buffer_init(struct proa_buffer *buffer, size_t size_max)
{
    *buffer = (struct proa_buffer){ .size_max = size_max };
}

void proa_buffer_deinit(struct proa_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct proa_buffer){ 0 };
}

uint8_t *proa_buffer_reserve(struct proa_buffer *buffer, size_t size)
{
    if (buffer->is_full || size > buffer->size_max - buffer->size) {
        buffer->is_full = true;
        return NULL;
    }
    size_t needed = buffer->size + size;
    if (needed > buffer->capacity || buffer->bytes == NULL) {
        size_t capacity =
            buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
        while (capacity < needed)
            capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
        if (capacity > buffer->size_max)
            capacity = buffer->size_max;
        uint8_t *bytes = realloc(buffer->bytes, capacity);
        if (bytes == NULL) {
            buffer->is_full = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    uint8_t *room = buffer->bytes + buffer->size;
    buffer->size = needed;
    return room;
}

bool proa_buffer_append(struct proa_buffer *buffer, const void *bytes,
                        size_t size)
{
    uint8_t *room = proa_buffer_reserve(buffer, size);

    if (room == NULL)
        return false;
    if (size > 0)
        memcpy(room, bytes, size);
    return true;
}

bool proa_buffer_append_zeros(struct proa_buffer *buffer, size_t size)
{
    uint8_t *room = proa_buffer_reserve(buffer, size);

    if (room == NULL)
        return false;
    if (size > 0)
        memset(room, 0, size);
    return true;
}

bool proa_buffer_printf(struct proa_buffer *buffer, const char *format, ...)
{
    va_list args;
    char text[512];

    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size < 0)
        return false;
    if ((size_t)size < sizeof text)
        return proa_buffer_append(buffer, text, (size_t)size);

    /* Too long for the stack: room for the text and its terminator, which is
     * then given back. */
    uint8_t *room = proa_buffer_reserve(buffer, (size_t)size + 1);
    if (room == NULL)
        return false;
    va_start(args, format);
    (void)vsnprintf((char *)room, (size_t)size + 1, format, args);
    va_end(args);
    buffer->size--;
    return true;
}

void proa_buffer_clear(struct proa_buffer *buffer)
{
    buffer->size = 0;
    buffer->is_full = false;
}
