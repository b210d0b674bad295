/*
 * Bytes to module: the sections, not the code in them.
 * https://webassembly.github.io/spec/core/binary/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_DECODE_H
#define PROA_WASM_DECODE_H

#include "wasm/module.h"

/*
 * @param bytes  borrowed; must outlive the module; at most 1 GiB
 * @param module set on success; its arena is owned: proa_wasm_module_deinit()
 * @return PROA_OK, PROA_MALFORMED, PROA_INVALID (index out of range and the
 *         like may be found here already), PROA_UNSUPPORTED, PROA_LIMIT,
 *         PROA_NOMEM
 * Trust: the bytes may be hostile.
 */
PROA_NODISCARD enum proa_status
proa_wasm_decode(const uint8_t *bytes, size_t size,
                 struct proa_wasm_module *module, struct proa_error *err);

void proa_wasm_module_deinit(struct proa_wasm_module *module);

#endif
