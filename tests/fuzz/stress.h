/*
 * Run C code, and the guests that it calls, moved off the processor at random.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FUZZ_STRESS_H
#define PROA_TESTS_FUZZ_STRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Call fn(arg) on a fiber whose slices are short.
 *
 * @param count set to how often a guest was preempted
 * @return false: no fiber
 */
bool stress_run(void (*fn)(void *arg), void *arg, uint32_t *count);

/*
 * In it, around a call of a guest: of one in a few a stretch is preempted at
 * each instruction. Elsewhere they do nothing.
 */
void stress_begin(void);
void stress_end(void);

#endif
