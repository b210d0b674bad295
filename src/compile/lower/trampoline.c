/*
 * Adapters from an array of values to a call, see proa_trampoline.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "compile/lower/function.h"

static LLVMValueRef value_place(struct proa_unit *unit, LLVMBuilderRef builder,
                                LLVMValueRef values, uint32_t index)
{
    return proa_unit_offset(unit, builder, values,
                            (uint64_t)PROA_SIZEOF_VALUE * index);
}

static void lower_trampoline(struct proa_unit *unit, uint32_t type_index,
                             LLVMBuilderRef builder)
{
    const struct proa_functype *type = &unit->module->types[type_index];
    LLVMTypeRef callee_type = proa_unit_functype(unit, type_index);
    LLVMTypeRef params[] = { unit->ptr, unit->ptr, unit->ptr, unit->ptr };
    LLVMValueRef args[PROA_PARAMS_MAX + 2];
    LLVMValueRef function, results, call;
    unsigned count = 0;
    char name[16];

    snprintf(name, sizeof name, "y%u", type_index);
    function = proa_unit_function(
        unit, name, LLVMFunctionType(unit->nothing, params, 4, false));
    results = LLVMGetParam(function, 3);
    LLVMPositionBuilderAtEnd(
        builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    args[count++] = LLVMGetParam(function, 1);
    for (uint32_t i = 0; i < type->param_count; i++)
        args[count++] = proa_unit_host_load(
            unit, builder, proa_unit_valtype(unit, type->params[i]),
            value_place(unit, builder, LLVMGetParam(function, 2), i), false);
    if (type->result_count > 1)
        args[count++] = results;
    call = LLVMBuildCall2(builder, callee_type, LLVMGetParam(function, 0), args,
                          count, "");
    if (type->result_count == 1)
        proa_unit_state_store(builder, call, results);
    LLVMBuildRetVoid(builder);
}

void proa_lower_trampolines(struct proa_unit *unit)
{
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(unit->context);

    for (uint32_t i = 0; i < unit->module->type_count; i++)
        lower_trampoline(unit, i, builder);
    LLVMDisposeBuilder(builder);
}
