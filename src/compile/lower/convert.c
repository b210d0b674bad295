/*
 * Conversions between the number types.
 * https://webassembly.github.io/spec/core/exec/numerics.html#conversions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/function.h"

enum rule_kind {
    RULE_NONE,
    RULE_CAST,       /* an LLVM cast */
    RULE_EXTEND,     /* sign-extend the low `bits` */
    RULE_TRUNCATE,   /* float to integer, trapping */
    RULE_SATURATE_S, /* float to integer, clamping */
    RULE_SATURATE_U,
};

struct rule {
    uint8_t kind;
    uint8_t code; /* an LLVM cast, or the bits of an extension */
    enum proa_valtype to;
};

#define TRUNCATE_RULES(TO, FROM)                                               \
    [PROA_OP_##TO##_TRUNC_##FROM##                                             \
        _S] = { RULE_TRUNCATE, LLVMFPToSI, PROA_##TO },                        \
        [PROA_OP_##TO##_TRUNC_##FROM##                                         \
            _U] = { RULE_TRUNCATE, LLVMFPToUI, PROA_##TO },                    \
    [PROA_OP_##TO##_TRUNC_SAT_##FROM##_S] = { RULE_SATURATE_S, 0, PROA_##TO }, \
    [PROA_OP_##TO##_TRUNC_SAT_##FROM##_U] = { RULE_SATURATE_U, 0, PROA_##TO }

#define CONVERT_RULES(TO, FROM)                                                \
    [PROA_OP_##TO##_CONVERT_##FROM##_S] = { RULE_CAST, LLVMSIToFP,             \
                                            PROA_##TO },                       \
    [PROA_OP_##TO##_CONVERT_##FROM##_U] = { RULE_CAST, LLVMUIToFP, PROA_##TO }

static const struct rule rules[PROA_OP_COUNT] = {
    [PROA_OP_I32_WRAP_I64] = { RULE_CAST, LLVMTrunc, PROA_I32 },
    [PROA_OP_I64_EXTEND_I32_S] = { RULE_CAST, LLVMSExt, PROA_I64 },
    [PROA_OP_I64_EXTEND_I32_U] = { RULE_CAST, LLVMZExt, PROA_I64 },
    [PROA_OP_F32_DEMOTE_F64] = { RULE_CAST, LLVMFPTrunc, PROA_F32 },
    [PROA_OP_F64_PROMOTE_F32] = { RULE_CAST, LLVMFPExt, PROA_F64 },
    [PROA_OP_I32_REINTERPRET_F32] = { RULE_CAST, LLVMBitCast, PROA_I32 },
    [PROA_OP_I64_REINTERPRET_F64] = { RULE_CAST, LLVMBitCast, PROA_I64 },
    [PROA_OP_F32_REINTERPRET_I32] = { RULE_CAST, LLVMBitCast, PROA_F32 },
    [PROA_OP_F64_REINTERPRET_I64] = { RULE_CAST, LLVMBitCast, PROA_F64 },
    CONVERT_RULES(F32, I32),
    CONVERT_RULES(F32, I64),
    CONVERT_RULES(F64, I32),
    CONVERT_RULES(F64, I64),
    TRUNCATE_RULES(I32, F32),
    TRUNCATE_RULES(I32, F64),
    TRUNCATE_RULES(I64, F32),
    TRUNCATE_RULES(I64, F64),
    [PROA_OP_I32_EXTEND8_S] = { RULE_EXTEND, 8, PROA_I32 },
    [PROA_OP_I32_EXTEND16_S] = { RULE_EXTEND, 16, PROA_I32 },
    [PROA_OP_I64_EXTEND8_S] = { RULE_EXTEND, 8, PROA_I64 },
    [PROA_OP_I64_EXTEND16_S] = { RULE_EXTEND, 16, PROA_I64 },
    [PROA_OP_I64_EXTEND32_S] = { RULE_EXTEND, 32, PROA_I64 },
};

/*
 * x can be truncated when low <= x < high, or low < x < high where low - 1 has
 * no exact form. Which of the two holds follows from the types alone.
 */
struct range {
    double low;
    bool is_low_in; /* the low bound itself can be truncated */
    double high;
};

static struct range truncate_range(bool is_signed, bool to_64, bool from_f64)
{
    if (!is_signed)
        return (struct range){ -1.0, false, to_64 ? 0x1p64 : 0x1p32 };
    if (to_64)
        return (struct range){ -0x1p63, true, 0x1p63 };
    if (from_f64)
        return (struct range){ -0x1p31 - 1.0, false, 0x1p31 };
    return (struct range){ -0x1p31, true, 0x1p31 };
}

/* A NaN fails both comparisons, so that there is one test on the usual way. */
static LLVMValueRef truncate(struct proa_lower *lower, LLVMOpcode cast,
                             LLVMTypeRef to, LLVMValueRef value)
{
    const struct proa_unit *unit = lower->unit;
    LLVMBuilderRef builder = lower->builder;
    LLVMTypeRef from = LLVMTypeOf(value);
    struct range range =
        truncate_range(cast == LLVMFPToSI, to == unit->i64, from == unit->f64);
    LLVMValueRef is_high =
        LLVMBuildFCmp(builder, range.is_low_in ? LLVMRealOGE : LLVMRealOGT,
                      value, LLVMConstReal(from, range.low), "");
    LLVMValueRef is_low = LLVMBuildFCmp(builder, LLVMRealOLT, value,
                                        LLVMConstReal(from, range.high), "");
    LLVMValueRef fits = LLVMBuildAnd(builder, is_high, is_low, "");
    LLVMBasicBlockRef rare = proa_lower_block(lower);
    LLVMBasicBlockRef usual;
    LLVMValueRef is_nan;

    proa_lower_branch_rare(lower, LLVMBuildNot(builder, fits, ""), rare);
    usual = LLVMGetInsertBlock(builder);
    LLVMPositionBuilderAtEnd(builder, rare);
    is_nan = LLVMBuildFCmp(builder, LLVMRealUNO, value, value, "");
    proa_lower_trap_any(
        lower,
        LLVMBuildSelect(builder, is_nan,
                        proa_unit_i32(unit, PROA_TRAP_INVALID_CONVERSION),
                        proa_unit_i32(unit, PROA_TRAP_INTEGER_OVERFLOW), ""));
    LLVMPositionBuilderAtEnd(builder, usual);
    lower->is_reachable = true;
    return LLVMBuildCast(builder, cast, value, to, "");
}

static LLVMValueRef saturate(struct proa_lower *lower, const char *name,
                             LLVMTypeRef to, LLVMValueRef value)
{
    LLVMTypeRef types[] = { to, LLVMTypeOf(value) };

    return proa_lower_intrinsic(lower, name, types, 2, &value, 1);
}

static LLVMValueRef extend(struct proa_lower *lower, unsigned bits,
                           LLVMTypeRef to, LLVMValueRef value)
{
    LLVMTypeRef narrow = LLVMIntTypeInContext(lower->unit->context, bits);

    value = LLVMBuildTrunc(lower->builder, value, narrow, "");
    return LLVMBuildSExt(lower->builder, value, to, "");
}

bool proa_lower_convert(struct proa_lower *lower,
                        const struct proa_instruction *instruction)
{
    const struct rule *rule = &rules[instruction->op];
    LLVMValueRef value;
    LLVMTypeRef to;

    if (rule->kind == RULE_NONE)
        return false;
    value = proa_lower_pop(lower);
    to = proa_unit_valtype(lower->unit, rule->to);
    switch (rule->kind) {
    case RULE_CAST:
        value = LLVMBuildCast(lower->builder, (LLVMOpcode)rule->code, value, to,
                              "");
        break;
    case RULE_EXTEND:
        value = extend(lower, rule->code, to, value);
        break;
    case RULE_TRUNCATE:
        value = truncate(lower, (LLVMOpcode)rule->code, to, value);
        break;
    case RULE_SATURATE_S:
        value = saturate(lower, "llvm.fptosi.sat", to, value);
        break;
    default:
        value = saturate(lower, "llvm.fptoui.sat", to, value);
        break;
    }
    proa_lower_push(lower, value);
    return true;
}
