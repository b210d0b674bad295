/*
 * New versions without a lost request: a thread makes the next app when it is
 * told to, or when a folder of the plan changes, and puts it in the place of
 * the one before, which lives until its last request is answered.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_RELOAD_H
#define PROA_SERVE_RELOAD_H

#include "serve/service.h"

struct proa_reload;

struct proa_reload_options {
    struct proa_service *service; /* borrowed; outlives it */
    /* Make the next app, or log why not and return NULL. On its thread. */
    struct proa_app *(*make)(void *env);
    void *env;
    bool watches; /* the plan's folders */
};

/*
 * @param reload set on success; owned: end with proa_reload_destroy()
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_reload_create(const struct proa_reload_options *options,
                   struct proa_reload **reload, struct proa_error *err);

/* Do it soon. Threads: any. */
void proa_reload_request(struct proa_reload *reload);

/* Waits for one that is under way. NULL does nothing. */
void proa_reload_destroy(struct proa_reload *reload);

#endif
