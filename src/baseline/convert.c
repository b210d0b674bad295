/*
 * Conversions between integers and floats, and between floats.
 * https://webassembly.github.io/spec/core/exec/numerics.html#conversions
 *
 * cvttss2si gives the least integer for whatever does not fit. What fits in 32
 * bits, signed or not, is converted to 64 and found to be the same as its lower
 * half; what is to fit in 64 bits needs a closer look.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/xmm.h"

enum rule_kind {
    RULE_NONE,
    RULE_TRUNCATE,
    RULE_SATURATE,
    RULE_CONVERT, /* integer to float */
    RULE_RESIZE,  /* float to float */
    RULE_REINTERPRET,
};

struct rule {
    uint8_t kind;
    bool is_signed;
    enum proa_valtype to;
    enum proa_valtype from;
};

#define INTEGER_RULES(TO, FROM)                                                \
    [PROA_OP_##TO##_TRUNC_##FROM##                                             \
        _S] = { RULE_TRUNCATE, true, PROA_##TO, PROA_##FROM },                 \
        [PROA_OP_##TO##_TRUNC_##FROM##                                         \
            _U] = { RULE_TRUNCATE, false, PROA_##TO, PROA_##FROM },            \
    [PROA_OP_##TO##_TRUNC_SAT_##FROM##                                         \
        _S] = { RULE_SATURATE, true, PROA_##TO, PROA_##FROM },                 \
    [PROA_OP_##TO##_TRUNC_SAT_##FROM##                                         \
        _U] = { RULE_SATURATE, false, PROA_##TO, PROA_##FROM },                \
    [PROA_OP_##FROM##_CONVERT_##TO##                                           \
        _S] = { RULE_CONVERT, true, PROA_##FROM, PROA_##TO },                  \
    [PROA_OP_##FROM##_CONVERT_##TO##                                           \
        _U] = { RULE_CONVERT, false, PROA_##FROM, PROA_##TO }

#define REINTERPRET_RULE(TO, FROM)                                             \
    [PROA_OP_##TO##_REINTERPRET_##                                             \
        FROM] = { RULE_REINTERPRET, false, PROA_##TO, PROA_##FROM }

static const struct rule rules[PROA_OP_COUNT] = {
    INTEGER_RULES(I32, F32),
    INTEGER_RULES(I32, F64),
    INTEGER_RULES(I64, F32),
    INTEGER_RULES(I64, F64),
    [PROA_OP_F32_DEMOTE_F64] = { RULE_RESIZE, true, PROA_F32, PROA_F64 },
    [PROA_OP_F64_PROMOTE_F32] = { RULE_RESIZE, true, PROA_F64, PROA_F32 },
    REINTERPRET_RULE(I32, F32),
    REINTERPRET_RULE(I64, F64),
    REINTERPRET_RULE(F32, I32),
    REINTERPRET_RULE(F64, I64),
};

/* A float on its way to an integer. */
struct truncation {
    const struct rule *rule;
    unsigned from; /* xmm */
    unsigned to;   /* gpr */
};

static bool is_f64(const struct truncation *truncation)
{
    return truncation->rule->from == PROA_F64;
}

/* to = from as a signed integer of 64 bits */
static void truncate(struct proa_emit *emit, const struct truncation *t)
{
    proa_asm_rr(&emit->as,
                (is_f64(t) ? PROA_ASM_CVTTSD2SI : PROA_ASM_CVTTSS2SI) |
                    PROA_ASM_W,
                t->to, t->from);
}

static void compare(struct proa_emit *emit, const struct truncation *t,
                    unsigned other)
{
    proa_asm_rr(&emit->as, is_f64(t) ? PROA_ASM_UCOMISD : PROA_ASM_UCOMISS,
                t->from, other);
}

/* The scratch register becomes a float: these bits as f32 or as f64. */
static void scratch_constant(struct proa_emit *emit, const struct truncation *t,
                             uint64_t f64_bits, uint32_t f32_bits)
{
    proa_xmm_constant(emit, PROA_SCRATCH_XMM, is_f64(t) ? f64_bits : f32_bits,
                      0);
}

static void scratch_2_to_63(struct proa_emit *emit, const struct truncation *t)
{
    scratch_constant(emit, t, UINT64_C(0x43e0000000000000), 0x5f000000);
}

/* "Not equal" if the 64 bits of `to` are no number of 32 bits. */
static void compare_with_half(struct proa_emit *emit,
                              const struct truncation *t)
{
    proa_asm_rr(&emit->as, t->rule->is_signed ? PROA_ASM_MOVSXD : PROA_ASM_MOV,
                PROA_SCRATCH, t->to);
    proa_asm_rr(&emit->as, PROA_ASM_CMP | PROA_ASM_W, PROA_SCRATCH, t->to);
}

/* Zeros above the 32 bits again. */
static void drop_upper_half(struct proa_emit *emit, unsigned reg)
{
    proa_asm_rr(&emit->as, PROA_ASM_MOV, reg, reg);
}

static void flip_top_bit(struct proa_emit *emit, unsigned reg)
{
    proa_asm_constant(&emit->as, PROA_SCRATCH, UINT64_C(1) << 63);
    proa_asm_rr(&emit->as, PROA_ASM_XOR | PROA_ASM_W, reg, PROA_SCRATCH);
}

static void trap_if_nan(struct proa_emit *emit, const struct truncation *t)
{
    compare(emit, t, t->from);
    proa_asm_jcc(&emit->as, PROA_CC_P,
                 proa_trap_label(emit, PROA_TRAP_INVALID_CONVERSION));
}

static void truncate_i32(struct proa_emit *emit, const struct truncation *t)
{
    trap_if_nan(emit, t);
    truncate(emit, t);
    compare_with_half(emit, t);
    proa_asm_jcc(&emit->as, PROA_CC_NE,
                 proa_trap_label(emit, PROA_TRAP_INTEGER_OVERFLOW));
    if (t->rule->is_signed)
        drop_upper_half(emit, t->to);
}

static void truncate_i64_s(struct proa_emit *emit, const struct truncation *t)
{
    struct proa_label done = { 0 };

    truncate(emit, t);
    /* Only the least integer less 1 overflows. */
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, true, t->to, 1);
    proa_asm_jcc(&emit->as, PROA_CC_NO, &done);
    trap_if_nan(emit, t);
    scratch_constant(emit, t, UINT64_C(0xc3e0000000000000), 0xdf000000);
    compare(emit, t, PROA_SCRATCH_XMM);
    proa_asm_jcc(&emit->as, PROA_CC_NE,
                 proa_trap_label(emit, PROA_TRAP_INTEGER_OVERFLOW));
    proa_asm_bind(&emit->as, &done);
}

/* From 2^63 up: what is above 2^63, signed, and that bit. A number too large
 * comes out negative. */
static void truncate_large(struct proa_emit *emit, const struct truncation *t)
{
    proa_asm_rr(&emit->as, is_f64(t) ? PROA_ASM_SUBSD : PROA_ASM_SUBSS, t->from,
                PROA_SCRATCH_XMM);
    truncate(emit, t);
}

static void truncate_i64_u(struct proa_emit *emit, const struct truncation *t)
{
    struct proa_asm *as = &emit->as;
    struct proa_label large = { 0 };
    struct proa_label done = { 0 };

    scratch_2_to_63(emit, t);
    compare(emit, t, PROA_SCRATCH_XMM);
    proa_asm_jcc(as, PROA_CC_AE, &large);
    truncate(emit, t);
    proa_asm_rr(as, PROA_ASM_TEST | PROA_ASM_W, t->to, t->to);
    proa_asm_jcc(as, PROA_CC_NS, &done);
    trap_if_nan(emit, t);
    proa_asm_jmp(as, proa_trap_label(emit, PROA_TRAP_INTEGER_OVERFLOW));
    proa_asm_bind(as, &large);
    truncate_large(emit, t);
    proa_asm_rr(as, PROA_ASM_TEST | PROA_ASM_W, t->to, t->to);
    proa_asm_jcc(as, PROA_CC_S,
                 proa_trap_label(emit, PROA_TRAP_INTEGER_OVERFLOW));
    flip_top_bit(emit, t->to);
    proa_asm_bind(as, &done);
}

/* to = value under the condition; the flags are kept. */
static void replace_if(struct proa_emit *emit, enum proa_condition condition,
                       unsigned to, uint64_t value)
{
    if (value == 0)
        proa_asm_move_zero(&emit->as, PROA_SCRATCH);
    else
        proa_asm_constant(&emit->as, PROA_SCRATCH, value);
    proa_asm_cmov(&emit->as, condition, true, to, PROA_SCRATCH);
}

static void compare_with_zero(struct proa_emit *emit,
                              const struct truncation *t)
{
    proa_xmm_zero(emit, PROA_SCRATCH_XMM);
    compare(emit, t, PROA_SCRATCH_XMM);
}

static void saturate_signed(struct proa_emit *emit, const struct truncation *t)
{
    bool wide = t->rule->to == PROA_I64;
    struct proa_label done = { 0 };

    proa_asm_rr(&emit->as,
                (is_f64(t) ? PROA_ASM_CVTTSD2SI : PROA_ASM_CVTTSS2SI) |
                    (wide ? PROA_ASM_W : 0U),
                t->to, t->from);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, wide, t->to, 1);
    proa_asm_jcc(&emit->as, PROA_CC_NO, &done);
    /* The least integer is right for what is negative. */
    compare_with_zero(emit, t);
    replace_if(emit, PROA_CC_AE, t->to, wide ? INT64_MAX : INT32_MAX);
    replace_if(emit, PROA_CC_P, t->to, 0);
    proa_asm_bind(&emit->as, &done);
}

static void saturate_u32(struct proa_emit *emit, const struct truncation *t)
{
    struct proa_label done = { 0 };

    truncate(emit, t);
    compare_with_half(emit, t);
    proa_asm_jcc(&emit->as, PROA_CC_E, &done);
    proa_asm_constant(&emit->as, t->to, UINT32_MAX);
    compare_with_zero(emit, t);
    replace_if(emit, PROA_CC_B, t->to, 0); /* or a NaN */
    proa_asm_bind(&emit->as, &done);
}

static void saturate_u64(struct proa_emit *emit, const struct truncation *t)
{
    struct proa_asm *as = &emit->as;
    struct proa_label large = { 0 };
    struct proa_label done = { 0 };

    scratch_2_to_63(emit, t);
    compare(emit, t, PROA_SCRATCH_XMM);
    proa_asm_jcc(as, PROA_CC_AE, &large);
    truncate(emit, t);
    proa_asm_rr(as, PROA_ASM_TEST | PROA_ASM_W, t->to, t->to);
    replace_if(emit, PROA_CC_S, t->to, 0); /* or a NaN */
    proa_asm_jmp(as, &done);
    proa_asm_bind(as, &large);
    truncate_large(emit, t);
    flip_top_bit(emit, t->to);
    replace_if(emit, PROA_CC_NS, t->to, UINT64_MAX);
    proa_asm_bind(as, &done);
}

static void emit_to_integer(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand operand = proa_pop(emit);
    struct truncation t = { .rule = rule };
    bool is_trapping = rule->kind == RULE_TRUNCATE;

    t.from = proa_own_xmm(emit, &operand);
    t.to = proa_take_gpr(emit);
    if (rule->to == PROA_I32 && is_trapping)
        truncate_i32(emit, &t);
    else if (rule->is_signed && is_trapping)
        truncate_i64_s(emit, &t);
    else if (is_trapping)
        truncate_i64_u(emit, &t);
    else if (rule->is_signed)
        saturate_signed(emit, &t);
    else if (rule->to == PROA_I32)
        saturate_u32(emit, &t);
    else
        saturate_u64(emit, &t);
    proa_free_xmm(emit, t.from);
    proa_push_gpr(emit, rule->to, t.to);
}

/* From 2^63 up: half of it, the lost bit joined to the one above it so that
 * rounding still sees it, then twice that. */
static void convert_u64(struct proa_emit *emit, uint32_t convert, uint32_t add,
                        const unsigned regs[2])
{
    struct proa_asm *as = &emit->as;
    struct proa_label large = { 0 };
    struct proa_label done = { 0 };
    unsigned to = regs[0];
    unsigned from = regs[1];

    proa_asm_rr(as, PROA_ASM_TEST | PROA_ASM_W, from, from);
    proa_asm_jcc(as, PROA_CC_S, &large);
    proa_asm_rr(as, convert, to, from);
    proa_asm_jmp(as, &done);
    proa_asm_bind(as, &large);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, from);
    proa_asm_shift_ri(as, PROA_ASM_SHR, true, PROA_SCRATCH, 1);
    proa_asm_group_ri(as, PROA_ASM_GROUP_AND, false, from, 1);
    proa_asm_rr(as, PROA_ASM_OR | PROA_ASM_W, PROA_SCRATCH, from);
    proa_asm_rr(as, convert, to, PROA_SCRATCH);
    proa_asm_rr(as, add, to, to);
    proa_asm_bind(as, &done);
}

static void emit_from_integer(struct proa_emit *emit, const struct rule *rule)
{
    bool to_f64 = rule->to == PROA_F64;
    uint32_t convert = to_f64 ? PROA_ASM_CVTSI2SD : PROA_ASM_CVTSI2SS;
    struct proa_operand operand = proa_pop(emit);
    bool is_u64 = rule->from == PROA_I64 && !rule->is_signed;
    unsigned from =
        is_u64 ? proa_own_gpr(emit, &operand) : proa_read_gpr(emit, &operand);
    unsigned to = proa_take_xmm(emit);

    /* An i32 has zeros above: as 64 bits it is the unsigned number. */
    if (rule->from == PROA_I64 || !rule->is_signed)
        convert |= PROA_ASM_W;
    /* The upper half stays what it was: cut what it would wait for. */
    proa_xmm_zero(emit, to);
    if (is_u64) {
        convert_u64(emit, convert, to_f64 ? PROA_ASM_ADDSD : PROA_ASM_ADDSS,
                    (const unsigned[]){ to, from });
        proa_free_gpr(emit, from);
    } else {
        proa_asm_rr(&emit->as, convert, to, from);
        proa_release(emit, &operand);
    }
    proa_push_xmm(emit, rule->to, to);
}

static void emit_resize(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_own_xmm(emit, &operand);

    proa_asm_rr(&emit->as,
                rule->to == PROA_F64 ? PROA_ASM_CVTSS2SD : PROA_ASM_CVTSD2SS,
                reg, reg);
    proa_push_xmm(emit, rule->to, reg);
}

static void emit_reinterpret(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand operand = proa_pop(emit);
    uint32_t wide = proa_is_wide(rule->to) ? PROA_ASM_W : 0;
    struct proa_place place;
    unsigned reg;

    if (operand.kind == PROA_OPERAND_CONST) {
        proa_push_const(emit, rule->to, operand.bits);
        return;
    }
    reg = proa_is_xmm(rule->to) ? proa_take_xmm(emit) : proa_take_gpr(emit);
    if (proa_operand_place(emit, &operand, &place))
        proa_load_typed(emit, rule->to, reg, &place);
    else if (proa_is_xmm(rule->to))
        proa_asm_rr(&emit->as, PROA_ASM_MOVD_TO_XMM | wide, reg,
                    proa_read_gpr(emit, &operand));
    else
        proa_asm_rr(&emit->as, PROA_ASM_MOVD_FROM_XMM | wide,
                    proa_read_xmm(emit, &operand), reg);
    proa_release(emit, &operand);
    if (proa_is_xmm(rule->to))
        proa_push_xmm(emit, rule->to, reg);
    else
        proa_push_gpr(emit, rule->to, reg);
}

bool proa_emit_convert(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    const struct rule *rule = &rules[instruction->op];

    switch (rule->kind) {
    case RULE_NONE:
        return false;
    case RULE_TRUNCATE:
    case RULE_SATURATE:
        emit_to_integer(emit, rule);
        return true;
    case RULE_CONVERT:
        emit_from_integer(emit, rule);
        return true;
    case RULE_RESIZE:
        emit_resize(emit, rule);
        return true;
    default:
        emit_reinterpret(emit, rule);
        return true;
    }
}
