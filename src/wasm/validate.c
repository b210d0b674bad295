/*
 * https://webassembly.github.io/spec/core/valid/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/validate.h"

#include <stdlib.h>

#include "wasm/short.h"
#include "wasm/validate/body.h"
#include "wasm/validate/parts.h"
#include "wasm/where.h"

/* In an order in which each finds what it needs: a body may name with ref.func
 * only functions that something else has named. */
static const struct {
    enum proa_status (*check)(struct proa_wasm_module *module,
                              struct proa_error *err);
    const char *place;
} parts[] = {
    { proa_validate_types, "the types" },
    { proa_validate_tables, "the tables" },
    { proa_validate_memories, "the memories" },
    { proa_validate_globals, "the globals" },
    { proa_validate_exports, "the exports" },
    { proa_validate_start, "the start section" },
    { proa_validate_elems, "the element segments" },
    { proa_validate_datas, "the data segments" },
};

static enum proa_status validate_bodies(struct proa_wasm_module *module,
                                        struct proa_error *err)
{
    struct proa_body body;
    enum proa_status status = PROA_OK;

    proa_body_init(&body, module, err);
    for (uint32_t i = module->imported_function_count;
         status == PROA_OK && i < module->function_count; i++)
        status = proa_body_validate(&body, i);
    proa_body_deinit(&body);
    return status;
}

enum proa_status proa_wasm_validate_parts(struct proa_wasm_module *module,
                                          struct proa_error *err)
{
    for (uint32_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        enum proa_status status = parts[i].check(module, err);
        if (status != PROA_OK) {
            proa_where_section(err, parts[i].place);
            return status;
        }
    }
    return PROA_OK;
}

enum proa_status proa_wasm_validate(struct proa_wasm_module *module,
                                    struct proa_error *err)
{
    enum proa_status status = proa_wasm_validate_parts(module, err);

    return status == PROA_OK ? validate_bodies(module, err) : status;
}

struct proa_validator {
    struct proa_body body;
    bool feature_used[PROA_FEATURE_COUNT];
};

struct proa_validator *proa_validator_create(struct proa_wasm_module *module,
                                             struct proa_error *err)
{
    struct proa_validator *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    proa_body_init(&made->body, module, err);
    made->body.feature_used = made->feature_used;
    return made;
}

void proa_validator_destroy(struct proa_validator *validator)
{
    if (validator != NULL)
        proa_body_deinit(&validator->body);
    free(validator);
}

enum proa_status proa_validator_open(struct proa_validator *validator,
                                     uint32_t function_index)
{
    return proa_body_open(&validator->body, function_index);
}

bool proa_validator_is_open(const struct proa_validator *validator)
{
    return validator->body.label_count > 0;
}

const struct proa_cursor *
proa_validator_rest(const struct proa_validator *validator)
{
    return &validator->body.in;
}

uint8_t proa_validator_peek(const struct proa_validator *validator)
{
    const struct proa_cursor *in = &validator->body.in;

    if (proa_cursor_left(in) < PROA_SHORT_INSTRUCTION_BYTES_MAX)
        return 0;
    return in->bytes[in->offset];
}

bool proa_validator_get(struct proa_validator *validator, uint32_t *local)
{
    struct proa_body *body = &validator->body;
    uint8_t index = body->in.bytes[body->in.offset + 1];

    if (index >= 0x80 || index >= body->locals.count ||
        body->operand_count == body->operand_capacity)
        return false;
    body->operands[body->operand_count++] = (uint8_t)body->locals.near[index];
    body->in.offset += 2;
    *local = index;
    return true;
}

bool proa_validator_set(struct proa_validator *validator, bool is_tee,
                        uint32_t *local)
{
    struct proa_body *body = &validator->body;
    uint8_t index = body->in.bytes[body->in.offset + 1];
    uint32_t count = body->operand_count;

    if (index >= 0x80 || index >= body->locals.count ||
        count == proa_body_top(body)->height ||
        body->operands[count - 1] != (uint8_t)body->locals.near[index])
        return false;
    body->operand_count = count - !is_tee;
    body->in.offset += 2;
    *local = index;
    return true;
}

bool proa_validator_number(struct proa_validator *validator,
                           enum proa_valtype type, int32_t *value)
{
    struct proa_body *body = &validator->body;
    uint32_t size =
        proa_short_signed(body->in.bytes + body->in.offset + 1, value);

    if (size == 0 || body->operand_count == body->operand_capacity)
        return false;
    body->operands[body->operand_count++] = (uint8_t)type;
    body->in.offset += 1 + size;
    return true;
}

bool proa_validator_access(struct proa_validator *validator, enum proa_op op,
                           uint32_t *offset)
{
    struct proa_body *body = &validator->body;
    const struct proa_signature *signature = &body->signatures[op];
    const uint8_t *at = body->in.bytes + body->in.offset;
    uint32_t size = proa_short_unsigned(at + 2, offset);

    if (size == 0 || at[1] > signature->align ||
        !proa_body_apply(body, signature))
        return false;
    body->in.offset += 2 + size;
    return true;
}

bool proa_validator_plain(struct proa_validator *validator, enum proa_op op)
{
    struct proa_body *body = &validator->body;

    if (!proa_body_apply(body, &body->signatures[op]))
        return false;
    body->in.offset++;
    return true;
}

bool proa_validator_read(struct proa_validator *validator, enum proa_op op,
                         enum proa_immediate immediate,
                         struct proa_instruction *instruction)
{
    struct proa_cursor *in = &validator->body.in;
    const uint8_t *at = in->bytes + in->offset;
    uint32_t size = 0;

    if (immediate == PROA_IMM_BLOCK)
        size = proa_short_blocktype(at + 1, &instruction->block);
    else if (immediate == PROA_IMM_LABEL)
        size = proa_short_unsigned(at + 1, &instruction->index);
    if (size == 0 && immediate != PROA_IMM_NONE)
        return false;
    instruction->op = op;
    instruction->offset = in->offset;
    in->offset += 1 + size;
    return true;
}

enum proa_status
proa_validator_check(struct proa_validator *validator,
                     const struct proa_instruction *instruction)
{
    return proa_body_check_read(&validator->body, instruction);
}

enum proa_status proa_validator_next(struct proa_validator *validator,
                                     struct proa_instruction *instruction)
{
    return proa_body_next(&validator->body, instruction);
}
