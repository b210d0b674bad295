/*
 * Calls: direct, imported, indirect, and those that replace their caller.
 * https://webassembly.github.io/spec/core/exec/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/copy.h"
#include "compile/lower/fuel.h"
#include "compile/lower/function.h"

/* Somebody to call, however found. */
struct target {
    uint32_t type_index;
    LLVMValueRef code;
    LLVMValueRef context; /* the first argument */
    LLVMValueRef tail;    /* the tail form's address, may be null; or NULL */
    unsigned convention;  /* of `code` */
};

/* Operands to args[1..], context to args[0], and where several results go. */
static unsigned take_args(struct proa_lower *lower, const struct target *target,
                          LLVMValueRef results)
{
    const struct proa_functype *type =
        &lower->unit->module->types[target->type_index];
    unsigned count = 1;

    lower->args[0] = target->context;
    lower->value_count -= type->param_count;
    for (uint32_t i = 0; i < type->param_count; i++)
        lower->args[count++] = lower->values[lower->value_count + i];
    if (type->result_count > 1)
        lower->args[count++] = results;
    return count;
}

/* One buffer serves all calls of a function; finish sets its true size. */
static LLVMValueRef result_buffer(struct proa_lower *lower,
                                  uint32_t result_count)
{
    const struct proa_unit *unit = lower->unit;

    if (result_count <= 1)
        return NULL;
    if (lower->result_buffer == NULL)
        lower->result_buffer = LLVMBuildArrayAlloca(
            lower->entry_builder, unit->v128, proa_unit_i32(unit, 1), "");
    if (lower->result_buffer_count < result_count)
        lower->result_buffer_count = result_count;
    return lower->result_buffer;
}

static void push_results(struct proa_lower *lower,
                         const struct proa_functype *type, LLVMValueRef call)
{
    if (type->result_count == 1) {
        proa_lower_push(lower, call);
        return;
    }
    for (uint32_t i = 0; i < type->result_count; i++) {
        LLVMTypeRef result = proa_unit_valtype(lower->unit, type->results[i]);

        proa_lower_push(lower,
                        proa_lower_field(lower, result, lower->result_buffer,
                                         (uint64_t)PROA_SIZEOF_VALUE * i));
    }
}

static void call(struct proa_lower *lower, const struct target *target)
{
    const struct proa_functype *type =
        &lower->unit->module->types[target->type_index];
    LLVMValueRef results = result_buffer(lower, type->result_count);
    unsigned count = take_args(lower, target, results);
    LLVMValueRef made = LLVMBuildCall2(
        lower->builder, proa_unit_functype(lower->unit, target->type_index),
        target->code, lower->args, count, "");

    LLVMSetInstructionCallConv(made, target->convention);
    LLVMAddCallSiteAttribute(made, (LLVMAttributeIndex)-1,
                             lower->unit->nounwind);
    proa_lower_fuel_load(lower);
    push_results(lower, type, made);
}

/* A call in place of the rest of this function, which is a tail form. */
static void jump(struct proa_lower *lower, const struct target *target,
                 LLVMValueRef code)
{
    LLVMTypeRef type = proa_unit_functype(lower->unit, target->type_index);
    uint32_t value_count = lower->value_count;
    unsigned count = take_args(lower, target, lower->results);
    LLVMValueRef made =
        LLVMBuildCall2(lower->builder, type, code, lower->args, count, "");

    lower->value_count = value_count; /* they may be wanted once more */
    LLVMSetInstructionCallConv(made, PROA_CC_TAIL);
    LLVMSetTailCallKind(made, LLVMTailCallKindMustTail);
    if (LLVMGetReturnType(type) == lower->unit->nothing)
        LLVMBuildRetVoid(lower->builder);
    else
        LLVMBuildRet(lower->builder, made);
}

/*
 * return_call. Where the caller or the callee has no tail form, the call is a
 * plain one: right in all but the depth of the stack.
 */
static void tail_call(struct proa_lower *lower, const struct target *target)
{
    if (lower->is_tail && target->convention == PROA_CC_TAIL) {
        jump(lower, target, target->code);
        lower->is_reachable = false;
        return;
    }
    if (lower->is_tail && target->tail != NULL) {
        LLVMBasicBlockRef jumping = proa_lower_block(lower);
        LLVMBasicBlockRef calling = proa_lower_block(lower);

        LLVMBuildCondBr(lower->builder,
                        LLVMBuildIsNull(lower->builder, target->tail, ""),
                        calling, jumping);
        proa_lower_go_on_in(lower, jumping);
        jump(lower, target, target->tail);
        proa_lower_go_on_in(lower, calling);
    }
    call(lower, target);
    proa_lower_return(lower);
}

static LLVMValueRef import_field(struct proa_lower *lower,
                                 uint32_t function_index, uint64_t field)
{
    return proa_lower_context_load(
        lower, lower->unit->ptr,
        lower->unit->plan->layout.imports +
            (uint64_t)PROA_SIZEOF_IMPORT_SLOT * function_index + field,
        true);
}

static struct target direct_target(struct proa_lower *lower,
                                   uint32_t function_index)
{
    struct proa_unit *unit = lower->unit;
    struct target target = {
        .type_index = unit->module->functions[function_index].type_index,
        .convention = PROA_CC_C,
    };

    if (function_index >= unit->module->imported_function_count) {
        target.code = proa_copy_wanted(lower, function_index);
        if (target.code == NULL)
            target.code = proa_unit_callee(unit, function_index);
        target.context = lower->context;
        target.convention = proa_unit_call_convention(unit, function_index);
        return target;
    }
    target.code = import_field(lower, function_index,
                               offsetof(struct proa_import_slot, code));
    target.context = import_field(lower, function_index,
                                  offsetof(struct proa_import_slot, context));
    if (lower->is_tail)
        target.tail = import_field(lower, function_index,
                                   offsetof(struct proa_import_slot, tail));
    return target;
}

void proa_lower_call_function(struct proa_lower *lower, uint32_t function_index)
{
    struct target target = direct_target(lower, function_index);

    call(lower, &target);
}

/* What a row's signature must be: written here, or in the context if wide. */
static LLVMValueRef expected_signature(struct proa_lower *lower,
                                       uint32_t type_index)
{
    const struct proa_unit *unit = lower->unit;
    uint64_t narrow = proa_signature_narrow(&unit->module->types[type_index]);
    LLVMValueRef signatures;

    if (narrow != 0)
        return proa_unit_i64(unit, narrow);
    signatures = proa_lower_context_load(
        lower, unit->ptr, offsetof(struct proa_context, signatures), true);
    return proa_unit_host_load(unit, lower->builder, unit->i64,
                               proa_unit_offset(unit, lower->builder,
                                                signatures,
                                                (uint64_t)8 * type_index),
                               true);
}

static void check_signature(struct proa_lower *lower, LLVMValueRef row,
                            uint32_t type_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMBuilderRef builder = lower->builder;
    LLVMValueRef signature = proa_lower_field(
        lower, unit->i64, row, offsetof(struct proa_table_entry, signature));
    LLVMValueRef is_other =
        LLVMBuildICmp(builder, LLVMIntNE, signature,
                      expected_signature(lower, type_index), "");
    LLVMBasicBlockRef rare = proa_lower_block(lower);
    LLVMBasicBlockRef usual;
    LLVMValueRef is_null;

    proa_lower_branch_rare(lower, is_other, rare);
    usual = LLVMGetInsertBlock(builder);
    LLVMPositionBuilderAtEnd(builder, rare);
    is_null = LLVMBuildICmp(builder, LLVMIntEQ, signature,
                            proa_unit_i64(unit, 0), "");
    proa_lower_trap_any(
        lower,
        LLVMBuildSelect(builder, is_null,
                        proa_unit_i32(unit, PROA_TRAP_UNINITIALIZED_ELEMENT),
                        proa_unit_i32(unit, PROA_TRAP_SIGNATURE), ""));
    LLVMPositionBuilderAtEnd(builder, usual);
    lower->is_reachable = true;
}

static struct target indirect_target(struct proa_lower *lower,
                                     const struct proa_instruction *instruction)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef row =
        proa_lower_table_row(lower, instruction->index2, proa_lower_pop(lower),
                             PROA_TRAP_UNDEFINED_ELEMENT);
    struct target target = { .type_index = instruction->index,
                             .convention = PROA_CC_C };

    check_signature(lower, row, instruction->index);
    target.context =
        unit->plan->own_tables[instruction->index2]
            ? lower->context
            : proa_lower_field(lower, unit->ptr, row,
                               offsetof(struct proa_table_entry, context));
    target.code = proa_lower_field(lower, unit->ptr, row,
                                   offsetof(struct proa_table_entry, code));
    if (lower->is_tail)
        target.tail = proa_lower_field(
            lower, unit->ptr,
            proa_lower_field(lower, unit->ptr, row,
                             offsetof(struct proa_table_entry, func)),
            offsetof(struct proa_func, tail));
    return target;
}

bool proa_lower_call(struct proa_lower *lower,
                     const struct proa_instruction *instruction)
{
    struct target target;

    switch (instruction->op) {
    case PROA_OP_CALL:
        proa_lower_call_function(lower, instruction->index);
        return true;
    case PROA_OP_CALL_INDIRECT:
        target = indirect_target(lower, instruction);
        call(lower, &target);
        return true;
    case PROA_OP_RETURN_CALL:
        target = direct_target(lower, instruction->index);
        tail_call(lower, &target);
        return true;
    case PROA_OP_RETURN_CALL_INDIRECT:
        target = indirect_target(lower, instruction);
        tail_call(lower, &target);
        return true;
    default:
        return false;
    }
}
