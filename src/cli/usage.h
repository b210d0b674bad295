/*
 * The usage record of a run: one JSON object on a line, and its signature.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_USAGE_H
#define PROA_CLI_USAGE_H

#include "proa/usage.h"

/* All borrowed. */
struct proa_usage_record {
    const char *path; /* "-": standard error */
    const char *key;  /* a file with a private Ed25519 key; NULL: not signed */
    const struct proa_usage *usage;
    const struct proa_module *module;
    enum proa_status status;
    int exit_code;
    const char *trap; /* NULL: none */
};

/* @return PROA_OK, PROA_IO, PROA_USAGE (no Ed25519 key), PROA_NOMEM */
PROA_NODISCARD enum proa_status
proa_usage_write(const struct proa_usage_record *record,
                 struct proa_error *err);

#endif
