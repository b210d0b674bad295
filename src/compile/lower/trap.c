/*
 * How code leaves: one cold block a function and trap.
 * https://webassembly.github.io/spec/core/intro/overview.html#trap
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/function.h"

/* The call that does not come back, at the builder's place. */
static void build_trap(struct proa_lower *lower, LLVMValueRef trap)
{
    const struct proa_unit *unit = lower->unit;
    LLVMTypeRef params[] = { unit->ptr, unit->i32 };
    LLVMTypeRef type = LLVMFunctionType(unit->nothing, params, 2, false);
    LLVMValueRef args[] = { lower->context, trap };
    LLVMValueRef builtins = proa_lower_context_load(
        lower, unit->ptr, offsetof(struct proa_context, builtins), true);
    LLVMValueRef callee = proa_unit_host_load(
        unit, lower->builder, unit->ptr,
        proa_unit_offset(unit, lower->builder, builtins,
                         offsetof(struct proa_builtins, trap)),
        true);
    LLVMValueRef call =
        LLVMBuildCall2(lower->builder, type, callee, args, 2, "");
    LLVMAttributeRef attributes[] = { unit->noreturn, unit->cold,
                                      unit->nounwind };

    for (unsigned i = 0; i < 3; i++)
        LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)-1, attributes[i]);
    LLVMBuildUnreachable(lower->builder);
}

LLVMBasicBlockRef proa_lower_trap_block(struct proa_lower *lower,
                                        enum proa_trap trap)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);

    if (lower->traps[trap] != NULL)
        return lower->traps[trap];
    lower->traps[trap] = proa_lower_block(lower);
    LLVMPositionBuilderAtEnd(lower->builder, lower->traps[trap]);
    build_trap(lower, proa_unit_i32(lower->unit, trap));
    LLVMPositionBuilderAtEnd(lower->builder, here);
    return lower->traps[trap];
}

void proa_lower_trap(struct proa_lower *lower, enum proa_trap trap)
{
    LLVMBuildBr(lower->builder, proa_lower_trap_block(lower, trap));
    lower->is_reachable = false;
}

void proa_lower_trap_if(struct proa_lower *lower, LLVMValueRef condition,
                        enum proa_trap trap)
{
    proa_lower_branch_rare(lower, condition,
                           proa_lower_trap_block(lower, trap));
}

static LLVMBasicBlockRef need_trap_any(struct proa_lower *lower)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);

    if (lower->trap_any != NULL)
        return lower->trap_any;
    lower->trap_any = proa_lower_block(lower);
    LLVMPositionBuilderAtEnd(lower->builder, lower->trap_any);
    lower->trap_any_phi = LLVMBuildPhi(lower->builder, lower->unit->i32, "");
    build_trap(lower, lower->trap_any_phi);
    LLVMPositionBuilderAtEnd(lower->builder, here);
    return lower->trap_any;
}

void proa_lower_trap_any(struct proa_lower *lower, LLVMValueRef trap)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);
    LLVMBasicBlockRef target = need_trap_any(lower);

    LLVMAddIncoming(lower->trap_any_phi, &trap, &here, 1);
    LLVMBuildBr(lower->builder, target);
    lower->is_reachable = false;
}

void proa_lower_trap_unless_zero(struct proa_lower *lower, LLVMValueRef trap)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);
    LLVMBasicBlockRef target = need_trap_any(lower);
    LLVMValueRef is_trap =
        LLVMBuildICmp(lower->builder, LLVMIntNE, trap,
                      proa_unit_i32(lower->unit, PROA_TRAP_NONE), "");

    LLVMAddIncoming(lower->trap_any_phi, &trap, &here, 1);
    proa_lower_branch_rare(lower, is_trap, target);
}

LLVMValueRef proa_lower_builtin(struct proa_lower *lower, size_t offset,
                                LLVMTypeRef result, const LLVMValueRef *args,
                                unsigned count)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef all[8] = { lower->context };
    LLVMTypeRef types[8] = { unit->ptr };
    LLVMValueRef builtins, callee;

    builtins = proa_lower_context_load(
        lower, unit->ptr, offsetof(struct proa_context, builtins), true);
    callee = proa_unit_host_load(
        unit, lower->builder, unit->ptr,
        proa_unit_offset(unit, lower->builder, builtins, offset), true);
    for (unsigned i = 0; i < count; i++) {
        all[i + 1] = args[i];
        types[i + 1] = LLVMTypeOf(args[i]);
    }
    return LLVMBuildCall2(lower->builder,
                          LLVMFunctionType(result, types, count + 1, false),
                          callee, all, count + 1, "");
}
