/*
 * https://webassembly.github.io/spec/core/appendix/algorithm.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/validate/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/where.h"

static uint8_t signature_type(char letter)
{
    switch (letter) {
    case 'i':
        return PROA_I32;
    case 'I':
        return PROA_I64;
    case 'f':
        return PROA_F32;
    case 'F':
        return PROA_F64;
    case 'v':
        return PROA_V128;
    default:
        assert(letter == 'a');
        return PROA_SIGNATURE_ADDRESS;
    }
}

static struct proa_signature read_signature(const char *text)
{
    struct proa_signature signature = { .param_count = 0 };

    if (text == NULL) {
        signature.param_count = PROA_SIGNATURE_ITSELF;
        return signature;
    }
    for (; *text != ':'; text++) {
        assert(signature.param_count < sizeof signature.params);
        signature.params[signature.param_count++] = signature_type(*text);
    }
    if (text[1] != '\0')
        signature.result = signature_type(text[1]);
    return signature;
}

/* What the row wants on top, if it wants anything. */
static void see_top(struct proa_signature *signature,
                    const struct proa_wasm_module *module)
{
    uint32_t count = signature->param_count;
    uint8_t top[PROA_TOP_BYTES] = { 0 };
    uint8_t mask[PROA_TOP_BYTES] = { 0 };

    if (count == 0 || count == PROA_SIGNATURE_ITSELF)
        return;
    signature->is_quick = true;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t type = signature->params[i];
        uint32_t at = PROA_TOP_BYTES - count + i;
        if (type == PROA_SIGNATURE_ADDRESS && module->memory_count == 0)
            signature->is_quick = false;
        else if (type == PROA_SIGNATURE_ADDRESS)
            type = (uint8_t)proa_address_type(&module->memories[0].limits);
        top[at] = type;
        mask[at] = 0xff;
    }
    memcpy(&signature->top, top, sizeof top);
    memcpy(&signature->mask, mask, sizeof mask);
}

void proa_body_deinit(struct proa_body *body)
{
    proa_locals_deinit(&body->locals);
    if (body->operands != NULL)
        free(body->operands - PROA_TOP_BYTES);
    free(body->labels);
    body->operands = NULL;
    body->labels = NULL;
}

/* The memory that an instruction with a signature works on. */
static enum proa_valtype
address_type(const struct proa_body *body,
             const struct proa_instruction *instruction)
{
    uint32_t index = proa_opcodes[instruction->op].immediate == PROA_IMM_MEMORY
                         ? instruction->index
                         : instruction->memarg.memory_index;

    return proa_address_type(&body->module->memories[index].limits);
}

bool proa_body_apply(struct proa_body *body,
                     const struct proa_signature *signature)
{
    uint32_t count = body->operand_count;
    uint32_t params = signature->param_count;
    uint32_t found;

    if (!signature->is_quick || count < proa_body_top(body)->height + params)
        return false;
    memcpy(&found, body->operands + count - PROA_TOP_BYTES, sizeof found);
    if ((found & signature->mask) != signature->top)
        return false;
    /* Written always, counted where there is one. */
    count -= params;
    body->operands[count] = signature->result;
    body->operand_count = count + (signature->result != 0);
    return true;
}

static enum proa_status
apply_signature(struct proa_body *body,
                const struct proa_instruction *instruction,
                const struct proa_signature *signature)
{
    enum proa_status status = PROA_OK;

    if (proa_opcodes[instruction->op].immediate != PROA_IMM_NONE)
        status = proa_body_immediate(body, instruction);
    else if (proa_body_apply(body, signature))
        return PROA_OK;
    for (uint32_t i = signature->param_count; status == PROA_OK && i-- > 0;) {
        enum proa_valtype type = (enum proa_valtype)signature->params[i];
        if (signature->params[i] == PROA_SIGNATURE_ADDRESS)
            type = address_type(body, instruction);
        status = proa_body_pop(body, instruction, type);
    }
    if (status != PROA_OK || signature->result == 0)
        return status;
    if (signature->result == PROA_SIGNATURE_ADDRESS)
        return proa_body_push(body, address_type(body, instruction));
    return proa_body_push(body, (enum proa_valtype)signature->result);
}

/* Who knows the instructions that have no signature. */
static proa_body_check *check_of(enum proa_op op)
{
    switch (op) {
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_IF:
        return proa_body_begin;
    case PROA_OP_ELSE:
        return proa_body_else;
    case PROA_OP_END:
        return proa_body_end;
    case PROA_OP_BR:
    case PROA_OP_BR_IF:
        return proa_body_branch;
    case PROA_OP_BR_TABLE:
        return proa_body_branch_table;
    case PROA_OP_CALL:
    case PROA_OP_CALL_INDIRECT:
    case PROA_OP_RETURN_CALL:
    case PROA_OP_RETURN_CALL_INDIRECT:
        return proa_body_call;
    case PROA_OP_LOCAL_GET:
    case PROA_OP_LOCAL_SET:
    case PROA_OP_LOCAL_TEE:
        return proa_body_local;
    case PROA_OP_GLOBAL_GET:
    case PROA_OP_GLOBAL_SET:
        return proa_body_global;
    case PROA_OP_DROP:
        return proa_body_drop;
    case PROA_OP_SELECT:
        return proa_body_select;
    case PROA_OP_SELECT_T:
        return proa_body_typed_select;
    case PROA_OP_MEMORY_INIT:
    case PROA_OP_MEMORY_COPY:
    case PROA_OP_MEMORY_FILL:
        return proa_body_bulk;
    case PROA_OP_REF_NULL:
    case PROA_OP_REF_IS_NULL:
    case PROA_OP_REF_FUNC:
    case PROA_OP_TABLE_GET:
    case PROA_OP_TABLE_SET:
    case PROA_OP_TABLE_INIT:
    case PROA_OP_TABLE_COPY:
    case PROA_OP_TABLE_GROW:
    case PROA_OP_TABLE_SIZE:
    case PROA_OP_TABLE_FILL:
        return proa_body_table;
    default: /* unreachable, return; others of its kind are not read */
        return proa_body_leave;
    }
}

static enum proa_status
check_signature(struct proa_body *body,
                const struct proa_instruction *instruction)
{
    return apply_signature(body, instruction,
                           &body->signatures[instruction->op]);
}

void proa_body_init(struct proa_body *body, struct proa_wasm_module *module,
                    struct proa_error *err)
{
    memset(body, 0, sizeof *body);
    body->module = module;
    body->feature_used = module->feature_used;
    body->err = err;
    for (uint32_t op = 0; op < PROA_OP_COUNT; op++) {
        struct proa_signature *signature = &body->signatures[op];
        *signature = read_signature(proa_opcodes[op].signature);
        signature->align = proa_opcodes[op].align;
        see_top(signature, module);
        body->checks[op] = signature->param_count == PROA_SIGNATURE_ITSELF
                               ? check_of((enum proa_op)op)
                               : check_signature;
    }
}

enum proa_status
proa_body_check_read(struct proa_body *body,
                     const struct proa_instruction *instruction)
{
    enum proa_status status;

    body->feature_used[proa_opcodes[instruction->op].feature] = true;
    status = body->checks[instruction->op](body, instruction);
    if (status == PROA_OK && body->label_count == 0 &&
        proa_cursor_left(&body->in) > 0)
        status = proa_fail(body->err, PROA_MALFORMED, body->in.offset,
                           "END opcode expected: %u bytes after the function's "
                           "end",
                           proa_cursor_left(&body->in));
    if (status != PROA_OK)
        proa_where_function(body->err, body->module, body->function_index);
    return status;
}

enum proa_status proa_body_next(struct proa_body *body,
                                struct proa_instruction *instruction)
{
    enum proa_status status =
        proa_instruction_read(&body->in, instruction, body->err);

    if (status == PROA_OK)
        return proa_body_check_read(body, instruction);
    proa_where_function(body->err, body->module, body->function_index);
    return status;
}

enum proa_status proa_body_open(struct proa_body *body, uint32_t function_index)
{
    const struct proa_functype *type =
        proa_wasm_functype(body->module, function_index);
    struct proa_functype block = *type;
    enum proa_status status;

    body->function_index = function_index;
    body->in = body->module->functions[function_index].body;
    body->operand_count = 0;
    body->label_count = 0;
    status = proa_locals_read(&body->locals, type, &body->in, body->err);
    if (status == PROA_OK) {
        block.param_count = 0; /* they are locals, not operands */
        status = proa_body_enter(body, body->in.offset, PROA_OP_BLOCK, &block);
    }
    if (status != PROA_OK)
        proa_where_function(body->err, body->module, function_index);
    return status;
}

enum proa_status proa_body_validate(struct proa_body *body,
                                    uint32_t function_index)
{
    struct proa_instruction instruction;
    enum proa_status status = proa_body_open(body, function_index);

    while (status == PROA_OK && body->label_count > 0)
        status = proa_body_next(body, &instruction);
    return status;
}
