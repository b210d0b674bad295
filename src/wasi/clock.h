/*
 * The host's clocks under the guest's names.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_CLOCK_H
#define PROA_WASI_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* False when there is no such clock. */
bool proa_wasi_clock_find(uint32_t id, clockid_t *clock);
uint64_t proa_wasi_clock_now(clockid_t clock); /* nanoseconds */

#endif
