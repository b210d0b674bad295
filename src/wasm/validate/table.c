/*
 * Tables and references.
 * https://webassembly.github.io/spec/core/valid/instructions.html#table-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/validate/body.h"
#include "wasm/valtype.h"

static enum proa_status find_table(struct proa_body *body,
                                   const struct proa_instruction *instruction,
                                   uint32_t index,
                                   const struct proa_tabletype **type)
{
    if (index >= body->module->table_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown table %u", index);
    *type = &body->module->tables[index].type;
    return PROA_OK;
}

static enum proa_status find_elem(struct proa_body *body,
                                  const struct proa_instruction *instruction,
                                  const struct proa_wasm_elem **elem)
{
    if (instruction->index >= body->module->elem_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown elem segment %u", instruction->index);
    *elem = &body->module->elems[instruction->index];
    return PROA_OK;
}

static enum proa_status differ(struct proa_body *body,
                               const struct proa_instruction *instruction,
                               enum proa_valtype from, enum proa_valtype to)
{
    return proa_fail(body->err, PROA_INVALID, instruction->offset,
                     "type mismatch: %s of %s into a table of %s",
                     proa_opcodes[instruction->op].text,
                     proa_valtype_name(from), proa_valtype_name(to));
}

/* get, set, size, grow, fill: of one table. */
static enum proa_status check_one(struct proa_body *body,
                                  const struct proa_instruction *instruction)
{
    const struct proa_tabletype *table = NULL;
    enum proa_status status =
        find_table(body, instruction, instruction->index, &table);

    if (status != PROA_OK)
        return status;

    enum proa_valtype address = proa_address_type(&table->limits);
    const enum proa_valtype types[] = { address, table->element, address };
    switch (instruction->op) {
    case PROA_OP_TABLE_GET:
        status = proa_body_pop(body, instruction, address);
        return status == PROA_OK ? proa_body_push(body, table->element)
                                 : status;
    case PROA_OP_TABLE_SET:
        return proa_body_pop_all(body, instruction, types, 2);
    case PROA_OP_TABLE_SIZE:
        return proa_body_push(body, address);
    case PROA_OP_TABLE_GROW:
        status = proa_body_pop_all(body, instruction, types + 1, 2);
        return status == PROA_OK ? proa_body_push(body, address) : status;
    default: /* table.fill */
        return proa_body_pop_all(body, instruction, types, 3);
    }
}

/* Index is the destination, index2 the source. The size is an i64 only when
 * both have such addresses. */
static enum proa_status check_copy(struct proa_body *body,
                                   const struct proa_instruction *instruction)
{
    const struct proa_tabletype *to = NULL;
    const struct proa_tabletype *from = NULL;
    enum proa_status status =
        find_table(body, instruction, instruction->index, &to);

    if (status == PROA_OK)
        status = find_table(body, instruction, instruction->index2, &from);
    if (status != PROA_OK)
        return status;
    if (to->element != from->element)
        return differ(body, instruction, from->element, to->element);

    bool is_64 = to->limits.is_64 && from->limits.is_64;
    const enum proa_valtype types[] = { proa_address_type(&to->limits),
                                        proa_address_type(&from->limits),
                                        is_64 ? PROA_I64 : PROA_I32 };
    return proa_body_pop_all(body, instruction, types, 3);
}

/* Index is the segment, index2 the table. */
static enum proa_status check_init(struct proa_body *body,
                                   const struct proa_instruction *instruction)
{
    const struct proa_tabletype *to = NULL;
    const struct proa_wasm_elem *from = NULL;
    enum proa_status status =
        find_table(body, instruction, instruction->index2, &to);

    if (status == PROA_OK)
        status = find_elem(body, instruction, &from);
    if (status != PROA_OK)
        return status;
    if (to->element != from->type)
        return differ(body, instruction, from->type, to->element);

    const enum proa_valtype types[] = { proa_address_type(&to->limits),
                                        PROA_I32, PROA_I32 };
    return proa_body_pop_all(body, instruction, types, 3);
}

static enum proa_status
check_is_null(struct proa_body *body,
              const struct proa_instruction *instruction)
{
    enum proa_valtype type = PROA_ANY;
    enum proa_status status = proa_body_pop_any(body, instruction, &type);

    if (status != PROA_OK)
        return status;
    if (type != PROA_ANY && !proa_valtype_is_reference(type))
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "type mismatch: ref.is_null of %s",
                         proa_valtype_name(type));
    return proa_body_push(body, PROA_I32);
}

static enum proa_status
check_ref_func(struct proa_body *body,
               const struct proa_instruction *instruction)
{
    if (instruction->index >= body->module->function_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown function %u", instruction->index);
    if (!body->module->functions[instruction->index].is_referenced)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "undeclared function reference %u",
                         instruction->index);
    return proa_body_push(body, PROA_FUNCREF);
}

enum proa_status proa_body_table(struct proa_body *body,
                                 const struct proa_instruction *instruction)
{
    switch (instruction->op) {
    case PROA_OP_TABLE_COPY:
        return check_copy(body, instruction);
    case PROA_OP_TABLE_INIT:
        return check_init(body, instruction);
    case PROA_OP_REF_NULL:
        return proa_body_push(body, instruction->type);
    case PROA_OP_REF_IS_NULL:
        return check_is_null(body, instruction);
    case PROA_OP_REF_FUNC:
        return check_ref_func(body, instruction);
    default:
        return check_one(body, instruction);
    }
}
