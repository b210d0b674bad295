/*
 * Whole functions: bodies, trampolines, init.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_FUNCTION_H
#define PROA_BASELINE_FUNCTION_H

#include "baseline/emit.h"
#include "wasm/validate.h"

/* Memory that is used again for each function. Starts from { 0 }. */
void proa_emit_deinit(struct proa_emit *emit);

/*
 * Validate a function's body and append its code to the chunk's text, aligned
 * to 16.
 *
 * @param validator of the chunk's module; reports to `err`
 * @param at        set on success: text offset
 * @return PROA_OK, PROA_NOMEM, PROA_LIMIT (a frame or a text too large), what
 *         the validator finds
 */
PROA_NODISCARD enum proa_status
proa_emit_function(struct proa_emit *emit, struct proa_chunk *chunk,
                   struct proa_validator *validator, uint32_t function_index,
                   uint32_t *at, struct proa_error *err);

/* proa_trampoline of a type. */
PROA_NODISCARD enum proa_status
proa_emit_trampoline(struct proa_emit *emit, struct proa_chunk *chunk,
                     uint32_t type_index, uint32_t *at, struct proa_error *err);

/* `init` of struct proa_artifact. */
PROA_NODISCARD enum proa_status
proa_emit_init(struct proa_emit *emit, struct proa_chunk *chunk,
               const bool *data_in_image, uint32_t *at, struct proa_error *err);

/* For init.c: a function that has no wasm body. */
PROA_NODISCARD enum proa_status proa_emit_open(struct proa_emit *emit,
                                               struct proa_chunk *chunk,
                                               const struct proa_functype *type,
                                               uint32_t *at,
                                               struct proa_error *err);
PROA_NODISCARD enum proa_status proa_emit_close(struct proa_emit *emit,
                                                struct proa_error *err);
/* For a trampoline: the next function's text offset, and what went wrong when
 * all of it is in the text. */
uint32_t proa_emit_align(struct proa_emit *emit, struct proa_chunk *chunk);
PROA_NODISCARD enum proa_status proa_emit_check(struct proa_emit *emit,
                                                struct proa_error *err);
/* Instructions up to the `end` of a constant expression: its value is pushed.
 */
PROA_NODISCARD enum proa_status proa_emit_expression(struct proa_emit *emit,
                                                     struct proa_cursor in,
                                                     struct proa_error *err);

#endif
