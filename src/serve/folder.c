/*
 * A folder of modules as a plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "serve/plan.h"
#include "serve/routes.h"

enum { ENTRIES_MAX = 100000 };

struct scan {
    struct proa_plan *plan;
    uint32_t entry_count;
    uint32_t depth;
    char path[PATH_MAX];
    char route[PROA_ROUTE_BYTES_MAX + NAME_MAX + 2];
};

/* The size of a name without the ending of a module; 0: it is none. */
static size_t stem_size(const char *name)
{
    static const char *const endings[] = { ".wasm", ".wat", ".proa" };
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (size > ending && strcmp(name + size - ending, endings[i]) == 0)
            return size - ending;
    }
    return 0;
}

static enum proa_status add_module(struct scan *scan, const char *name,
                                   size_t stem, struct proa_error *err)
{
    size_t route_size = strlen(scan->route);
    struct proa_function_settings settings = { .path = scan->path,
                                               .route = scan->route };
    enum proa_status status;

    if (stem != 5 || memcmp(name, "index", 5) != 0)
        (void)snprintf(scan->route + route_size,
                       sizeof scan->route - route_size, "/%.*s", (int)stem,
                       name);
    else if (route_size == 0)
        settings.route = "/";
    status = proa_plan_add(scan->plan, &settings, err);
    scan->route[route_size] = '\0';
    return status;
}

static enum proa_status scan_folder(struct scan *scan, struct proa_error *err);

static enum proa_status scan_subfolder(struct scan *scan, const char *name,
                                       struct proa_error *err)
{
    size_t route_size = strlen(scan->route);
    enum proa_status status = PROA_OK;

    if (scan->depth == 0 && strcmp(name, "public") == 0) {
        scan->plan->public_path = proa_arena_strndup(
            scan->plan->arena, scan->path, strlen(scan->path));
        return scan->plan->public_path != NULL
                   ? PROA_OK
                   : proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    }
    if (scan->depth >= PROA_ROUTE_SEGMENTS_MAX ||
        route_size > PROA_ROUTE_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "%.200s: folders are too deep",
                         scan->path);
    (void)snprintf(scan->route + route_size, sizeof scan->route - route_size,
                   "/%s", name);
    scan->depth++;
    status = scan_folder(scan, err);
    scan->depth--;
    scan->route[route_size] = '\0';
    return status;
}

static enum proa_status scan_entry(struct scan *scan, const char *name,
                                   struct proa_error *err)
{
    size_t size = strlen(scan->path), stem = stem_size(name);
    enum proa_status status = PROA_OK;
    struct stat state;

    if (size + strlen(name) + 2 > sizeof scan->path)
        return proa_fail(err, PROA_LIMIT, 0, "%.200s: a path is too long",
                         scan->path);
    if (scan->entry_count++ >= ENTRIES_MAX)
        return proa_fail(err, PROA_LIMIT, 0,
                         "%.200s: more than %d files and folders", scan->path,
                         ENTRIES_MAX);
    (void)snprintf(scan->path + size, sizeof scan->path - size, "/%s", name);
    /* What is gone by now, or leads nowhere, is not there. */
    if (stat(scan->path, &state) == 0) {
        if (S_ISDIR(state.st_mode))
            status = scan_subfolder(scan, name, err);
        else if (S_ISREG(state.st_mode) && stem > 0)
            status = add_module(scan, name, stem, err);
    }
    scan->path[size] = '\0';
    return status;
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

/* In the order of names, so that errors and metrics are the same each time. */
static enum proa_status scan_folder(struct scan *scan, struct proa_error *err)
{
    struct dirent **entries = NULL;
    enum proa_status status = proa_plan_watch(scan->plan, scan->path, err);
    int count = scandir(scan->path, &entries, is_wanted, alphasort);

    if (count < 0)
        return proa_fail(err, scan->depth == 0 ? PROA_USAGE : PROA_IO, 0,
                         "%.200s: %s", scan->path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (status == PROA_OK)
            status = scan_entry(scan, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum proa_status proa_plan_add_folder(struct proa_plan *plan, const char *path,
                                      struct proa_error *err)
{
    struct scan *scan = calloc(1, sizeof *scan);
    size_t size = strlen(path);
    enum proa_status status;

    if (scan == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a plan");
    while (size > 1 && path[size - 1] == '/')
        size--;
    scan->plan = plan;
    (void)snprintf(scan->path, sizeof scan->path, "%.*s", (int)size, path);
    status = scan_folder(scan, err);
    free(scan);
    if (status == PROA_OK && plan->count == 0 && plan->public_path == NULL)
        return proa_fail(err, PROA_USAGE, 0,
                         "the folder holds no module and no folder \"public\"");
    return status;
}
