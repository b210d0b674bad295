/*
 * A function from its first instruction to its last.
 * https://webassembly.github.io/spec/core/exec/instructions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/function.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "compile/lower/copy.h"
#include "compile/lower/fuel.h"

/*
 * Room for `more` items after `count`, in an array that grows by halves.
 * Returns where it is now, or NULL when there is no memory: it is as it was.
 */
static void *grow(void *items, uint32_t *capacity, uint32_t count,
                  uint32_t more, size_t size)
{
    size_t wanted = (size_t)count + more;
    void *grown;

    if (items != NULL && wanted <= *capacity)
        return items;
    wanted += wanted / 2 + 1;
    if (wanted > UINT32_MAX)
        return NULL;
    grown = realloc(items, wanted * size);
    if (grown != NULL)
        *capacity = (uint32_t)wanted;
    return grown;
}

static enum proa_status no_memory(struct proa_error *err)
{
    return proa_fail(err, PROA_NOMEM, 0, "no memory to lower a function");
}

static bool reserve_values(struct proa_lower *lower)
{
    LLVMValueRef *values =
        grow(lower->values, &lower->value_capacity, lower->value_count,
             PROA_LOWER_PUSH_MAX, sizeof(LLVMValueRef));
    LLVMValueRef *saved =
        grow(lower->saved, &lower->saved_capacity, lower->saved_count,
             PROA_LOWER_PUSH_MAX, sizeof(LLVMValueRef));

    if (values != NULL)
        lower->values = values;
    if (saved != NULL)
        lower->saved = saved;
    return values != NULL && saved != NULL;
}

static bool reserve_locals(struct proa_lower *lower, uint32_t count)
{
    struct proa_local *locals = grow(lower->locals, &lower->local_capacity,
                                     lower->local_count, count, sizeof *locals);

    if (locals != NULL)
        lower->locals = locals;
    return locals != NULL;
}

/* Room for all that one instruction may add, so that nothing else can fail. */
static enum proa_status reserve(struct proa_lower *lower,
                                struct proa_error *err)
{
    struct proa_frame *frames = grow(lower->frames, &lower->frame_capacity,
                                     lower->frame_count, 1, sizeof *frames);

    if (frames != NULL)
        lower->frames = frames;
    return frames != NULL && reserve_values(lower) ? PROA_OK : no_memory(err);
}

void proa_lower_push(struct proa_lower *lower, LLVMValueRef value)
{
    assert(lower->value_count < lower->value_capacity);
    lower->values[lower->value_count++] = value;
}

LLVMValueRef proa_lower_pop(struct proa_lower *lower)
{
    assert(lower->value_count > 0);
    return lower->values[--lower->value_count];
}

LLVMContextRef proa_lower_context(const struct proa_lower *lower)
{
    return lower->unit->context;
}

LLVMModuleRef proa_lower_module(const struct proa_lower *lower)
{
    return lower->unit->llvm_module;
}

LLVMBuilderRef proa_lower_builder(const struct proa_lower *lower)
{
    return lower->builder;
}

bool proa_lower_has_feature(const struct proa_lower *lower, const char *name)
{
    return proa_features_have(&lower->unit->features, name);
}

bool proa_lower_is_x86(const struct proa_lower *lower)
{
    return lower->unit->features.level > 0;
}

LLVMValueRef proa_lower_intrinsic(struct proa_lower *lower, const char *name,
                                  const LLVMTypeRef *types, unsigned type_count,
                                  LLVMValueRef *args, unsigned arg_count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef overloads[4];
    LLVMValueRef callee;
    LLVMTypeRef type;

    assert(id != 0 && type_count <= 4);
    for (unsigned i = 0; i < type_count; i++)
        overloads[i] = types[i];
    callee = LLVMGetIntrinsicDeclaration(lower->unit->llvm_module, id,
                                         overloads, type_count);
    type =
        LLVMIntrinsicGetType(lower->unit->context, id, overloads, type_count);
    return LLVMBuildCall2(lower->builder, type, callee, args, arg_count, "");
}

LLVMBasicBlockRef proa_lower_block(struct proa_lower *lower)
{
    lower->block_count++;
    return LLVMAppendBasicBlockInContext(lower->unit->context, lower->function,
                                         "");
}

void proa_lower_go_on_in(struct proa_lower *lower, LLVMBasicBlockRef block)
{
    /* Blocks stay in the order of the wasm code, which is a good layout. */
    LLVMMoveBasicBlockAfter(block, LLVMGetInsertBlock(lower->builder));
    LLVMPositionBuilderAtEnd(lower->builder, block);
    lower->is_reachable = true;
}

void proa_lower_branch_rare(struct proa_lower *lower, LLVMValueRef condition,
                            LLVMBasicBlockRef rare)
{
    LLVMBasicBlockRef usual = proa_lower_block(lower);
    LLVMValueRef branch =
        LLVMBuildCondBr(lower->builder, condition, rare, usual);

    LLVMSetMetadata(branch, lower->unit->md_prof,
                    lower->unit->weights_unlikely);
    proa_lower_go_on_in(lower, usual);
}

LLVMValueRef proa_lower_bool(struct proa_lower *lower, LLVMValueRef value)
{
    if (LLVMIsAZExtInst(value) != NULL) {
        LLVMValueRef from = LLVMGetOperand(value, 0);

        if (LLVMTypeOf(from) == lower->unit->i1)
            return from;
    }
    return LLVMBuildICmp(lower->builder, LLVMIntNE, value,
                         LLVMConstNull(LLVMTypeOf(value)), "");
}

void proa_lower_push_bool(struct proa_lower *lower, LLVMValueRef value)
{
    proa_lower_push(lower,
                    LLVMBuildZExt(lower->builder, value, lower->unit->i32, ""));
}

LLVMValueRef proa_lower_context_load(struct proa_lower *lower, LLVMTypeRef type,
                                     uint64_t offset, bool is_invariant)
{
    LLVMValueRef place =
        proa_unit_offset(lower->unit, lower->builder, lower->context, offset);

    return proa_unit_host_load(lower->unit, lower->builder, type, place,
                               is_invariant);
}

static void mark_context(const struct proa_unit *unit, LLVMValueRef function)
{
    LLVMAddAttributeAtIndex(function, 1, unit->noundef);
    LLVMAddAttributeAtIndex(function, 1, unit->nonnull);
    LLVMAddAttributeAtIndex(function, 1, unit->dereferenceable);
}

enum proa_status proa_lower_begin(struct proa_lower *lower,
                                  struct proa_unit *unit, LLVMValueRef function,
                                  struct proa_error *err)
{
    LLVMBasicBlockRef entry;

    *lower = (struct proa_lower){ .unit = unit, .function = function };
    if (reserve(lower, err) != PROA_OK) {
        proa_lower_deinit(lower);
        return PROA_NOMEM;
    }
    mark_context(unit, function);
    lower->context = LLVMGetParam(function, 0);
    lower->builder = LLVMCreateBuilderInContext(unit->context);
    lower->entry_builder = LLVMCreateBuilderInContext(unit->context);
    entry = proa_lower_block(lower);
    lower->body = proa_lower_block(lower);
    LLVMPositionBuilderAtEnd(lower->entry_builder, entry);
    LLVMPositionBuilderAtEnd(lower->builder, lower->body);
    lower->is_reachable = true;
    return PROA_OK;
}

void proa_lower_finish(struct proa_lower *lower)
{
    if (lower->result_buffer != NULL)
        LLVMSetOperand(lower->result_buffer, 0,
                       proa_unit_i32(lower->unit, lower->result_buffer_count));
    LLVMBuildBr(lower->entry_builder, lower->body);
}

void proa_lower_deinit(struct proa_lower *lower)
{
    if (lower->builder != NULL)
        LLVMDisposeBuilder(lower->builder);
    if (lower->entry_builder != NULL)
        LLVMDisposeBuilder(lower->entry_builder);
    free(lower->values);
    free(lower->frames);
    free(lower->saved);
    free(lower->locals);
}

static void add_local(struct proa_lower *lower, enum proa_valtype type,
                      LLVMValueRef value)
{
    struct proa_local *local = &lower->locals[lower->local_count++];

    local->type = proa_unit_valtype(lower->unit, type);
    local->place = LLVMBuildAlloca(lower->entry_builder, local->type, "");
    if (value == NULL)
        value = LLVMConstNull(local->type);
    LLVMBuildStore(lower->entry_builder, value, local->place);
}

/* The value types of the binary format that need one byte: all there are. */
static enum proa_status read_locals(struct proa_lower *lower,
                                    struct proa_cursor *in,
                                    struct proa_error *err)
{
    uint32_t group_count;
    enum proa_status status = proa_cursor_u32(in, &group_count, err);

    for (uint32_t i = 0; status == PROA_OK && i < group_count; i++) {
        uint32_t count;
        uint8_t type;

        status = proa_cursor_u32(in, &count, err);
        if (status == PROA_OK)
            status = proa_cursor_u8(in, &type, err);
        if (status != PROA_OK)
            break;
        if (!reserve_locals(lower, count))
            return no_memory(err);
        for (uint32_t k = 0; k < count; k++)
            add_local(lower, (enum proa_valtype)type, NULL);
    }
    return status;
}

static enum proa_status add_params(struct proa_lower *lower,
                                   struct proa_error *err)
{
    const struct proa_functype *type = lower->type;

    if (!reserve_locals(lower, type->param_count))
        return no_memory(err);
    for (uint32_t i = 0; i < type->param_count; i++) {
        add_local(lower, type->params[i], LLVMGetParam(lower->function, i + 1));
        LLVMAddAttributeAtIndex(lower->function, i + 2, lower->unit->noundef);
    }
    if (type->result_count == 1)
        LLVMAddAttributeAtIndex(lower->function, LLVMAttributeReturnIndex,
                                lower->unit->noundef);
    if (type->result_count > 1)
        lower->results = LLVMGetParam(lower->function, type->param_count + 1);
    return PROA_OK;
}

/* Only the families that are asked most often first: the order is free. */
static void lower_one(struct proa_lower *lower,
                      const struct proa_instruction *instruction)
{
    bool is_done = proa_lower_variable(lower, instruction) ||
                   proa_lower_numeric(lower, instruction) ||
                   proa_lower_memory(lower, instruction) ||
                   proa_lower_control(lower, instruction) ||
                   proa_lower_call(lower, instruction) ||
                   proa_lower_convert(lower, instruction) ||
                   proa_lower_table(lower, instruction) ||
                   proa_lower_simd(lower, instruction);

    assert(is_done);
    (void)is_done;
}

/* What is never run is not lowered, but its blocks must be counted. */
static bool is_skipped(struct proa_lower *lower, enum proa_op op)
{
    if (lower->is_reachable)
        return false;
    switch (op) {
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_IF:
        lower->skipped++;
        return true;
    case PROA_OP_END:
        if (lower->skipped == 0)
            return false;
        lower->skipped--;
        return true;
    case PROA_OP_ELSE:
        return lower->skipped > 0;
    default:
        return true;
    }
}

enum proa_status proa_lower_instructions(struct proa_lower *lower,
                                         struct proa_cursor *in,
                                         struct proa_error *err)
{
    while (lower->frame_count > 0) {
        struct proa_instruction instruction;
        enum proa_status status = reserve(lower, err);

        if (status == PROA_OK)
            status = proa_instruction_read(in, &instruction, err);
        if (status != PROA_OK)
            return status;
        if (is_skipped(lower, instruction.op))
            continue;
        proa_lower_fuel_before(lower, instruction.op);
        lower_one(lower, &instruction);
    }
    return PROA_OK;
}

/* The C form of a function that has a tail form: calls it. */
static void lower_wrapper(struct proa_unit *unit, uint32_t function_index)
{
    LLVMTypeRef type = proa_unit_functype(
        unit, unit->module->functions[function_index].type_index);
    bool is_void = LLVMGetReturnType(type) == unit->nothing;
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(unit->context);
    LLVMValueRef args[PROA_PARAMS_MAX + 2];
    LLVMValueRef wrapper, call;
    char name[16];

    snprintf(name, sizeof name, "f%u", function_index);
    wrapper = proa_unit_function(unit, name, type);
    LLVMPositionBuilderAtEnd(
        builder, LLVMAppendBasicBlockInContext(unit->context, wrapper, ""));
    LLVMGetParams(wrapper, args);
    call = LLVMBuildCall2(builder, type, proa_unit_callee(unit, function_index),
                          args, LLVMCountParams(wrapper), "");
    LLVMSetInstructionCallConv(call, PROA_CC_TAIL);
    if (is_void)
        LLVMBuildRetVoid(builder);
    else
        LLVMBuildRet(builder, call);
    LLVMDisposeBuilder(builder);
}

static enum proa_status lower_body(struct proa_lower *lower,
                                   struct proa_unit *unit,
                                   const struct proa_unit_copy *copy,
                                   struct proa_error *err)
{
    uint32_t function_index = copy->index;
    struct proa_cursor in = unit->module->functions[function_index].body;
    enum proa_status status =
        proa_lower_begin(lower, unit, copy->function, err);

    if (status != PROA_OK)
        return status;
    lower->function_index = function_index;
    lower->copy_depth = copy->depth;
    lower->type = proa_wasm_functype(unit->module, function_index);
    lower->is_tail = unit->plan->has_tail[function_index];
    status = add_params(lower, err);
    if (status == PROA_OK)
        status = read_locals(lower, &in, err);
    if (status == PROA_OK) {
        proa_lower_fuel_open(lower);
        proa_lower_open_function(lower);
        status = proa_lower_instructions(lower, &in, err);
    }
    proa_lower_finish(lower);
    proa_lower_deinit(lower);
    return status;
}

static enum proa_status lower_into(struct proa_unit *unit,
                                   const struct proa_unit_copy *copy,
                                   struct proa_error *err)
{
    struct proa_lower *lower = malloc(sizeof *lower);
    enum proa_status status;

    if (lower == NULL)
        return no_memory(err);
    status = lower_body(lower, unit, copy, err);
    free(lower);
    return status;
}

enum proa_status proa_lower_function(struct proa_unit *unit,
                                     uint32_t function_index,
                                     struct proa_error *err)
{
    struct proa_unit_copy itself = {
        .function = proa_unit_callee(unit, function_index),
        .index = function_index,
    };
    enum proa_status status = lower_into(unit, &itself, err);

    if (status == PROA_OK && unit->plan->has_tail[function_index])
        lower_wrapper(unit, function_index);
    return status;
}

enum proa_status proa_lower_copies(struct proa_unit *unit,
                                   struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    for (; status == PROA_OK && unit->copies_made < unit->copy_count;
         unit->copies_made++)
        status = lower_into(unit, &unit->copies[unit->copies_made], err);
    return status;
}
