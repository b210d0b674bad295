/*
 * Imports by name: host functions in tables, bound to a module's imports.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HOST_LINK_H
#define PROA_HOST_LINK_H

#include "base/buffer.h"
#include "proa/store.h"

/* One host function. */
struct proa_host_row {
    const char *module;
    const char *name;
    const char *signature; /* "iIfF:i", as in wasm/opcode.def; r is externref */
    proa_host_fn fn;
};

/* Rows that share an environment, which proa_call_env() hands to them. */
struct proa_host_table {
    const struct proa_host_row *rows;
    uint32_t row_count;
    void *env; /* borrowed; must outlive the store */
};

/*
 * Find something for each import of a module.
 *
 * @param imports      room for proa_module_import_count() externs; written only
 *                     on success
 * @param trap_missing bind a missing function to one that traps when called
 * @param missing      may be NULL; on PROA_UNLINKABLE gets a line for every
 *                     import that is missing or has another type, with its
 *                     type: "env.log (func (param i32 i32))"
 * @return PROA_OK, PROA_UNLINKABLE, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_host_link(struct proa_store *store, const struct proa_module *module,
               const struct proa_host_table *tables, uint32_t table_count,
               bool trap_missing, struct proa_extern *imports,
               struct proa_buffer *missing, struct proa_error *err);

#endif
