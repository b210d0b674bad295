/*
 * Address space: reserve, commit, map files. Sizes and addresses are multiples
 * of the host's page (4096) unless told otherwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_MAP_H
#define PROA_PLATFORM_MAP_H

#include <stdbool.h>
#include <stdint.h>

enum { PROA_HOST_PAGE_SIZE = 4096 };

/* Address space that no one may touch yet; NULL when there is none left. */
void *proa_map_reserve(uint64_t size);

/*
 * A stack, readable and writable above `guard_size` bytes that no one may
 * touch. Pages come one by one, never as a huge one. NULL: no memory.
 */
void *proa_map_stack(uint64_t size, uint64_t guard_size);

/* Make a part of a reservation readable and writable; it reads as zero. */
bool proa_map_commit(void *address, uint64_t size);

/* The opposite, without forgetting: bytes are there again when committed. */
bool proa_map_hide(void *address, uint64_t size);

/* Forget what was written: zero, or the file behind it, is read again. */
bool proa_map_discard(void *address, uint64_t size);

/* Let pages come one by one, never as a huge one, nor be made into one later.
 * False: the kernel may do it all the same. */
bool proa_map_keep_small(void *address, uint64_t size);

/* Give back what proa_map_reserve() or proa_map_*file() gave. NULL does
 * nothing. */
void proa_map_release(void *address, uint64_t size);

/*
 * Put a private, writable copy of a file's bytes in place of a part of a
 * reservation. Writes never reach the file.
 */
bool proa_map_overlay(void *address, uint64_t size, int fd, uint64_t offset);

/* A whole file, read-only; `size` need not be a multiple. NULL on failure. */
void *proa_map_file(int fd, uint64_t size);

/*
 * A file in memory that reads as zero, mapped to be written; it has no name.
 *
 * @param fd set on success; to be closed
 * @return NULL: no memory, or no more files
 */
void *proa_map_new_file(uint64_t size, int *fd);

/* Let the processor execute a part of a mapped file. */
bool proa_map_executable(void *address, uint64_t size);

/* `size` up to the next multiple of the host's page; 0 when that overflows. */
uint64_t proa_map_round(uint64_t size);

#endif
