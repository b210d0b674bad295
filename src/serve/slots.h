/*
 * The slots of a worker: those that no request uses wait for the next one of
 * their function. They belong to the worker's thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SLOTS_H
#define PROA_SERVE_SLOTS_H

#include "proa/pool.h"
#include "serve/app.h"
#include "serve/task.h"

struct proa_slots;
struct proa_slots_entry;

/* What a use of a slot needs. All borrowed until it ends. */
struct proa_slots_use {
    struct proa_engine *engine;
    const struct proa_function *function;
    struct proa_task *task; /* gets to know the store */
    /* Finds the imports, as a slot's `link`. */
    proa_slot_link link;
    void *link_env;
    /* What the imports work on, up to two; NULL: none. */
    void *envs[2];
    /* Set by `link` when it gave the imports this in the place of envs[0],
     * until the slot's beginning is made. */
    const void *first_env;
};

/* NULL: no memory. */
struct proa_slots *proa_slots_create(void);
/* Every use must have ended. NULL does nothing. */
void proa_slots_destroy(struct proa_slots *slots);

/*
 * Begin a use of a slot for a function.
 *
 * @param entry    set, also on failure, unless there is none: end the use with
 *                 proa_slots_end()
 * @param instance set on success
 * @return as proa_slot_begin()
 */
PROA_NODISCARD enum proa_status
proa_slots_begin(struct proa_slots *slots, const struct proa_slots_use *use,
                 struct proa_slots_entry **entry,
                 struct proa_instance **instance, struct proa_error *err);

/* The store of an entry in use; NULL: none was made. */
struct proa_store *proa_slots_store(const struct proa_slots_entry *entry);

/* NULL does nothing. */
void proa_slots_end(struct proa_slots *slots, struct proa_slots_entry *entry);

#endif
