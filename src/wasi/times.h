/*
 * Setting a file's times.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_TIMES_H
#define PROA_WASI_TIMES_H

#include <stdint.h>
#include <time.h>

/*
 * What utimensat(2) wants, from what a guest says.
 *
 * @param times accessed, modified; set on success
 * @return SUCCESS, EINVAL (a time and "now" at once, or an unknown flag)
 */
uint32_t proa_wasi_times_make(uint64_t accessed_ns, uint64_t modified_ns,
                              uint32_t fst_flags, struct timespec times[2]);

#endif
