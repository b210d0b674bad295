/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/init.h"

struct proa_app {
    atomic_uint owner_count;
    struct proa_plan plan;
    struct proa_routes *routes;
    int public_fd;
    uint32_t function_count;
    struct proa_function functions[]; /* room for all of the plan */
};

/* What is made for one is never taken for another's. */
static atomic_uint_least64_t made_count;

enum proa_abi proa_abi_detect(const struct proa_module *module)
{
    for (uint32_t i = 0; i < proa_module_export_count(module); i++) {
        struct proa_exporttype export = proa_module_export(module, i);
        if (export.kind == PROA_KIND_FUNC && strcmp(export.name, "run_e") == 0)
            return PROA_ABI_REACTR;
    }
    return PROA_ABI_WASI;
}

/* A function of the same route that still works, or NULL. */
static const struct proa_function *find_previous(const struct proa_app *app,
                                                 const char *route)
{
    for (uint32_t i = 0; app != NULL && i < app->function_count; i++)
        if (strcmp(app->functions[i].settings.route, route) == 0)
            return &app->functions[i];
    return NULL;
}

static enum proa_status load(const struct proa_app_options *options,
                             struct proa_function *function,
                             struct proa_error *err)
{
    enum proa_status status =
        options->load(options->env, function->settings.path,
                      function->settings.fuel != 0, &function->module, err);

    if (status != PROA_OK)
        return status;
    function->abi = function->settings.abi != PROA_ABI_DETECT
                        ? function->settings.abi
                        : proa_abi_detect(function->module);
    function->init = proa_init_name(function);
    status = options->check(options->env, function, err);
    if (status == PROA_OK && options->hashes)
        status = proa_usage_artifact(function->module, function->artifact, err);
    if (status != PROA_OK) {
        proa_module_release(function->module);
        function->module = NULL;
    }
    return status;
}

static bool keep_name(struct proa_app *app, const char *name, const char **kept)
{
    *kept = name == NULL
                ? NULL
                : proa_arena_strndup(app->plan.arena, name, strlen(name));
    return name == NULL || *kept != NULL;
}

static enum proa_status add_function(struct proa_app *app,
                                     const struct proa_function_settings *with,
                                     const struct proa_app_options *options,
                                     struct proa_error *err)
{
    struct proa_function *function = &app->functions[app->function_count];
    struct proa_error own = { 0 };

    *function = (struct proa_function){
        .settings = *with,
        .number = atomic_fetch_add(&made_count, 1) + 1,
    };
    proa_function_settings_inherit(&function->settings, options->defaults);
    function->stats =
        proa_metrics_stats(options->metrics, function->settings.name);
    if (function->stats == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for counters");
    function->gate = (struct proa_admission_gate){
        .limits = function->settings.admission,
        .memory_bytes = function->settings.memory_bytes_max,
        .count = &function->stats->admission,
    };
    enum proa_status status = load(options, function, &own);
    if (status != PROA_OK) {
        const struct proa_function *before =
            find_previous(options->previous, with->route);
        if (options->goes_on == NULL ||
            !options->goes_on(options->env, with->path, &own)) {
            *err = own;
            return status;
        }
        if (before == NULL)
            return PROA_OK;
        function->abi = before->abi;
        memcpy(function->artifact, before->artifact, sizeof before->artifact);
        /* Whether its code counts does not change, nor what is called. */
        function->settings.fuel = before->settings.fuel;
        if (!keep_name(app, before->init, &function->init) ||
            !keep_name(app, before->settings.entry, &function->settings.entry))
            return proa_fail(err, PROA_NOMEM, 0, "no memory for a function");
        function->module = proa_module_retain(before->module);
    }
    status =
        proa_routes_add(app->routes, with->route, app->function_count, err);
    if (status != PROA_OK)
        proa_module_release(function->module);
    else
        app->function_count++;
    return status;
}

static enum proa_status fill(struct proa_app *app,
                             const struct proa_app_options *options,
                             char blame[PROA_APP_BLAME_SIZE],
                             struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (app->plan.public_path != NULL) {
        app->public_fd =
            open(app->plan.public_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (app->public_fd < 0)
            return proa_fail(err, PROA_USAGE, 0, "%.200s: %s",
                             app->plan.public_path, strerror(errno));
    }
    for (uint32_t i = 0; i < app->plan.count && status == PROA_OK; i++) {
        status = add_function(app, &app->plan.items[i], options, err);
        if (status != PROA_OK)
            (void)snprintf(blame, PROA_APP_BLAME_SIZE, "%s",
                           app->plan.items[i].path);
    }
    return status;
}

enum proa_status proa_app_create(struct proa_plan *plan_take,
                                 const struct proa_app_options *options,
                                 struct proa_app **app,
                                 char blame[PROA_APP_BLAME_SIZE],
                                 struct proa_error *err)
{
    struct proa_app *made =
        calloc(1, sizeof *made + plan_take->count * sizeof made->functions[0]);
    struct proa_routes *routes = proa_routes_create();
    enum proa_status status;

    blame[0] = '\0';
    if (made == NULL || routes == NULL) {
        free(made);
        proa_routes_destroy(routes);
        proa_plan_deinit(plan_take);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the functions");
    }
    atomic_init(&made->owner_count, 1);
    made->plan = *plan_take;
    *plan_take = (struct proa_plan){ 0 };
    made->routes = routes;
    made->public_fd = -1;
    status = fill(made, options, blame, err);
    if (status == PROA_OK)
        *app = made;
    else
        proa_app_release(made);
    return status;
}

struct proa_app *proa_app_retain(struct proa_app *app)
{
    atomic_fetch_add(&app->owner_count, 1);
    return app;
}

void proa_app_release(struct proa_app *app)
{
    if (app == NULL || atomic_fetch_sub(&app->owner_count, 1) != 1)
        return;
    for (uint32_t i = 0; i < app->function_count; i++)
        proa_module_release(app->functions[i].module);
    if (app->public_fd >= 0)
        (void)close(app->public_fd);
    proa_routes_destroy(app->routes);
    proa_plan_deinit(&app->plan);
    free(app);
}

const struct proa_function *proa_app_find(const struct proa_app *app,
                                          struct proa_http_text path,
                                          struct proa_route_match *match)
{
    if (!proa_routes_find(app->routes, path, match))
        return NULL;
    return &app->functions[match->target];
}

uint32_t proa_app_function_count(const struct proa_app *app)
{
    return app->function_count;
}

const struct proa_function *proa_app_function(const struct proa_app *app,
                                              uint32_t index)
{
    return &app->functions[index];
}

const struct proa_plan *proa_app_plan(const struct proa_app *app)
{
    return &app->plan;
}

int proa_app_public_fd(const struct proa_app *app)
{
    return app->public_fd;
}
