/*
 * Blocks and branches.
 * https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/limits.h"
#include "wasm/validate/body.h"

/* A block type of one result points here. */
static const enum proa_valtype single_types[0x80] = {
    [PROA_I32] = PROA_I32,
    [PROA_I64] = PROA_I64,
    [PROA_F32] = PROA_F32,
    [PROA_F64] = PROA_F64,
    [PROA_V128] = PROA_V128,
    [PROA_FUNCREF] = PROA_FUNCREF,
    [PROA_EXTERNREF] = PROA_EXTERNREF,
};

const enum proa_valtype *proa_label_types(const struct proa_label *label,
                                          uint32_t *count)
{
    if (label->op == PROA_OP_LOOP) {
        *count = label->type.param_count;
        return label->type.params;
    }
    *count = label->type.result_count;
    return label->type.results;
}

static enum proa_status find_blocktype(struct proa_body *body,
                                       const struct proa_instruction *from,
                                       struct proa_functype *type)
{
    const struct proa_blocktype *block = &from->block;

    if (block->type_index == UINT32_MAX) {
        bool has_result = block->result != PROA_ANY;
        *type = (struct proa_functype){
            .results = has_result ? &single_types[block->result] : NULL,
            .result_count = has_result,
        };
        return PROA_OK;
    }
    if (block->type_index >= body->module->type_count)
        return proa_fail(body->err, PROA_INVALID, from->offset,
                         "unknown type %u", block->type_index);
    *type = body->module->types[block->type_index];
    if (type->param_count > 0 || type->result_count > 1)
        body->feature_used[PROA_FEATURE_MULTI_VALUE] = true;
    return PROA_OK;
}

static enum proa_status grow_labels(struct proa_body *body, uint32_t offset)
{
    uint32_t capacity =
        body->label_capacity == 0 ? 256 : body->label_capacity * 2;

    if (capacity > PROA_BLOCK_DEPTH_MAX)
        capacity = PROA_BLOCK_DEPTH_MAX;
    if (capacity == body->label_capacity)
        return proa_fail(body->err, PROA_LIMIT, offset,
                         "blocks nested too deep: more than %d",
                         PROA_BLOCK_DEPTH_MAX);

    struct proa_label *labels =
        realloc(body->labels, capacity * sizeof *labels);
    if (labels == NULL)
        return proa_fail(body->err, PROA_NOMEM, offset,
                         "no memory for %u labels", capacity);
    body->labels = labels;
    body->label_capacity = capacity;
    return PROA_OK;
}

enum proa_status proa_body_enter(struct proa_body *body, uint32_t offset,
                                 enum proa_op op,
                                 const struct proa_functype *type)
{
    if (body->label_count == body->label_capacity) {
        enum proa_status status = grow_labels(body, offset);
        if (status != PROA_OK)
            return status;
    }
    body->labels[body->label_count++] = (struct proa_label){
        .type = *type, .height = body->operand_count, .op = (uint8_t)op
    };
    return PROA_OK;
}

enum proa_status proa_body_begin(struct proa_body *body,
                                 const struct proa_instruction *instruction)
{
    struct proa_functype type;
    enum proa_status status = find_blocktype(body, instruction, &type);

    if (status == PROA_OK && instruction->op == PROA_OP_IF)
        status = proa_body_pop(body, instruction, PROA_I32);
    if (status == PROA_OK)
        status =
            proa_body_pop_all(body, instruction, type.params, type.param_count);
    if (status == PROA_OK)
        status =
            proa_body_enter(body, instruction->offset, instruction->op, &type);
    if (status == PROA_OK)
        status = proa_body_push_all(body, type.params, type.param_count);
    return status;
}

/* The block's results are there, and nothing else: take them off. */
static enum proa_status leave(struct proa_body *body,
                              const struct proa_instruction *instruction)
{
    const struct proa_label *top = proa_body_top(body);
    enum proa_status status = proa_body_pop_all(
        body, instruction, top->type.results, top->type.result_count);

    if (status == PROA_OK && body->operand_count != top->height)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: %u values too many at the block's %s",
                         body->operand_count - top->height,
                         proa_opcodes[instruction->op].text);
    return status;
}

enum proa_status proa_body_else(struct proa_body *body,
                                const struct proa_instruction *instruction)
{
    if (proa_body_top(body)->op != PROA_OP_IF)
        return proa_fail(body->err, PROA_MALFORMED, instruction->offset,
                         "END opcode expected: else without if");

    enum proa_status status = leave(body, instruction);
    if (status != PROA_OK)
        return status;

    struct proa_label *top = proa_body_top(body);
    top->op = PROA_OP_ELSE;
    top->is_unreachable = false;
    return proa_body_push_all(body, top->type.params, top->type.param_count);
}

enum proa_status proa_body_end(struct proa_body *body,
                               const struct proa_instruction *instruction)
{
    enum proa_status status = leave(body, instruction);

    if (status != PROA_OK)
        return status;

    const struct proa_label *top = proa_body_top(body);
    const struct proa_functype *type = &top->type;
    if (top->op == PROA_OP_IF &&
        (type->param_count != type->result_count ||
         (type->param_count > 0 &&
          memcmp(type->params, type->results,
                 type->param_count * sizeof *type->params) != 0)))
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: if without else must leave what it "
                         "takes");
    body->label_count--;
    return proa_body_push_all(body, type->results, type->result_count);
}

static void set_unreachable(struct proa_body *body)
{
    struct proa_label *top = proa_body_top(body);

    body->operand_count = top->height;
    top->is_unreachable = true;
}

static enum proa_status find_label(struct proa_body *body,
                                   const struct proa_instruction *instruction,
                                   uint32_t depth, struct proa_label **label)
{
    if (depth >= body->label_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown label %u", depth);
    *label = &body->labels[body->label_count - 1 - depth];
    return PROA_OK;
}

enum proa_status proa_body_branch(struct proa_body *body,
                                  const struct proa_instruction *instruction)
{
    struct proa_label *label = NULL;
    uint32_t count;
    enum proa_status status =
        find_label(body, instruction, instruction->index, &label);

    if (status != PROA_OK)
        return status;
    const enum proa_valtype *types = proa_label_types(label, &count);
    if (instruction->op == PROA_OP_BR_IF)
        status = proa_body_pop(body, instruction, PROA_I32);
    if (status == PROA_OK)
        status = proa_body_pop_all(body, instruction, types, count);
    if (status != PROA_OK)
        return status;
    if (instruction->op == PROA_OP_BR_IF)
        return proa_body_push_all(body, types, count);
    set_unreachable(body);
    return PROA_OK;
}

/* All labels take as many values as the default's, which comes last. */
enum proa_status
proa_body_branch_table(struct proa_body *body,
                       const struct proa_instruction *instruction)
{
    struct proa_cursor labels = instruction->labels;
    uint32_t arity = UINT32_MAX;
    enum proa_status status = proa_body_pop(body, instruction, PROA_I32);

    for (uint32_t i = 0; status == PROA_OK && i <= instruction->label_count;
         i++) {
        uint32_t depth = 0;
        uint32_t count;
        struct proa_label *label = NULL;

        status = proa_cursor_u32(&labels, &depth, body->err);
        if (status == PROA_OK)
            status = find_label(body, instruction, depth, &label);
        if (status != PROA_OK)
            return status;
        if (label->checked_at == instruction->offset)
            continue; /* so that many labels of one block cost nothing */
        label->checked_at = instruction->offset;
        const enum proa_valtype *types = proa_label_types(label, &count);
        if (arity != UINT32_MAX && arity != count)
            return proa_fail(body->err, PROA_INVALID, instruction->offset,
                             "type mismatch: br_table to labels of %u and %u "
                             "values",
                             arity, count);
        arity = count;
        status = proa_body_peek_all(body, instruction, types, count);
    }
    if (status == PROA_OK)
        set_unreachable(body);
    return status;
}

enum proa_status proa_body_leave(struct proa_body *body,
                                 const struct proa_instruction *instruction)
{
    const struct proa_functype *type = &body->labels[0].type;
    enum proa_status status = PROA_OK;

    if (instruction->op == PROA_OP_RETURN)
        status = proa_body_pop_all(body, instruction, type->results,
                                   type->result_count);
    if (status == PROA_OK)
        set_unreachable(body);
    return status;
}
