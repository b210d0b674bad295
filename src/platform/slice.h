/*
 * The watchdog of slices: one thread a process, which signals a thread whose
 * fiber runs beyond the end of its slice, and sleeps until the first one ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_SLICE_H
#define PROA_PLATFORM_SLICE_H

#include <stdbool.h>

/*
 * From now on slices end; false: no thread. As many stops end it.
 * Threads: any.
 */
bool proa_slice_start(void);
void proa_slice_stop(void);

/* Send a signal to each thread whose fiber runs now. */
void proa_slice_signal(int number);

#endif
