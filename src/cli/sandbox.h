/*
 * What a program is given to see: folders and environment, from the options.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_SANDBOX_H
#define PROA_CLI_SANDBOX_H

#include "cli/command.h"
#include "wasi/wasi.h"

struct proa_sandbox_settings {
    struct proa_list dirs; /* "HOST[::GUEST]" */
    struct proa_list env;  /* "NAME[=VALUE]" */
};

/* Rows for a command whose settings have a
 * `struct proa_sandbox_settings sandbox`. */
#define PROA_SANDBOX_OPTIONS(settings)                                         \
    { "dir",                                                                   \
      0,                                                                       \
      PROA_OPTION_FOLDERS,                                                     \
      "HOST[::GUEST]",                                                         \
      offsetof(settings, sandbox.dirs),                                        \
      "Let the program use this folder, under the name GUEST or its own. May " \
      "be given again.",                                                       \
      NULL },                                                                  \
    {                                                                          \
        "env", 0, PROA_OPTION_LIST, "NAME[=VALUE]",                            \
            offsetof(settings, sandbox.env),                                   \
            "Set a variable of the program's environment; without a value, "   \
            "pass ours on if it is set. May be given again.",                  \
            NULL                                                               \
    }

/* The same as WASI takes it. */
struct proa_sandbox {
    char **env; /* owned, as are the texts */
    uint32_t env_count;
    char **texts;                       /* owned; what the preopens point to */
    struct proa_wasi_preopen *preopens; /* owned */
    uint32_t preopen_count;
};

/* @param sandbox set on success; end with proa_sandbox_deinit() */
PROA_NODISCARD enum proa_status
proa_sandbox_init(const struct proa_sandbox_settings *settings,
                  struct proa_sandbox *sandbox, struct proa_error *err);
void proa_sandbox_deinit(struct proa_sandbox *sandbox);

#endif
