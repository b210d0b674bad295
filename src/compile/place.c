/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/place.h"

#include "artifact/abi.h"

enum { DEPTH_MAX = 8 }; /* of nested sums that are looked into */

static bool add_term(struct proa_sum *sum, LLVMValueRef value, uint64_t factor)
{
    uint32_t at = sum->count;

    for (uint32_t i = 0; i < sum->count; i++) {
        if (sum->terms[i].value == value) {
            sum->terms[i].factor += factor;
            return true;
        }
    }
    if (at == PROA_SUM_TERMS_MAX)
        return false;
    for (; at > 0 && (uintptr_t)sum->terms[at - 1].value > (uintptr_t)value;
         at--)
        sum->terms[at] = sum->terms[at - 1];
    sum->terms[at] = (struct proa_term){ value, factor };
    sum->count++;
    return true;
}

/* A constant that fits, or false. */
static bool read_constant(LLVMValueRef value, uint64_t *constant)
{
    if (LLVMIsAConstantInt(value) == NULL ||
        LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64)
        return false;
    *constant = (uint64_t)LLVMConstIntGetSExtValue(value);
    return true;
}

static bool add_scaled(struct proa_sum *sum, LLVMValueRef value,
                       uint64_t factor, int depth)
{
    uint64_t constant;
    LLVMOpcode opcode;

    if (read_constant(value, &constant)) {
        sum->constant += factor * constant;
        return true;
    }
    if (depth == DEPTH_MAX || LLVMIsAInstruction(value) == NULL)
        return add_term(sum, value, factor);
    opcode = LLVMGetInstructionOpcode(value);
    if (opcode == LLVMAdd || opcode == LLVMSub)
        return add_scaled(sum, LLVMGetOperand(value, 0), factor, depth + 1) &&
               add_scaled(sum, LLVMGetOperand(value, 1),
                          opcode == LLVMAdd ? factor : -factor, depth + 1);
    if (opcode == LLVMOr && LLVMGetIsDisjoint(value))
        return add_scaled(sum, LLVMGetOperand(value, 0), factor, depth + 1) &&
               add_scaled(sum, LLVMGetOperand(value, 1), factor, depth + 1);
    if (opcode == LLVMMul && read_constant(LLVMGetOperand(value, 1), &constant))
        return add_scaled(sum, LLVMGetOperand(value, 0), factor * constant,
                          depth + 1);
    if (opcode == LLVMShl &&
        read_constant(LLVMGetOperand(value, 1), &constant) && constant < 64)
        return add_scaled(sum, LLVMGetOperand(value, 0), factor << constant,
                          depth + 1);
    return add_term(sum, value, factor);
}

bool proa_sum_add(struct proa_sum *sum, LLVMValueRef value, uint64_t factor)
{
    return add_scaled(sum, value, factor, 0);
}

bool proa_sum_is_parallel(const struct proa_sum *a, const struct proa_sum *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->terms[i].value != b->terms[i].value ||
            a->terms[i].factor != b->terms[i].factor)
            return false;
    return true;
}

/* A getelementptr over bytes with one index. */
static bool is_offset(LLVMValueRef value)
{
    return LLVMIsAGetElementPtrInst(value) != NULL &&
           LLVMGetNumOperands(value) == 2 &&
           LLVMGetTypeKind(LLVMGetGEPSourceElementType(value)) ==
               LLVMIntegerTypeKind &&
           LLVMGetIntTypeWidth(LLVMGetGEPSourceElementType(value)) == 8;
}

bool proa_place_read(LLVMValueRef pointer, struct proa_place *place)
{
    uint64_t offset = 0;
    LLVMValueRef index;

    if (!is_offset(pointer))
        return false;
    index = LLVMGetOperand(pointer, 1);
    if (LLVMIsAConstantInt(index) != NULL) {
        offset = LLVMConstIntGetZExtValue(index);
        pointer = LLVMGetOperand(pointer, 0);
        if (!is_offset(pointer))
            return false;
        index = LLVMGetOperand(pointer, 1);
    }
    if (LLVMIsAZExtInst(index) == NULL ||
        LLVMGetIntTypeWidth(LLVMTypeOf(LLVMGetOperand(index, 0))) != 32)
        return false;
    *place = (struct proa_place){ .base = LLVMGetOperand(pointer, 0),
                                  .wide = index,
                                  .offset = offset };
    return proa_sum_add(&place->sum, LLVMGetOperand(index, 0), 1) &&
           place->sum.count > 0;
}

bool proa_place_memories_are_short(const struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->memory_count; i++) {
        const struct proa_limits *limits = &module->memories[i].limits;

        if (limits->is_64 || limits->min > PROA_MEMORY32_PAGES_MAX ||
            (i < module->imported_memory_count &&
             limits->max > PROA_MEMORY32_PAGES_MAX))
            return false;
    }
    return true;
}
