/*
 * Places in linear memory, taken apart: a base, a sum in 32 bits, an offset.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_PLACE_H
#define PROA_COMPILE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <llvm-c/Core.h>

#include "wasm/module.h"

enum {
    PROA_SUM_TERMS_MAX = 4,
    /* Bytes from an access that was made, within which no address wraps: a
     * memory ends a page before 2^32, see PROA_MEMORY32_PAGES_MAX. */
    PROA_PLACE_REACH = 65536 - 64,
};

struct proa_term {
    LLVMValueRef value;
    uint64_t factor;
};

/* Modulo the values' width; terms in the order of their addresses. */
struct proa_sum {
    struct proa_term terms[PROA_SUM_TERMS_MAX];
    uint32_t count;
    uint64_t constant;
};

/*
 * Add `factor` times an integer, seen through additions, subtractions and
 * products with constants. The sum starts as `{ 0 }`.
 *
 * @return false when it has too many terms
 */
bool proa_sum_add(struct proa_sum *sum, LLVMValueRef value, uint64_t factor);

/* True when two sums differ by a constant. */
bool proa_sum_is_parallel(const struct proa_sum *a, const struct proa_sum *b);

struct proa_place {
    LLVMValueRef base;
    LLVMValueRef wide; /* the sum as an i64 */
    struct proa_sum sum;
    uint64_t offset;
};

/* False when it is another kind of place. */
bool proa_place_read(LLVMValueRef pointer, struct proa_place *place);

/* True when no memory of the module may end near 2^32. */
bool proa_place_memories_are_short(const struct proa_wasm_module *module);

#endif
