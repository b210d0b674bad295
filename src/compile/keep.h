/*
 * What LLVM's rules and wasm's see differently: loads that may trap, and the
 * quieting of signalling NaNs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_KEEP_H
#define PROA_COMPILE_KEEP_H

#include "compile/lower/unit.h"

/*
 * Lowering makes every load that may trap volatile, so that none is lost. What
 * follows lets LLVM optimise and keeps the traps; see keep.c.
 *
 * First, instead: each such load has a use that LLVM must keep, and is no
 * longer volatile. Run it before anything but the simplest is done.
 */
void proa_keep_mark(struct proa_unit *unit);

/*
 * Then, when values are as simple as they will be, and before vectorising: no
 * more such uses; the loads whose value might not be needed on all ways are
 * volatile.
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_keep_loose(struct proa_unit *unit,
                                                struct proa_error *err);

/* At last, before code is made, or at once instead of the second: all are. */
void proa_keep_all(struct proa_unit *unit);

/*
 * LLVM takes x * 1, x + -0, demote(promote(x)) and the like for x, though they
 * quiet a signalling NaN: make that step explicit. Run it after locals have
 * become values and before anything simplifies.
 */
void proa_keep_quieting(struct proa_unit *unit);

/*
 * What vectorising made of it must be of a shape that LLVM 22 can select: it
 * ends the process over a pair of floats on x86. Run it before code is emitted.
 */
void proa_keep_quieting_whole(struct proa_unit *unit);

/*
 * Addresses that lie a constant apart, as offsets from one of them where that
 * is the same; see address.c. Run it when values are simplified.
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_fold_addresses(struct proa_unit *unit,
                                                    struct proa_error *err);

/*
 * Where fuel is counted: loops that can be charged for as a whole; see
 * fuel_loop.c. Run it when loops are simplified and closed (lcssa).
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_fuel_loops(struct proa_unit *unit,
                                                struct proa_error *err);

/*
 * Undo the unrolling of loops that whoever made the module did; see reroll.c.
 * Run it when values and loops are simplified.
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_reroll_loops(struct proa_unit *unit,
                                                  struct proa_error *err);

#endif
