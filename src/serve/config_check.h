/*
 * Whether what is to be served can be: `proa check`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CONFIG_CHECK_H
#define PROA_SERVE_CONFIG_CHECK_H

#include "serve/plan.h"
#include "serve/serve.h"

/* All borrowed for the call. */
struct proa_config_check {
    struct proa_engine *engine;
    const struct proa_serve_options *options; /* as for proa_serve_run() */
    /* One line of what is wrong; `function` is NULL: with the whole. */
    void (*tell)(void *env, const struct proa_function_settings *function,
                 const char *text);
    void *env;
};

struct proa_config_checked {
    uint32_t function_count;
    uint32_t fault_count; /* that were told */
    bool is_failed;       /* one of them is a fault of this machine */
};

/*
 * Load every module and see that instances of it can be made; read the
 * certificate; open the folder of files. Nothing listens and no guest runs.
 *
 * @param checked set on success
 * @return PROA_OK also when something is wrong with what is served; what
 *         making the plan returns
 */
PROA_NODISCARD enum proa_status
proa_config_check(const struct proa_config_check *check,
                  struct proa_config_checked *checked, struct proa_error *err);

#endif
