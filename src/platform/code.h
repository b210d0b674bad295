/*
 * Where guest code lies: read by signal handlers, hence without locks.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_CODE_H
#define PROA_PLATFORM_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct proa_code_slot;

/*
 * Make [start, start + size) known as guest code that belongs to `owner`.
 *
 * @return the slot to give to proa_code_remove(); NULL: no memory
 * Threads: any.
 */
struct proa_code_slot *proa_code_add(const void *start, uint64_t size,
                                     const void *owner);

/* No thread may be executing the code any more. NULL does nothing. */
void proa_code_remove(struct proa_code_slot *slot);

/*
 * True, and *owner set, when an address is in guest code. For code that is
 * being added or removed meanwhile the answer is either.
 * Threads: any, also in a signal handler.
 */
bool proa_code_find(uintptr_t address, const void **owner);

#endif
