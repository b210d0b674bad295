/*
 * Arrays that lie in one memory, told apart.
 *
 * All arrays of a module begin at the same base, so LLVM's vectoriser takes
 * them for one object. Of one object it wants to know how far two accesses are
 * apart, and gives up where their strides differ or one of them stands still.
 * Of two objects it asks at run time whether they overlap. So: while it looks,
 * accesses whose addresses do not differ by a constant have bases of their own,
 * all of which are the same number.
 *
 * Only in loops of one basic block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/apart.h"

#include <string.h>

#include "compile/block.h"
#include "compile/loop.h"
#include "compile/place.h"

enum { GROUPS_MAX = 16, ACCESSES_MAX = 256 };

/* Accesses a constant apart. */
struct group {
    struct proa_sum sum; /* where the counters of the loop begin */
    LLVMValueRef place;  /* or, when it is no sum, what it begins with */
    uint64_t stride;     /* in bytes a turn; of a sum */
    bool has_store;
};

struct teller {
    const struct proa_unit *unit;
    LLVMBuilderRef builder;
    unsigned md_apart;
    LLVMBasicBlockRef loop;
    LLVMValueRef base;              /* of all that is told apart */
    LLVMValueRef bases[GROUPS_MAX]; /* the base by other names; [0]: itself */
    struct group groups[GROUPS_MAX];
    uint32_t group_count;
    LLVMValueRef accesses[ACCESSES_MAX];
    uint8_t group_of[ACCESSES_MAX];
    uint32_t access_count;
};

static bool is_step(LLVMValueRef value)
{
    return LLVMIsAGetElementPtrInst(value) != NULL &&
           LLVMGetNumOperands(value) == 2;
}

static LLVMValueRef base_of(LLVMValueRef place)
{
    while (is_step(place))
        place = LLVMGetOperand(place, 0);
    return place;
}

/* What a counter of the loop begins with, and its step; NULL: it is none. */
static LLVMValueRef start_of(const struct teller *teller, LLVMValueRef phi,
                             uint64_t *step)
{
    unsigned back;
    LLVMValueRef next;

    if (LLVMIsAPHINode(phi) == NULL ||
        LLVMGetInstructionParent(phi) != teller->loop ||
        LLVMCountIncoming(phi) != 2)
        return NULL;
    back = LLVMGetIncomingBlock(phi, 0) == teller->loop ? 0 : 1;
    next = LLVMGetIncomingValue(phi, back);
    if (!proa_loop_is_step(phi, next, step))
        return NULL;
    return LLVMGetIncomingValue(phi, 1 - back);
}

static bool add_starts(const struct teller *teller, const struct proa_sum *sum,
                       struct group *group)
{
    for (uint32_t i = 0; i < sum->count; i++) {
        uint64_t factor = sum->terms[i].factor;
        LLVMValueRef value = sum->terms[i].value;
        uint64_t step = 0;
        LLVMValueRef start = start_of(teller, value, &step);

        if (!proa_sum_add(&group->sum, start == NULL ? value : start, factor))
            return false;
        group->stride += factor * step;
    }
    return true;
}

static struct group read_group(const struct teller *teller, LLVMValueRef place)
{
    struct group group = { .place = place };
    struct proa_sum sum = { 0 };
    LLVMValueRef index;

    if (is_step(place) && LLVMIsAConstantInt(LLVMGetOperand(place, 1)) != NULL)
        place = LLVMGetOperand(place, 0);
    group.place = place;
    if (!is_step(place) || LLVMGetOperand(place, 0) != teller->base)
        return group;
    index = LLVMGetOperand(place, 1);
    if (LLVMIsAZExtInst(index) != NULL)
        index = LLVMGetOperand(index, 0);
    if (proa_sum_add(&sum, index, 1) && add_starts(teller, &sum, &group))
        group.place = NULL;
    return group;
}

static bool is_same_group(const struct group *a, const struct group *b)
{
    return a->place == b->place && proa_sum_is_parallel(&a->sum, &b->sum);
}

/* The last one takes what is left over. */
static uint32_t group_index(struct teller *teller, const struct group *group)
{
    for (uint32_t i = 0; i < teller->group_count; i++)
        if (is_same_group(&teller->groups[i], group))
            return i;
    if (teller->group_count < GROUPS_MAX)
        teller->groups[teller->group_count++] = *group;
    return teller->group_count - 1;
}

static LLVMValueRef place_of(LLVMValueRef access)
{
    return LLVMGetOperand(access, LLVMIsAStoreInst(access) != NULL ? 1 : 0);
}

static bool add_access(struct teller *teller, LLVMValueRef access)
{
    LLVMValueRef base = base_of(place_of(access));
    struct group group;
    uint32_t index;

    if (teller->base == NULL && LLVMIsALoadInst(base) != NULL)
        teller->base = base;
    if (base != teller->base || teller->base == NULL ||
        teller->access_count == ACCESSES_MAX)
        return false;
    group = read_group(teller, place_of(access));
    index = group_index(teller, &group);
    teller->groups[index].has_store |= LLVMIsAStoreInst(access) != NULL;
    teller->group_of[teller->access_count] = (uint8_t)index;
    teller->accesses[teller->access_count++] = access;
    return true;
}

/*
 * Where two of one stride are an unknown way apart, LLVM asks at run time by
 * itself, and asks less.
 */
static bool is_asked_anyway(const struct teller *teller)
{
    for (uint32_t i = 1; i < teller->group_count; i++) {
        const struct group *a = &teller->groups[i];

        for (uint32_t k = 0; k < i; k++) {
            const struct group *b = &teller->groups[k];

            if (a->place == NULL && b->place == NULL && a->stride != 0 &&
                a->stride == b->stride && (a->has_store || b->has_store))
                return true;
        }
    }
    return false;
}

/* False: nothing to tell apart, or something that the vectoriser refuses. */
static bool read_loop(struct teller *teller)
{
    teller->group_count = teller->access_count = 0;
    for (LLVMValueRef at = LLVMGetFirstInstruction(teller->loop); at != NULL;
         at = LLVMGetNextInstruction(at)) {
        if (LLVMIsAStoreInst(at) == NULL && LLVMIsALoadInst(at) == NULL)
            continue;
        if (LLVMGetVolatile(at))
            return false;
        if (LLVMGetMetadata(at, teller->unit->md_alias_scope) ==
                teller->unit->scopes_memory &&
            !add_access(teller, at))
            return false;
    }
    return teller->group_count > 1 && !is_asked_anyway(teller);
}

static LLVMValueRef base_named(struct teller *teller, uint32_t index)
{
    if (index == 0)
        return teller->base;
    if (teller->bases[index] == NULL) {
        LLVMPositionBuilderBefore(teller->builder,
                                  LLVMGetNextInstruction(teller->base));
        teller->bases[index] =
            LLVMBuildFreeze(teller->builder, teller->base, "");
        LLVMSetMetadata(teller->bases[index], teller->md_apart,
                        teller->unit->empty_node);
    }
    return teller->bases[index];
}

/* The same place, from another base: each step is made beside the first. */
static LLVMValueRef rebased(struct teller *teller, LLVMValueRef place,
                            LLVMValueRef base)
{
    LLVMValueRef steps[8];
    uint32_t count = 0;

    for (; is_step(place) && count < 8; place = LLVMGetOperand(place, 0))
        steps[count++] = place;
    if (is_step(place))
        return NULL;
    while (count > 0) {
        LLVMValueRef step = steps[--count];
        LLVMValueRef copy = LLVMInstructionClone(step);

        LLVMSetOperand(copy, 0, base);
        LLVMPositionBuilderBefore(teller->builder, step);
        LLVMInsertIntoBuilder(teller->builder, copy);
        base = copy;
    }
    return base;
}

static void drop_unused(LLVMValueRef place)
{
    while (is_step(place) && LLVMGetFirstUse(place) == NULL) {
        LLVMValueRef before = LLVMGetOperand(place, 0);

        LLVMInstructionEraseFromParent(place);
        place = before;
    }
}

static void tell_apart(struct teller *teller)
{
    for (uint32_t i = 0; i < teller->access_count; i++) {
        LLVMValueRef access = teller->accesses[i];
        LLVMValueRef place = place_of(access);
        LLVMValueRef other;

        if (teller->group_of[i] == 0)
            continue;
        other = rebased(teller, place, base_named(teller, teller->group_of[i]));
        if (other == NULL)
            continue;
        LLVMSetOperand(access, LLVMIsAStoreInst(access) != NULL ? 1 : 0, other);
        drop_unused(place);
    }
}

static unsigned md_apart(const struct proa_unit *unit)
{
    static const char name[] = "proa.apart";

    return LLVMGetMDKindIDInContext(unit->context, name, sizeof name - 1);
}

void proa_apart_begin(struct proa_unit *unit)
{
    struct teller teller = { .unit = unit, .md_apart = md_apart(unit) };

    teller.builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function)) {
        teller.base = NULL;
        memset(teller.bases, 0, sizeof teller.bases);
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block)) {
            teller.loop = block;
            if (proa_block_is_loop(block) && read_loop(&teller))
                tell_apart(&teller);
        }
    }
    LLVMDisposeBuilder(teller.builder);
}

static void forget(unsigned kind, LLVMBasicBlockRef block)
{
    LLVMValueRef next;

    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
         at = next) {
        next = LLVMGetNextInstruction(at);
        if (LLVMGetInstructionOpcode(at) != LLVMFreeze ||
            LLVMGetMetadata(at, kind) == NULL)
            continue;
        LLVMReplaceAllUsesWith(at, LLVMGetOperand(at, 0));
        LLVMInstructionEraseFromParent(at);
    }
}

void proa_apart_end(struct proa_unit *unit)
{
    unsigned kind = md_apart(unit);

    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block))
            forget(kind, block);
}
