/*
 * How much work each function is worth, guessed from the code alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_HEAT_H
#define PROA_COMPILE_HEAT_H

#include "base/arena.h"
#include "wasm/module.h"

/*
 * The level of each function, by its index. At level 2 the functions in which
 * most time should be spent get 2, others 1, and what is left 0, so that all
 * take about as long as their share of the module; at any other level all get
 * that.
 *
 * @param module validated
 * @param arena  what *levels lives in
 * @return PROA_OK, PROA_NOMEM, PROA_MALFORMED (never for a validated module)
 */
PROA_NODISCARD enum proa_status
proa_heat_levels(const struct proa_wasm_module *module, int opt_level,
                 struct proa_arena *arena, const uint8_t **levels,
                 struct proa_error *err);

#endif
