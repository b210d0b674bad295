/*
 * Constant expressions: what may initialise a global, a table or a segment.
 * https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_CONSTANT_H
#define PROA_WASM_CONSTANT_H

#include "wasm/module.h"

/*
 * Validate one expression, up to and with its `end`: it is constant, leaves one
 * value of this type, and reads only immutable globals below `global_count`.
 * At no point are there more than PROA_CONSTANT_DEPTH_MAX values on its stack.
 *
 * @param in     left behind the `end`; on failure somewhere before
 * @param module its `feature_used` and the functions' `is_referenced` are set
 * @return PROA_OK, PROA_MALFORMED, PROA_INVALID, PROA_UNSUPPORTED, PROA_LIMIT
 */
PROA_NODISCARD enum proa_status
proa_constant_validate(struct proa_wasm_module *module, struct proa_cursor *in,
                       enum proa_valtype type, uint32_t global_count,
                       struct proa_error *err);

#endif
