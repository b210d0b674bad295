/*
 * What a function does once, before its first request: an export is called, and
 * each request begins with what that left. And which export a request calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_INIT_H
#define PROA_SERVE_INIT_H

#include "proa/pool.h"
#include "serve/app.h"
#include "serve/guest_io.h"
#include "serve/slots.h"

/*
 * Which export is called once: the one that the settings name; else
 * "_initialize" of a module that is no command. NULL: none.
 */
const char *proa_init_name(const struct proa_function *function);

/* Which export of a WASI module each request calls. */
const char *proa_init_entry(const struct proa_function *function);

/*
 * See that a function that is called by name is there: of the module's own,
 * without parameters and results.
 *
 * @return PROA_OK, PROA_USAGE
 */
PROA_NODISCARD enum proa_status
proa_init_check(const struct proa_function *function, struct proa_error *err);

/* Host functions that may be called by then: a slot's `init_may_call`. */
extern const char *const proa_init_may_call[];

/*
 * A proa_slot_init: call the export of this name. A program that ends by itself
 * with code 0 has done what it should.
 */
PROA_NODISCARD enum proa_status proa_init_call(void *name,
                                               struct proa_store *store,
                                               struct proa_instance *instance,
                                               struct proa_error *err);

/*
 * For the link of a slot: what its imports work on until its beginning is made,
 * if something is called by then. That is a WASI which knows of no request: the
 * function's own environment and folders, nothing to read, and what is printed
 * is logged.
 *
 * @param io   what it prints goes there
 * @param use  its `first_env` is set
 * @param wasi set to it, if one is needed; owned: end with proa_wasi_destroy()
 * @return as proa_wasi_create()
 */
PROA_NODISCARD enum proa_status
proa_init_link(const struct proa_function *function, int null_fd,
               struct proa_guest_io *io, struct proa_slots_use *use,
               struct proa_wasi **wasi, struct proa_error *err);

#endif
