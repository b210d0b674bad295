/*
 * Fuel: what each instruction costs, and where the count is added up, the same
 * for both tiers. The numbers are those of Wasmtime 48, so that a module's
 * count does not depend on who runs it.
 *
 * A function counts in a register. The count is added up where a block ends,
 * compared with the limit at the function's entry, at loops and before large
 * bulk operations, and written to the store's place before anyone else may
 * see it: at calls, returns and `unreachable`. So after any other trap the
 * place tells what was spent up to the last call or return.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_FUEL_H
#define PROA_WASM_FUEL_H

#include "wasm/module.h"
#include "wasm/opcode.h"

enum {
    PROA_FUEL_FUNCTION = 1, /* to enter one */
    /* Bulk operations cost one more a byte or an element. Up to so many are
     * not compared with the limit at once. */
    PROA_FUEL_BULK_UNCHECKED = 128,
};

/* What happens to the count before an instruction. */
enum proa_fuel_point {
    PROA_FUEL_GOES_ON, /* nothing: later */
    PROA_FUEL_ADDED,   /* what was spent since the last point is added */
    PROA_FUEL_SHOWN,   /* and written to the store's place */
};

uint32_t proa_fuel_cost(enum proa_op op);
enum proa_fuel_point proa_fuel_point(enum proa_op op);

/* Does it cost as much as its last operand, a size, says? */
bool proa_fuel_is_bulk(enum proa_op op);

/* What setting up an instance costs besides what the start function does. */
uint32_t proa_fuel_of_init(const struct proa_wasm_module *module);

#endif
