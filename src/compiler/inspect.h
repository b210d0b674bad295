/*
 * A module told to people, or to programs as JSON: `proa inspect`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILER_INSPECT_H
#define PROA_COMPILER_INSPECT_H

#include "base/buffer.h"
#include "wasm/module.h"

/*
 * Describe a validated module: name, sizes, features, needed capabilities,
 * imports and exports with their types, memories, tables, globals, custom
 * sections.
 *
 * @param module borrowed
 * @param out    appended to: text, or one JSON object and a line's end
 * @return PROA_OK, PROA_NOMEM, PROA_LIMIT (`out` is full)
 */
PROA_NODISCARD enum proa_status
proa_inspect(const struct proa_wasm_module *module, bool as_json,
             struct proa_buffer *out, struct proa_error *err);

#endif
