/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/huge.h"

#include <string.h>

#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "base/fail.h"

/*
 * Measured after locals have become values. What costs is mostly the phis: code
 * that was made to unwind and rewind its stack joins all locals everywhere.
 */
enum {
    HUGE_INSTRUCTIONS = 150000,
    HUGE_BLOCKS = 16000,
    HUGE_PHIS = 4000,
    /* Here the code generator must not try either. */
    GIANT_INSTRUCTIONS = 300000,
    GIANT_BLOCKS = 50000,
    GIANT_PHIS = 25000,
};

/* Each takes time about in proportion to the function. */
static const char cheap_passes[] =
    "early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,"
    "early-cse<memssa>,simplifycfg";

static const char mark[] = "proa-huge";

struct extent {
    size_t instructions, blocks, phis;
};

static struct extent measure(LLVMValueRef function)
{
    struct extent extent = { 0 };

    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        extent.blocks++;
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at)) {
            extent.instructions++;
            extent.phis += LLVMGetInstructionOpcode(at) == LLVMPHI;
        }
    }
    return extent;
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

static bool is_huge(const struct extent *extent)
{
    return extent->instructions > HUGE_INSTRUCTIONS ||
           extent->blocks > HUGE_BLOCKS || extent->phis > HUGE_PHIS;
}

static bool is_giant(const struct extent *extent)
{
    return extent->instructions > GIANT_INSTRUCTIONS ||
           extent->blocks > GIANT_BLOCKS || extent->phis > GIANT_PHIS;
}

enum proa_status proa_huge_optimise(struct proa_unit *unit,
                                    LLVMTargetMachineRef machine,
                                    bool *has_giant, struct proa_error *err)
{
    bool giant_found = false;

    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        struct extent extent = measure(at);
        enum proa_status status = PROA_OK;

        if (!is_huge(&extent))
            continue;
        if (is_giant(&extent))
            giant_found = true;
        else
            status = optimise_one(at, machine, err);
        if (status != PROA_OK)
            return status;
        proa_unit_attribute(at, make_mark(unit));
        proa_unit_attribute(at, unit->noinline);
        proa_unit_attribute(at, unit->optnone);
    }
    *has_giant = giant_found;
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
