/*
 * Which functions of a module that runs are hot.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_HEAT_H
#define PROA_CACHE_HEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proa/module.h"

enum {
    PROA_HEAT_FUNCTIONS_MAX = 256,
    PROA_HEAT_TEXT_SIZE = PROA_HEAT_FUNCTIONS_MAX * 11 + 1,
};

/* Samples of a module, the older the less they count. */
struct proa_heat {
    const struct proa_module *module; /* borrowed */
    uint32_t *counts; /* by function: in its baseline code; owned */
    bool *is_taken;   /* by function; owned */
    uint32_t all;     /* samples, wherever they lie */
};

/* False: no memory. */
bool proa_heat_init(struct proa_heat *heat, const struct proa_module *module);
void proa_heat_deinit(struct proa_heat *heat);

/* True: `owner` of guest code is the module, or better code of it. */
bool proa_heat_is_of(const struct proa_module *module, const void *owner);

/*
 * A program counter was seen.
 *
 * @return true: in code of this module, of either tier
 */
bool proa_heat_note(struct proa_heat *heat, uintptr_t pc);

/* Time has passed: what was seen before counts half, unless it is little: a
 * program that gets but a part of a processor is seen seldom. */
void proa_heat_fade(struct proa_heat *heat);

/* True: it was seen often enough to say where it spends its time. */
bool proa_heat_is_known(const struct proa_heat *heat);

/*
 * Choose functions that still run on baseline code and are worth compiling,
 * those first that give most for the time that it takes, and never again.
 *
 * @param bytes_max of baseline code; a single function may be larger
 * @param text      the functions, as the compiler wants them: "3,17,4"
 * @return false: there is nothing that matters
 */
bool proa_heat_take(struct proa_heat *heat, uint64_t bytes_max,
                    char text[PROA_HEAT_TEXT_SIZE]);

/* How many functions such a text names. */
uint32_t proa_heat_count_text(const char *text);

/*
 * The functions that some better code was made for, for a compiler that makes
 * all: owned, free() it; NULL when there are none, or no memory.
 */
char *proa_heat_text_of_parts(const struct proa_module *module);

#endif
