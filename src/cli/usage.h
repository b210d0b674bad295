/*
 * The usage record of a run in a file of its own, and its signature.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_USAGE_H
#define PROA_CLI_USAGE_H

#include "host/usage_record.h"

/*
 * @param path "-": standard error
 * @param key  a file with a private Ed25519 key; NULL: it is not signed
 * @param record its artifact is found out here
 * @return PROA_OK, PROA_IO, PROA_USAGE (no Ed25519 key), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_usage_write(const char *path, const char *key,
                 const struct proa_usage_record *record,
                 struct proa_error *err);

#endif
