/*
 * Loops that a vectoriser should not touch.
 *
 * Where each turn stores at some distance from the last, as a sieve does, a
 * vector has to be taken apart for its stores. LLVM knows what that costs for a
 * pointer that steps, but here the step is one of a 32-bit index which is
 * extended, and it would compute the addresses in vectors and take these apart
 * as well.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/scatter.h"

#include <llvm-c/DebugInfo.h>

#include "compile/block.h"
#include "compile/loop.h"
#include "compile/place.h"

/* As many of its size apart LLVM loads or stores together and shuffles. */
enum { NEAR = 4 };

enum movement { STANDS, IS_NEAR, IS_FAR };

static bool is_in(LLVMBasicBlockRef block, LLVMValueRef value)
{
    return LLVMIsAInstruction(value) != NULL &&
           LLVMGetInstructionParent(value) == block;
}

/* How far a term of a sum gets in a turn; false when that is not a constant. */
static bool add_step(LLVMBasicBlockRef block, const struct proa_term *term,
                     uint64_t *stride)
{
    uint64_t step;
    unsigned back;

    if (!is_in(block, term->value))
        return true;
    if (LLVMIsAPHINode(term->value) == NULL ||
        LLVMCountIncoming(term->value) != 2)
        return false;
    back = LLVMGetIncomingBlock(term->value, 0) == block ? 0 : 1;
    if (!proa_loop_is_step(term->value, LLVMGetIncomingValue(term->value, back),
                           &step))
        return false;
    *stride += step * term->factor;
    return true;
}

static uint32_t size_of(LLVMValueRef access)
{
    return proa_unit_type_size(LLVMIsAStoreInst(access) != NULL
                                   ? LLVMTypeOf(LLVMGetOperand(access, 0))
                                   : LLVMTypeOf(access));
}

/* What is not understood is taken to be near: then nothing is changed. */
static enum movement movement_of(LLVMBasicBlockRef block, LLVMValueRef access)
{
    LLVMValueRef place =
        LLVMGetOperand(access, LLVMIsAStoreInst(access) != NULL ? 1 : 0);
    int64_t near = (int64_t)size_of(access) * NEAR;
    struct proa_sum sum = { 0 };
    uint64_t stride = 0;

    for (; is_in(block, place); place = LLVMGetOperand(place, 0)) {
        LLVMValueRef index;

        if (LLVMIsAGetElementPtrInst(place) == NULL ||
            LLVMGetNumOperands(place) != 2)
            return IS_NEAR;
        index = LLVMGetOperand(place, 1);
        if (LLVMIsAZExtInst(index) != NULL)
            index = LLVMGetOperand(index, 0);
        if (!proa_sum_add(&sum, index, 1))
            return IS_NEAR;
    }
    for (uint32_t i = 0; i < sum.count; i++)
        if (!add_step(block, &sum.terms[i], &stride))
            return IS_FAR;
    if ((uint32_t)stride == 0)
        return STANDS;
    return (int32_t)stride > near || (int32_t)stride < -near ? IS_FAR : IS_NEAR;
}

static bool is_scattered(const struct proa_unit *unit, LLVMBasicBlockRef block)
{
    bool has_far_store = false;

    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
         at = LLVMGetNextInstruction(at)) {
        enum movement movement;

        if ((LLVMIsAStoreInst(at) == NULL && LLVMIsALoadInst(at) == NULL) ||
            LLVMGetMetadata(at, unit->md_alias_scope) != unit->scopes_memory)
            continue;
        movement = movement_of(block, at);
        if (movement == IS_NEAR)
            return false;
        has_far_store |= movement == IS_FAR && LLVMIsAStoreInst(at) != NULL;
    }
    return has_far_store;
}

static void refuse(const struct proa_unit *unit, LLVMBasicBlockRef block)
{
    static const char name[] = "llvm.loop.vectorize.enable";
    static const char kind[] = "llvm.loop";
    LLVMMetadataRef pair[] = {
        LLVMMDStringInContext2(unit->context, name, sizeof name - 1),
        LLVMValueAsMetadata(LLVMConstInt(unit->i1, 0, false)),
    };
    /* A loop's name is a node that begins with itself. */
    LLVMMetadataRef itself = LLVMTemporaryMDNode(unit->context, NULL, 0);
    LLVMMetadataRef fields[] = { itself,
                                 LLVMMDNodeInContext2(unit->context, pair, 2) };
    LLVMMetadataRef loop = LLVMMDNodeInContext2(unit->context, fields, 2);

    LLVMMetadataReplaceAllUsesWith(itself, loop);
    LLVMSetMetadata(
        LLVMGetBasicBlockTerminator(block),
        LLVMGetMDKindIDInContext(unit->context, kind, sizeof kind - 1),
        LLVMMetadataAsValue(unit->context, loop));
}

void proa_scatter_refuse(struct proa_unit *unit)
{
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block))
            if (proa_block_is_loop(block) && is_scattered(unit, block))
                refuse(unit, block);
}
