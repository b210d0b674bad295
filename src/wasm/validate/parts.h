/*
 * The rules of a module's parts, bodies aside; run in this order.
 * https://webassembly.github.io/spec/core/valid/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALIDATE_PARTS_H
#define PROA_WASM_VALIDATE_PARTS_H

#include "wasm/module.h"

/* Function types, and the types that imports and definitions name. */
PROA_NODISCARD enum proa_status
proa_validate_types(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_tables(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_memories(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_globals(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_exports(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_start(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_elems(struct proa_wasm_module *module, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_validate_datas(struct proa_wasm_module *module, struct proa_error *err);

#endif
