/*
 * What a thread needs before it may run guest code.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_THREAD_H
#define PROA_PLATFORM_THREAD_H

#include <stdbool.h>

/*
 * The kernel's number of this thread, after giving the thread an alternate
 * signal stack (unless it has one that is large enough) and unblocking the
 * signals of signal.h, once. 0: no memory. The stack goes with the thread.
 */
int proa_thread_prepare(void);

#endif
