/*
 * Better code for a module that runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_TIER_H
#define PROA_RUNTIME_TIER_H

#include "proa/module.h"

/* True when the module's code is of the baseline tier, with no better yet. */
bool proa_module_can_improve(const struct proa_module *module);

/*
 * Let all calls of a module's functions, in instances that run and in those to
 * come, go to the code of another artifact of the same wasm module. Calls that
 * are under way end where they began.
 *
 * @param better borrowed; kept as long as the module
 * @return PROA_OK, PROA_USAGE (it is not the same wasm module, or one of the
 *         two is of the wrong tier, or of another engine)
 * Threads: any, while the module's code runs on others.
 */
PROA_NODISCARD enum proa_status proa_module_improve(struct proa_module *module,
                                                    struct proa_module *better,
                                                    struct proa_error *err);

/* More are not taken: each is a mapping, and a slot to set for each call. */
enum { PROA_TIER_SOME_MAX = 32 };

/*
 * The same for some functions, by an artifact that holds only these: its other
 * calls come back to the best code there is. Any number of times for a module,
 * before it is improved as a whole.
 *
 * @param some of no module yet
 * Threads: any, while the module's code runs on others.
 */
PROA_NODISCARD enum proa_status
proa_module_improve_some(struct proa_module *module, struct proa_module *some,
                         struct proa_error *err);

/* How many such artifacts it has. */
uint32_t proa_module_some_count(const struct proa_module *module);

/* True when one of them holds this function. */
bool proa_module_has_some(const struct proa_module *module, uint32_t function);

#endif
