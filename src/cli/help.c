/*
 * --help, from the command table.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/help.h"

#include <string.h>

enum { COLUMNS = 79, HELP_INDENT = 6 };

const struct proa_exit_row proa_exit_rows[] = {
#define EXIT(name, code, meaning) { code, meaning },
#include "cli/exit.def"
#undef EXIT
    { 0, NULL },
};

const struct proa_variable_row proa_variable_rows[] = {
    { "PROA_CACHE_DIR",
      "The cache's folder, an absolute path; empty: no cache. Otherwise it is "
      "$XDG_CACHE_HOME/proa or ~/.cache/proa." },
    { "PROA_CACHE_MAX",
      "What the cache may hold, as 500M or 2G; 1G unless it is set. What was "
      "not used for longest goes first." },
    { "PROA_COMPILER",
      "The compiler program. Otherwise proa-compiler is looked for beside "
      "proa, in ../libexec/proa from there, and on the PATH." },
    { NULL, NULL },
};

/* Text in lines of at most COLUMNS, each indented. */
static void wrapped(FILE *out, const char *text, int indent)
{
    int column = 0;

    while (*text != '\0') {
        int size = (int)strcspn(text, " \n");

        if (text[0] == '\n') {
            (void)fputs(column > 0 ? "\n\n" : "\n", out);
            column = 0;
            text += text[1] == '\n' ? 2 : 1;
            continue;
        }
        if (column > 0 && column + 1 + size > COLUMNS) {
            (void)fputc('\n', out);
            column = 0;
        }
        (void)fprintf(out, "%*s%.*s", column == 0 ? indent : 1, "", size, text);
        column += size + (column == 0 ? indent : 1);
        text += size;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

void proa_help_option_name(const struct proa_option *option, char *text,
                           size_t size)
{
    const char *value = option->kind == PROA_OPTION_FLAG ? "" : option->value;
    const char *space = option->kind == PROA_OPTION_FLAG ? "" : " ";

    if (option->letter != 0 && option->kind == PROA_OPTION_LEVEL)
        (void)snprintf(text, size, "-%c%s, --%s %s", option->letter, value,
                       option->name, value);
    else if (option->letter != 0)
        (void)snprintf(text, size, "-%c, --%s%s%s", option->letter,
                       option->name, space, value);
    else
        (void)snprintf(text, size, "--%s%s%s", option->name, space, value);
}

void proa_help_command(const struct proa_command *command, FILE *out)
{
    char name[100];

    (void)fprintf(out, "usage: proa %s [OPTIONS]%s%s\n\n", command->name,
                  command->operands[0] != '\0' ? " " : "", command->operands);
    wrapped(out, command->text, 0);
    (void)fputs("\noptions:\n", out);
    for (uint32_t i = 0; i < command->option_count; i++) {
        const struct proa_option *option = &command->options[i];

        proa_help_option_name(option, name, sizeof name);
        (void)fprintf(out, "  %s\n", name);
        wrapped(out, option->help, HELP_INDENT);
    }
    (void)fputs("  -h, --help\n      This text.\n", out);
}

void proa_help_all(FILE *out)
{
    (void)fputs("usage: proa COMMAND [OPTIONS] [ARGS...]\n"
                "\n"
                "Run WebAssembly programs, each in its own sandbox.\n"
                "\n"
                "commands:\n",
                out);
    for (int i = 0; proa_commands[i] != NULL; i++)
        (void)fprintf(out, "  %-12s%s\n", proa_commands[i]->name,
                      proa_commands[i]->summary);
    (void)fputs("\n"
                "proa COMMAND --help tells of its options; so does man "
                "proa-COMMAND.\n"
                "\n"
                "exit codes: that of the program (its low 8 bits), or\n",
                out);
    for (int i = 0; proa_exit_rows[i].meaning != NULL; i++) {
        (void)fprintf(out, "  %d\n", proa_exit_rows[i].code);
        wrapped(out, proa_exit_rows[i].meaning, HELP_INDENT);
    }
}
