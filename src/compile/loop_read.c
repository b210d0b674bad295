/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/loop.h"

bool proa_loop_index(const struct proa_loop *loop, LLVMValueRef value,
                     uint32_t *index)
{
    return LLVMIsAInstruction(value) != NULL &&
           proa_ptrmap_get(loop->indexes, value, index);
}

bool proa_loop_is_invariant(const struct proa_loop *loop, LLVMValueRef value)
{
    uint32_t index;

    return !proa_loop_index(loop, value, &index);
}

bool proa_loop_is_step(LLVMValueRef phi, LLVMValueRef next, uint64_t *step)
{
    LLVMValueRef left, right;

    if (LLVMIsAInstruction(next) == NULL ||
        LLVMGetInstructionOpcode(next) != LLVMAdd)
        return false;
    left = LLVMGetOperand(next, 0);
    right = LLVMGetOperand(next, 1);
    if (left != phi || LLVMIsAConstantInt(right) == NULL ||
        LLVMGetIntTypeWidth(LLVMTypeOf(right)) > 64)
        return false;
    *step = (uint64_t)LLVMConstIntGetSExtValue(right);
    return *step != 0;
}

static bool read_phi(struct proa_loop *loop, LLVMValueRef phi)
{
    unsigned back;
    LLVMValueRef next;
    uint64_t step;

    if (LLVMCountIncoming(phi) != 2)
        return false;
    back = LLVMGetIncomingBlock(phi, 0) == loop->block ? 0 : 1;
    next = LLVMGetIncomingValue(phi, back);
    if (proa_loop_is_step(phi, next, &step)) {
        if (loop->counter_count == PROA_LOOP_COUNTERS_MAX)
            return false;
        loop->counters[loop->counter_count++] = (struct proa_loop_counter){
            .phi = phi, .next = next, .step = step
        };
        return true;
    }
    if (loop->carry_count == PROA_LOOP_CARRIES_MAX ||
        proa_loop_is_invariant(loop, next))
        return false;
    loop->carries[loop->carry_count++] =
        (struct proa_loop_carry){ .phi = phi, .last = next };
    return true;
}

/* False: the loop is not for us. */
static bool read_instruction(struct proa_loop *loop, uint32_t index)
{
    LLVMValueRef value = loop->values[index];
    LLVMValueRef callee;

    switch (LLVMGetInstructionOpcode(value)) {
    case LLVMPHI:
        return read_phi(loop, value);
    case LLVMLoad:
    case LLVMStore:
        /* All loads are volatile here. */
        if (LLVMGetMetadata(value, loop->unit->md_alias_scope) !=
            loop->unit->scopes_memory)
            return false;
        loop->access_of[index] = loop->access_count;
        loop->accesses[loop->access_count++] = index;
        return true;
    case LLVMCall: /* of what only computes */
        callee = LLVMGetCalledValue(value);
        return LLVMIsAFunction(callee) != NULL &&
               LLVMGetIntrinsicID(callee) != 0 &&
               LLVMGetTypeKind(LLVMTypeOf(value)) != LLVMVoidTypeKind;
    case LLVMShuffleVector: /* its mask is no operand */
    case LLVMAlloca:
    case LLVMAtomicRMW:
    case LLVMAtomicCmpXchg:
    case LLVMFence:
        return false;
    default:
        return true;
    }
}

bool proa_loop_read(struct proa_loop *loop)
{
    loop->end = LLVMGetBasicBlockTerminator(loop->block);
    loop->value_count = loop->access_count = 0;
    loop->counter_count = loop->carry_count = 0;
    proa_ptrmap_clear(loop->indexes);
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->block); at != NULL;
         at = LLVMGetNextInstruction(at)) {
        if (loop->value_count == PROA_LOOP_VALUES_MAX ||
            !proa_ptrmap_set(loop->indexes, at, loop->value_count))
            return false;
        loop->access_of[loop->value_count] = PROA_LOOP_VALUES_MAX;
        loop->values[loop->value_count++] = at;
    }
    for (uint32_t i = 0; i + 1 < loop->value_count; i++)
        if (!read_instruction(loop, i))
            return false;
    return loop->counter_count > 0 && loop->access_count > 1;
}
