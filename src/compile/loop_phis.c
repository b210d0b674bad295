/*
 * Counters that go with another counter.
 *
 * Where a loop was rotated, a sum of a counter and of values from before the
 * loop may have become a phi of its own. It is that sum again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/loop.h"
#include "compile/place.h"

/* Of a phi in a loop of one block: what comes from the block itself, and from
 * before it. */
struct around {
    LLVMValueRef next, start;
};

static bool read_around(LLVMBasicBlockRef block, LLVMValueRef phi,
                        struct around *around)
{
    unsigned back;

    if (LLVMIsAPHINode(phi) == NULL || LLVMGetInstructionParent(phi) != block ||
        LLVMCountIncoming(phi) != 2)
        return false;
    back = LLVMGetIncomingBlock(phi, 0) == block ? 0 : 1;
    around->next = LLVMGetIncomingValue(phi, back);
    around->start = LLVMGetIncomingValue(phi, 1 - back);
    return true;
}

static bool is_inside(LLVMBasicBlockRef block, LLVMValueRef value)
{
    return LLVMIsAInstruction(value) != NULL &&
           LLVMGetInstructionParent(value) == block;
}

/*
 * What `sum` was a turn before, when its phis are plain counters, and what it
 * was before the first turn. False: they are not, or there are none.
 */
static bool turn_back(LLVMBasicBlockRef block, LLVMValueRef except,
                      struct proa_sum *sum, struct proa_sum *first)
{
    uint64_t steps = 0;
    bool is_counted = false;

    for (uint32_t i = 0; i < sum->count; i++) {
        const struct proa_term *term = &sum->terms[i];
        struct around around;
        uint64_t step;

        if (!is_inside(block, term->value)) {
            if (!proa_sum_add(first, term->value, term->factor))
                return false;
            continue;
        }
        if (term->value == except ||
            !read_around(block, term->value, &around) ||
            !proa_loop_is_step(term->value, around.next, &step) ||
            !proa_sum_add(first, around.start, term->factor))
            return false;
        steps += term->factor * step;
        is_counted = true;
    }
    sum->constant -= steps;
    first->constant += sum->constant;
    return is_counted;
}

static uint64_t mask_of(LLVMTypeRef type)
{
    return UINT64_MAX >> (64 - LLVMGetIntTypeWidth(type));
}

static LLVMValueRef build_sum(LLVMBuilderRef builder, LLVMTypeRef type,
                              const struct proa_sum *sum)
{
    uint64_t mask = mask_of(type);
    LLVMValueRef value = LLVMConstInt(type, sum->constant & mask, false);

    for (uint32_t i = 0; i < sum->count; i++) {
        LLVMValueRef factor =
            LLVMConstInt(type, sum->terms[i].factor & mask, false);

        value = LLVMBuildAdd(
            builder, LLVMBuildMul(builder, sum->terms[i].value, factor, ""),
            value, "");
    }
    return value;
}

static void merge(LLVMBasicBlockRef block, LLVMValueRef phi,
                  LLVMBuilderRef builder)
{
    struct proa_sum sum = { 0 }, first = { 0 }, start = { 0 };
    struct around around;
    LLVMValueRef at = phi;

    if (LLVMGetTypeKind(LLVMTypeOf(phi)) != LLVMIntegerTypeKind ||
        LLVMGetIntTypeWidth(LLVMTypeOf(phi)) > 64 ||
        !read_around(block, phi, &around) ||
        !proa_sum_add(&sum, around.next, 1) ||
        !turn_back(block, phi, &sum, &first) ||
        !proa_sum_add(&start, around.start, 1) ||
        !proa_sum_is_parallel(&start, &first) ||
        ((start.constant - first.constant) & mask_of(LLVMTypeOf(phi))) != 0)
        return;
    while (LLVMIsAPHINode(at) != NULL)
        at = LLVMGetNextInstruction(at);
    LLVMPositionBuilderBefore(builder, at);
    LLVMReplaceAllUsesWith(phi, build_sum(builder, LLVMTypeOf(phi), &sum));
    LLVMInstructionEraseFromParent(phi);
}

void proa_loop_merge_counters(LLVMBasicBlockRef block, LLVMBuilderRef builder)
{
    LLVMValueRef next;

    for (LLVMValueRef at = LLVMGetFirstInstruction(block);
         LLVMIsAPHINode(at) != NULL; at = next) {
        next = LLVMGetNextInstruction(at);
        merge(block, at, builder);
    }
}
