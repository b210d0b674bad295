/*
 * Moving a guest off the processor in the middle of its code.
 *
 * The kernel's signal frame holds every register, vectors included. The handler
 * copies it to the fiber and lets the thread go on in proa_fiber_landing, which
 * leaves the fiber; when that is resumed, it returns from the signal as if
 * nothing had happened. The guest's stack is not touched.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_PREEMPT_H
#define PROA_PLATFORM_PREEMPT_H

#include <stdbool.h>
#include <stdint.h>

struct proa_activation;
struct proa_guest;

/* All three are for the handler of the interrupt signal. */

/* The slice of the fiber that runs is over. */
bool proa_preempt_is_due(void);

/* Keep what was interrupted, guest code, and leave the fiber on return. */
void proa_preempt_save(void *ucontext);

/*
 * True when a fiber is about to go on with what was kept, the address being in
 * the last few instructions before that: *kept is set to it, in the place of
 * what was interrupted.
 */
bool proa_preempt_is_returning(uintptr_t pc, const void **kept);

/* Leave the fiber once more, with what was kept before. */
void proa_preempt_again(void *ucontext);

/* The assembly around a guest found `yield` set: leave the fiber if the slice
 * is over. */
void proa_preempt_yield(struct proa_guest *guest);

/* One file a CPU. Bytes that were written; 0: `size` is too small. */
uint64_t proa_ucontext_copy(const void *ucontext, void *copy, uint64_t size);
/* Go on at an address, as a C function would begin. */
void proa_ucontext_jump(void *ucontext, const void *pc, void *sp);

#endif
