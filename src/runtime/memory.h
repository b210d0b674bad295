/*
 * Linear memories: reserved at once, never moved.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_MEMORY_H
#define PROA_RUNTIME_MEMORY_H

#include "proa/store.h"

struct proa_memory {
    struct proa_store *store;
    struct proa_memory *next; /* of the store */
    struct proa_memorytype type;
    uint8_t *base;
    uint64_t size;     /* bytes */
    uint64_t size_max; /* bytes; growth ends here, whatever the type says */
    uint8_t *reservation;
    uint64_t reservation_size;
};

/* Old size in pages, or UINT64_MAX when it cannot grow by that. */
uint64_t proa_memory_grow(struct proa_memory *memory, uint64_t page_count);

/* Is an address in the reservation of any of a list? In signal handlers. */
bool proa_memory_holds(const struct proa_memory *memories, uintptr_t address);

void proa_memory_release_all(struct proa_memory *memories);

#endif
