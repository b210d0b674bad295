/*
 * Stores that do nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_IDLE_H
#define PROA_COMPILE_IDLE_H

#include "compile/lower/unit.h"
#include "compile/ptrmap.h"

/*
 * Add to `idle` the function's stores to linear memory that another one makes
 * superfluous, or that put back what was there. It finds what is in one block.
 *
 * @return false when there is no memory
 */
bool proa_idle_stores(const struct proa_unit *unit, LLVMValueRef function,
                      struct proa_ptrmap *idle);

#endif
