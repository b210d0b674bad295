/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/huge.h"

#include <string.h>

#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "base/fail.h"

/* Measured after locals have become values. */
enum { INSTRUCTIONS_MAX = 60000, BLOCKS_MAX = 8000 };

/* Each takes time about in proportion to the function. */
static const char cheap_passes[] =
    "early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,"
    "early-cse<memssa>,simplifycfg";

static const char mark[] = "proa-huge";

static bool is_huge(LLVMValueRef function)
{
    size_t instruction_count = 0;

    if (LLVMCountBasicBlocks(function) > BLOCKS_MAX)
        return true;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at))
            instruction_count++;
    return instruction_count > INSTRUCTIONS_MAX;
}

static enum proa_status optimise_one(LLVMValueRef function,
                                     LLVMTargetMachineRef machine,
                                     struct proa_error *err)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error =
        LLVMRunPassesOnFunction(function, cheap_passes, machine, options);
    char *text;

    LLVMDisposePassBuilderOptions(options);
    if (error == NULL)
        return PROA_OK;
    text = LLVMGetErrorMessage(error);
    proa_error_set(err, PROA_COMPILER, 0, "LLVM: %s", text);
    LLVMDisposeErrorMessage(text);
    return PROA_COMPILER;
}

static LLVMAttributeRef make_mark(const struct proa_unit *unit)
{
    return LLVMCreateStringAttribute(unit->context, mark, sizeof mark - 1, "",
                                     0);
}

enum proa_status proa_huge_optimise(struct proa_unit *unit,
                                    LLVMTargetMachineRef machine,
                                    struct proa_error *err)
{
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        enum proa_status status;

        if (!is_huge(at))
            continue;
        status = optimise_one(at, machine, err);
        if (status != PROA_OK)
            return status;
        proa_unit_attribute(at, make_mark(unit));
        proa_unit_attribute(at, unit->noinline);
        proa_unit_attribute(at, unit->optnone);
    }
    return PROA_OK;
}

void proa_huge_release(struct proa_unit *unit)
{
    const LLVMAttributeIndex index = (LLVMAttributeIndex)-1;
    unsigned optnone = LLVMGetEnumAttributeKind(unit->optnone);

    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at))
        if (LLVMGetStringAttributeAtIndex(at, index, mark, sizeof mark - 1) !=
            NULL)
            LLVMRemoveEnumAttributeAtIndex(at, index, optnone);
}
