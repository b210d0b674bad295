/*
 * What a turn of a loop waits for.
 *
 * LLVM orders the summands of a sum so that what is known early comes first,
 * and takes what the turn before handed over for the earliest of all. Of
 * carry + a[i] + b[i] * c that makes (carry + a[i]) + b[i] * c: two additions
 * that each turn waits for, where one would do. A program that was compiled to
 * wasm holds its sums in this order. Integers only, where the order is free.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/chain.h"

#include <stdlib.h>

#include "base/fail.h"
#include "compile/block.h"
#include "compile/ptrmap.h"

enum {
    INSTRUCTIONS_MAX = 1024, /* in a loop */
    PHIS_MAX = 32,
    SUMMANDS_MAX = 8,
};

struct chain {
    LLVMBuilderRef builder;
    LLVMBasicBlockRef block;
    struct proa_ptrmap indexes; /* of the block's instructions */
    LLVMValueRef values[INSTRUCTIONS_MAX];
    uint32_t from[INSTRUCTIONS_MAX]; /* the phis that it is computed from */
    uint32_t to[INSTRUCTIONS_MAX];   /* the phis that are computed from it */
    uint32_t count;
};

/* A sum, taken apart. */
struct summands {
    LLVMValueRef early[SUMMANDS_MAX];
    uint32_t early_count;
    LLVMValueRef late;
    uint32_t late_count;
    LLVMValueRef inner[SUMMANDS_MAX]; /* sums that only this one needs */
    uint32_t inner_count;
};

static bool index_of(const struct chain *chain, LLVMValueRef value,
                     uint32_t *index)
{
    return LLVMIsAInstruction(value) != NULL &&
           proa_ptrmap_get(&chain->indexes, value, index) &&
           *index < chain->count;
}

static bool list_values(struct chain *chain)
{
    proa_ptrmap_clear(&chain->indexes);
    chain->count = 0;
    for (LLVMValueRef at = LLVMGetFirstInstruction(chain->block); at != NULL;
         at = LLVMGetNextInstruction(at)) {
        if (chain->count == INSTRUCTIONS_MAX ||
            !proa_ptrmap_set(&chain->indexes, at, chain->count))
            return false;
        chain->from[chain->count] = chain->to[chain->count] = 0;
        chain->values[chain->count++] = at;
    }
    return true;
}

static void mark_phi(struct chain *chain, uint32_t i)
{
    LLVMValueRef phi = chain->values[i];

    if (i >= PHIS_MAX)
        return;
    chain->from[i] = UINT32_C(1) << i;
    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        uint32_t index;

        if (LLVMGetIncomingBlock(phi, k) == chain->block &&
            index_of(chain, LLVMGetIncomingValue(phi, k), &index))
            chain->to[index] |= UINT32_C(1) << i;
    }
}

static void find_circles(struct chain *chain)
{
    uint32_t index;

    for (uint32_t i = 0; i < chain->count; i++) {
        LLVMValueRef value = chain->values[i];

        if (LLVMIsAPHINode(value) != NULL) {
            mark_phi(chain, i);
            continue;
        }
        for (int k = 0; k < LLVMGetNumOperands(value); k++)
            if (index_of(chain, LLVMGetOperand(value, (unsigned)k), &index))
                chain->from[i] |= chain->from[index];
    }
    for (uint32_t i = chain->count; i-- > 0;) {
        LLVMValueRef value = chain->values[i];

        if (LLVMIsAPHINode(value) != NULL)
            continue;
        for (int k = 0; k < LLVMGetNumOperands(value); k++)
            if (index_of(chain, LLVMGetOperand(value, (unsigned)k), &index))
                chain->to[index] |= chain->to[i];
    }
}

static bool is_sum(LLVMValueRef value)
{
    return LLVMIsAInstruction(value) != NULL &&
           LLVMGetInstructionOpcode(value) == LLVMAdd &&
           LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind &&
           (LLVMGetIntTypeWidth(LLVMTypeOf(value)) == 32 ||
            LLVMGetIntTypeWidth(LLVMTypeOf(value)) == 64);
}

static LLVMValueRef only_user(LLVMValueRef value)
{
    LLVMUseRef use = LLVMGetFirstUse(value);

    return use != NULL && LLVMGetNextUse(use) == NULL ? LLVMGetUser(use) : NULL;
}

/* The circles that a value and this sum both lie on. */
static uint32_t shared(const struct chain *chain, LLVMValueRef value,
                       uint32_t sum)
{
    uint32_t index;

    if (!index_of(chain, value, &index))
        return 0;
    return chain->from[index] & chain->to[sum];
}

static bool take_apart(const struct chain *chain, uint32_t sum,
                       struct summands *parts)
{
    LLVMValueRef work[2 * SUMMANDS_MAX] = { chain->values[sum] };
    uint32_t work_count = 1;
    uint32_t index;

    while (work_count > 0) {
        LLVMValueRef value = work[--work_count];

        if (value == chain->values[sum] ||
            (is_sum(value) && only_user(value) != NULL &&
             index_of(chain, value, &index))) {
            if (parts->inner_count == SUMMANDS_MAX)
                return false;
            parts->inner[parts->inner_count++] = value;
            work[work_count++] = LLVMGetOperand(value, 1);
            work[work_count++] = LLVMGetOperand(value, 0);
        } else if (shared(chain, value, sum) != 0) {
            parts->late = value;
            parts->late_count++;
        } else if (parts->early_count < SUMMANDS_MAX) {
            parts->early[parts->early_count++] = value;
        } else {
            return false;
        }
    }
    return parts->late_count == 1 && parts->early_count > 1;
}

/*
 * Code generation has an opinion of its own about the order of sums, which
 * knows of the turn before as little. It does not look through this.
 */
static LLVMValueRef hide(struct chain *chain, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMTypeRef function = LLVMFunctionType(type, &type, 1, false);
    LLVMValueRef nothing =
        LLVMGetInlineAsm(function, "", 0, "=r,0", 4, false, false,
                         LLVMInlineAsmDialectATT, false);

    return LLVMBuildCall2(chain->builder, function, nothing, &value, 1, "");
}

static void put_late_last(struct chain *chain, uint32_t sum)
{
    LLVMValueRef value = chain->values[sum];
    LLVMValueRef user = only_user(value);
    struct summands parts = { 0 };
    LLVMValueRef early;
    uint32_t index;

    if (chain->to[sum] == 0 ||
        (user != NULL && is_sum(user) && index_of(chain, user, &index)) ||
        !take_apart(chain, sum, &parts) ||
        LLVMGetOperand(value, 0) == parts.late ||
        LLVMGetOperand(value, 1) == parts.late)
        return;
    LLVMPositionBuilderBefore(chain->builder, value);
    early = parts.early[0];
    for (uint32_t i = 1; i < parts.early_count; i++)
        early = LLVMBuildAdd(chain->builder, early, parts.early[i], "");
    LLVMSetOperand(value, 0, hide(chain, early));
    LLVMSetOperand(value, 1, parts.late);
    LLVMSetNUW(value, false);
    LLVMSetNSW(value, false);
    /* From the outside in: each has lost its only user. */
    for (uint32_t i = 1; i < parts.inner_count; i++) {
        if (index_of(chain, parts.inner[i], &index))
            chain->values[index] = NULL;
        /* What is made next may get its address. */
        (void)proa_ptrmap_set(&chain->indexes, parts.inner[i], UINT32_MAX);
        LLVMInstructionEraseFromParent(parts.inner[i]);
    }
}

static void shorten_function(struct chain *chain, LLVMValueRef function)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        chain->block = block;
        if (!proa_block_is_loop(block) || !list_values(chain))
            continue;
        find_circles(chain);
        for (uint32_t i = chain->count; i-- > 0;)
            if (chain->values[i] != NULL && is_sum(chain->values[i]))
                put_late_last(chain, i);
    }
}

enum proa_status proa_shorten_chains(struct proa_unit *unit,
                                     struct proa_error *err)
{
    struct chain *chain = calloc(1, sizeof *chain);

    if (chain == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for loops");
    chain->builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function))
        shorten_function(chain, function);
    LLVMDisposeBuilder(chain->builder);
    proa_ptrmap_deinit(&chain->indexes);
    free(chain);
    return PROA_OK;
}
