/*
 * The types of a function's locals.
 * https://webassembly.github.io/spec/core/binary/modules.html#code-section
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALIDATE_LOCALS_H
#define PROA_WASM_VALIDATE_LOCALS_H

#include "base/cursor.h"
#include "proa/types.h"

enum { PROA_LOCALS_NEAR = 256 };

struct proa_local_run {
    uint32_t end; /* the locals below it, from the run before on */
    enum proa_valtype type;
};

/*
 * Runs of locals of one type: a body of five bytes may declare 50,000 locals,
 * so they are never written out, but for the first ones, which code uses most.
 */
struct proa_locals {
    uint32_t count;
    enum proa_valtype near[PROA_LOCALS_NEAR];
    struct proa_local_run *runs; /* owned */
    uint32_t run_count;
    uint32_t run_capacity;
};

/* Start from `{ 0 }`. */
void proa_locals_deinit(struct proa_locals *locals);

/*
 * The parameters, then what the body declares; `in` is left at its code.
 *
 * @return PROA_OK, PROA_MALFORMED, PROA_UNSUPPORTED, PROA_LIMIT, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_locals_read(struct proa_locals *locals, const struct proa_functype *type,
                 struct proa_cursor *in, struct proa_error *err);

/* For an index that is not near. */
enum proa_valtype proa_locals_far(const struct proa_locals *locals,
                                  uint32_t index);

/* The index must be below the count. */
static inline enum proa_valtype
proa_locals_type(const struct proa_locals *locals, uint32_t index)
{
    if (index < PROA_LOCALS_NEAR)
        return locals->near[index];
    return proa_locals_far(locals, index);
}

#endif
