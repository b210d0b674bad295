/*
 * A loop of one basic block, as reroll.c looks at it.
 *
 * Lane k is copy k of the work that the body may be made of, from 0. A counter
 * is a phi that grows by a constant. A carry is any other phi: what one lane
 * hands to the next.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOOP_H
#define PROA_COMPILE_LOOP_H

#include "compile/lower/unit.h"
#include "compile/ptrmap.h"

enum {
    PROA_LOOP_LANES_MAX = 8,
    PROA_LOOP_VALUES_MAX = 512, /* instructions in a loop */
    PROA_LOOP_COUNTERS_MAX = 8,
    PROA_LOOP_CARRIES_MAX = 16,
    PROA_LOOP_UNDO_MAX = 4096,
};

struct proa_loop_counter {
    LLVMValueRef phi;
    LLVMValueRef next;
    uint64_t step;
    LLVMValueRef new_next;
};

struct proa_loop_carry {
    LLVMValueRef phi;
    LLVMValueRef last;  /* what goes around */
    LLVMValueRef first; /* its like in lane 0 */
    LLVMValueRef
        at[PROA_LOOP_LANES_MAX + 1]; /* what lane k is handed; NULL: unknown */
};

struct proa_loop {
    const struct proa_unit *unit;
    LLVMBasicBlockRef block;
    LLVMValueRef end;            /* the branch */
    struct proa_ptrmap *indexes; /* of instructions in the block */
    LLVMValueRef values[PROA_LOOP_VALUES_MAX];
    uint32_t value_count;
    uint32_t accesses[PROA_LOOP_VALUES_MAX];  /* indexes of loads and stores, in
                                                 order */
    uint32_t access_of[PROA_LOOP_VALUES_MAX]; /* the other way round;
                                                 PROA_LOOP_VALUES_MAX: none */
    uint32_t access_count;
    struct proa_loop_counter counters[PROA_LOOP_COUNTERS_MAX];
    uint32_t counter_count;
    struct proa_loop_carry carries[PROA_LOOP_CARRIES_MAX];
    uint32_t carry_count;

    uint32_t lane_count;
    /* What a value of lane 0 is in lane k. */
    LLVMValueRef like[PROA_LOOP_LANES_MAX][PROA_LOOP_VALUES_MAX];
    LLVMValueRef *undo[PROA_LOOP_UNDO_MAX]; /* places that were NULL */
    uint32_t undo_count;
};

/* True when `next` is the phi and a constant, which is not 0. */
bool proa_loop_is_step(LLVMValueRef phi, LLVMValueRef next, uint64_t *step);

/*
 * Of a loop of one block: what is a sum of counters and of values from before
 * the loop is computed as that, and no phi.
 */
void proa_loop_merge_counters(LLVMBasicBlockRef block, LLVMBuilderRef builder);

/*
 * Read loop->block, which `unit`, `block` and `indexes` were set for.
 *
 * @return false when the loop has something that cannot be reasoned about
 */
bool proa_loop_read(struct proa_loop *loop);

/* The place of a value in loop->values; false when it is of elsewhere. */
bool proa_loop_index(const struct proa_loop *loop, LLVMValueRef value,
                     uint32_t *index);
bool proa_loop_is_invariant(const struct proa_loop *loop, LLVMValueRef value);

/*
 * True when the body is loop->lane_count copies of one piece of work, each a
 * step ahead. Fills in `like` and the carries; both must be empty.
 */
bool proa_loop_match(struct proa_loop *loop);

#endif
