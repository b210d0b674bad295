/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/plan.h"

#include <string.h>

#include "base/fail.h"
#include "serve/routes.h"

enum { CAPACITY_FIRST = 16 };

static void inherit_limits(struct proa_admission_limits *limits,
                           const struct proa_admission_limits *defaults)
{
    if (limits->running_max == 0)
        limits->running_max = defaults->running_max;
    if (limits->waiting_max == 0)
        limits->waiting_max = defaults->waiting_max;
    if (limits->wait_ns_max == 0)
        limits->wait_ns_max = defaults->wait_ns_max;
    if (limits->rate_interval_ns == 0) {
        limits->rate_interval_ns = defaults->rate_interval_ns;
        limits->burst = defaults->burst;
    }
}

static void inherit_size(uint64_t *size, uint64_t otherwise)
{
    if (*size == 0)
        *size = otherwise;
}

void proa_function_settings_inherit(
    struct proa_function_settings *settings,
    const struct proa_function_settings *defaults)
{
    if (settings->abi == PROA_ABI_DETECT)
        settings->abi = defaults->abi;
    if (settings->init == NULL)
        settings->init = defaults->init;
    if (settings->entry == NULL)
        settings->entry = defaults->entry;
    inherit_size(&settings->timeout_ns, defaults->timeout_ns);
    inherit_size(&settings->cpu_ns_max, defaults->cpu_ns_max);
    inherit_size(&settings->fuel, defaults->fuel);
    inherit_size(&settings->memory_bytes_max, defaults->memory_bytes_max);
    inherit_size(&settings->body_bytes_max, defaults->body_bytes_max);
    inherit_size(&settings->response_bytes_max, defaults->response_bytes_max);
    inherit_limits(&settings->admission, &defaults->admission);
    if (settings->program_name == NULL)
        settings->program_name = defaults->program_name;
    if (settings->args == NULL) {
        settings->args = defaults->args;
        settings->arg_count = defaults->arg_count;
    }
    if (settings->env == NULL) {
        settings->env = defaults->env;
        settings->env_count = defaults->env_count;
    }
    if (settings->preopens == NULL) {
        settings->preopens = defaults->preopens;
        settings->preopen_count = defaults->preopen_count;
    }
}

bool proa_plan_is_file(const char *path)
{
    return strcmp(path, "-") != 0 && strncmp(path, "https://", 8) != 0 &&
           strncmp(path, "http://", 7) != 0;
}

enum proa_status proa_plan_init(struct proa_plan *plan, struct proa_error *err)
{
    struct proa_arena *arena = proa_arena_create(PROA_PLAN_BYTES_MAX);

    if (arena == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    *plan = (struct proa_plan){ .arena = arena };
    return PROA_OK;
}

void proa_plan_deinit(struct proa_plan *plan)
{
    proa_arena_destroy(plan->arena);
    *plan = (struct proa_plan){ 0 };
}

/* Room for one more in an array of the arena; the old one stays until its end.
 */
static bool make_room(struct proa_plan *plan, const void *items, uint32_t count,
                      uint32_t *capacity, size_t size, void **larger)
{
    uint32_t wanted = *capacity == 0 ? CAPACITY_FIRST : *capacity * 2;
    void *made = proa_arena_array(plan->arena, wanted, size);

    if (made == NULL)
        return false;
    if (count > 0)
        memcpy(made, items, count * size);
    *capacity = wanted;
    *larger = made;
    return true;
}

static const char *keep(struct proa_plan *plan, const char *text, bool *is_bad)
{
    const char *kept;

    if (text == NULL)
        return NULL;
    kept = proa_arena_strndup(plan->arena, text, strlen(text));
    if (kept == NULL)
        *is_bad = true;
    return kept;
}

enum proa_status proa_plan_add(struct proa_plan *plan,
                               const struct proa_function_settings *settings,
                               struct proa_error *err)
{
    struct proa_function_settings kept = *settings;
    void *larger = plan->items;
    bool is_bad = false;

    if (plan->count >= PROA_ROUTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "more than %d functions",
                         PROA_ROUTES_MAX);
    if (plan->count == plan->capacity)
        is_bad = !make_room(plan, plan->items, plan->count, &plan->capacity,
                            sizeof kept, &larger);
    plan->items = larger;
    kept.route = keep(plan, settings->route, &is_bad);
    kept.path = keep(plan, settings->path, &is_bad);
    kept.name = settings->name == NULL ? kept.route
                                       : keep(plan, settings->name, &is_bad);
    kept.init = keep(plan, settings->init, &is_bad);
    kept.entry = keep(plan, settings->entry, &is_bad);
    kept.program_name = keep(plan, settings->program_name, &is_bad);
    if (is_bad)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    plan->items[plan->count++] = kept;
    return PROA_OK;
}

enum proa_status proa_plan_watch(struct proa_plan *plan, const char *folder,
                                 struct proa_error *err)
{
    void *larger = (void *)plan->folders;
    bool is_bad = false;

    for (uint32_t i = 0; i < plan->folder_count; i++)
        if (strcmp(plan->folders[i], folder) == 0)
            return PROA_OK;
    if (plan->folder_count == plan->folder_capacity)
        is_bad =
            !make_room(plan, (const void *)plan->folders, plan->folder_count,
                       &plan->folder_capacity, sizeof(char *), &larger);
    const char *kept = keep(plan, folder, &is_bad);
    if (is_bad)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    ((const char **)larger)[plan->folder_count++] = kept;
    plan->folders = larger;
    return PROA_OK;
}

enum proa_status proa_plan_add_route(struct proa_plan *plan, const char *text,
                                     struct proa_error *err)
{
    const char *equals = strchr(text, '=');
    struct proa_function_settings settings = { 0 };

    if (equals == NULL || equals == text || equals[1] == '\0')
        return proa_fail(err, PROA_USAGE, 0,
                         "route \"%.200s\" is not ROUTE=FILE", text);
    settings.route =
        proa_arena_strndup(plan->arena, text, (size_t)(equals - text));
    settings.path = equals + 1;
    if (settings.route == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    return proa_plan_add(plan, &settings, err);
}
