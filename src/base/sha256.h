/*
 * SHA-256 by OpenSSL.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_SHA256_H
#define PROA_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

enum { PROA_SHA256_SIZE = 32 };

/* Hash one piece of memory. PROA_OK, or PROA_NOMEM when OpenSSL refuses. */
PROA_NODISCARD enum proa_status proa_sha256(const void *bytes, size_t size,
                                            uint8_t digest[PROA_SHA256_SIZE],
                                            struct proa_error *err);

/* Lower-case hexadecimal, terminated: `text` holds 2 * size + 1. */
void proa_hex(const uint8_t *bytes, size_t size, char *text);

#endif
