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
/*
 * The instructions that come most, in their short form. The next one's first
 * byte, if there may be a short one; else 0, which is none of them. Each
 * function is for the bytes that it names: true, and the instruction is read
 * and checked; or false, and nothing is: proa_validator_next() has a closer
 * look at it.
 */
uint8_t proa_validator_peek(const struct proa_validator *validator);
/* local.get */
bool proa_validator_get(struct proa_validator *validator, uint32_t *local);
/* local.set, local.tee */
bool proa_validator_set(struct proa_validator *validator, bool is_tee,
                        uint32_t *local);
/* i32.const, i64.const */
bool proa_validator_number(struct proa_validator *validator,
                           enum proa_valtype type, int32_t *value);
/* A load or store, of memory 0. */
bool proa_validator_access(struct proa_validator *validator, enum proa_op op,
                           uint32_t *offset);
/* One without immediates that takes operands by its signature. */
bool proa_validator_plain(struct proa_validator *validator, enum proa_op op);
/* Only read, not checked yet: one that has nothing, a block type or an index
 * behind its opcode, of which PROA_IMM_LABEL stands for all. */
bool proa_validator_read(struct proa_validator *validator, enum proa_op op,
                         enum proa_immediate immediate,
                         struct proa_instruction *instruction);
/* What was only read follows the rules. */
PROA_NODISCARD enum proa_status
proa_validator_check(struct proa_validator *validator,
                     const struct proa_instruction *instruction);
/* The next instruction: it follows the rules and all before it. */
PROA_NODISCARD enum proa_status
proa_validator_next(struct proa_validator *validator,
                    struct proa_instruction *instruction);

#endif
