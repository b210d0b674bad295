/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Small arenas are many: the first chunk is small, each next one twice that. */
enum { CHUNK_BYTES_MIN = 4000, CHUNK_BYTES_MAX = 64000, ALIGNMENT = 16 };

struct chunk {
    struct chunk *next;
    size_t size; /* of `bytes` */
    size_t used;
    alignas(ALIGNMENT) uint8_t bytes[];
};

struct proa_arena {
    struct chunk *chunks; /* the one in use first */
    size_t chunk_bytes;   /* of the next */
    size_t bytes_left;    /* of the limit */
};

struct proa_arena *proa_arena_create(size_t bytes_max)
{
    struct proa_arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL) {
        arena->bytes_left = bytes_max;
        arena->chunk_bytes = CHUNK_BYTES_MIN;
    }
    return arena;
}

void proa_arena_destroy(struct proa_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->chunks; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

static struct chunk *chunk_add(struct proa_arena *arena, size_t size)
{
    size_t usual = arena->chunk_bytes;
    size_t room = size > usual ? size : usual;
    struct chunk *chunk;

    if (room > SIZE_MAX - sizeof *chunk)
        return NULL;
    chunk = calloc(1, sizeof *chunk + room);
    if (chunk == NULL)
        return NULL;
    chunk->size = room;
    if (room <= usual && usual * 2 <= CHUNK_BYTES_MAX)
        arena->chunk_bytes = usual * 2;
    /* A large piece must not end the use of a chunk that has room left. */
    if (room > usual && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    return chunk;
}

void *proa_arena_alloc(struct proa_arena *arena, size_t size)
{
    assert(arena != NULL);

    if (size > SIZE_MAX - (ALIGNMENT - 1))
        return NULL;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded > arena->bytes_left)
        return NULL;
    struct chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < rounded)
        chunk = chunk_add(arena, rounded);
    if (chunk == NULL)
        return NULL;
    void *memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->bytes_left -= rounded;
    return memory;
}

void *proa_arena_array(struct proa_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return proa_arena_alloc(arena, count * size);
}

char *proa_arena_strndup(struct proa_arena *arena, const char *text,
                         size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = proa_arena_alloc(arena, size + 1);

    if (copy != NULL && size > 0)
        memcpy(copy, text, size);
    return copy;
}
