/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <string.h>

#include "../check.h"

static void memory_is_zero_and_aligned(void)
{
    struct proa_arena *arena = proa_arena_create(1 << 20);

    for (size_t size = 1; size < 5000; size += 37) {
        uint8_t *memory = proa_arena_alloc(arena, size);
        CHECK_EQ(memory != NULL, 1);
        CHECK_EQ((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            CHECK_EQ(memory[i], 0);
        memset(memory, 0xff, size); /* must not show in the next piece */
    }
    proa_arena_destroy(arena);
}

static void limit_holds(void)
{
    struct proa_arena *arena = proa_arena_create(1000);

    CHECK_EQ(proa_arena_alloc(arena, 1001) == NULL, 1);
    CHECK_EQ(proa_arena_alloc(arena, 900) != NULL, 1);
    CHECK_EQ(proa_arena_alloc(arena, 100) == NULL, 1); /* 912 are gone */
    CHECK_EQ(proa_arena_alloc(arena, 80) != NULL, 1);
    proa_arena_destroy(arena);
}

static void sizes_that_overflow_are_refused(void)
{
    struct proa_arena *arena = proa_arena_create(SIZE_MAX);

    CHECK_EQ(proa_arena_alloc(arena, SIZE_MAX) == NULL, 1);
    CHECK_EQ(proa_arena_array(arena, SIZE_MAX / 8, 16) == NULL, 1);
    CHECK_EQ(proa_arena_strndup(arena, "x", SIZE_MAX) == NULL, 1);
    proa_arena_destroy(arena);
}

static void a_large_piece_keeps_the_room_of_the_chunk(void)
{
    struct proa_arena *arena = proa_arena_create(1 << 24);
    uint8_t *first = proa_arena_alloc(arena, 16);
    uint8_t *large = proa_arena_alloc(arena, 1 << 20);
    uint8_t *second = proa_arena_alloc(arena, 16);

    CHECK_EQ(large != NULL, 1);
    CHECK_EQ(second - first, 16);
    proa_arena_destroy(arena);
}

static void text_is_copied_and_ended(void)
{
    struct proa_arena *arena = proa_arena_create(1000);
    char *copy = proa_arena_strndup(arena, "abcdef", 3);

    CHECK_EQ(strcmp(copy, "abc"), 0);
    CHECK_EQ(strcmp(proa_arena_strndup(arena, NULL, 0), ""), 0);
    proa_arena_destroy(arena);
    proa_arena_destroy(NULL);
}

int main(void)
{
    memory_is_zero_and_aligned();
    limit_holds();
    sizes_that_overflow_are_refused();
    a_large_piece_keeps_the_room_of_the_chunk();
    text_is_copied_and_ended();
    return 0;
}
