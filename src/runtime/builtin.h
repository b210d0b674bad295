/*
 * What compiled code calls of the runtime. Bounds as in
 * https://webassembly.github.io/spec/core/exec/instructions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_BUILTIN_H
#define PROA_RUNTIME_BUILTIN_H

#include "artifact/abi.h"

/*
 * The table to put into a context. Its functions are assembly that makes sure
 * of stack, calls those below, and looks for an interrupt.
 */
const struct proa_builtins *proa_builtin_table(void);

uint64_t proa_builtin_memory_grow(struct proa_context *context, uint32_t memory,
                                  uint64_t page_count);
uint32_t proa_builtin_memory_init(struct proa_context *context, uint32_t data,
                                  uint32_t memory, uint64_t to, uint32_t from,
                                  uint32_t size);
uint32_t proa_builtin_memory_copy(struct proa_context *context,
                                  uint32_t to_memory, uint32_t from_memory,
                                  uint64_t to, uint64_t from, uint64_t size);
uint32_t proa_builtin_memory_fill(struct proa_context *context, uint32_t memory,
                                  uint64_t to, uint32_t value, uint64_t size);
void proa_builtin_data_drop(struct proa_context *context, uint32_t data);
uint32_t proa_builtin_table_init(struct proa_context *context, uint32_t elem,
                                 uint32_t table, uint64_t to, uint32_t from,
                                 uint32_t count);
uint32_t proa_builtin_table_copy(struct proa_context *context,
                                 uint32_t to_table, uint32_t from_table,
                                 uint64_t to, uint64_t from, uint64_t count);
uint32_t proa_builtin_table_fill(struct proa_context *context, uint32_t table,
                                 uint64_t to, void *reference, uint64_t count);
uint64_t proa_builtin_table_grow(struct proa_context *context, uint32_t table,
                                 void *reference, uint64_t count);
void proa_builtin_elem_drop(struct proa_context *context, uint32_t elem);

#endif
