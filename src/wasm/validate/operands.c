/*
 * The operand stack.
 * https://webassembly.github.io/spec/core/appendix/algorithm.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/limits.h"
#include "wasm/validate/body.h"

static const char *type_name(enum proa_valtype type)
{
    return type == PROA_ANY ? "a value" : proa_valtype_name(type);
}

static enum proa_status grow(struct proa_body *body)
{
    uint32_t capacity =
        body->operand_capacity == 0 ? 1024 : body->operand_capacity * 2;

    if (capacity > PROA_OPERANDS_MAX)
        capacity = PROA_OPERANDS_MAX;
    if (capacity == body->operand_capacity)
        return proa_fail(body->err, PROA_LIMIT, body->in.offset,
                         "operand stack too deep: more than %d values",
                         PROA_OPERANDS_MAX);

    uint8_t *whole = body->operands;
    if (whole != NULL)
        whole -= PROA_TOP_BYTES;
    whole = realloc(whole, PROA_TOP_BYTES + capacity);
    if (whole == NULL)
        return proa_fail(body->err, PROA_NOMEM, body->in.offset,
                         "no memory for %u operands", capacity);
    memset(whole, PROA_ANY, PROA_TOP_BYTES);
    body->operands = whole + PROA_TOP_BYTES;
    body->operand_capacity = capacity;
    return PROA_OK;
}

enum proa_status proa_body_push(struct proa_body *body, enum proa_valtype type)
{
    if (body->operand_count == body->operand_capacity) {
        enum proa_status status = grow(body);
        if (status != PROA_OK)
            return status;
    }
    body->operands[body->operand_count++] = (uint8_t)type;
    return PROA_OK;
}

static enum proa_status mismatch(struct proa_body *body,
                                 const struct proa_instruction *instruction,
                                 enum proa_valtype expected, const char *found)
{
    return proa_fail(body->err, PROA_INVALID, instruction->offset,
                     "type mismatch: %s takes %s, found %s",
                     proa_opcodes[instruction->op].text, type_name(expected),
                     found);
}

enum proa_status proa_body_pop(struct proa_body *body,
                               const struct proa_instruction *instruction,
                               enum proa_valtype expected)
{
    const struct proa_label *top = proa_body_top(body);

    if (body->operand_count == top->height) {
        if (top->is_unreachable)
            return PROA_OK;
        return mismatch(body, instruction, expected, "nothing on the stack");
    }
    enum proa_valtype found =
        (enum proa_valtype)body->operands[body->operand_count - 1];
    if (found != expected && found != PROA_ANY)
        return mismatch(body, instruction, expected, type_name(found));
    body->operand_count--;
    return PROA_OK;
}

enum proa_status proa_body_pop_any(struct proa_body *body,
                                   const struct proa_instruction *instruction,
                                   enum proa_valtype *type)
{
    const struct proa_label *top = proa_body_top(body);

    if (body->operand_count == top->height) {
        if (!top->is_unreachable)
            return mismatch(body, instruction, PROA_ANY,
                            "nothing on the stack");
        *type = PROA_ANY;
        return PROA_OK;
    }
    *type = (enum proa_valtype)body->operands[--body->operand_count];
    return PROA_OK;
}

enum proa_status proa_body_push_all(struct proa_body *body,
                                    const enum proa_valtype *types,
                                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        enum proa_status status = proa_body_push(body, types[i]);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status proa_body_pop_all(struct proa_body *body,
                                   const struct proa_instruction *instruction,
                                   const enum proa_valtype *types,
                                   uint32_t count)
{
    while (count-- > 0) {
        enum proa_status status =
            proa_body_pop(body, instruction, types[count]);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status proa_body_peek_all(struct proa_body *body,
                                    const struct proa_instruction *instruction,
                                    const enum proa_valtype *types,
                                    uint32_t count)
{
    uint32_t operand_count = body->operand_count;
    enum proa_status status =
        proa_body_pop_all(body, instruction, types, count);

    body->operand_count = operand_count;
    return status;
}
