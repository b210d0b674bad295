/*
 * Faults of guest code and interrupts, turned into traps.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_SIGNAL_H
#define PROA_PLATFORM_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Install the handlers of SIGSEGV, SIGBUS and the interrupt signal, once a
 * process; false: the system refused. What is not the guest's goes to whoever
 * had the signal before. Threads: any.
 */
bool proa_signal_install(void);

/* The number of the signal that interrupts guests. */
int proa_signal_interrupt(void);

/* A signal handler's view of what it interrupted; one file a CPU. */
uintptr_t proa_ucontext_pc(const void *ucontext);
uintptr_t proa_ucontext_frame(const void *ucontext);
/* Go on at the landing with the activation's stack pointer and a trap. */
void proa_ucontext_land(void *ucontext, void *sp, uint32_t trap);

#endif
