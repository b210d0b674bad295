/*
 * What is served at one time: a plan with its modules loaded. It never changes;
 * a new version is another app, and each request keeps the one it began with.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_APP_H
#define PROA_SERVE_APP_H

#include "host/usage_record.h"
#include "proa/store.h"
#include "serve/metrics.h"
#include "serve/plan.h"
#include "serve/routes.h"

enum { PROA_APP_BLAME_SIZE = 1024 };

struct proa_app;

struct proa_function {
    struct proa_function_settings settings; /* without zeros */
    enum proa_abi abi;                      /* not PROA_ABI_DETECT */
    const char *init; /* what is called once; NULL: nothing (init.h) */
    uint64_t number;  /* another one for each that ever was */
    struct proa_module *module;          /* owned */
    char artifact[PROA_USAGE_HASH_SIZE]; /* its hash, if asked for */
    struct proa_stats *stats;            /* borrowed from the metrics */
    struct proa_admission_gate gate;
};

/* What making an app needs. All borrowed for the call. */
struct proa_app_options {
    /* What a function's settings leave open. */
    const struct proa_function_settings *defaults;
    /* Give the module of a path, owned by the caller. */
    enum proa_status (*load)(void *env, const char *path, bool counts_fuel,
                             struct proa_module **module,
                             struct proa_error *err);
    /* See that instances can be made; logs what is to be said besides. */
    enum proa_status (*check)(void *env, const struct proa_function *function,
                              struct proa_error *err);
    /*
     * A function failed though others may be served: true to go on without
     * it, or with that of `previous`. NULL: the first failure is the app's.
     */
    bool (*goes_on)(void *env, const char *path, const struct proa_error *err);
    void *env;
    bool hashes;                  /* artifacts, for records of usage */
    struct proa_app *previous;    /* may be NULL */
    struct proa_metrics *metrics; /* outlives the app */
};

/*
 * @param plan_take owned from now on, also on failure
 * @param app       set on success, with one owner
 * @param blame     on failure the path that is to blame, or ""
 * @return PROA_OK, or what loading and checking return, PROA_USAGE, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_app_create(struct proa_plan *plan_take,
                const struct proa_app_options *options, struct proa_app **app,
                char blame[PROA_APP_BLAME_SIZE], struct proa_error *err);

/* Threads: any. */
struct proa_app *proa_app_retain(struct proa_app *app);
/* One owner less; the last one ends it. NULL does nothing. Threads: any. */
void proa_app_release(struct proa_app *app);

/* The function for a path; NULL when there is none. */
const struct proa_function *proa_app_find(const struct proa_app *app,
                                          struct proa_http_text path,
                                          struct proa_route_match *match);

uint32_t proa_app_function_count(const struct proa_app *app);
const struct proa_function *proa_app_function(const struct proa_app *app,
                                              uint32_t index);
const struct proa_plan *proa_app_plan(const struct proa_app *app);

/* The folder of files; -1: there is none. */
int proa_app_public_fd(const struct proa_app *app);

/* What a module exports says how it is spoken to; WASI when in doubt. */
enum proa_abi proa_abi_detect(const struct proa_module *module);

#endif
