/*
 * While LLVM vectorises, arrays of one memory are told apart.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_APART_H
#define PROA_COMPILE_APART_H

#include "compile/lower/unit.h"

/*
 * Give accesses in a loop that lie an unknown way apart different names of the
 * base; see apart.c. Run it when loops are rotated and counters simplified.
 */
void proa_apart_begin(struct proa_unit *unit);

/* All names are the base again. */
void proa_apart_end(struct proa_unit *unit);

#endif
