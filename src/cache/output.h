/*
 * What the compiler process writes: a file in memory, checked before use.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_OUTPUT_H
#define PROA_CACHE_OUTPUT_H

#include <stdint.h>

#include "proa/error.h"

/* An empty file in memory. @param fd set on success; owned: close it */
PROA_NODISCARD enum proa_status proa_output_create(int *fd,
                                                   struct proa_error *err);

/*
 * Seal what was written and check that it is an artifact, for any machine.
 *
 * @param size set on success
 * @return PROA_OK, PROA_COMPILER (it is none), PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_output_check(int fd, uint64_t *size,
                                                  struct proa_error *err);

/* Copy it to a file: written beside it and renamed, so whole or not at all. */
PROA_NODISCARD enum proa_status proa_output_write(int fd, uint64_t size,
                                                  const char *path,
                                                  struct proa_error *err);

#endif
