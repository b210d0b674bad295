/*
 * Constants, arithmetic and comparisons.
 * https://webassembly.github.io/spec/core/exec/numerics.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "compile/lower/function.h"

enum rule_kind {
    RULE_NONE,
    RULE_CONST,
    RULE_EQZ,
    RULE_BINARY,      /* LLVM opcode */
    RULE_SHIFT,       /* LLVM opcode; the count is taken modulo the width */
    RULE_ROTATE,      /* intrinsic */
    RULE_DIVIDE,      /* LLVM opcode; traps */
    RULE_COMPARE,     /* LLVM integer predicate */
    RULE_COMPARE_FP,  /* LLVM float predicate */
    RULE_COUNT,       /* intrinsic with a second argument: 0 is defined */
    RULE_UNARY,       /* intrinsic */
    RULE_BINARY_CALL, /* intrinsic */
    RULE_NEGATE,
};

struct rule {
    uint8_t kind;
    uint8_t code;          /* LLVM opcode or predicate */
    const char *intrinsic; /* overloaded on the operand's type */
};

#define INTEGER_RULES(T)                                                       \
    [PROA_OP_##T##_CONST] = { RULE_CONST, 0, NULL },                           \
    [PROA_OP_##T##_EQZ] = { RULE_EQZ, 0, NULL },                               \
    [PROA_OP_##T##_EQ] = { RULE_COMPARE, LLVMIntEQ, NULL },                    \
    [PROA_OP_##T##_NE] = { RULE_COMPARE, LLVMIntNE, NULL },                    \
    [PROA_OP_##T##_LT_S] = { RULE_COMPARE, LLVMIntSLT, NULL },                 \
    [PROA_OP_##T##_LT_U] = { RULE_COMPARE, LLVMIntULT, NULL },                 \
    [PROA_OP_##T##_GT_S] = { RULE_COMPARE, LLVMIntSGT, NULL },                 \
    [PROA_OP_##T##_GT_U] = { RULE_COMPARE, LLVMIntUGT, NULL },                 \
    [PROA_OP_##T##_LE_S] = { RULE_COMPARE, LLVMIntSLE, NULL },                 \
    [PROA_OP_##T##_LE_U] = { RULE_COMPARE, LLVMIntULE, NULL },                 \
    [PROA_OP_##T##_GE_S] = { RULE_COMPARE, LLVMIntSGE, NULL },                 \
    [PROA_OP_##T##_GE_U] = { RULE_COMPARE, LLVMIntUGE, NULL },                 \
    [PROA_OP_##T##_CLZ] = { RULE_COUNT, 0, "llvm.ctlz" },                      \
    [PROA_OP_##T##_CTZ] = { RULE_COUNT, 0, "llvm.cttz" },                      \
    [PROA_OP_##T##_POPCNT] = { RULE_UNARY, 0, "llvm.ctpop" },                  \
    [PROA_OP_##T##_ADD] = { RULE_BINARY, LLVMAdd, NULL },                      \
    [PROA_OP_##T##_SUB] = { RULE_BINARY, LLVMSub, NULL },                      \
    [PROA_OP_##T##_MUL] = { RULE_BINARY, LLVMMul, NULL },                      \
    [PROA_OP_##T##_DIV_S] = { RULE_DIVIDE, LLVMSDiv, NULL },                   \
    [PROA_OP_##T##_DIV_U] = { RULE_DIVIDE, LLVMUDiv, NULL },                   \
    [PROA_OP_##T##_REM_S] = { RULE_DIVIDE, LLVMSRem, NULL },                   \
    [PROA_OP_##T##_REM_U] = { RULE_DIVIDE, LLVMURem, NULL },                   \
    [PROA_OP_##T##_AND] = { RULE_BINARY, LLVMAnd, NULL },                      \
    [PROA_OP_##T##_OR] = { RULE_BINARY, LLVMOr, NULL },                        \
    [PROA_OP_##T##_XOR] = { RULE_BINARY, LLVMXor, NULL },                      \
    [PROA_OP_##T##_SHL] = { RULE_SHIFT, LLVMShl, NULL },                       \
    [PROA_OP_##T##_SHR_S] = { RULE_SHIFT, LLVMAShr, NULL },                    \
    [PROA_OP_##T##_SHR_U] = { RULE_SHIFT, LLVMLShr, NULL },                    \
    [PROA_OP_##T##_ROTL] = { RULE_ROTATE, 0, "llvm.fshl" },                    \
    [PROA_OP_##T##_ROTR] = { RULE_ROTATE, 0, "llvm.fshr" }

/* A NaN makes every comparison false, but for "not equal". */
#define FLOAT_RULES(T)                                                         \
    [PROA_OP_##T##_CONST] = { RULE_CONST, 0, NULL },                           \
    [PROA_OP_##T##_EQ] = { RULE_COMPARE_FP, LLVMRealOEQ, NULL },               \
    [PROA_OP_##T##_NE] = { RULE_COMPARE_FP, LLVMRealUNE, NULL },               \
    [PROA_OP_##T##_LT] = { RULE_COMPARE_FP, LLVMRealOLT, NULL },               \
    [PROA_OP_##T##_GT] = { RULE_COMPARE_FP, LLVMRealOGT, NULL },               \
    [PROA_OP_##T##_LE] = { RULE_COMPARE_FP, LLVMRealOLE, NULL },               \
    [PROA_OP_##T##_GE] = { RULE_COMPARE_FP, LLVMRealOGE, NULL },               \
    [PROA_OP_##T##_ABS] = { RULE_UNARY, 0, "llvm.fabs" },                      \
    [PROA_OP_##T##_NEG] = { RULE_NEGATE, 0, NULL },                            \
    [PROA_OP_##T##_CEIL] = { RULE_UNARY, 0, "llvm.ceil" },                     \
    [PROA_OP_##T##_FLOOR] = { RULE_UNARY, 0, "llvm.floor" },                   \
    [PROA_OP_##T##_TRUNC] = { RULE_UNARY, 0, "llvm.trunc" },                   \
    [PROA_OP_##T##_NEAREST] = { RULE_UNARY, 0, "llvm.roundeven" },             \
    [PROA_OP_##T##_SQRT] = { RULE_UNARY, 0, "llvm.sqrt" },                     \
    [PROA_OP_##T##_ADD] = { RULE_BINARY, LLVMFAdd, NULL },                     \
    [PROA_OP_##T##_SUB] = { RULE_BINARY, LLVMFSub, NULL },                     \
    [PROA_OP_##T##_MUL] = { RULE_BINARY, LLVMFMul, NULL },                     \
    [PROA_OP_##T##_DIV] = { RULE_BINARY, LLVMFDiv, NULL },                     \
    [PROA_OP_##T##_MIN] = { RULE_BINARY_CALL, 0, "llvm.minimum" },             \
    [PROA_OP_##T##_MAX] = { RULE_BINARY_CALL, 0, "llvm.maximum" },             \
    [PROA_OP_##T##_COPYSIGN] = { RULE_BINARY_CALL, 0, "llvm.copysign" }

static const struct rule rules[PROA_OP_COUNT] = {
    INTEGER_RULES(I32),
    INTEGER_RULES(I64),
    FLOAT_RULES(F32),
    FLOAT_RULES(F64),
};

/* A float constant by its bits: going through a C double would lose a NaN's. */
static LLVMValueRef constant(struct proa_lower *lower,
                             const struct proa_instruction *instruction)
{
    const struct proa_unit *unit = lower->unit;

    switch (instruction->op) {
    case PROA_OP_I32_CONST:
        return proa_unit_i32(unit, (uint32_t)instruction->i32);
    case PROA_OP_I64_CONST:
        return proa_unit_i64(unit, (uint64_t)instruction->i64);
    case PROA_OP_F32_CONST:
        return LLVMConstBitCast(proa_unit_i32(unit, instruction->f32_bits),
                                unit->f32);
    default:
        return LLVMConstBitCast(proa_unit_i64(unit, instruction->f64_bits),
                                unit->f64);
    }
}

/* Quotients that do not exist trap; LLVM calls them undefined. */
static LLVMValueRef divide(struct proa_lower *lower, LLVMOpcode opcode,
                           LLVMValueRef left, LLVMValueRef right)
{
    LLVMBuilderRef builder = lower->builder;
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef minus_one = LLVMConstAllOnes(type);
    unsigned width = LLVMGetIntTypeWidth(type);
    LLVMValueRef lowest = LLVMConstInt(type, (uint64_t)1 << (width - 1), false);
    LLVMValueRef is_minus_one;

    proa_lower_trap_if(
        lower,
        LLVMBuildICmp(builder, LLVMIntEQ, right, LLVMConstNull(type), ""),
        PROA_TRAP_DIVIDE_BY_ZERO);
    if (opcode != LLVMSDiv && opcode != LLVMSRem)
        return LLVMBuildBinOp(builder, opcode, left, right, "");
    is_minus_one = LLVMBuildICmp(builder, LLVMIntEQ, right, minus_one, "");
    if (opcode == LLVMSDiv) {
        LLVMValueRef is_lowest =
            LLVMBuildICmp(builder, LLVMIntEQ, left, lowest, "");

        proa_lower_trap_if(lower,
                           LLVMBuildAnd(builder, is_lowest, is_minus_one, ""),
                           PROA_TRAP_INTEGER_OVERFLOW);
    } else {
        /* x % -1 is x % 1 is 0, and that never overflows. */
        right = LLVMBuildSelect(builder, is_minus_one,
                                LLVMConstInt(type, 1, false), right, "");
    }
    return LLVMBuildBinOp(builder, opcode, left, right, "");
}

static LLVMValueRef shift(struct proa_lower *lower, LLVMOpcode opcode,
                          LLVMValueRef value, LLVMValueRef count)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef mask =
        LLVMConstInt(type, LLVMGetIntTypeWidth(type) - 1, false);

    count = LLVMBuildAnd(lower->builder, count, mask, "");
    return LLVMBuildBinOp(lower->builder, opcode, value, count, "");
}

static LLVMValueRef equals_zero(struct proa_lower *lower, LLVMValueRef value)
{
    if (LLVMTypeOf(value) == lower->unit->i32)
        return LLVMBuildNot(lower->builder, proa_lower_bool(lower, value), "");
    return LLVMBuildICmp(lower->builder, LLVMIntEQ, value,
                         LLVMConstNull(LLVMTypeOf(value)), "");
}

static LLVMValueRef intrinsic(struct proa_lower *lower, const char *name,
                              LLVMValueRef *args, unsigned count)
{
    LLVMTypeRef type = LLVMTypeOf(args[0]);

    return proa_lower_intrinsic(lower, name, &type, 1, args, count);
}

static void lower_unary(struct proa_lower *lower, const struct rule *rule)
{
    LLVMValueRef args[2] = { proa_lower_pop(lower) };

    if (rule->kind == RULE_EQZ) {
        proa_lower_push_bool(lower, equals_zero(lower, args[0]));
    } else if (rule->kind == RULE_NEGATE) {
        proa_lower_push(lower, LLVMBuildFNeg(lower->builder, args[0], ""));
    } else if (rule->kind == RULE_COUNT) {
        args[1] = LLVMConstInt(lower->unit->i1, 0, false);
        proa_lower_push(lower, intrinsic(lower, rule->intrinsic, args, 2));
    } else {
        proa_lower_push(lower, intrinsic(lower, rule->intrinsic, args, 1));
    }
}

static void lower_binary(struct proa_lower *lower, const struct rule *rule)
{
    LLVMBuilderRef builder = lower->builder;
    LLVMValueRef right = proa_lower_pop(lower);
    LLVMValueRef left = proa_lower_pop(lower);
    LLVMValueRef args[3] = { left, right, right };

    switch (rule->kind) {
    case RULE_BINARY:
        proa_lower_push(lower, LLVMBuildBinOp(builder, (LLVMOpcode)rule->code,
                                              left, right, ""));
        break;
    case RULE_SHIFT:
        proa_lower_push(lower,
                        shift(lower, (LLVMOpcode)rule->code, left, right));
        break;
    case RULE_DIVIDE:
        proa_lower_push(lower,
                        divide(lower, (LLVMOpcode)rule->code, left, right));
        break;
    case RULE_COMPARE:
        proa_lower_push_bool(lower, LLVMBuildICmp(builder,
                                                  (LLVMIntPredicate)rule->code,
                                                  left, right, ""));
        break;
    case RULE_COMPARE_FP:
        proa_lower_push_bool(lower, LLVMBuildFCmp(builder,
                                                  (LLVMRealPredicate)rule->code,
                                                  left, right, ""));
        break;
    case RULE_ROTATE:
        args[1] = left; /* a funnel shift of a value with itself */
        proa_lower_push(lower, intrinsic(lower, rule->intrinsic, args, 3));
        break;
    default:
        proa_lower_push(lower, intrinsic(lower, rule->intrinsic, args, 2));
        break;
    }
}

bool proa_lower_numeric(struct proa_lower *lower,
                        const struct proa_instruction *instruction)
{
    const struct rule *rule = &rules[instruction->op];

    switch (rule->kind) {
    case RULE_NONE:
        return false;
    case RULE_CONST:
        proa_lower_push(lower, constant(lower, instruction));
        return true;
    case RULE_EQZ:
    case RULE_COUNT:
    case RULE_UNARY:
    case RULE_NEGATE:
        lower_unary(lower, rule);
        return true;
    default:
        lower_binary(lower, rule);
        return true;
    }
}
