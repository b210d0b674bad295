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
 * An empty file without a name in the folder of `path`, for
 * proa_output_write() to give it that name. @return owned; -1: not there
 */
int proa_output_beside(const char *path);
PROA_NODISCARD enum proa_status proa_output_share(int fd, int *copy,
                                                  struct proa_error *err);

/* Nobody can change a file in memory any more. */
PROA_NODISCARD enum proa_status proa_output_seal(int fd,
                                                 struct proa_error *err);

/* How much there is: PROA_COMPILER when it is nothing, PROA_IO. */
PROA_NODISCARD enum proa_status proa_output_size(int fd, uint64_t *size,
                                                 struct proa_error *err);

/*
 * Check that it is an artifact, for any machine. It must be sealed, or its only
 * other writer at its end.
 *
 * @return PROA_OK, PROA_COMPILER (it is none), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_output_check(int fd, uint64_t size,
                                                  struct proa_error *err);

/* What a reader says of an output is the compiler's fault. @return
 * PROA_COMPILER */
PROA_NODISCARD enum proa_status
proa_output_blame(const struct proa_error *error, struct proa_error *err);

/* Make it the file of this name, whole or not at all: what has no name yet gets
 * it, else a copy beside it that is renamed. */
PROA_NODISCARD enum proa_status proa_output_write(int fd, uint64_t size,
                                                  const char *path,
                                                  struct proa_error *err);

#endif
