/*
 * Locals, globals, drop and select.
 * https://webassembly.github.io/spec/core/valid/instructions.html#variable-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/validate/body.h"
#include "wasm/valtype.h"

enum proa_status proa_body_local(struct proa_body *body,
                                 const struct proa_instruction *instruction)
{
    if (instruction->index >= body->locals.count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown local %u", instruction->index);

    enum proa_valtype type =
        proa_locals_type(&body->locals, instruction->index);
    if (instruction->op == PROA_OP_LOCAL_GET)
        return proa_body_push(body, type);
    enum proa_status status = proa_body_pop(body, instruction, type);
    if (status == PROA_OK && instruction->op == PROA_OP_LOCAL_TEE)
        status = proa_body_push(body, type);
    return status;
}

enum proa_status proa_body_global(struct proa_body *body,
                                  const struct proa_instruction *instruction)
{
    if (instruction->index >= body->module->global_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown global %u", instruction->index);

    const struct proa_globaltype *type =
        &body->module->globals[instruction->index].type;
    if (instruction->op == PROA_OP_GLOBAL_GET)
        return proa_body_push(body, type->type);
    if (!type->is_mutable)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "immutable global %u is set", instruction->index);
    return proa_body_pop(body, instruction, type->type);
}

/* Without a type: of two numbers or two vectors of one type. */
enum proa_status proa_body_select(struct proa_body *body,
                                  const struct proa_instruction *instruction)
{
    enum proa_valtype first = PROA_ANY;
    enum proa_valtype second = PROA_ANY;
    enum proa_status status = proa_body_pop(body, instruction, PROA_I32);

    if (status == PROA_OK)
        status = proa_body_pop_any(body, instruction, &second);
    if (status == PROA_OK)
        status = proa_body_pop_any(body, instruction, &first);
    if (status != PROA_OK)
        return status;
    if (proa_valtype_is_reference(first) || proa_valtype_is_reference(second))
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: select of references without a type");
    if (first != second && first != PROA_ANY && second != PROA_ANY)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: select of %s and %s",
                         proa_valtype_name(first), proa_valtype_name(second));
    return proa_body_push(body, first == PROA_ANY ? second : first);
}

enum proa_status
proa_body_typed_select(struct proa_body *body,
                       const struct proa_instruction *instruction)
{
    enum proa_valtype type = instruction->type;

    if (type == PROA_ANY)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "invalid result arity: select takes one type");

    enum proa_status status = proa_body_pop(body, instruction, PROA_I32);
    if (status == PROA_OK)
        status = proa_body_pop(body, instruction, type);
    if (status == PROA_OK)
        status = proa_body_pop(body, instruction, type);
    if (status == PROA_OK)
        status = proa_body_push(body, type);
    return status;
}

enum proa_status proa_body_drop(struct proa_body *body,
                                const struct proa_instruction *instruction)
{
    enum proa_valtype dropped;

    return proa_body_pop_any(body, instruction, &dropped);
}
