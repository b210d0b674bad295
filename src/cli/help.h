/*
 * Texts made from the command table: --help, man pages, bash completion.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_HELP_H
#define PROA_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void proa_help_all(FILE *out);
void proa_help_command(const struct proa_command *command, FILE *out);

/* "-O, --opt-level LEVEL": as it is shown everywhere. */
void proa_help_option_name(const struct proa_option *option, char *text,
                           size_t size);

/*
 * Write man/proa.1, man/proa-COMMAND.1, completion/proa.bash and exit-codes.md
 * into a folder.
 * @return the exit code
 */
int proa_help_docs(const char *folder);

void proa_help_bash(FILE *out);

struct proa_exit_row {
    int code;
    const char *meaning;
};
/* Ends with a meaning of NULL. */
extern const struct proa_exit_row proa_exit_rows[];

/* Environment variables that proa reads; ends with a name of NULL. */
struct proa_variable_row {
    const char *name;
    const char *meaning;
};
extern const struct proa_variable_row proa_variable_rows[];

#endif
