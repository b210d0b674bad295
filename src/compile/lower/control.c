/*
 * Blocks, branches and returns.
 * https://webassembly.github.io/spec/core/exec/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "compile/lower/fuel.h"
#include "compile/lower/function.h"

/* How many values a branch to this frame takes along. */
static uint32_t label_arity(const struct proa_frame *frame)
{
    return frame->kind == PROA_FRAME_LOOP ? frame->param_count
                                          : frame->result_count;
}

static const enum proa_valtype *label_types(const struct proa_frame *frame)
{
    return frame->kind == PROA_FRAME_LOOP ? frame->params : frame->results;
}

static struct proa_frame *top(struct proa_lower *lower)
{
    return &lower->frames[lower->frame_count - 1];
}

static struct proa_frame *label(struct proa_lower *lower, uint32_t depth)
{
    assert(depth < lower->frame_count);
    return &lower->frames[lower->frame_count - 1 - depth];
}

/* Make the block that branches go to, with a phi for each value. */
static void need_target(struct proa_lower *lower, struct proa_frame *frame)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);

    if (frame->target != NULL)
        return;
    frame->target = proa_lower_block(lower);
    LLVMPositionBuilderAtEnd(lower->builder, frame->target);
    for (uint32_t i = 0; i < label_arity(frame); i++) {
        LLVMTypeRef type =
            proa_unit_valtype(lower->unit, label_types(frame)[i]);
        LLVMValueRef phi = LLVMBuildPhi(lower->builder, type, "");

        if (i == 0)
            frame->first_phi = phi;
    }
    LLVMPositionBuilderAtEnd(lower->builder, here);
}

/* One edge from here to the frame's target; the jump itself is the caller's. */
static LLVMBasicBlockRef add_edge(struct proa_lower *lower,
                                  struct proa_frame *frame)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);
    uint32_t arity = label_arity(frame);
    LLVMValueRef phi;

    need_target(lower, frame);
    phi = frame->first_phi;
    for (uint32_t i = 0; i < arity; i++) {
        LLVMValueRef *value = &lower->values[lower->value_count - arity + i];

        LLVMAddIncoming(phi, value, &here, 1);
        phi = LLVMGetNextInstruction(phi);
    }
    return frame->target;
}

static bool is_counted_edge(const struct proa_lower *lower,
                            const struct proa_frame *frame)
{
    return lower->fuel != NULL && frame->kind == PROA_FRAME_LOOP;
}

static void jump(struct proa_lower *lower, struct proa_frame *frame)
{
    if (is_counted_edge(lower, frame))
        proa_lower_fuel_check(lower);
    LLVMBuildBr(lower->builder, add_edge(lower, frame));
}

/*
 * Where a conditional branch to a frame goes: there, or by way of a block of
 * its own that looks after the fuel.
 */
static LLVMBasicBlockRef edge_to(struct proa_lower *lower,
                                 struct proa_frame *frame)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);
    LLVMBasicBlockRef between;

    if (!is_counted_edge(lower, frame))
        return add_edge(lower, frame);
    if (LLVMGetBasicBlockTerminator(here) == NULL) /* not in a br_table */
        proa_lower_fuel_sum(lower);
    between = proa_lower_block(lower);
    proa_lower_go_on_in(lower, between);
    jump(lower, frame);
    LLVMPositionBuilderAtEnd(lower->builder, here);
    return between;
}

static void push_phis(struct proa_lower *lower, const struct proa_frame *frame)
{
    LLVMValueRef phi = frame->first_phi;

    for (uint32_t i = 0; i < label_arity(frame); i++) {
        proa_lower_push(lower, phi);
        phi = LLVMGetNextInstruction(phi);
    }
}

static struct proa_frame *open_frame(struct proa_lower *lower,
                                     enum proa_frame_kind kind,
                                     const struct proa_blocktype *block)
{
    struct proa_frame *frame;

    assert(lower->frame_count < lower->frame_capacity);
    frame = &lower->frames[lower->frame_count++];
    *frame = (struct proa_frame){ .kind = kind, .saved = lower->saved_count };
    if (block->type_index != UINT32_MAX) {
        const struct proa_functype *type =
            &lower->unit->module->types[block->type_index];

        frame->params = type->params;
        frame->param_count = type->param_count;
        frame->results = type->results;
        frame->result_count = type->result_count;
    } else if (block->result != 0) {
        /* The instruction dies before the frame: point to a constant. */
        static const enum proa_valtype types[] = { PROA_I32,      PROA_I64,
                                                   PROA_F32,      PROA_F64,
                                                   PROA_V128,     PROA_FUNCREF,
                                                   PROA_EXTERNREF };

        for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
            if (types[i] == block->result)
                frame->results = &types[i];
        frame->result_count = 1;
        assert(frame->results != NULL);
    }
    frame->height = lower->value_count - frame->param_count;
    return frame;
}

void proa_lower_open_function(struct proa_lower *lower)
{
    struct proa_blocktype none = { .type_index = UINT32_MAX };
    struct proa_frame *frame = open_frame(lower, PROA_FRAME_FUNCTION, &none);

    if (lower->type == NULL)
        return;
    frame->results = lower->type->results;
    frame->result_count = lower->type->result_count;
}

static void open_loop(struct proa_lower *lower,
                      const struct proa_blocktype *block)
{
    struct proa_frame *frame = open_frame(lower, PROA_FRAME_LOOP, block);

    jump(lower, frame);
    lower->value_count = frame->height;
    push_phis(lower, frame);
    proa_lower_go_on_in(lower, frame->target);
}

static void open_if(struct proa_lower *lower,
                    const struct proa_blocktype *block)
{
    LLVMValueRef condition = proa_lower_bool(lower, proa_lower_pop(lower));
    struct proa_frame *frame = open_frame(lower, PROA_FRAME_IF, block);
    LLVMBasicBlockRef then = proa_lower_block(lower);

    for (uint32_t i = 0; i < frame->param_count; i++)
        lower->saved[lower->saved_count++] = lower->values[frame->height + i];
    frame->otherwise = proa_lower_block(lower);
    LLVMBuildCondBr(lower->builder, condition, then, frame->otherwise);
    proa_lower_go_on_in(lower, then);
}

/* Go on where the condition was false, with the parameters as they were. */
static void begin_otherwise(struct proa_lower *lower, struct proa_frame *frame)
{
    if (lower->is_reachable)
        jump(lower, frame);
    proa_lower_go_on_in(lower, frame->otherwise);
    lower->value_count = frame->height;
    lower->saved_count = frame->saved;
    for (uint32_t i = 0; i < frame->param_count; i++)
        proa_lower_push(lower, lower->saved[frame->saved + i]);
    frame->kind = PROA_FRAME_ELSE;
}

static void close_frame(struct proa_lower *lower)
{
    struct proa_frame *frame = top(lower);

    if (frame->kind == PROA_FRAME_IF)
        begin_otherwise(lower, frame);
    if (frame->kind != PROA_FRAME_LOOP && frame->target != NULL) {
        if (lower->is_reachable)
            jump(lower, frame);
        proa_lower_go_on_in(lower, frame->target);
        lower->value_count = frame->height;
        push_phis(lower, frame);
    }
    if (frame->kind == PROA_FRAME_FUNCTION && lower->is_reachable &&
        lower->type != NULL) {
        proa_lower_return(lower);
    }
    if (!lower->is_reachable)
        lower->value_count = frame->height;
    lower->frame_count--;
}

void proa_lower_return(struct proa_lower *lower)
{
    LLVMBuilderRef builder = lower->builder;
    uint32_t count = lower->type == NULL ? 0 : lower->type->result_count;
    LLVMValueRef *results = &lower->values[lower->value_count - count];

    proa_lower_fuel_save(lower);
    for (uint32_t i = 0; count > 1 && i < count; i++)
        proa_unit_host_store(lower->unit, builder, results[i],
                             proa_unit_offset(lower->unit, builder,
                                              lower->results,
                                              (uint64_t)PROA_SIZEOF_VALUE * i));
    if (count == 1)
        LLVMBuildRet(builder, results[0]);
    else
        LLVMBuildRetVoid(builder);
    lower->is_reachable = false;
}

static void branch_if(struct proa_lower *lower, uint32_t depth)
{
    LLVMValueRef condition = proa_lower_bool(lower, proa_lower_pop(lower));
    LLVMBasicBlockRef target = edge_to(lower, label(lower, depth));
    LLVMBasicBlockRef next = proa_lower_block(lower);

    LLVMBuildCondBr(lower->builder, condition, target, next);
    proa_lower_go_on_in(lower, next);
}

static uint32_t next_label(struct proa_cursor *labels)
{
    struct proa_error err = { 0 };
    uint32_t depth = 0;
    enum proa_status status = proa_cursor_u32(labels, &depth, &err);

    assert(status == PROA_OK);
    (void)status;
    return depth;
}

static void branch_table(struct proa_lower *lower,
                         const struct proa_instruction *instruction)
{
    LLVMValueRef index = proa_lower_pop(lower);
    struct proa_cursor labels = instruction->labels;
    uint32_t count = instruction->label_count;
    struct proa_frame *otherwise;
    LLVMValueRef choice;

    for (uint32_t i = 0; i < count; i++)
        (void)next_label(&labels);
    otherwise = label(lower, next_label(&labels));
    choice = LLVMBuildSwitch(lower->builder, index, edge_to(lower, otherwise),
                             count);
    labels = instruction->labels;
    for (uint32_t i = 0; i < count; i++) {
        struct proa_frame *frame = label(lower, next_label(&labels));

        if (frame != otherwise)
            LLVMAddCase(choice, proa_unit_i32(lower->unit, i),
                        edge_to(lower, frame));
    }
    lower->is_reachable = false;
}

bool proa_lower_control(struct proa_lower *lower,
                        const struct proa_instruction *instruction)
{
    switch (instruction->op) {
    case PROA_OP_UNREACHABLE:
        proa_lower_trap(lower, PROA_TRAP_UNREACHABLE);
        return true;
    case PROA_OP_NOP:
        return true;
    case PROA_OP_BLOCK:
        (void)open_frame(lower, PROA_FRAME_BLOCK, &instruction->block);
        return true;
    case PROA_OP_LOOP:
        open_loop(lower, &instruction->block);
        return true;
    case PROA_OP_IF:
        open_if(lower, &instruction->block);
        return true;
    case PROA_OP_ELSE:
        begin_otherwise(lower, top(lower));
        return true;
    case PROA_OP_END:
        close_frame(lower);
        return true;
    case PROA_OP_BR:
        jump(lower, label(lower, instruction->index));
        lower->is_reachable = false;
        return true;
    case PROA_OP_BR_IF:
        branch_if(lower, instruction->index);
        return true;
    case PROA_OP_BR_TABLE:
        branch_table(lower, instruction);
        return true;
    case PROA_OP_RETURN:
        proa_lower_return(lower);
        return true;
    default:
        return false;
    }
}
