/*
 * The end of an error's line: where in the module it is. The byte offset is the
 * record's own; whoever prints it says it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_WHERE_H
#define PROA_WASM_WHERE_H

#include "wasm/module.h"

/* ", in the type section": `place` says the last part. */
void proa_where_section(struct proa_error *err, const char *place);

/* ", in function 3 "name"". */
void proa_where_function(struct proa_error *err,
                         const struct proa_wasm_module *module,
                         uint32_t function_index);

/*
 * A name out of a module, fit for one line on a terminal: control characters
 * are replaced, a long one is cut. `text` holds `size` bytes, at least 8.
 */
const char *proa_where_name(struct proa_name name, char *text, size_t size);

#endif
