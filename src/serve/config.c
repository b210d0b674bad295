/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/config_read.h"
#include "serve/routes.h"

/* --- environment and folders of a function ------------------------------ */

static bool is_null_text(const struct proa_config_node *node)
{
    return node->kind == PROA_CONFIG_SCALAR && node->is_plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

/* "NAME=value"; without a value, ours, or NULL when there is none. */
static const char *variable_make(struct proa_config_reader *reader,
                                 const char *name,
                                 const struct proa_config_node *node)
{
    const char *value = is_null_text(node) ? getenv(name) : node->text;
    size_t size = strlen(name) + 2;
    char *text;

    if (value == NULL)
        return NULL;
    size += strlen(value);
    text = proa_arena_alloc(reader->arena, size);
    if (text == NULL)
        reader->faults->is_exhausted = true;
    else
        (void)snprintf(text, size, "%s=%s", name, value);
    return text;
}

static bool has_name(const char *variable, const char *other)
{
    size_t size = strcspn(variable, "=");

    return strncmp(variable, other, size) == 0 && other[size] == '=';
}

/* Those of `inherited` that are not among the first `count`, behind them. */
static uint32_t env_inherit(const char **items, uint32_t count,
                            const struct proa_config_texts *inherited)
{
    uint32_t own_count = count;

    for (uint32_t i = 0; i < inherited->count; i++) {
        bool is_there = false;
        for (uint32_t j = 0; j < own_count && !is_there; j++)
            is_there = has_name(items[j], inherited->items[i]);
        if (!is_there)
            items[count++] = inherited->items[i];
    }
    return count;
}

static void env_read(struct proa_config_reader *reader,
                     const struct proa_config_node *map,
                     const struct proa_config_texts *inherited,
                     struct proa_function_settings *settings)
{
    uint32_t count = 0, most = inherited->count;

    for (const struct proa_config_entry *e = map->first; e; e = e->next)
        most++;
    if (most > PROA_CONFIG_VARIABLES_MAX) {
        proa_config_blame(reader->faults, map->place,
                          "more than %d variables, those of defaults included",
                          PROA_CONFIG_VARIABLES_MAX);
        return;
    }
    const char **items =
        proa_arena_array(reader->arena, (size_t)most + 1, sizeof *items);
    if (items == NULL) {
        reader->faults->is_exhausted = true;
        return;
    }
    for (const struct proa_config_entry *e = map->first; e; e = e->next) {
        const char *name = e->key->text;
        if (!proa_config_visit(reader, e->value))
            return;
        if (name[0] == '\0' || strchr(name, '=') != NULL) {
            proa_config_blame(reader->faults, e->key->place,
                              "'%.64s' is no name of a variable; write "
                              "NAME: VALUE",
                              name);
            continue;
        }
        if (e->value->kind != PROA_CONFIG_SCALAR) {
            proa_config_blame(reader->faults, e->value->place,
                              "'%.64s' is a list or map; write a text", name);
            continue;
        }
        const char *item = variable_make(reader, name, e->value);
        if (item != NULL)
            items[count++] = item;
    }
    settings->env = items;
    settings->env_count = env_inherit(items, count, inherited);
}

struct dir {
    const char *path;
    bool is_read_only;
};

static const struct proa_config_key dir_keys[] = {
    { .name = "path",
      .value = PROA_CONFIG_PATH,
      .place = offsetof(struct dir, path) },
    { .name = "read-only",
      .value = PROA_CONFIG_FLAG,
      .place = offsetof(struct dir, is_read_only) },
};

static const struct proa_config_table dir_table = { .title = "a folder",
                                                    .keys = dir_keys,
                                                    .count = 2 };

/* "/data: ./data", or "/data: { path: ./data, read-only: true }". */
static bool dir_read(struct proa_config_reader *reader,
                     const struct proa_config_entry *entry,
                     struct proa_wasi_preopen *preopen)
{
    struct dir dir = { 0 };

    if (entry->value->kind == PROA_CONFIG_MAP)
        proa_config_fill(reader, entry->value, &dir_table, &dir);
    else
        proa_config_value_read(reader, &dir_keys[0], entry->value, &dir.path);
    if (dir.path == NULL && entry->value->kind == PROA_CONFIG_MAP)
        proa_config_blame(reader->faults, entry->value->place,
                          "the folder for '%.64s' has no 'path'; write which "
                          "folder of this machine it is",
                          entry->key->text);
    if (dir.path == NULL)
        return false;
    if (entry->key->text[0] == '\0') {
        proa_config_blame(reader->faults, entry->key->place,
                          "a folder has no name; write /NAME: PATH");
        return false;
    }
    *preopen = (struct proa_wasi_preopen){ dir.path, entry->key->text,
                                           dir.is_read_only };
    return true;
}

static void dirs_read(struct proa_config_reader *reader,
                      const struct proa_config_node *map,
                      struct proa_function_settings *settings)
{
    struct proa_wasi_preopen *preopens;
    uint32_t count = 0;

    for (const struct proa_config_entry *e = map->first; e; e = e->next)
        count++;
    preopens =
        proa_arena_array(reader->arena, (size_t)count + 1, sizeof preopens[0]);
    if (preopens == NULL) {
        reader->faults->is_exhausted = true;
        return;
    }
    count = 0;
    for (const struct proa_config_entry *e = map->first; e; e = e->next)
        if (dir_read(reader, e, &preopens[count]))
            count++;
    settings->preopens = preopens;
    settings->preopen_count = count;
}

/* --- functions ---------------------------------------------------------- */

static void function_read(struct proa_config_reader *reader,
                          const struct proa_config_node *map,
                          const struct proa_config_table *table,
                          const struct proa_config_texts *env,
                          struct proa_function_settings *settings)
{
    struct proa_config_function_draft draft = { .settings = *settings };
    struct proa_function_settings *made = &draft.settings;

    proa_config_fill(reader, map, table, &draft);
    if (draft.abi != 0)
        made->abi = draft.abi == 1 ? PROA_ABI_WASI : PROA_ABI_REACTR;
    made->args = draft.args.items;
    made->arg_count = draft.args.count;
    if (draft.env != NULL)
        env_read(reader, draft.env, env, made);
    if (draft.dirs != NULL)
        dirs_read(reader, draft.dirs, made);
    if (made->admission.burst != 0 && made->admission.rate_interval_ns == 0)
        proa_config_blame(reader->faults, map->place,
                          "'burst' is nothing without 'rate'; write rate: "
                          "100/s too");
    *settings = *made;
}

/* "/: app.wasm", or "/: { module: app.wasm, ... }". */
static void route_read(struct proa_config_reader *reader,
                       const struct proa_config_entry *entry,
                       const struct proa_config_texts *env,
                       struct proa_config_function *function)
{
    struct proa_function_settings *settings = &function->settings;

    function->place = entry->key->place;
    settings->route = entry->key->text;
    if (entry->value->kind == PROA_CONFIG_SCALAR) {
        const char *path = proa_config_text(
            reader, settings->route, entry->value, "the path of a module");
        settings->path = path == NULL ? NULL : proa_config_path(reader, path);
        return;
    }
    function_read(reader, entry->value, &proa_config_function_table, env,
                  settings);
    if (settings->path == NULL && entry->value->kind == PROA_CONFIG_MAP)
        proa_config_blame(reader->faults, entry->key->place,
                          "the route '%.64s' has no 'module'; write module: "
                          "FILE.wasm",
                          settings->route);
}

static void routes_read(struct proa_config_reader *reader,
                        const struct proa_config_node *map,
                        const struct proa_config_texts *env,
                        struct proa_config *config)
{
    struct proa_routes *routes = proa_routes_create();
    uint32_t count = 0;

    for (const struct proa_config_entry *e = map->first; e; e = e->next)
        count++;
    config->functions = proa_arena_array(reader->arena, (size_t)count + 1,
                                         sizeof config->functions[0]);
    if (routes == NULL || config->functions == NULL) {
        reader->faults->is_exhausted = true;
        proa_routes_destroy(routes);
        return;
    }
    for (const struct proa_config_entry *e = map->first; e; e = e->next) {
        struct proa_error err = { 0 };
        if (!proa_config_visit(reader, e->key))
            break;
        if (proa_routes_add(routes, e->key->text, config->function_count,
                            &err) != PROA_OK &&
            !proa_config_is_blamed(reader->faults, e->key->place))
            proa_config_blame(reader->faults, e->key->place, "%.300s",
                              err.text);
        route_read(reader, e, env,
                   &config->functions[config->function_count++]);
    }
    proa_routes_destroy(routes);
}

/* --- the file ----------------------------------------------------------- */

/* What the command line says stands before the file's defaults. */
static void defaults_take(struct proa_function_settings *defaults,
                          const struct proa_function_settings *given)
{
    struct proa_function_settings own = *defaults;

    *defaults = *given;
    defaults->env = own.env;
    defaults->env_count = own.env_count;
    proa_function_settings_inherit(defaults, &own);
}

static void defaults_read(struct proa_config_reader *reader,
                          const struct proa_config_node *map,
                          const struct proa_function_settings *given,
                          struct proa_function_settings *defaults)
{
    const struct proa_config_texts none = { 0 };
    struct proa_config_texts own;

    if (map != NULL)
        function_read(reader, map, &proa_config_defaults_table, &none,
                      defaults);
    if (given == NULL)
        return;
    defaults_take(defaults, given);
    if (given->env_count == 0)
        return;
    own = (struct proa_config_texts){ defaults->env, defaults->env_count };
    const char **items = proa_arena_array(
        reader->arena, (size_t)own.count + given->env_count, sizeof *items);
    if (items == NULL) {
        reader->faults->is_exhausted = true;
        return;
    }
    memcpy(items, given->env, given->env_count * sizeof *items);
    defaults->env = items;
    defaults->env_count = env_inherit(items, given->env_count, &own);
}

static void check_whole(struct proa_config_reader *reader,
                        const struct proa_config *config)
{
    const struct proa_config_place whole = { 1, 1 };

    if (config->tls_key_path != NULL && config->tls_certificate_path == NULL)
        proa_config_blame(reader->faults, whole,
                          "'tls' has a key and no certificate; write "
                          "certificate: FILE.pem too");
    if (config->usage_key_path != NULL && config->usage_path == NULL)
        proa_config_blame(reader->faults, whole,
                          "'usage' has a key and no file; write file: FILE "
                          "too");
    if (config->function_count == 0 && config->folder_path == NULL &&
        config->public_path == NULL && reader->faults->count == 0)
        proa_config_blame(reader->faults, whole,
                          "nothing is served; write routes, folder or static");
}

const struct proa_config *
proa_config_parse(const char *bytes, size_t size, const char *folder,
                  const struct proa_function_settings *given,
                  struct proa_config_faults *faults)
{
    struct proa_config_reader reader = { .faults = faults,
                                         .arena = faults->arena,
                                         .folder = folder };
    struct proa_config_file_draft *draft;
    const struct proa_config_node *root =
        proa_config_tree_read(bytes, size, faults);

    if (root == NULL)
        return NULL;
    draft = proa_arena_alloc(faults->arena, sizeof *draft);
    if (draft == NULL) {
        faults->is_exhausted = true;
        return NULL;
    }
    struct proa_config *config = &draft->config;
    proa_config_fill(&reader, root, &proa_config_file_table, draft);
    defaults_read(&reader, draft->defaults, given, &config->defaults);
    const struct proa_config_texts env = { config->defaults.env,
                                           config->defaults.env_count };
    if (draft->routes != NULL)
        routes_read(&reader, draft->routes, &env, config);
    check_whole(&reader, config);
    proa_config_faults_sort(faults);
    return faults->count == 0 && !faults->is_exhausted ? config : NULL;
}
