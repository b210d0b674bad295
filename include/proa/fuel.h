/*
 * How much a store's guests have computed, as a number that does not depend on
 * the machine, the tier or the level of the code.
 *
 * Instructions cost one each (nop, drop, block, loop, unreachable, return, else
 * and end are free), entering a function one, and bulk operations one more a
 * byte or element. A guest that has spent all traps ("all fuel consumed") when
 * it next enters a function, goes through a loop or begins a large bulk
 * operation. Wasmtime 48 counts the same.
 *
 * Only modules that were compiled to count do (struct proa_compile_options);
 * with a limit (struct proa_store_options, at most 2^63 - 1), no others can be
 * instantiated.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_FUEL_H
#define PROA_FUEL_H

#include "proa/store.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/*
 * What was spent since the store was made or its fuel was set, never more than
 * there was. After a trap other than for want of fuel or by `unreachable`: up
 * to the last call or return. 0 when the code does not count.
 */
uint64_t proa_store_fuel_spent(const struct proa_store *store);

/* What is left of it; UINT64_MAX when there is no limit. */
uint64_t proa_store_fuel_left(const struct proa_store *store);

/* Begin anew with so much, as in the options. Not while a guest runs. */
void proa_store_fuel_set(struct proa_store *store, uint64_t fuel);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
