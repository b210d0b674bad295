/*
 * A slot: a module's instance in a store of its own that is used again and
 * again. Between two uses it is put back to what instantiating gives: the pages
 * of memory that were written are copied, nothing is mapped or faulted in, so
 * that a use costs a few microseconds.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_POOL_H
#define PROA_POOL_H

#include "proa/store.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct proa_slot;

/*
 * Finds the imports of a slot's instance, which must be host functions made in
 * this store. Called in a slot's first proa_slot_begin(), and in one after a
 * use that left something behind which cannot be undone. The start function
 * runs after it: whoever wants to interrupt that knows the store from here.
 *
 * @param imports to be filled: one for each import of the module
 */
typedef enum proa_status (*proa_slot_link)(void *env, struct proa_store *store,
                                           struct proa_extern *imports,
                                           struct proa_error *err);

/*
 * Prepares an instance, so that every use begins with what that leaves: an
 * interpreter that has started, a script that is read. It calls exports and
 * writes memory, and makes nothing in the store. Called where `link` is, after
 * the start function.
 *
 * Nothing of the host may be captured with it. So what runs in it, the start
 * function too, traps when it calls a host function, but for those of
 * `init_may_call`. What these gave is the same in all uses: a clock stands
 * still in what was kept of it, and random bytes are no secret between uses.
 *
 * @return PROA_OK, or what proa_slot_begin() then returns
 */
typedef enum proa_status (*proa_slot_init)(void *env, struct proa_store *store,
                                           struct proa_instance *instance,
                                           struct proa_error *err);

/* Start from `{ 0 }`: every zero is the default. */
struct proa_slot_options {
    struct proa_store_options store;
    proa_slot_link link; /* NULL: the module has no imports */
    void *link_env;
    uint64_t resident_bytes_max; /* memory kept between uses; 0: 64 MiB */
    /*
     * A promise: from a use's beginning to its end no thread but the one that
     * it is on writes to the instance's memories and tables. Then the kernel
     * need not be asked after each use which pages were written.
     */
    bool stays_on_thread;
    proa_slot_init init; /* NULL: only the start function */
    void *init_env;
    /* "module.name" of functions, ended by NULL; NULL: none. As long as the
     * slot. */
    const char *const *init_may_call;
};

/*
 * A proa_slot_init: call the export that `name`, a string, names; it has no
 * parameters and no results. By custom it is "_initialize" or
 * "wizer.initialize".
 *
 * @return PROA_OK, PROA_USAGE (no such function), and as proa_func_call()
 */
PROA_NODISCARD enum proa_status
proa_slot_call_export(void *name, struct proa_store *store,
                      struct proa_instance *instance, struct proa_error *err);

/*
 * Make a slot; its store and its instance are made when it is first used. What
 * the module's start function does is done once and is part of what each use
 * begins with, unless it calls a host function: then it runs in every use. With
 * `init` it may call what that may, and runs once.
 *
 * @param engine  borrowed; must outlive the slot
 * @param module  retained
 * @param options borrowed for the call, but not what its pointers point to
 * @param slot    set on success; owned: end with proa_slot_destroy()
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_slot_create(struct proa_engine *engine, struct proa_module *module,
                 const struct proa_slot_options *options,
                 struct proa_slot **slot, struct proa_error *err);

/* NULL does nothing. Not while the slot is in use. */
void proa_slot_destroy(struct proa_slot *slot);

/*
 * Begin a use: the instance equals one that was made this moment. Whatever this
 * returns but PROA_USAGE, the use ends with proa_slot_end().
 *
 * @param instance set on success; the slot's, until proa_slot_end()
 * @return PROA_OK; PROA_USAGE (it is in use); what proa_instance_create()
 *         returns; PROA_UNLINKABLE also when an import is not a host function;
 *         and whatever `link` returns
 */
PROA_NODISCARD enum proa_status proa_slot_begin(struct proa_slot *slot,
                                                struct proa_instance **instance,
                                                struct proa_error *err);

/*
 * End a use: everything the guest did is undone. No one may interrupt the store
 * any more, and what proa_store_backtrace() returned is gone.
 */
void proa_slot_end(struct proa_slot *slot);

/*
 * The store that the slot's instance lives in, to interrupt it or to read its
 * exit code; NULL when the next use makes one. Ask again for each use.
 */
struct proa_store *proa_slot_store(const struct proa_slot *slot);

/*
 * From now on, hand `env` to the host functions that have been handed
 * `previous`: what a request's host functions work on changes with the request.
 */
void proa_slot_replace_env(struct proa_slot *slot, const void *previous,
                           void *env);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
