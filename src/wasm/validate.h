/*
 * The typing rules: a module that passes may be compiled.
 * https://webassembly.github.io/spec/core/valid/index.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALIDATE_H
#define PROA_WASM_VALIDATE_H

#include "wasm/instruction.h"
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

/* All of that but the bodies: they are for validators. */
PROA_NODISCARD enum proa_status
proa_wasm_validate_parts(struct proa_wasm_module *module,
                         struct proa_error *err);

/*
 * Bodies, one instruction at a time, for whoever makes something of it at
 * once. Threads may have one each for the same module. `feature_used` stays as
 * it is.
 */
struct proa_validator;

/* @return owned; NULL: no memory. `err` is set by what fails later. */
struct proa_validator *proa_validator_create(struct proa_wasm_module *module,
                                             struct proa_error *err);
void proa_validator_destroy(struct proa_validator *validator);

/* Begin an own function. */
PROA_NODISCARD enum proa_status
proa_validator_open(struct proa_validator *validator, uint32_t function_index);
/* False behind the function's last `end`. */
bool proa_validator_is_open(const struct proa_validator *validator);
/* What it has not read yet of the function; changes with every instruction. */
const struct proa_cursor *
proa_validator_rest(const struct proa_validator *validator);
/* Is the next instruction a local.get, in its short form and as it should be?
 * Then it is read and checked; else nothing is. The one that comes most. */
bool proa_validator_get(struct proa_validator *validator, uint32_t *local);
/* The next instruction: it follows the rules and all before it. */
PROA_NODISCARD enum proa_status
proa_validator_next(struct proa_validator *validator,
                    struct proa_instruction *instruction);

#endif
