/*
 * What the text and the JSON of an inspection share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILER_DESCRIBE_H
#define PROA_COMPILER_DESCRIBE_H

#include "base/buffer.h"
#include "wasm/module.h"

/* "type", "import" ...; a custom section's is "custom". */
const char *proa_describe_section(enum proa_section section);

/* Bytes in all data segments. */
uint64_t proa_describe_data_size(const struct proa_wasm_module *module);

/* The type of a thing in the text format: "(func (param i32))". */
void proa_describe_type(const struct proa_wasm_module *module,
                        enum proa_kind kind, uint32_t index,
                        struct proa_buffer *out);

/*
 * Import modules that are not WASI: each once, in the order of the imports; as
 * many as there is room for.
 *
 * @return how many were found
 */
uint32_t proa_describe_hosts(const struct proa_wasm_module *module,
                             struct proa_name *hosts, uint32_t host_max);

/* The whole description, as JSON. */
PROA_NODISCARD enum proa_status
proa_describe_json(const struct proa_wasm_module *module,
                   struct proa_buffer *out, struct proa_error *err);

enum { PROA_DESCRIBE_HOSTS_MAX = 64 };

#endif
