/*
 * What the readers of the sections share.
 * https://webassembly.github.io/spec/core/binary/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_DECODE_SECTION_H
#define PROA_WASM_DECODE_SECTION_H

#include "wasm/module.h"

/*
 * A reader takes one section's body; what it leaves unread is an error of the
 * section loop. All have this form.
 */
#define PROA_SECTION_READER(name)                                              \
    PROA_NODISCARD enum proa_status name(struct proa_wasm_module *module,      \
                                         struct proa_cursor *in,               \
                                         struct proa_error *err)

PROA_SECTION_READER(proa_decode_types);
PROA_SECTION_READER(proa_decode_imports);
PROA_SECTION_READER(proa_decode_functions);
PROA_SECTION_READER(proa_decode_tables);
PROA_SECTION_READER(proa_decode_memories);
PROA_SECTION_READER(proa_decode_globals);
PROA_SECTION_READER(proa_decode_exports);
PROA_SECTION_READER(proa_decode_start);
PROA_SECTION_READER(proa_decode_elems);
PROA_SECTION_READER(proa_decode_code);
PROA_SECTION_READER(proa_decode_datas);
PROA_SECTION_READER(proa_decode_custom);

/*
 * The number of entries of a vector: at most `count_max`, and no more than
 * there are bytes left for, so that what is allocated for it is bounded by the
 * input. `what` names the entries.
 */
PROA_NODISCARD enum proa_status
proa_decode_count(struct proa_cursor *in, uint32_t count_max, const char *what,
                  uint32_t *count, struct proa_error *err);

/* A vector of bytes that is UTF-8. */
PROA_NODISCARD enum proa_status proa_decode_name(struct proa_cursor *in,
                                                 struct proa_name *name,
                                                 struct proa_error *err);

PROA_NODISCARD enum proa_status
proa_decode_tabletype(struct proa_cursor *in, struct proa_tabletype *type,
                      struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_decode_memorytype(struct proa_cursor *in, struct proa_memorytype *type,
                       struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_decode_globaltype(struct proa_cursor *in, struct proa_globaltype *type,
                       struct proa_error *err);

/* Find the end of a constant expression; `expression` includes its `end`. */
PROA_NODISCARD enum proa_status
proa_decode_expression(struct proa_cursor *in, struct proa_cursor *expression,
                       struct proa_error *err);

/* Zeroed items from the module's arena, with room for `extra` after `old`. */
PROA_NODISCARD enum proa_status
proa_decode_array(struct proa_wasm_module *module, size_t count, size_t size,
                  void **array, struct proa_error *err);

/*
 * Names of the module and its functions from the name section's body; one that
 * is malformed is ignored, as the specification wants.
 */
void proa_decode_name_section(struct proa_wasm_module *module,
                              struct proa_cursor in);

#endif
