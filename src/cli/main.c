/*
 * proa: the command table and what all commands share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/stdio.h"

const struct proa_command *const proa_commands[] = {
    &proa_command_run,        &proa_command_serve,
    &proa_command_check,      &proa_command_compile,
    &proa_command_inspect,    &proa_command_cache,
    &proa_command_lab,        &proa_command_version,
    &proa_command_completion, NULL,
};

const struct proa_command *proa_command_find(const char *name)
{
    for (int i = 0; proa_commands[i] != NULL; i++)
        if (strcmp(proa_commands[i]->name, name) == 0)
            return proa_commands[i];
    return NULL;
}

/* Names of files may be in the text; it must stay one line, and change nothing
 * about the terminal. */
static void say(const char *format, va_list args)
{
    char *text;

    if (vasprintf(&text, format, args) < 0) {
        (void)fputs("proa: out of memory\n", stderr);
        return;
    }
    for (char *c = text; *c != '\0'; c++) {
        /* Those above 0x7f are two bytes in UTF-8. */
        bool is_high =
            (unsigned char)c[0] == 0xc2 && ((unsigned char)c[1] & 0xe0) == 0x80;
        if ((unsigned char)*c < 0x20 || *c == 0x7f || is_high)
            *c = '?';
        if (is_high)
            *++c = '?';
    }
    (void)fprintf(stderr, "proa: %s\n", text);
    free(text);
}

void proa_cli_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

int proa_cli_bad(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return PROA_CLI_BAD_INPUT;
}

int proa_cli_flush(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    (void)fprintf(stderr, "proa: standard output: %s\n", strerror(errno));
    return PROA_CLI_FAILED;
}

/* What comes before the text; NULL: the text says it all. */
static const char *kind_of(enum proa_status status)
{
    switch (status) {
    case PROA_MALFORMED:
        return "malformed module";
    case PROA_INVALID:
        return "invalid module";
    case PROA_UNSUPPORTED:
        return "unsupported";
    case PROA_LIMIT:
        return "over a limit";
    case PROA_INCOMPATIBLE:
        return "incompatible artifact";
    default:
        return NULL;
    }
}

static bool has_offset(const struct proa_error *err)
{
    return err->status == PROA_MALFORMED || err->status == PROA_INVALID ||
           (err->offset != 0 &&
            (err->status == PROA_UNSUPPORTED || err->status == PROA_LIMIT));
}

int proa_cli_fail(const char *file, const struct proa_error *err)
{
    const char *kind = kind_of(err->status);
    char where[32] = "";

    if (has_offset(err))
        (void)snprintf(where, sizeof where, " at offset 0x%llx",
                       (unsigned long long)err->offset);
    proa_cli_say("%s%s%s%s%s%s", file != NULL ? file : "",
                 file != NULL ? ": " : "", kind != NULL ? kind : "", where,
                 kind != NULL ? ": " : "", err->text);
    switch (err->status) {
    case PROA_COMPILER:
    case PROA_NOMEM:
    case PROA_IO:
        return PROA_CLI_FAILED;
    case PROA_TRAP:
        return PROA_CLI_TRAP;
    default:
        return PROA_CLI_BAD_INPUT;
    }
}

int proa_command_main(const struct proa_command *command, int argc,
                      const char *const *argv)
{
    struct proa_parsed parsed;
    struct proa_error err = { 0 };
    int code;

    if (proa_options_parse(command, argc, argv, &parsed, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    if (parsed.wants_help) {
        proa_help_command(command, stdout);
        code = proa_cli_flush(PROA_CLI_OK);
    } else {
        const struct proa_operands operands = { parsed.operands,
                                                parsed.operand_count };

        code = command->run(parsed.settings, &operands);
    }
    proa_parsed_deinit(command, &parsed);
    return code;
}

/* `proa help`, `proa help COMMAND`. */
static int help(const char *name)
{
    const struct proa_command *command;

    if (name == NULL) {
        proa_help_all(stdout);
        return proa_cli_flush(PROA_CLI_OK);
    }
    command = proa_command_find(name);
    if (command == NULL)
        return proa_cli_bad("no command '%s'; see: proa --help", name);
    proa_help_command(command, stdout);
    return proa_cli_flush(PROA_CLI_OK);
}

int main(int argc, char **argv)
{
    const char *const *rest = (const char *const *)argv;
    const struct proa_command *command;
    const char *name = argc < 2 ? NULL : argv[1];

    proa_stdio_init();

    if (name == NULL) {
        proa_help_all(stderr);
        return PROA_CLI_BAD_INPUT;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return proa_command_main(&proa_command_version, 0, rest);
    /* For the build: not in the help. */
    if (strcmp(name, "--docs") == 0 && argc == 3)
        return proa_help_docs(argv[2]);
    command = proa_command_find(name);
    if (command == NULL)
        return proa_cli_bad("no command '%s'; see: proa --help", name);
    return proa_command_main(command, argc - 2, rest + 2);
}
