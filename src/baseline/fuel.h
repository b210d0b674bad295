/*
 * Counting fuel: when a function is entered; before each instruction; at a
 * loop; and around what leaves the function. Nothing where it is not counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_FUEL_H
#define PROA_BASELINE_FUEL_H

#include "baseline/emit.h"

void proa_emit_fuel_open(struct proa_emit *emit);
void proa_emit_fuel_before(struct proa_emit *emit, enum proa_op op);
void proa_emit_fuel_check(struct proa_emit *emit);
void proa_emit_fuel_save(struct proa_emit *emit);
void proa_emit_fuel_load(struct proa_emit *emit);

/* What init costs; it counts nothing else. */
void proa_emit_fuel_of_start(struct proa_emit *emit);

#endif
