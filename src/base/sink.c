/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sink.h"

#include <assert.h>
#include <string.h>

void proa_sink_init(struct proa_sink *sink,
                    bool (*write)(void *env, uint64_t offset, const void *bytes,
                                  size_t size),
                    void *env, uint64_t size_max)
{
    sink->write = write;
    sink->env = env;
    sink->size = 0;
    sink->size_max = size_max;
    sink->is_full = false;
    sink->staged_count = 0;
}

static bool write_buffer(void *env, uint64_t offset, const void *bytes,
                         size_t size)
{
    struct proa_buffer *buffer = env;

    if (offset == buffer->size)
        return proa_buffer_append(buffer, bytes, size);
    assert(offset + size <= buffer->size);
    memcpy(buffer->bytes + offset, bytes, size);
    return true;
}

void proa_sink_init_buffer(struct proa_sink *sink, struct proa_buffer *buffer)
{
    assert(buffer->size == 0);
    proa_sink_init(sink, write_buffer, buffer, buffer->size_max);
}

static void write_now(struct proa_sink *sink, uint64_t offset,
                      const void *bytes, size_t size)
{
    if (size > 0 && !sink->is_full &&
        !sink->write(sink->env, offset, bytes, size))
        sink->is_full = true;
}

static void write_staged(struct proa_sink *sink)
{
    write_now(sink, sink->size - sink->staged_count, sink->staged,
              sink->staged_count);
    sink->staged_count = 0;
}

void proa_sink_put(struct proa_sink *sink, const void *bytes, size_t size)
{
    if (sink->is_full || size > sink->size_max - sink->size) {
        sink->is_full = true;
        return;
    }
    if (size > sizeof sink->staged - sink->staged_count)
        write_staged(sink);
    if (size >= sizeof sink->staged) {
        write_now(sink, sink->size, bytes, size);
    } else if (size > 0) {
        memcpy(sink->staged + sink->staged_count, bytes, size);
        sink->staged_count += (uint32_t)size;
    }
    sink->size += size;
}

void proa_sink_put_zeros(struct proa_sink *sink, uint64_t size)
{
    static const uint8_t zeros[4096];

    for (; size > 0 && !sink->is_full; size -= sizeof zeros) {
        if (size <= sizeof zeros) {
            proa_sink_put(sink, zeros, (size_t)size);
            return;
        }
        proa_sink_put(sink, zeros, sizeof zeros);
    }
}

void proa_sink_put_at(struct proa_sink *sink, uint64_t offset,
                      const void *bytes, size_t size)
{
    assert(sink->is_full || offset + size <= sink->size);
    write_staged(sink);
    write_now(sink, offset, bytes, size);
}

bool proa_sink_end(struct proa_sink *sink)
{
    write_staged(sink);
    return !sink->is_full;
}
