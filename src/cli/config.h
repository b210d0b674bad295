/*
 * proa.yaml for the commands that take one: where it is, and what it says.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_CONFIG_H
#define PROA_CLI_CONFIG_H

#include "serve/config.h"
#include "serve/serve.h"

enum { PROA_CLI_CONFIG_PATH_MAX = 4096 };

/* From { 0 }. */
struct proa_cli_config {
    char path[PROA_CLI_CONFIG_PATH_MAX]; /* "": there is none */
    struct proa_function_settings given; /* by options */
    struct proa_arena *arena;            /* owned */
    const struct proa_config *config;    /* the arena's */
};

/*
 * Whether an operand names a configuration: a file ending in .yaml or .yml, or
 * a folder with a proa.yaml in it. Sets the path if so.
 */
bool proa_cli_config_find(struct proa_cli_config *config, const char *operand);

/*
 * Read it. All that is wrong goes to stderr.
 *
 * @param config path and `given` are set; end with proa_cli_config_deinit()
 * @return PROA_CLI_OK or the exit code
 */
int proa_cli_config_read(struct proa_cli_config *config);
void proa_cli_config_deinit(struct proa_cli_config *config);

/*
 * What the options left open comes from the file, functions too, which are
 * read again at each reload. All is borrowed as long as `options` is used.
 */
void proa_cli_config_apply(struct proa_cli_config *config,
                           struct proa_serve_options *options);

#endif
