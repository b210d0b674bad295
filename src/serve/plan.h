/*
 * What is to be served: functions with their routes and limits, and a folder
 * of files. Plain data, made from the command line, a folder or a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_PLAN_H
#define PROA_SERVE_PLAN_H

#include "base/arena.h"
#include "serve/admission.h"
#include "wasi/wasi.h"

enum { PROA_PLAN_BYTES_MAX = 64 << 20 };

/* How a guest is spoken to. */
enum proa_abi {
    PROA_ABI_DETECT = 0,
    PROA_ABI_WASI,   /* a command in the CGI convention */
    PROA_ABI_REACTR, /* run_e of Reactr and Sat */
};

/* One function. A zero is the server's own value. */
struct proa_function_settings {
    const char *name;  /* in logs and metrics */
    const char *route; /* see routes.h */
    const char *path;  /* of the module */
    enum proa_abi abi;
    const char *init;  /* export that is called once; NULL: see init.h */
    const char *entry; /* that each request calls; NULL: "_start" */
    uint64_t timeout_ns;
    uint64_t cpu_ns_max; /* that it may have a processor; 0: any */
    uint64_t fuel;       /* that it may spend; 0: any, and it is not counted */
    uint64_t memory_bytes_max;
    uint64_t body_bytes_max;
    uint64_t response_bytes_max;
    struct proa_admission_limits admission;
    const char *program_name;
    const char *const *args; /* behind that name */
    uint32_t arg_count;
    const char *const *env; /* "NAME=value" */
    uint32_t env_count;
    const struct proa_wasi_preopen *preopens;
    uint32_t preopen_count;
};

/* Whether a module's path names a file, and is no "-" and no URL. */
bool proa_plan_is_file(const char *path);

/* What is zero becomes what `defaults` says. */
void proa_function_settings_inherit(
    struct proa_function_settings *settings,
    const struct proa_function_settings *defaults);

/* Start from proa_plan_init(); all texts are the arena's. */
struct proa_plan {
    struct proa_arena *arena; /* owned */
    struct proa_function_settings *items;
    uint32_t count;
    uint32_t capacity;
    const char *public_path;    /* the folder of files; NULL: none */
    const char *const *folders; /* whose change means another plan */
    uint32_t folder_count;
    uint32_t folder_capacity;
};

/* @return PROA_OK, PROA_NOMEM */
PROA_NODISCARD enum proa_status proa_plan_init(struct proa_plan *plan,
                                               struct proa_error *err);
void proa_plan_deinit(struct proa_plan *plan);

/*
 * Add a function with what is told here; the texts are copied, the arrays of
 * arguments, environment and preopens are not.
 *
 * @return PROA_OK, PROA_LIMIT, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_plan_add(struct proa_plan *plan,
              const struct proa_function_settings *settings,
              struct proa_error *err);

/* Add a folder to be watched, once. */
PROA_NODISCARD enum proa_status proa_plan_watch(struct proa_plan *plan,
                                                const char *folder,
                                                struct proa_error *err);

/*
 * Add "ROUTE=FILE", as the command line has it.
 *
 * @return PROA_OK, PROA_USAGE, PROA_LIMIT, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_plan_add_route(struct proa_plan *plan,
                                                    const char *text,
                                                    struct proa_error *err);

/*
 * Add what a folder holds: every file named .wasm, .wat or .proa is a function,
 * its path without that ending the route; index.wasm has its folder's route; a
 * name in brackets is a parameter; the folder "public" at the top is the folder
 * of files. Names that begin with "." or "_" are left out.
 *
 * @return PROA_OK, PROA_USAGE (it cannot be read, or holds nothing to serve),
 *         PROA_LIMIT, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_plan_add_folder(struct proa_plan *plan,
                                                     const char *path,
                                                     struct proa_error *err);

#endif
