/*
 * Files in memory for a guest's standard streams.
 *
 * A pipe would need someone to empty it while the guest runs; a file in memory
 * needs no one, and its size is sealed, so that a guest cannot fill the
 * machine. SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_MEMFILE_H
#define PROA_SERVE_MEMFILE_H

#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

/*
 * A file with these bytes, to be read from its start.
 *
 * @param fd set on success; owned: close() it
 * @return PROA_OK, PROA_IO
 */
PROA_NODISCARD enum proa_status proa_memfile_input(const void *bytes,
                                                   size_t size, int *fd,
                                                   struct proa_error *err);

/*
 * An empty file to write to. More than `bytes_max` can be written, so that this
 * is seen afterwards, but not much more.
 */
PROA_NODISCARD enum proa_status proa_memfile_output(size_t bytes_max, int *fd,
                                                    struct proa_error *err);

/* How many bytes were written to an output, which may be above its limit. */
uint64_t proa_memfile_size(int fd);

/*
 * Read `size` bytes at an offset, all of them.
 *
 * @return PROA_OK, PROA_IO
 */
PROA_NODISCARD enum proa_status proa_memfile_read(int fd, uint64_t offset,
                                                  void *bytes, size_t size,
                                                  struct proa_error *err);

#endif
