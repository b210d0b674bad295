/*
 * The typing rules: a module that passes may be compiled.
 * https://webassembly.github.io/spec/core/valid/index.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALIDATE_H
#define PROA_WASM_VALIDATE_H

#include "wasm/module.h"

/*
 * Validate everything: types, imports, constant expressions, every body.
 * Fills in `is_referenced` and `feature_used`.
 *
 * @return PROA_OK, PROA_MALFORMED (a body's bytes), PROA_INVALID, PROA_LIMIT,
 *         PROA_UNSUPPORTED, PROA_NOMEM; the text names the function's index and
 *         name and the rule that is broken
 */
PROA_NODISCARD enum proa_status
proa_wasm_validate(struct proa_wasm_module *module, struct proa_error *err);

#endif
