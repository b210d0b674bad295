/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/block.h"

#include <stddef.h>

bool proa_block_is_loop(LLVMBasicBlockRef block)
{
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);

    for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
        if (LLVMGetSuccessor(end, i) == block)
            return true;
    return false;
}

LLVMBasicBlockRef proa_block_only_predecessor(LLVMBasicBlockRef block)
{
    LLVMBasicBlockRef from = NULL;

    for (LLVMUseRef at = LLVMGetFirstUse(LLVMBasicBlockAsValue(block));
         at != NULL; at = LLVMGetNextUse(at)) {
        LLVMValueRef user = LLVMGetUser(at);

        if (LLVMIsATerminatorInst(user) == NULL)
            continue;
        if (from != NULL && from != LLVMGetInstructionParent(user))
            return NULL;
        from = LLVMGetInstructionParent(user);
    }
    return from;
}
