/*
 * Calls of host functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_CALL_H
#define PROA_RUNTIME_CALL_H

#include "platform/guest.h"
#include "proa/store.h"

/* What a host function gets first: one for each place it is imported to. */
struct proa_call {
    struct proa_host_head head; /* first: the assembly knows it */
    struct proa_store *store;
    struct proa_instance *instance; /* NULL: called by the host */
    void *env;
};

/* The call behind a function record, or NULL when it is no host function. */
const struct proa_call *proa_call_of(const struct proa_func *func);

/* A copy of a host function's call for an instance; NULL: no memory. */
struct proa_call *proa_call_bind(const struct proa_call *call,
                                 struct proa_instance *instance,
                                 struct proa_error *err);

/* proa_func_call() for a host function. */
PROA_NODISCARD enum proa_status proa_call_host(struct proa_func *func,
                                               const union proa_value *args,
                                               union proa_value *results,
                                               struct proa_error *err);

#endif
