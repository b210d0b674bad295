/*
 * Signing what a run used.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_USAGE_SIGN_H
#define PROA_CLI_USAGE_SIGN_H

#include <stdint.h>

#include "proa/error.h"

enum { PROA_USAGE_SIGNATURE_SIZE = 64 };

/*
 * @param key_path a private Ed25519 key in PEM form
 * @return PROA_OK, PROA_IO, PROA_USAGE (no such key, or this proa cannot sign),
 *         PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_usage_sign(const char *key_path, const char *text,
                uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                struct proa_error *err);

#endif
