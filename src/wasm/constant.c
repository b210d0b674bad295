/*
 * https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/constant.h"

#include "base/fail.h"
#include "wasm/instruction.h"
#include "wasm/limits.h"

struct constant {
    struct proa_wasm_module *module;
    uint32_t global_count; /* how many may be read */
    uint32_t depth;
    enum proa_valtype stack[PROA_CONSTANT_DEPTH_MAX];
};

static enum proa_status push(struct constant *constant, uint32_t offset,
                             enum proa_valtype type, struct proa_error *err)
{
    if (constant->depth == PROA_CONSTANT_DEPTH_MAX)
        return proa_fail(err, PROA_LIMIT, offset,
                         "constant expression too deep: more than %d values",
                         PROA_CONSTANT_DEPTH_MAX);
    constant->stack[constant->depth++] = type;
    return PROA_OK;
}

static enum proa_status binary(struct constant *constant,
                               const struct proa_instruction *instruction,
                               enum proa_valtype type, struct proa_error *err)
{
    const enum proa_valtype *top = constant->stack + constant->depth;

    if (constant->depth < 2 || top[-1] != type || top[-2] != type)
        return proa_fail(err, PROA_INVALID, instruction->offset,
                         "type mismatch: %s takes two %s",
                         proa_opcodes[instruction->op].text,
                         proa_valtype_name(type));
    constant->depth--;
    constant->module->feature_used[PROA_FEATURE_EXTENDED_CONST] = true;
    return PROA_OK;
}

static enum proa_status global_get(struct constant *constant,
                                   const struct proa_instruction *instruction,
                                   struct proa_error *err)
{
    uint32_t index = instruction->index;

    if (index >= constant->global_count)
        return proa_fail(err, PROA_INVALID, instruction->offset,
                         "unknown global %u in a constant expression", index);

    const struct proa_globaltype *type = &constant->module->globals[index].type;
    if (type->is_mutable)
        return proa_fail(err, PROA_INVALID, instruction->offset,
                         "constant expression required: global %u is mutable",
                         index);
    return push(constant, instruction->offset, type->type, err);
}

static enum proa_status ref_func(struct constant *constant,
                                 const struct proa_instruction *instruction,
                                 struct proa_error *err)
{
    if (instruction->index >= constant->module->function_count)
        return proa_fail(err, PROA_INVALID, instruction->offset,
                         "unknown function %u", instruction->index);
    constant->module->functions[instruction->index].is_referenced = true;
    return push(constant, instruction->offset, PROA_FUNCREF, err);
}

static enum proa_status check(struct constant *constant,
                              const struct proa_instruction *instruction,
                              struct proa_error *err)
{
    uint32_t offset = instruction->offset;

    switch (instruction->op) {
    case PROA_OP_I32_CONST:
        return push(constant, offset, PROA_I32, err);
    case PROA_OP_I64_CONST:
        return push(constant, offset, PROA_I64, err);
    case PROA_OP_F32_CONST:
        return push(constant, offset, PROA_F32, err);
    case PROA_OP_F64_CONST:
        return push(constant, offset, PROA_F64, err);
    case PROA_OP_V128_CONST:
        return push(constant, offset, PROA_V128, err);
    case PROA_OP_REF_NULL:
        return push(constant, offset, instruction->type, err);
    case PROA_OP_REF_FUNC:
        return ref_func(constant, instruction, err);
    case PROA_OP_GLOBAL_GET:
        return global_get(constant, instruction, err);
    case PROA_OP_I32_ADD:
    case PROA_OP_I32_SUB:
    case PROA_OP_I32_MUL:
        return binary(constant, instruction, PROA_I32, err);
    case PROA_OP_I64_ADD:
    case PROA_OP_I64_SUB:
    case PROA_OP_I64_MUL:
        return binary(constant, instruction, PROA_I64, err);
    default:
        return proa_fail(err, PROA_INVALID, offset,
                         "constant expression required: %s is not constant",
                         proa_opcodes[instruction->op].text);
    }
}

enum proa_status proa_constant_validate(struct proa_wasm_module *module,
                                        struct proa_cursor *in,
                                        enum proa_valtype type,
                                        uint32_t global_count,
                                        struct proa_error *err)
{
    struct constant constant;
    struct proa_instruction instruction;

    constant.module = module;
    constant.global_count = global_count;
    constant.depth = 0;
    for (;;) {
        enum proa_status status = proa_instruction_read(in, &instruction, err);
        if (status != PROA_OK)
            return status;
        if (instruction.op == PROA_OP_END)
            break;
        module->feature_used[proa_opcodes[instruction.op].feature] = true;
        status = check(&constant, &instruction, err);
        if (status != PROA_OK)
            return status;
    }
    if (constant.depth != 1)
        return proa_fail(err, PROA_INVALID, instruction.offset,
                         "type mismatch: constant expression leaves %u values, "
                         "expected one %s",
                         constant.depth, proa_valtype_name(type));
    if (constant.stack[0] != type)
        return proa_fail(err, PROA_INVALID, instruction.offset,
                         "type mismatch: constant expression of type %s, "
                         "expected %s",
                         proa_valtype_name(constant.stack[0]),
                         proa_valtype_name(type));
    return PROA_OK;
}
