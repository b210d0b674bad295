/*
 * Some functions of a module first: those that are hot, and what they call and
 * is small.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_HOT_H
#define PROA_COMPILE_HOT_H

#include "base/arena.h"
#include "wasm/module.h"

struct proa_hot {
    const uint32_t *functions;
    uint32_t count;
    int level;
};

/* The level of a function that is not to be compiled. */
enum { PROA_LEVEL_NONE = 0xff };

/* The level of those that a program that runs was found to spend its time in,
 * when all others have the default one. */
enum { PROA_LEVEL_HOT = 2 };

/*
 * Levels by function index: `level` for the functions named and what they may
 * inline.
 *
 * @param module    validated
 * @param others    the levels of all others; NULL: PROA_LEVEL_NONE
 * @param hot       indexes of no own function are passed over
 * @param arena     what *levels lives in
 * @return PROA_OK, PROA_NOMEM, PROA_MALFORMED (never for a validated module)
 */
PROA_NODISCARD enum proa_status
proa_hot_levels(const struct proa_wasm_module *module,
                const struct proa_hot *hot, const uint8_t *others,
                struct proa_arena *arena, const uint8_t **levels,
                struct proa_error *err);

#endif
