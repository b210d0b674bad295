/*
 * Value types in the bytes.
 * https://webassembly.github.io/spec/core/binary/types.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALTYPE_H
#define PROA_WASM_VALTYPE_H

#include <stdbool.h>

#include "base/cursor.h"
#include "proa/types.h"

static inline bool proa_valtype_is_reference(enum proa_valtype type)
{
    return type == PROA_FUNCREF || type == PROA_EXTERNREF;
}

/*
 * Read a value type, a reference type, or a heap type (which ref.null names;
 * the result is the nullable reference to it).
 *
 * @return PROA_OK, PROA_MALFORMED, PROA_UNSUPPORTED (the text names the
 * feature)
 */
PROA_NODISCARD enum proa_status proa_valtype_read(struct proa_cursor *in,
                                                  enum proa_valtype *type,
                                                  struct proa_error *err);
PROA_NODISCARD enum proa_status proa_reftype_read(struct proa_cursor *in,
                                                  enum proa_valtype *type,
                                                  struct proa_error *err);
PROA_NODISCARD enum proa_status proa_heaptype_read(struct proa_cursor *in,
                                                   enum proa_valtype *type,
                                                   struct proa_error *err);

#endif
