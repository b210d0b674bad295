/*
 * Which functions of a module that runs are hot.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_HEAT_H
#define PROA_CACHE_HEAT_H

#include "platform/sample.h"
#include "proa/module.h"

enum {
    PROA_HEAT_FUNCTIONS_MAX = 256,
    PROA_HEAT_TEXT_SIZE = PROA_HEAT_FUNCTIONS_MAX * 11 + 1,
};

/*
 * The functions in which nearly all samples lie, the hottest first, as the
 * compiler wants them: "3,17,4".
 *
 * @return false: too few samples lie in this module to say
 */
bool proa_heat_text(const struct proa_module *module,
                    const struct proa_sampler *sampler,
                    char text[PROA_HEAT_TEXT_SIZE]);

#endif
