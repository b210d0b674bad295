/*
 * What a slot remembers of its instance's beginning.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_POOL_H
#define PROA_RUNTIME_POOL_H

#include "proa/pool.h"
#include "runtime/area.h"

/* A table: compared whole when it is small, else an area. */
struct proa_slot_table {
    struct proa_table *table;
    uint64_t count;
    uint8_t *bytes; /* a copy of the rows; NULL: see `area` */
    uint64_t size;  /* bytes of it */
    struct proa_area area;
};

struct proa_slot_memory {
    struct proa_memory *memory;
    struct proa_area area;
};

struct proa_slot {
    struct proa_engine *engine; /* borrowed */
    struct proa_module *module; /* retained */
    struct proa_slot_options options;
    struct proa_area_policy policy;
    bool is_used;
    bool is_whole; /* made, and not unmade since */
    uint32_t use_count;
    /* All below is made anew together. */
    struct proa_store *store;
    struct proa_arena *arena; /* what follows lives in it */
    struct proa_instance *instance;
    bool inits_always; /* it calls the host */
    uint64_t made_count;
    uint64_t memory_bytes;
    uint64_t object_bytes;
    int64_t fuel;
    struct proa_slot_memory *memories;
    struct proa_slot_table *tables;
    union proa_value *globals; /* own ones */
    bool *data_is_dropped;
    bool *elem_is_dropped;
};

/* The host function's call that is bound to an import. */
struct proa_call *proa_slot_call_of(const struct proa_instance *instance,
                                    uint32_t function_index);

/*
 * Until proa_slot_let_go(), host functions trap when they are called, but for
 * those that the options name. The trap's text is empty, or says which.
 *
 * @return what there was, in the slot's arena; NULL: no memory
 */
const proa_host_fn *proa_slot_hold(struct proa_slot *slot, bool says_which);
void proa_slot_let_go(struct proa_slot *slot, const proa_host_fn *held);

#endif
