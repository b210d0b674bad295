/*
 * The end of slices: a thread whose fiber runs beyond the end of its slice is
 * signalled.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_SLICE_H
#define PROA_PLATFORM_SLICE_H

/*
 * Slices that begin from now on end. As many stops end it.
 * Threads: any.
 */
void proa_slice_start(void);
void proa_slice_stop(void);

/* Send a signal to each thread whose fiber runs now. */
void proa_slice_signal(int number);

#endif
