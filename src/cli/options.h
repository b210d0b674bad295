/*
 * Parsing a command's arguments by its table.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_OPTIONS_H
#define PROA_CLI_OPTIONS_H

#include "cli/command.h"

struct proa_parsed {
    void *settings;        /* owned */
    const char **operands; /* owned; the texts are argv's */
    uint32_t operand_count;
    bool wants_help; /* --help was given; nothing else was checked */
};

/*
 * @param parsed set on success; end with proa_parsed_deinit()
 * @return PROA_OK, PROA_USAGE (the text says what is wrong), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_options_parse(const struct proa_command *command, int argc,
                   const char *const *argv, struct proa_parsed *parsed,
                   struct proa_error *err);

void proa_parsed_deinit(const struct proa_command *command,
                        struct proa_parsed *parsed);

#endif
