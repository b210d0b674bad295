/*
 * Tables whose functions are all the module's own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_OWN_TABLES_H
#define PROA_COMPILE_OWN_TABLES_H

#include "base/arena.h"
#include "wasm/module.h"

/*
 * Find the tables that hold nothing but own functions, or null, for ever:
 * neither imported nor exported, never written to by an instruction, filled by
 * segments that name own functions only. A call through one of them stays in
 * the instance, so the callee's context is the caller's and need not be loaded
 * from the row: what a called function does first, loading from its context,
 * need not wait for the row then.
 *
 * @param own_tables set on success: by table index; lives in the arena
 * @return PROA_OK, PROA_NOMEM, PROA_MALFORMED (never for a validated module)
 */
PROA_NODISCARD enum proa_status
proa_own_tables_find(const struct proa_wasm_module *module,
                     struct proa_arena *arena, const bool **own_tables,
                     struct proa_error *err);

#endif
