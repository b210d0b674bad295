/*
 * Which functions have a record in the context, and where.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_RECORD_H
#define PROA_ARTIFACT_RECORD_H

#include "artifact/abi.h"
#include "wasm/module.h"

/*
 * Number the functions that are referred to.
 *
 * @param arena owns the result
 * @param count set on success: how many records there are
 * @return by function index, PROA_ARTIFACT_NONE without a record; NULL: no
 *         memory
 */
uint32_t *proa_records_make(const struct proa_wasm_module *module,
                            struct proa_arena *arena, uint32_t *count);

/* The context's layout of a module with so many records. */
struct proa_layout proa_module_layout(const struct proa_wasm_module *module,
                                      uint32_t record_count);

#endif
