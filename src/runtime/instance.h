/*
 * An instance: a context, and the index spaces around it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_INSTANCE_H
#define PROA_RUNTIME_INSTANCE_H

#include "artifact/artifact.h"
#include "platform/guest.h"
#include "proa/store.h"

struct proa_instance {
    struct proa_guest *guest; /* first: the assembly follows it */
    struct proa_store *store;
    struct proa_instance *next; /* of the store */
    struct proa_module *module; /* retained */
    struct proa_context *context;
    /* Whole index spaces, imports first. */
    struct proa_memory **memories;
    struct proa_table **tables;
    struct proa_global **globals;
    uint32_t memory_count;
    struct proa_func **imported_funcs;
    bool *data_is_dropped;
    bool *elem_is_dropped;
};

/*
 * The two halves of proa_instance_create(): everything but the module's code,
 * and its `init`.
 */
PROA_NODISCARD enum proa_status
proa_instance_prepare(struct proa_store *store, struct proa_module *module,
                      const struct proa_extern *imports, uint32_t import_count,
                      struct proa_instance **instance, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_instance_start(struct proa_instance *instance, struct proa_error *err);

/* The record of a function, by function index; NULL: it has none. */
struct proa_func *proa_instance_func(const struct proa_instance *instance,
                                     uint32_t function_index);

/* Give back what instances hold outside the store's arena. */
void proa_instance_release_all(struct proa_instance *instances);

#endif
