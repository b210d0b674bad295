/*
 * proa cache: what is in it, and making room.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/store.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"

struct settings {
    uint64_t max;
};

static const struct proa_option options[] = {
    { "max", 0, PROA_OPTION_BYTES, "BYTES", offsetof(struct settings, max),
      "For prune: what may stay; otherwise PROA_CACHE_MAX, or 1G.", NULL },
};

static int cache_list(struct proa_cache *cache, const struct settings *settings)
{
    struct proa_cache_entry *entries = NULL;
    struct proa_error err = { 0 };
    uint32_t count = 0;
    uint64_t all = 0;

    (void)settings;
    if (proa_cache_list(cache, &entries, &count, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    for (uint32_t i = 0; i < count; i++) {
        time_t seconds = (time_t)(entries[i].used_ns / 1000000000);
        char used[32] = "?";
        struct tm tm;

        if (localtime_r(&seconds, &tm) != NULL)
            (void)strftime(used, sizeof used, "%Y-%m-%d %H:%M:%S", &tm);
        (void)printf("%12llu  %s  %s\n", (unsigned long long)entries[i].size,
                     used, entries[i].key);
        all += entries[i].size;
    }
    free(entries);
    (void)printf("%u entries, %llu bytes\n", count, (unsigned long long)all);
    return proa_cli_flush(PROA_CLI_OK);
}

static int remove_entries(struct proa_cache *cache, uint64_t bytes_max)
{
    struct proa_cache_pruned pruned = { 0 };
    struct proa_error err = { 0 };

    if (proa_cache_prune(cache, bytes_max, &pruned, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    (void)printf("removed %u entries, %llu bytes\n", pruned.count,
                 (unsigned long long)pruned.bytes);
    return proa_cli_flush(PROA_CLI_OK);
}

static int cache_prune(struct proa_cache *cache,
                       const struct settings *settings)
{
    return remove_entries(cache, settings->max != 0
                                     ? settings->max
                                     : proa_cache_default_bytes_max());
}

static int cache_clear(struct proa_cache *cache,
                       const struct settings *settings)
{
    (void)settings;
    return remove_entries(cache, 0);
}

struct action {
    const char *name;
    int (*act)(struct proa_cache *cache, const struct settings *settings);
};

static const struct action actions[] = {
    { "list", cache_list },
    { "prune", cache_prune },
    { "clear", cache_clear },
};

static int cache_command(const void *settings,
                         const struct proa_operands *operands)
{
    const char *name = operands->items[0];
    const struct action *action = NULL;
    struct proa_cache *cache;
    struct proa_error err = { 0 };
    char path[PATH_MAX];
    int code;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].name, name) == 0)
            action = &actions[i];
    if (action == NULL && strcmp(name, "dir") != 0)
        return proa_cli_bad("cache: no '%s'; there are: list prune clear dir",
                            name);
    if (!proa_cache_default_dir(path, sizeof path))
        return proa_cli_bad("there is no cache: none of PROA_CACHE_DIR, "
                            "XDG_CACHE_HOME and HOME names a folder");
    if (action == NULL) {
        (void)puts(path);
        return proa_cli_flush(PROA_CLI_OK);
    }
    if (proa_cache_open(path, &cache, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    code = action->act(cache, settings);
    proa_cache_close(cache);
    return code;
}

const struct proa_command proa_command_cache = {
    .name = "cache",
    .operands = "list|prune|clear|dir",
    .summary = "Look at the cache of compiled modules, or make room in it.",
    .text = "list shows each entry: its size in bytes, when it was last used, "
            "and its key. prune removes what was not used for longest until "
            "the rest is small enough; proa run does the same by itself. clear "
            "removes everything. dir prints where the cache is.\n\n"
            "All of this is safe while programs run.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = 1,
    .completion = "list prune clear dir",
    .run = cache_command,
};
