/*
 * proa check: can what is to be served be served?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/config_check.h"

#include <stdio.h>
#include <string.h>

#include "cli/config.h"
#include "cli/load.h"

struct settings {
    struct proa_load_settings load;
    bool skips_modules;
    bool allow_missing;
};

static const struct proa_option options[] = {
    { "no-modules", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, skips_modules),
      "Look only at the configuration, not at the modules it names.", NULL },
    { "allow-missing-imports", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, allow_missing),
      "A function that a program imports and proa does not have is no mistake.",
      NULL },
    { "allow-precompiled", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.allow_precompiled),
      "A module may be compiled code under another name than .proa.", NULL },
    PROA_LOAD_NO_CACHE_OPTION(struct settings),
    PROA_LOAD_OPTIONS(struct settings),
};

/* Where lines about a function begin. */
struct place {
    const struct proa_cli_config *config;
    const char *operand;
};

static enum proa_status load(void *env, struct proa_engine *engine,
                             const char *path, bool counts_fuel,
                             struct proa_module **module,
                             struct proa_error *err)
{
    const struct settings *settings = env;
    struct proa_load_settings own = settings->load;

    own.counts_fuel = counts_fuel;
    return proa_load_named(path, &own, engine, NULL, module, err);
}

/* Of which line of the file the function is; NULL: of none. */
static const struct proa_config_function *
find_line(const struct proa_config *config, const char *route)
{
    for (uint32_t i = 0; config != NULL && i < config->function_count; i++)
        if (strcmp(config->functions[i].settings.route, route) == 0)
            return &config->functions[i];
    return NULL;
}

static void tell(void *env, const struct proa_function_settings *function,
                 const char *text)
{
    const struct place *place = env;
    const struct proa_config_function *found =
        function == NULL ? NULL
                         : find_line(place->config->config, function->route);

    if (found != NULL)
        proa_cli_say("%s:%u:%u: %s", place->config->path, found->place.line,
                     found->place.column, text);
    else if (place->config->config != NULL)
        proa_cli_say("%s: %s", place->config->path, text);
    else
        proa_cli_say("%s", text);
}

static int check_modules(struct settings *settings,
                         struct proa_serve_options *serve_options,
                         struct place *place)
{
    struct proa_config_checked checked = { 0 };
    struct proa_error err = { 0 };
    struct proa_config_check check = { .options = serve_options,
                                       .tell = tell,
                                       .env = place };

    serve_options->load = load;
    serve_options->load_env = settings;
    serve_options->trap_missing = settings->allow_missing;
    if (proa_engine_create(&check.engine, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    enum proa_status status = proa_config_check(&check, &checked, &err);
    proa_engine_destroy(check.engine);
    if (status != PROA_OK)
        return proa_cli_fail(place->operand, &err);
    if (checked.fault_count > 0)
        return checked.is_failed ? PROA_CLI_FAILED : PROA_CLI_BAD_INPUT;
    (void)printf("%s: good, %u function%s\n", place->operand,
                 checked.function_count,
                 checked.function_count == 1 ? "" : "s");
    return proa_cli_flush(PROA_CLI_OK);
}

static int check_command(const void *data, const struct proa_operands *operands)
{
    struct settings settings = *(const struct settings *)data;
    const char *operand =
        operands->count > 0 ? operands->items[0] : PROA_CONFIG_FILE_NAME;
    struct proa_cli_config config = { 0 };
    struct proa_serve_options serve_options = { .path = operand };
    struct place place = { &config, operand };
    int code = PROA_CLI_OK;

    if (proa_cli_config_find(&config, operand)) {
        place.operand = config.path;
        code = proa_cli_config_read(&config);
        if (code == PROA_CLI_OK)
            proa_cli_config_apply(&config, &serve_options);
    } else if (settings.skips_modules) {
        return proa_cli_bad("%.200s is no configuration: it ends neither in "
                            ".yaml nor is a folder with a proa.yaml",
                            operand);
    }
    if (code == PROA_CLI_OK && settings.skips_modules) {
        (void)printf("%s: good\n", place.operand);
        code = proa_cli_flush(PROA_CLI_OK);
    } else if (code == PROA_CLI_OK) {
        code = check_modules(&settings, &serve_options, &place);
    }
    proa_cli_config_deinit(&config);
    return code;
}

const struct proa_command proa_command_check = {
    .name = "check",
    .operands = "[FILE|FOLDER]",
    .summary = "Say whether what is to be served can be.",
    .text =
        "Read a configuration, proa.yaml unless another FILE or a FOLDER is "
        "given, and tell everything that is wrong with it, a line each: where, "
        "what, and what to write instead. Then load every module that it "
        "names, as proa serve would, read the certificate, and see that "
        "instances can be made. Nothing listens and no program runs. A module "
        "or a folder of them can be checked, too.\n\n"
        "It ends with 0 when all is good, with 2 when the configuration or a "
        "module is bad, and with 125 when this machine failed.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 0,
    .operand_max = 1,
    .run = check_command,
};
