/*
 * Sums whose last summand is what a loop waits for.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_CHAIN_H
#define PROA_COMPILE_CHAIN_H

#include "compile/lower/unit.h"

/*
 * In loops of one block: of the summands of a sum that goes around, the one
 * that comes from the turn before is added last, so that a turn waits for one
 * addition in place of several. To be run when nothing orders sums any more.
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_shorten_chains(struct proa_unit *unit,
                                                    struct proa_error *err);

#endif
