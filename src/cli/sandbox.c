/*
 * What a program is given to see: folders and environment, from the options.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

/* "NAME" becomes "NAME=value of ours", if it is set. False: no memory. */
static bool variable_add(struct proa_sandbox *sandbox, const char *item)
{
    bool has_value = strchr(item, '=') != NULL;
    const char *value = has_value ? "" : getenv(item);
    char *text;
    size_t size;

    if (value == NULL)
        return true;
    size = strlen(item) + strlen(value) + 2;
    text = malloc(size);
    if (text == NULL)
        return false;
    (void)snprintf(text, size, "%s%s%s", item, has_value ? "" : "=", value);
    sandbox->env[sandbox->env_count++] = text;
    return true;
}

static bool preopen_add(struct proa_sandbox *sandbox, const char *item)
{
    uint32_t index = sandbox->preopen_count;
    char *text = strdup(item);
    char *cut;

    if (text == NULL)
        return false;
    sandbox->texts[index] = text;
    sandbox->preopens[index] = (struct proa_wasi_preopen){ text, text, false };
    sandbox->preopen_count++;
    cut = strstr(text, "::");
    if (cut != NULL) {
        *cut = '\0';
        sandbox->preopens[index].guest_path = cut + 2;
    }
    return true;
}

static bool fill(const struct proa_sandbox_settings *settings,
                 struct proa_sandbox *sandbox)
{
    sandbox->env = calloc((size_t)settings->env.count + 1, sizeof(char *));
    sandbox->texts = calloc((size_t)settings->dirs.count + 1, sizeof(char *));
    sandbox->preopens =
        calloc((size_t)settings->dirs.count + 1, sizeof *sandbox->preopens);
    if (sandbox->env == NULL || sandbox->texts == NULL ||
        sandbox->preopens == NULL)
        return false;
    for (uint32_t i = 0; i < settings->env.count; i++)
        if (!variable_add(sandbox, settings->env.items[i]))
            return false;
    for (uint32_t i = 0; i < settings->dirs.count; i++)
        if (!preopen_add(sandbox, settings->dirs.items[i]))
            return false;
    return true;
}

enum proa_status proa_sandbox_init(const struct proa_sandbox_settings *settings,
                                   struct proa_sandbox *sandbox,
                                   struct proa_error *err)
{
    struct proa_sandbox made = { 0 };

    for (uint32_t i = 0; i < settings->env.count; i++)
        if (settings->env.items[i][0] == '=' ||
            settings->env.items[i][0] == '\0')
            return proa_fail(err, PROA_USAGE, 0,
                             "--env: '%.100s' is no variable; write NAME=VALUE",
                             settings->env.items[i]);
    if (!fill(settings, &made)) {
        proa_sandbox_deinit(&made);
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    }
    *sandbox = made;
    return PROA_OK;
}

void proa_sandbox_deinit(struct proa_sandbox *sandbox)
{
    for (uint32_t i = 0; i < sandbox->env_count; i++)
        free(sandbox->env[i]);
    for (uint32_t i = 0; i < sandbox->preopen_count; i++)
        free(sandbox->texts[i]);
    free(sandbox->env);
    free(sandbox->texts);
    free(sandbox->preopens);
}
