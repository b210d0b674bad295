/*
 * A look at the loop that begins here: which locals are worth having in
 * registers at its head.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_AHEAD_H
#define PROA_BASELINE_AHEAD_H

#include "baseline/emit.h"

/* Fill the pins for the loop whose first instruction is read next. */
void proa_plan_loop(struct proa_emit *emit);
/* Does the function that begins here have so few instructions, and no loop or
 * call, that registers which calls keep are not worth their saving? */
bool proa_is_simple(const struct proa_cursor *in);
/* If the next instruction sets a local that is in a pin, and no operand is that
 * local: the pin's register, so that a result may go there at once. Else
 * PROA_NO_GPR. */
unsigned proa_next_target(struct proa_emit *emit, bool xmm);

#endif
