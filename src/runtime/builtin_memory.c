/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/builtin.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/module.h"

/* Between two pieces of this size a long copy looks for an interrupt. */
static const uint64_t piece_size = (uint64_t)16 * 1024 * 1024;

static struct proa_memory *memory_of(const struct proa_context *context,
                                     uint32_t memory)
{
    return context->instance->memories[memory];
}

static bool is_inside(uint64_t all, uint64_t start, uint64_t size)
{
    return start <= all && size <= all - start;
}

static bool is_interrupted(const struct proa_context *context)
{
    return atomic_load_explicit(&context->instance->guest->interrupt,
                                memory_order_relaxed) != 0;
}

uint64_t proa_builtin_memory_grow(struct proa_context *context, uint32_t memory,
                                  uint64_t page_count)
{
    return proa_memory_grow(memory_of(context, memory), page_count);
}

uint32_t proa_builtin_memory_init(struct proa_context *context, uint32_t data,
                                  uint32_t memory, uint64_t to, uint32_t from,
                                  uint32_t size)
{
    const struct proa_instance *instance = context->instance;
    const struct proa_artifact_data *segment =
        &instance->module->artifact.datas[data];
    struct proa_memory *target = memory_of(context, memory);
    uint32_t left = instance->data_is_dropped[data] ? 0 : segment->size;

    if (!is_inside(left, from, size) || !is_inside(target->size, to, size))
        return PROA_TRAP_MEMORY_BOUNDS;
    if (size > 0)
        memcpy(target->base + to, segment->bytes + from, size);
    return PROA_TRAP_NONE;
}

/*
 * Whoever sees the interrupt after this returns ends the call: the rest of the
 * work is of no use to anyone.
 */
static void move_pieces(const struct proa_context *context, uint8_t *to,
                        const uint8_t *from, uint64_t size)
{
    /* Where the two overlap, a piece must not overwrite one to be read. */
    bool is_upward = to <= from;
    uint64_t done = 0;

    while (done < size && !is_interrupted(context)) {
        uint64_t left = size - done;
        uint64_t piece = left < piece_size ? left : piece_size;
        uint64_t start = is_upward ? done : left - piece;
        memmove(to + start, from + start, piece);
        done += piece;
    }
}

uint32_t proa_builtin_memory_copy(struct proa_context *context,
                                  uint32_t to_memory, uint32_t from_memory,
                                  uint64_t to, uint64_t from, uint64_t size)
{
    struct proa_memory *target = memory_of(context, to_memory);
    const struct proa_memory *source = memory_of(context, from_memory);

    if (!is_inside(target->size, to, size) ||
        !is_inside(source->size, from, size))
        return PROA_TRAP_MEMORY_BOUNDS;
    if (size <= piece_size)
        memmove(target->base + to, source->base + from, size);
    else
        move_pieces(context, target->base + to, source->base + from, size);
    return PROA_TRAP_NONE;
}

uint32_t proa_builtin_memory_fill(struct proa_context *context, uint32_t memory,
                                  uint64_t to, uint32_t value, uint64_t size)
{
    struct proa_memory *target = memory_of(context, memory);

    if (!is_inside(target->size, to, size))
        return PROA_TRAP_MEMORY_BOUNDS;
    for (uint64_t done = 0; done < size && !is_interrupted(context);) {
        uint64_t left = size - done;
        uint64_t piece = left < piece_size ? left : piece_size;
        memset(target->base + to + done, (int)(value & 0xff), piece);
        done += piece;
    }
    return PROA_TRAP_NONE;
}

void proa_builtin_data_drop(struct proa_context *context, uint32_t data)
{
    context->instance->data_is_dropped[data] = true;
}
