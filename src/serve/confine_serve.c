/*
 * A server's confinement as a whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "serve/confine.h"
#include "serve/granted.h"
#include "serve/plan.h"
#include "serve/serve.h"
#include "serve/supervise.h"

/* What is no file cannot be got any more behind this. */
static enum proa_status prepare(const struct proa_serve_options *options,
                                const struct proa_plan *plan, char *blame,
                                struct proa_error *err)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const char *path = plan->items[i].path;
        if (options->prepare == NULL || proa_plan_is_file(path))
            continue;
        enum proa_status status =
            options->prepare(options->load_env, path, err);
        if (status != PROA_OK) {
            (void)snprintf(blame, PROA_SERVE_BLAME_SIZE, "%s", path);
            return status;
        }
    }
    return PROA_OK;
}

/* The process above looks there whether a new configuration needs more. */
static enum proa_status tell_granted(const struct proa_serve_options *options,
                                     const struct proa_confine_paths *paths,
                                     struct proa_error *err)
{
    int fd = -1;
    enum proa_status status = proa_granted_write(
        options, &options->supervised->settings, paths, &fd, err);

    if (status == PROA_OK)
        proa_supervised_granted(options->supervised, fd);
    return status;
}

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
    status = proa_plan_init(&plan, err);
    if (status != PROA_OK)
        return status;
    status = proa_serve_plan(options, &plan, err);
    if (status != PROA_OK && options->path != NULL)
        (void)snprintf(blame, PROA_SERVE_BLAME_SIZE, "%s", options->path);
    if (status == PROA_OK)
        status = prepare(options, &plan, blame, err);
    if (status == PROA_OK && !options->is_unconfined) {
        paths.arena = plan.arena;
        proa_confine_add_plan(&paths, options, &plan);
    }
    if (status == PROA_OK && options->supervised != NULL)
        status = tell_granted(options, &paths, err);
    if (status == PROA_OK && !options->is_unconfined)
        status = proa_confine(&paths, confined, err);
    proa_plan_deinit(&plan);
    return status;
}
