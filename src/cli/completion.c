/*
 * proa completion: a script for the shell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cli/help.h"

static int completion_command(const void *settings,
                              const struct proa_operands *operands)
{
    (void)settings;
    if (strcmp(operands->items[0], "bash") != 0)
        return proa_cli_bad("no completion for '%s'; there is: bash",
                            operands->items[0]);
    proa_help_bash(stdout);
    return proa_cli_flush(PROA_CLI_OK);
}

const struct proa_command proa_command_completion = {
    .name = "completion",
    .operands = "bash",
    .summary = "Print a completion script for the shell.",
    .text = "Print a script that completes commands, options and file names. "
            "In ~/.bashrc:\n\n    source <(proa completion bash)",
    .operand_min = 1,
    .operand_max = 1,
    .completion = "bash",
    .run = completion_command,
};
