/*
 * Memory that dies all at once: a module's, a store's, a request's.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_ARENA_H
#define PROA_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct proa_arena;

/* NULL when there is no memory. `bytes_max`: what it may ever hand out. */
struct proa_arena *proa_arena_create(size_t bytes_max);
void proa_arena_destroy(struct proa_arena *arena);

/*
 * Zeroed memory, aligned to 16. NULL when there is none or the limit is
 * reached. A size of 0 gives a pointer that may not be read.
 */
void *proa_arena_alloc(struct proa_arena *arena, size_t size);
/* The same for `count` items of `size`; NULL also when that overflows. */
void *proa_arena_array(struct proa_arena *arena, size_t count, size_t size);
/* A terminated copy. */
char *proa_arena_strndup(struct proa_arena *arena, const char *text,
                         size_t size);

#endif
