/*
 * Counting fuel: when a function is entered; before each instruction; on edges
 * to loops; and around what leaves the function. Nothing where it is not
 * counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_FUEL_H
#define PROA_COMPILE_LOWER_FUEL_H

#include "compile/lower/lower.h"

void proa_lower_fuel_open(struct proa_lower *lower);
void proa_lower_fuel_before(struct proa_lower *lower, enum proa_op op);
/* Before a conditional branch to a loop: what comes between is only a check. */
void proa_lower_fuel_sum(struct proa_lower *lower);
void proa_lower_fuel_check(struct proa_lower *lower);
void proa_lower_fuel_save(struct proa_lower *lower);
void proa_lower_fuel_load(struct proa_lower *lower);

/* What init costs; it counts nothing else. */
void proa_lower_fuel_of_start(struct proa_lower *lower);

#endif
