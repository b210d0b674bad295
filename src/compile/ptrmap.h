/*
 * A map from pointers to small numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_PTRMAP_H
#define PROA_COMPILE_PTRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proa_ptrmap_entry {
    const void *key; /* NULL: free */
    uint32_t value;
};

/* Start from `{ 0 }`; end with proa_ptrmap_deinit(). */
struct proa_ptrmap {
    struct proa_ptrmap_entry *entries; /* owned */
    size_t capacity;                   /* a power of two, or 0 */
    size_t count;
};

void proa_ptrmap_deinit(struct proa_ptrmap *map);

/* Forget all keys; memory far beyond what they needed is given back. */
void proa_ptrmap_clear(struct proa_ptrmap *map);

/* False when the key is not there; *value is untouched then. */
bool proa_ptrmap_get(const struct proa_ptrmap *map, const void *key,
                     uint32_t *value);

/* Add or change; false when there is no memory. The key is not NULL. */
bool proa_ptrmap_set(struct proa_ptrmap *map, const void *key, uint32_t value);

#endif
