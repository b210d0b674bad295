/*
 * What LLVM's rules and wasm's see differently: loads that may trap, and the
 * quieting of signalling NaNs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_KEEP_H
#define PROA_COMPILE_KEEP_H

#include "compile/lower/unit.h"

/*
 * Lowering makes every load of linear memory volatile, so that none is lost.
 * This takes the mark off all loads whose value matters: LLVM keeps those by
 * itself, and may move, combine and vectorise them. Those whose value is unused
 * stay: they may trap. It looks through calls, for these may be inlined later.
 * Run it after locals have become values.
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_keep_loads(struct proa_unit *unit,
                                                struct proa_error *err);

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
