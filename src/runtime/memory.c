/*
 * https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances
 *
 * A 32-bit memory lies in a reservation of 8 GiB and a bit: any 32-bit address
 * plus any 32-bit offset plus 16 bytes falls into it, so that compiled code
 * needs no check. Addresses of a 64-bit memory are checked by the code.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/memory.h"

#include "artifact/abi.h"
#include "base/fail.h"
#include "platform/map.h"
#include "runtime/store.h"

static const uint64_t gib = (uint64_t)1024 * 1024 * 1024;
static const uint64_t guard = (uint64_t)64 * 1024; /* on either side */
static const uint64_t size_max_32 = (uint64_t)4 << 30;
static const uint64_t size_max_64 = (uint64_t)64 << 30;
static const uint64_t default_max = (uint64_t)4 << 30; /* of each memory */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Pages to bytes, or UINT64_MAX. */
static uint64_t page_bytes(uint64_t page_count)
{
    if (page_count > UINT64_MAX / PROA_PAGE_SIZE)
        return UINT64_MAX;
    return page_count * PROA_PAGE_SIZE;
}

/* How large a memory of a type may become in a store. */
static uint64_t bytes_max(const struct proa_store *store,
                          const struct proa_limits *limits)
{
    uint64_t max = store->limits.memory_bytes_max;

    if (max == 0)
        max = default_max;
    max = least(max, limits->is_64 ? size_max_64 : size_max_32);
    if (!limits->is_64 && limits->min <= PROA_MEMORY32_PAGES_MAX)
        max = least(max, page_bytes(PROA_MEMORY32_PAGES_MAX));
    return least(max, page_bytes(limits->max));
}

enum proa_status proa_memory_create(struct proa_store *store,
                                    struct proa_memorytype type,
                                    struct proa_memory **memory,
                                    struct proa_error *err)
{
    uint64_t size = page_bytes(type.limits.min);
    uint64_t size_max = bytes_max(store, &type.limits);

    if (size > size_max || !proa_store_has_room(store, size, 0))
        return proa_fail(err, PROA_LIMIT, 0,
                         "a memory of %llu pages is above the limit",
                         (unsigned long long)type.limits.min);
    struct proa_memory *made = proa_store_alloc(store, 1, sizeof *made, err);
    if (made == NULL)
        return PROA_NOMEM;
    uint64_t room = type.limits.is_64 ? size_max : 8 * gib;
    made->reservation_size = proa_map_round(room) + 2 * guard;
    made->reservation = proa_map_reserve(made->reservation_size);
    if (made->reservation == NULL ||
        !proa_map_commit(made->reservation + guard, size)) {
        proa_map_release(made->reservation, made->reservation_size);
        return proa_fail(err, PROA_NOMEM, 0,
                         "no address space for a memory of %llu pages",
                         (unsigned long long)type.limits.min);
    }
    made->store = store;
    made->type = type;
    made->base = made->reservation + guard;
    made->size = size;
    made->size_max = size_max;
    made->next = store->memories;
    store->memories = made;
    store->memory_bytes += size;
    *memory = made;
    return PROA_OK;
}

uint64_t proa_memory_grow(struct proa_memory *memory, uint64_t page_count)
{
    struct proa_store *store = memory->store;
    uint64_t more = page_bytes(page_count);

    if (more > memory->size_max - memory->size ||
        !proa_store_has_room(store, more, 0))
        return UINT64_MAX;
    if (!proa_map_commit(memory->base + memory->size, more))
        return UINT64_MAX;
    uint64_t old = memory->size / PROA_PAGE_SIZE;
    memory->size += more;
    store->memory_bytes += more;
    return old;
}

bool proa_memory_holds(const struct proa_memory *memories, uintptr_t address)
{
    for (; memories != NULL; memories = memories->next) {
        uintptr_t start = (uintptr_t)memories->reservation;
        if (address >= start && address - start < memories->reservation_size)
            return true;
    }
    return false;
}

void proa_memory_release_all(struct proa_memory *memories)
{
    for (; memories != NULL; memories = memories->next)
        proa_map_release(memories->reservation, memories->reservation_size);
}

uint8_t *proa_memory_data(struct proa_memory *memory)
{
    return memory->base;
}

uint64_t proa_memory_size(const struct proa_memory *memory)
{
    return memory->size;
}

/* Growing raises a memory's minimum. */
struct proa_memorytype proa_memory_type(const struct proa_memory *memory)
{
    struct proa_memorytype type = memory->type;

    type.limits.min = memory->size / PROA_PAGE_SIZE;
    return type;
}
