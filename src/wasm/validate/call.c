/*
 * Calls, of which the tail calls return too.
 * https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/fail.h"
#include "wasm/validate/body.h"

static enum proa_status find_callee(struct proa_body *body,
                                    const struct proa_instruction *instruction,
                                    const struct proa_functype **type)
{
    if (instruction->index >= body->module->function_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown function %u", instruction->index);
    *type = proa_wasm_functype(body->module, instruction->index);
    return PROA_OK;
}

/* The type; the index into the table is popped. */
static enum proa_status
find_indirect_callee(struct proa_body *body,
                     const struct proa_instruction *instruction,
                     const struct proa_functype **type)
{
    struct proa_wasm_module *module = body->module;

    if (instruction->index2 >= module->table_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown table %u", instruction->index2);
    if (instruction->index >= module->type_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown type %u", instruction->index);

    const struct proa_tabletype *table =
        &module->tables[instruction->index2].type;
    if (table->element != PROA_FUNCREF)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: %s through a table of %s",
                         proa_opcodes[instruction->op].text,
                         proa_valtype_name(table->element));
    if (instruction->index2 > 0)
        body->feature_used[PROA_FEATURE_REFERENCE_TYPES] = true;
    *type = &module->types[instruction->index];
    return proa_body_pop(body, instruction, proa_address_type(&table->limits));
}

/* What a tail call leaves is what the function itself must leave. */
static enum proa_status
check_tail_results(struct proa_body *body,
                   const struct proa_instruction *instruction,
                   const struct proa_functype *callee)
{
    const struct proa_functype *own = &body->labels[0].type;

    if (callee->result_count != own->result_count ||
        (own->result_count > 0 &&
         memcmp(callee->results, own->results,
                own->result_count * sizeof *own->results) != 0))
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: %s of a function with other results",
                         proa_opcodes[instruction->op].text);
    return PROA_OK;
}

enum proa_status proa_body_call(struct proa_body *body,
                                const struct proa_instruction *instruction)
{
    const struct proa_functype *type = NULL;
    bool is_direct = instruction->op == PROA_OP_CALL ||
                     instruction->op == PROA_OP_RETURN_CALL;
    bool is_tail = instruction->op == PROA_OP_RETURN_CALL ||
                   instruction->op == PROA_OP_RETURN_CALL_INDIRECT;
    enum proa_status status =
        is_direct ? find_callee(body, instruction, &type)
                  : find_indirect_callee(body, instruction, &type);

    if (status == PROA_OK)
        status = proa_body_pop_all(body, instruction, type->params,
                                   type->param_count);
    if (status == PROA_OK && is_tail)
        status = check_tail_results(body, instruction, type);
    if (status != PROA_OK)
        return status;
    if (!is_tail)
        return proa_body_push_all(body, type->results, type->result_count);

    struct proa_label *top = proa_body_top(body);
    body->operand_count = top->height;
    top->is_unreachable = true;
    return PROA_OK;
}
