/*
 * Undo the unrolling of loops.
 *
 * Who makes wasm unrolls small loops, for an interpreter's good. LLVM's
 * vectoriser then meets p and p + 8 where there was one pointer; as all arrays
 * share one base, it checks these two for overlap at run time, they overlap,
 * and the vector loop is never entered; or it shuffles what lies in order. So:
 * where the body of a loop is a number of copies of one piece of work, each a
 * step ahead of the one before, one copy is left, and the step divided. LLVM
 * unrolls again what is worth it.
 *
 * Only loops of one basic block, with a power of two of copies, whose loads and
 * stores come copy by copy in the order of the program, so that nothing
 * changes places and every trap stays what and where it was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "compile/keep.h"
#include "compile/loop.h"
#include "compile/place.h"

/* What is seen from outside. */

static struct proa_loop_counter *counter_with_next(struct proa_loop *loop,
                                                   LLVMValueRef next)
{
    for (uint32_t i = 0; i < loop->counter_count; i++)
        if (loop->counters[i].next == next)
            return &loop->counters[i];
    return NULL;
}

/*
 * The counter whose next value decides, compared for being or not being an
 * invariant one, which is put on the right.
 */
static struct proa_loop_counter *deciding(struct proa_loop *loop)
{
    LLVMValueRef condition = LLVMGetCondition(loop->end);
    LLVMValueRef left, right;

    if (LLVMIsAICmpInst(condition) == NULL ||
        (LLVMGetICmpPredicate(condition) != LLVMIntEQ &&
         LLVMGetICmpPredicate(condition) != LLVMIntNE))
        return NULL;
    left = LLVMGetOperand(condition, 0);
    right = LLVMGetOperand(condition, 1);
    if (proa_loop_is_invariant(loop, left)) {
        LLVMSetOperand(condition, 0, right);
        LLVMSetOperand(condition, 1, left);
        return counter_with_next(loop, right);
    }
    return proa_loop_is_invariant(loop, right) ? counter_with_next(loop, left)
                                               : NULL;
}

static bool is_used_outside(const struct proa_loop *loop, LLVMValueRef value)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL;
         use = LLVMGetNextUse(use))
        if (LLVMGetInstructionParent(LLVMGetUser(use)) != loop->block)
            return true;
    return false;
}

/* What stands for a value after the loop when one lane is left; NULL: none. */
static LLVMValueRef outside(const struct proa_loop *loop, LLVMValueRef value)
{
    for (uint32_t i = 0; i < loop->counter_count; i++)
        if (loop->counters[i].next == value)
            return loop->counters[i].new_next != NULL
                       ? loop->counters[i].new_next
                       : value;
    for (uint32_t i = 0; i < loop->value_count; i++)
        if (loop->like[loop->lane_count - 1][i] == value)
            return loop->values[i];
    return NULL;
}

static bool is_result_known(const struct proa_loop *loop)
{
    for (uint32_t i = 0; i + 1 < loop->value_count; i++)
        if (is_used_outside(loop, loop->values[i]) &&
            outside(loop, loop->values[i]) == NULL)
            return false;
    return true;
}

/* Leaving one lane. */

static void replace_outside(const struct proa_loop *loop, LLVMValueRef value)
{
    LLVMValueRef other = outside(loop, value);
    LLVMUseRef next;

    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL; use = next) {
        LLVMValueRef user = LLVMGetUser(use);

        next = LLVMGetNextUse(use);
        if (LLVMGetInstructionParent(user) == loop->block)
            continue;
        for (int i = 0; i < LLVMGetNumOperands(user); i++)
            if (LLVMGetOperand(user, (unsigned)i) == value)
                LLVMSetOperand(user, (unsigned)i, other);
        next = LLVMGetFirstUse(value); /* the list has changed */
    }
}

static void set_back(const struct proa_loop *loop, LLVMValueRef phi,
                     LLVMValueRef value)
{
    unsigned back = LLVMGetIncomingBlock(phi, 0) == loop->block ? 0 : 1;

    LLVMSetOperand(phi, back, value);
}

/* How many low bits of a value are surely 0. */
static uint32_t zero_bits(LLVMValueRef value, int depth)
{
    uint32_t bits = 0;
    LLVMOpcode opcode;
    LLVMValueRef right;

    if (LLVMIsAConstantInt(value) != NULL) {
        uint64_t constant = LLVMConstIntGetZExtValue(value);

        return constant == 0 ? 64 : (uint32_t)__builtin_ctzll(constant);
    }
    if (depth == 0 || LLVMIsAInstruction(value) == NULL)
        return 0;
    opcode = LLVMGetInstructionOpcode(value);
    if (opcode != LLVMAnd && opcode != LLVMShl && opcode != LLVMMul)
        return 0;
    right = LLVMGetOperand(value, 1);
    bits = zero_bits(LLVMGetOperand(value, 0), depth - 1);
    if (LLVMIsAConstantInt(right) == NULL)
        return bits;
    if (opcode == LLVMShl)
        return bits + (uint32_t)LLVMConstIntGetZExtValue(right);
    if (opcode == LLVMMul)
        return bits + zero_bits(right, 0);
    return bits > zero_bits(right, 0) ? bits : zero_bits(right, 0);
}

/*
 * True when the counter surely meets `end` at a whole step, if at all. A loop
 * that steps over its end goes on for ever, or to its trap; with the smaller
 * step it would meet it.
 */
static bool ends_whole(const struct proa_loop_counter *counter,
                       LLVMValueRef start, LLVMValueRef end)
{
    uint32_t step_bits = (uint32_t)__builtin_ctzll(counter->step);
    struct proa_sum sum = { 0 };

    if (!proa_sum_add(&sum, end, 1) || !proa_sum_add(&sum, start, UINT64_MAX) ||
        (sum.constant & ((UINT64_C(1) << step_bits) - 1)) != 0)
        return false;
    for (uint32_t i = 0; i < sum.count; i++) {
        uint64_t factor = sum.terms[i].factor;

        if (factor != 0 && (uint32_t)__builtin_ctzll(factor) +
                                   zero_bits(sum.terms[i].value, 4) <
                               step_bits)
            return false;
    }
    return true;
}

static void copy_operands(const struct proa_loop *loop, LLVMValueRef copy,
                          LLVMValueRef *copies)
{
    for (int i = 0; i < LLVMGetNumOperands(copy); i++) {
        uint32_t index;

        if (proa_loop_index(loop, LLVMGetOperand(copy, (unsigned)i), &index))
            LLVMSetOperand(copy, (unsigned)i, copies[index]);
    }
}

/* A copy of the loop as it was, without its end: what it loads is for its traps
 * alone. */
static LLVMBasicBlockRef copy_endless(const struct proa_loop *loop,
                                      LLVMBuilderRef builder)
{
    LLVMBasicBlockRef block = LLVMAppendBasicBlockInContext(
        loop->unit->context, LLVMGetBasicBlockParent(loop->block), "");
    LLVMValueRef copies[PROA_LOOP_VALUES_MAX] = { NULL };

    LLVMPositionBuilderAtEnd(builder, block);
    for (uint32_t i = 0; i + 1 < loop->value_count; i++) {
        LLVMValueRef value = loop->values[i];

        if (LLVMIsAPHINode(value) != NULL) {
            copies[i] = LLVMBuildPhi(builder, LLVMTypeOf(value), "");
            continue;
        }
        copies[i] = LLVMInstructionClone(value);
        copy_operands(loop, copies[i], copies);
        LLVMInsertIntoBuilder(builder, copies[i]);
    }
    for (uint32_t i = 0; LLVMIsAPHINode(loop->values[i]) != NULL; i++) {
        unsigned back =
            LLVMGetIncomingBlock(loop->values[i], 0) == loop->block ? 0 : 1;
        LLVMBasicBlockRef blocks[] = {
            LLVMGetIncomingBlock(loop->values[i], 1 - back), block
        };
        LLVMValueRef values[] = { LLVMGetIncomingValue(loop->values[i],
                                                       1 - back),
                                  LLVMGetIncomingValue(loop->values[i], back) };
        uint32_t index;

        if (proa_loop_index(loop, values[1], &index))
            values[1] = copies[index];
        LLVMAddIncoming(copies[i], values, blocks, 2);
    }
    LLVMBuildBr(builder, block);
    return block;
}

/*
 * When it cannot be known that the counter meets its end, find out before the
 * loop. False: there is no place for that.
 */
static bool guard_end(const struct proa_loop *loop, LLVMBuilderRef builder,
                      const struct proa_loop_counter *counter)
{
    unsigned front =
        LLVMGetIncomingBlock(counter->phi, 0) == loop->block ? 1 : 0;
    LLVMValueRef start = LLVMGetIncomingValue(counter->phi, front);
    LLVMBasicBlockRef before = LLVMGetIncomingBlock(counter->phi, front);
    LLVMValueRef entry = LLVMGetBasicBlockTerminator(before);
    LLVMValueRef end = LLVMGetOperand(LLVMGetCondition(loop->end), 1);
    uint64_t low = (counter->step & -counter->step) - 1;
    LLVMBasicBlockRef endless;
    LLVMValueRef rest;

    if (ends_whole(counter, start, end))
        return true;
    if (LLVMGetNumSuccessors(entry) != 1)
        return false;
    endless = copy_endless(loop, builder);
    LLVMPositionBuilderBefore(builder, entry);
    rest = LLVMBuildAnd(builder, LLVMBuildSub(builder, end, start, ""),
                        LLVMConstInt(LLVMTypeOf(end), low, false), "");
    rest = LLVMBuildICmp(builder, LLVMIntNE, rest,
                         LLVMConstNull(LLVMTypeOf(end)), "");
    LLVMSetMetadata(LLVMBuildCondBr(builder, rest, endless, loop->block),
                    loop->unit->md_prof, loop->unit->weights_unlikely);
    LLVMInstructionEraseFromParent(entry);
    return true;
}

/* A load of lane 0 may be there for its trap alone. */
static bool is_first_access(const struct proa_loop *loop, LLVMValueRef value)
{
    uint32_t lane_size = loop->access_count / loop->lane_count;
    uint32_t index;

    return proa_loop_index(loop, value, &index) &&
           loop->access_of[index] < lane_size;
}

static void drop_unused(const struct proa_loop *loop)
{
    LLVMValueRef before;

    for (LLVMValueRef at = LLVMGetPreviousInstruction(loop->end); at != NULL;
         at = before) {
        before = LLVMGetPreviousInstruction(at);
        if (LLVMGetFirstUse(at) == NULL &&
            LLVMGetInstructionOpcode(at) != LLVMStore &&
            !is_first_access(loop, at))
            LLVMInstructionEraseFromParent(at);
    }
}

static void leave_one(struct proa_loop *loop, LLVMBuilderRef builder,
                      const struct proa_loop_counter *deciding_counter)
{
    uint32_t lane_size = loop->access_count / loop->lane_count;
    LLVMValueRef condition = LLVMGetCondition(loop->end);

    LLVMPositionBuilderBefore(builder, loop->end);
    for (uint32_t i = 0; i < loop->counter_count; i++) {
        struct proa_loop_counter *counter = &loop->counters[i];
        int64_t share = (int64_t)counter->step / (int)loop->lane_count;

        counter->new_next = LLVMBuildAdd(
            builder, counter->phi,
            LLVMConstInt(LLVMTypeOf(counter->phi), (uint64_t)share, true), "");
    }
    for (uint32_t i = 0; i + 1 < loop->value_count; i++)
        if (is_used_outside(loop, loop->values[i]))
            replace_outside(loop, loop->values[i]);
    LLVMSetCondition(loop->end,
                     LLVMBuildICmp(builder, LLVMGetICmpPredicate(condition),
                                   deciding_counter->new_next,
                                   LLVMGetOperand(condition, 1), ""));
    for (uint32_t i = 0; i < loop->counter_count; i++)
        set_back(loop, loop->counters[i].phi, loop->counters[i].new_next);
    for (uint32_t i = 0; i < loop->carry_count; i++)
        set_back(loop, loop->carries[i].phi, loop->carries[i].first);
    for (uint32_t j = lane_size; j < loop->access_count; j++) {
        LLVMValueRef access = loop->values[loop->accesses[j]];

        if (LLVMGetInstructionOpcode(access) == LLVMStore)
            LLVMInstructionEraseFromParent(access);
    }
    drop_unused(loop);
}

static bool try_lanes(struct proa_loop *loop, uint32_t lane_count)
{
    loop->lane_count = lane_count;
    loop->undo_count = 0;
    memset(loop->like, 0, sizeof loop->like);
    for (uint32_t i = 0; i < loop->carry_count; i++) {
        memset(loop->carries[i].at, 0, sizeof loop->carries[i].at);
        loop->carries[i].first = NULL;
    }
    if (loop->access_count % lane_count != 0)
        return false;
    for (uint32_t i = 0; i < loop->counter_count; i++)
        if (loop->counters[i].step % lane_count != 0)
            return false;
    return proa_loop_match(loop) && is_result_known(loop);
}

static bool is_loop(LLVMBasicBlockRef block)
{
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);

    return LLVMGetInstructionOpcode(end) == LLVMBr && LLVMIsConditional(end) &&
           (LLVMGetSuccessor(end, 0) == block) !=
               (LLVMGetSuccessor(end, 1) == block);
}

/*
 * LLVM makes no wider vectors of vectors, and unrolls none of these loops
 * again: who wrote them had a reason.
 */
static bool has_vectors(const struct proa_loop *loop)
{
    for (uint32_t i = 0; i + 1 < loop->value_count; i++)
        if (LLVMGetTypeKind(LLVMTypeOf(loop->values[i])) == LLVMVectorTypeKind)
            return true;
    return false;
}

static void reroll_block(struct proa_loop *loop, LLVMBuilderRef builder)
{
    struct proa_loop_counter *counter;

    proa_loop_merge_counters(loop->block, builder);
    if (!proa_loop_read(loop) || has_vectors(loop))
        return;
    counter = deciding(loop);
    for (uint32_t n = PROA_LOOP_LANES_MAX; counter != NULL && n > 1; n /= 2) {
        if (try_lanes(loop, n)) {
            if (guard_end(loop, builder, counter))
                leave_one(loop, builder, counter);
            return;
        }
    }
}

enum proa_status proa_reroll_loops(struct proa_unit *unit,
                                   struct proa_error *err)
{
    struct proa_loop *loop = malloc(sizeof *loop);
    struct proa_ptrmap indexes = { 0 };
    LLVMBuilderRef builder;

    if (loop == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for loops");
    loop->unit = unit;
    loop->indexes = &indexes;
    builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function)) {
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block)) {
            loop->block = block;
            if (is_loop(block))
                reroll_block(loop, builder);
        }
    }
    LLVMDisposeBuilder(builder);
    proa_ptrmap_deinit(&indexes);
    free(loop);
    return PROA_OK;
}
