/*
 * Signing what a run used.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HOST_USAGE_SIGN_H
#define PROA_HOST_USAGE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

enum { PROA_USAGE_SIGNATURE_SIZE = 64 };

struct proa_usage_key;

/*
 * @param path a private Ed25519 key in PEM form
 * @param key  set on success; owned: end with proa_usage_key_destroy()
 * @return PROA_OK, PROA_IO, PROA_USAGE (no such key, or this proa cannot sign)
 */
PROA_NODISCARD enum proa_status proa_usage_key_read(const char *path,
                                                    struct proa_usage_key **key,
                                                    struct proa_error *err);
/* NULL does nothing. */
void proa_usage_key_destroy(struct proa_usage_key *key);

/*
 * @return PROA_OK, PROA_NOMEM
 * Threads: any, with one key.
 */
PROA_NODISCARD enum proa_status
proa_usage_sign(const struct proa_usage_key *key, const void *bytes,
                size_t size, uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                struct proa_error *err);

#endif
