/*
 * A server's confinement as a whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "serve/confine.h"
#include "serve/plan.h"
#include "serve/serve.h"

enum proa_status proa_confine_server(const struct proa_serve_options *options,
                                     struct proa_confined *confined,
                                     char *blame, struct proa_error *err)
{
    struct proa_confine_paths paths = { 0 };
    struct proa_plan plan;
    enum proa_status status = PROA_OK;

    if (options->user != NULL)
        status = proa_confine_user(options->user, err);
    if (status != PROA_OK)
        return status;
    if (options->is_unconfined)
        return PROA_OK;
    status = proa_plan_init(&plan, err);
    if (status != PROA_OK)
        return status;
    status = proa_serve_plan(options, &plan, err);
    if (status == PROA_OK) {
        paths.arena = plan.arena;
        proa_confine_add_plan(&paths, options, &plan);
        status = proa_confine(&paths, confined, err);
    } else if (options->path != NULL) {
        (void)snprintf(blame, PROA_SERVE_BLAME_SIZE, "%s", options->path);
    }
    proa_plan_deinit(&plan);
    return status;
}
