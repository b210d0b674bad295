/*
 * proa compile: a module to an artifact file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cli/load.h"

struct settings {
    struct proa_load_settings load;
    const char *output;
    const char *target;
};

static const struct proa_option options[] = {
    { "output", 'o', PROA_OPTION_FILE, "FILE",
      offsetof(struct settings, output),
      "Where to write it; a name that ends in .proa is run without further "
      "options.",
      NULL },
    { "target", 0, PROA_OPTION_TEXT, "TARGET",
      offsetof(struct settings, target),
      "The machine to compile for, x86_64 or aarch64; otherwise this one.",
      "x86_64 aarch64" },
    PROA_LOAD_TIER_OPTION(
        struct settings,
        "How to compile: optimized, by LLVM (the default, as is auto); or "
        "baseline, in milliseconds, for code that runs slower."),
    { "fuel", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.counts_fuel),
      "Make code that counts the instructions it runs, which proa run --fuel "
      "asks for.",
      NULL },
    PROA_LOAD_OPTIONS(struct settings),
};

static int compile_command(const void *data,
                           const struct proa_operands *operands)
{
    const struct settings *settings = data;
    const char *file = operands->items[0];
    struct proa_input input;
    struct proa_error err = { 0 };
    enum proa_status status;

    if (settings->output == NULL || settings->output[0] == '\0')
        return proa_cli_bad("compile: -o FILE is missing");
    if (proa_input_read(file, &input, &err) != PROA_OK)
        return proa_cli_fail(file, &err);
    status = proa_load_to_file(&input, &settings->load, settings->target,
                               settings->output, &err);
    proa_input_deinit(&input);
    if (status == PROA_OK)
        return PROA_CLI_OK;
    /* The text names the file that could not be written. */
    return proa_cli_fail(status == PROA_IO ? NULL : file, &err);
}

const struct proa_command proa_command_compile = {
    .name = "compile",
    .operands = "FILE|URL|-",
    .summary = "Compile a module to a file.",
    .text = "Compile a WebAssembly module ahead of time. The file that is "
            "written holds native code for the chosen processor; proa run "
            "takes it in place of the module. It is an ELF file: objdump -d "
            "shows its code. FILE is read as proa run reads it.\n\n"
            "proa run compiles by itself and keeps the result in its cache; "
            "this command is for machines that have no compiler.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = 1,
    .run = compile_command,
};
