/*
 * Locals, globals, references and the operand stack itself.
 * https://webassembly.github.io/spec/core/exec/instructions.html#variable-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "artifact/artifact.h"
#include "compile/lower/function.h"

LLVMValueRef proa_lower_global_place(struct proa_lower *lower,
                                     uint32_t global_index)
{
    const struct proa_unit *unit = lower->unit;
    const struct proa_layout *layout = &unit->plan->layout;
    uint32_t imported_count = unit->module->imported_global_count;

    if (global_index < imported_count)
        return proa_lower_context_load(
            lower, unit->ptr,
            layout->imported_globals + (uint64_t)8 * global_index, true);
    return proa_unit_offset(unit, lower->builder, lower->context,
                            layout->globals +
                                (uint64_t)PROA_SIZEOF_VALUE *
                                    (global_index - imported_count));
}

LLVMValueRef proa_lower_funcref(struct proa_lower *lower,
                                uint32_t function_index)
{
    const struct proa_codegen_plan *plan = lower->unit->plan;
    uint32_t record = plan->records[function_index];

    assert(record != PROA_ARTIFACT_NONE);
    return proa_unit_offset(lower->unit, lower->builder, lower->context,
                            plan->layout.funcs +
                                (uint64_t)PROA_SIZEOF_FUNC * record);
}

static LLVMTypeRef global_type(const struct proa_lower *lower,
                               uint32_t global_index)
{
    return proa_unit_valtype(
        lower->unit, lower->unit->module->globals[global_index].type.type);
}

/*
 * The value of a global that never changes and that a single constant gives;
 * NULL for others.
 */
static LLVMValueRef constant_global(struct proa_lower *lower,
                                    uint32_t global_index)
{
    const struct proa_wasm_global *global =
        &lower->unit->module->globals[global_index];
    struct proa_cursor in = global->init;
    struct proa_instruction first, second;
    struct proa_error err = { 0 };

    if (global->type.is_mutable ||
        global_index < lower->unit->module->imported_global_count ||
        proa_instruction_read(&in, &first, &err) != PROA_OK ||
        proa_instruction_read(&in, &second, &err) != PROA_OK ||
        second.op != PROA_OP_END)
        return NULL;
    if (first.op != PROA_OP_I32_CONST && first.op != PROA_OP_I64_CONST &&
        first.op != PROA_OP_F32_CONST && first.op != PROA_OP_F64_CONST)
        return NULL;
    proa_lower_numeric(lower, &first);
    return proa_lower_pop(lower);
}

static LLVMValueRef get_global(struct proa_lower *lower, uint32_t global_index)
{
    LLVMValueRef value = constant_global(lower, global_index);

    if (value != NULL)
        return value;
    return proa_unit_host_load(
        lower->unit, lower->builder, global_type(lower, global_index),
        proa_lower_global_place(lower, global_index), false);
}

static void select_value(struct proa_lower *lower)
{
    LLVMValueRef condition = proa_lower_bool(lower, proa_lower_pop(lower));
    LLVMValueRef otherwise = proa_lower_pop(lower);
    LLVMValueRef then = proa_lower_pop(lower);

    proa_lower_push(
        lower, LLVMBuildSelect(lower->builder, condition, then, otherwise, ""));
}

static bool lower_local(struct proa_lower *lower,
                        const struct proa_instruction *instruction)
{
    struct proa_local *local;
    LLVMValueRef value;

    if (instruction->op != PROA_OP_LOCAL_GET &&
        instruction->op != PROA_OP_LOCAL_SET &&
        instruction->op != PROA_OP_LOCAL_TEE)
        return false;
    assert(instruction->index < lower->local_count);
    local = &lower->locals[instruction->index];
    if (instruction->op == PROA_OP_LOCAL_GET) {
        proa_lower_push(lower, LLVMBuildLoad2(lower->builder, local->type,
                                              local->place, ""));
        return true;
    }
    value = proa_lower_pop(lower);
    LLVMBuildStore(lower->builder, value, local->place);
    if (instruction->op == PROA_OP_LOCAL_TEE)
        proa_lower_push(lower, value);
    return true;
}

bool proa_lower_variable(struct proa_lower *lower,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef value;

    if (lower_local(lower, instruction))
        return true;
    switch (instruction->op) {
    case PROA_OP_GLOBAL_GET:
        proa_lower_push(lower, get_global(lower, instruction->index));
        return true;
    case PROA_OP_GLOBAL_SET:
        value = proa_lower_pop(lower);
        proa_unit_state_store(
            lower->builder, value,
            proa_lower_global_place(lower, instruction->index));
        return true;
    case PROA_OP_DROP:
        (void)proa_lower_pop(lower);
        return true;
    case PROA_OP_SELECT:
    case PROA_OP_SELECT_T:
        select_value(lower);
        return true;
    case PROA_OP_REF_NULL:
        proa_lower_push(lower, LLVMConstNull(lower->unit->ptr));
        return true;
    case PROA_OP_REF_IS_NULL:
        value = proa_lower_pop(lower);
        proa_lower_push_bool(lower, LLVMBuildIsNull(lower->builder, value, ""));
        return true;
    case PROA_OP_REF_FUNC:
        proa_lower_push(lower, proa_lower_funcref(lower, instruction->index));
        return true;
    default:
        return false;
    }
}
