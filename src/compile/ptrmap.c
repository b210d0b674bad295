/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/ptrmap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

void proa_ptrmap_deinit(struct proa_ptrmap *map)
{
    free(map->entries);
    *map = (struct proa_ptrmap){ 0 };
}

void proa_ptrmap_clear(struct proa_ptrmap *map)
{
    if (map->capacity > CAPACITY_MIN && map->count < map->capacity / 16)
        proa_ptrmap_deinit(map);
    else if (map->count > 0)
        memset(map->entries, 0, map->capacity * sizeof *map->entries);
    map->count = 0;
}

/* Where the key is, or where it would go. */
static struct proa_ptrmap_entry *find(const struct proa_ptrmap *map,
                                      const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15U;
    size_t at = (size_t)(hash >> 32) & (map->capacity - 1);

    while (map->entries[at].key != NULL && map->entries[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->entries[at];
}

bool proa_ptrmap_get(const struct proa_ptrmap *map, const void *key,
                     uint32_t *value)
{
    const struct proa_ptrmap_entry *entry;

    if (map->count == 0)
        return false;
    entry = find(map, key);
    if (entry->key == NULL)
        return false;
    *value = entry->value;
    return true;
}

static bool grow(struct proa_ptrmap *map)
{
    struct proa_ptrmap grown = { .capacity = map->capacity * 2 };

    if (grown.capacity < CAPACITY_MIN)
        grown.capacity = CAPACITY_MIN;
    grown.entries = calloc(grown.capacity, sizeof *grown.entries);
    if (grown.entries == NULL)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key != NULL)
            *find(&grown, map->entries[i].key) = map->entries[i];
    grown.count = map->count;
    free(map->entries);
    *map = grown;
    return true;
}

bool proa_ptrmap_set(struct proa_ptrmap *map, const void *key, uint32_t value)
{
    struct proa_ptrmap_entry *entry;

    assert(key != NULL);
    if (2 * (map->count + 1) > map->capacity && !grow(map))
        return false;
    entry = find(map, key);
    if (entry->key == NULL)
        map->count++;
    *entry = (struct proa_ptrmap_entry){ .key = key, .value = value };
    return true;
}
