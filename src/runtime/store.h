/*
 * A store: the stack, the arena and the lists of what lives in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_STORE_H
#define PROA_RUNTIME_STORE_H

#include "base/arena.h"
#include "platform/guest.h"
#include "proa/store.h"

enum {
    PROA_TRAP_TEXT_MAX = 160,     /* of a host function's trap */
    PROA_BACKTRACE_MAX = 16384,   /* bytes of text */
    PROA_BACKTRACE_NAME_MAX = 200 /* bytes of a function's name */
};

struct proa_store {
    struct proa_guest guest;    /* first: so a guest is its store */
    struct proa_engine *engine; /* borrowed */
    struct proa_arena *arena;
    struct proa_store_options limits; /* with the defaults filled in */
    struct proa_instance *instances;
    struct proa_memory *memories;
    struct proa_table *tables;
    int64_t fuel;          /* below zero by how much is left */
    uint64_t memory_bytes; /* of all memories now */
    uint64_t object_bytes; /* of tables, instances and host objects */
    uint64_t made_count;   /* of pieces of the arena */
    uint32_t exit_code;
    char trap_text[PROA_TRAP_TEXT_MAX + 1];
    char *backtrace; /* text made on demand; owned */
};

/*
 * Is there room for so many bytes more under the store's limit? Objects are
 * what memories are not. Whoever makes them adds them to the count.
 */
bool proa_store_has_room(const struct proa_store *store, uint64_t memory_bytes,
                         uint64_t object_bytes);

/* `size` bytes of the store's arena, zeroed; NULL after recording PROA_NOMEM.
 */
void *proa_store_alloc(struct proa_store *store, size_t count, size_t size,
                       struct proa_error *err);

#endif
