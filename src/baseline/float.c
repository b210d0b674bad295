/*
 * Scalar floats: arithmetic, comparisons and constants.
 * https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/ahead.h"
#include "baseline/xmm.h"

enum rule_kind {
    RULE_NONE,
    RULE_BINARY, /* reg OP= rm */
    RULE_MIN_MAX,
    RULE_ROUND,
    RULE_SQRT,
    RULE_ABS,
    RULE_NEG,
    RULE_COPYSIGN,
    RULE_ORDER, /* >, >= by one condition; < and <= with the sides swapped */
    RULE_EQUAL,
    RULE_CONST,
};

struct rule {
    uint8_t kind;
    uint8_t code;      /* opcode, rounding or condition */
    bool is_symmetric; /* the sides may be (RULE_ORDER: must be) exchanged */
    bool is_f64;
};

#define RULES(T, is_f64)                                                       \
    [PROA_OP_##T##                                                             \
        _CONST] = { RULE_CONST, 0, false, is_f64 },                            \
   [PROA_OP_##T##_EQ] = { RULE_EQUAL, PROA_CC_NE, true, is_f64 },              \
   [PROA_OP_##T##_NE] = { RULE_EQUAL, PROA_CC_E, true, is_f64 },               \
   [PROA_OP_##T##_LT] = { RULE_ORDER, PROA_CC_A, true, is_f64 },               \
   [PROA_OP_##T##_GT] = { RULE_ORDER, PROA_CC_A, false, is_f64 },              \
   [PROA_OP_##T##_LE] = { RULE_ORDER, PROA_CC_AE, true, is_f64 },              \
   [PROA_OP_##T##_GE] = { RULE_ORDER, PROA_CC_AE, false, is_f64 },             \
   [PROA_OP_##T##_ABS] = { RULE_ABS, 0, false, is_f64 },                       \
   [PROA_OP_##T##_NEG] = { RULE_NEG, 0, false, is_f64 },                       \
   [PROA_OP_##T##_CEIL] = { RULE_ROUND, PROA_ASM_ROUND_CEIL, false, is_f64 },  \
   [PROA_OP_##T##                                                              \
       _FLOOR] = { RULE_ROUND, PROA_ASM_ROUND_FLOOR, false, is_f64 },          \
   [PROA_OP_##T##                                                              \
       _TRUNC] = { RULE_ROUND, PROA_ASM_ROUND_TRUNC, false, is_f64 },          \
   [PROA_OP_##T##                                                              \
       _NEAREST] = { RULE_ROUND, PROA_ASM_ROUND_NEAREST, false, is_f64 },      \
   [PROA_OP_##T##_SQRT] = { RULE_SQRT, 0, false, is_f64 },                     \
   [PROA_OP_##T##_ADD] = { RULE_BINARY, PROA_ASM_ADDSS & 0xff, true, is_f64 }, \
   [PROA_OP_##T##                                                              \
       _SUB] = { RULE_BINARY, PROA_ASM_SUBSS & 0xff, false, is_f64 },          \
   [PROA_OP_##T##_MUL] = { RULE_BINARY, PROA_ASM_MULSS & 0xff, true, is_f64 }, \
   [PROA_OP_##T##                                                              \
       _DIV] = { RULE_BINARY, PROA_ASM_DIVSS & 0xff, false, is_f64 },          \
   [PROA_OP_##T##                                                              \
       _MIN] = { RULE_MIN_MAX, PROA_ASM_MINSS & 0xff, true, is_f64 },          \
   [PROA_OP_##T##                                                              \
       _MAX] = { RULE_MIN_MAX, PROA_ASM_MAXSS & 0xff, true, is_f64 },          \
   [PROA_OP_##T##_COPYSIGN] = { RULE_COPYSIGN, 0, false, is_f64 }

static const struct rule rules[PROA_OP_COUNT] = {
    RULES(F32, false),
    RULES(F64, true),
};

static enum proa_valtype float_type(const struct rule *rule)
{
    return rule->is_f64 ? PROA_F64 : PROA_F32;
}

/* The scalar instruction with this opcode. */
static uint32_t scalar(const struct rule *rule, uint32_t opcode)
{
    return opcode | PROA_ASM_0F | (rule->is_f64 ? PROA_ASM_F2 : PROA_ASM_F3);
}

static void swap(struct proa_operand *a, struct proa_operand *b)
{
    struct proa_operand other = *a;

    *a = *b;
    *b = other;
}

/* Both sides off the stack, the left one in a register that may be written. */
static unsigned pop_sides(struct proa_emit *emit, const struct rule *rule,
                          struct proa_operand *right)
{
    struct proa_operand left;

    *right = proa_pop(emit);
    left = proa_pop(emit);
    unsigned target = proa_next_target(emit, true);
    bool is_right = right->kind == PROA_OPERAND_LOCAL && right->reg == target &&
                    target != PROA_NO_GPR;
    if (rule->is_symmetric && left.kind != PROA_OPERAND_XMM &&
        (right->kind == PROA_OPERAND_XMM || is_right))
        swap(&left, right);
    else if (is_right)
        target = PROA_NO_GPR;
    /* The result goes where it is wanted, unless it is a register's anyway. */
    if (left.kind == PROA_OPERAND_XMM || target == PROA_NO_GPR)
        return proa_own_xmm(emit, &left);
    proa_load_xmm(emit, &left, target);
    return target;
}

static void emit_binary(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand right;
    unsigned reg = pop_sides(emit, rule, &right);

    proa_xmm_apply(emit, scalar(rule, rule->code), reg, &right);
    proa_push_xmm(emit, float_type(rule), reg);
}

/*
 * minss and maxss take their second operand when the two are equal, zeros of
 * any sign included, or when one is a NaN.
 */
static void emit_min_max(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_asm *as = &emit->as;
    struct proa_operand right;
    unsigned reg = pop_sides(emit, rule, &right);
    unsigned other = proa_xmm_source(emit, &right);
    bool is_min = rule->code == (PROA_ASM_MINSS & 0xff);
    struct proa_label differ = { 0 };
    struct proa_label is_nan = { 0 };
    struct proa_label done = { 0 };

    proa_asm_rr(as, rule->is_f64 ? PROA_ASM_UCOMISD : PROA_ASM_UCOMISS, reg,
                other);
    proa_asm_jcc(as, PROA_CC_NE, &differ);
    proa_asm_jcc(as, PROA_CC_P, &is_nan);
    /* Equal: the same bits, or zeros whose signs are to be joined. */
    proa_asm_rr(as, is_min ? PROA_ASM_ORPS : PROA_ASM_ANDPS, reg, other);
    proa_asm_jmp(as, &done);
    proa_asm_bind(as, &is_nan);
    proa_asm_rr(as, scalar(rule, PROA_ASM_ADDSS & 0xff), reg, other);
    proa_asm_jmp(as, &done);
    proa_asm_bind(as, &differ);
    proa_asm_rr(as, scalar(rule, rule->code), reg, other);
    proa_asm_bind(as, &done);
    proa_release(emit, &right);
    proa_push_xmm(emit, float_type(rule), reg);
}

/* ucomiss sets the flags as if the numbers were unsigned integers; a NaN sets
 * carry and zero, so that "above" and "above or equal" are false of it. */
static void emit_order(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    unsigned reg;

    if (rule->is_symmetric)
        swap(&left, &right);
    /* The scratch register is for one of the two. */
    if (left.kind != PROA_OPERAND_XMM && right.kind == PROA_OPERAND_CONST)
        (void)proa_read_xmm(emit, &right);
    reg = proa_xmm_source(emit, &left);
    proa_xmm_apply(emit, rule->is_f64 ? PROA_ASM_UCOMISD : PROA_ASM_UCOMISS,
                   reg, &right);
    proa_release(emit, &left);
    proa_push_flags(emit, (enum proa_condition)rule->code);
}

/* Equality needs two conditions of ucomiss, but only one of cmpss's mask. */
static void emit_equal(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    uint32_t op = rule->is_f64 ? PROA_ASM_CMPSD : PROA_ASM_CMPSS;
    struct proa_place place;

    if (right.kind == PROA_OPERAND_CONST)
        swap(&left, &right);
    if (right.kind == PROA_OPERAND_CONST)
        (void)proa_read_xmm(emit, &right);
    proa_load_xmm(emit, &left, PROA_SCRATCH_XMM);
    if (proa_operand_place(emit, &right, &place))
        proa_asm_rmi(&emit->as, op, PROA_SCRATCH_XMM, &place, PROA_ASM_CMP_EQ);
    else
        proa_asm_rri(&emit->as, op, PROA_SCRATCH_XMM, right.reg,
                     PROA_ASM_CMP_EQ);
    proa_asm_rr(&emit->as, PROA_ASM_MOVD_FROM_XMM, PROA_SCRATCH_XMM,
                PROA_SCRATCH);
    proa_asm_rr(&emit->as, PROA_ASM_TEST, PROA_SCRATCH, PROA_SCRATCH);
    proa_release(emit, &left);
    proa_release(emit, &right);
    proa_push_flags(emit, (enum proa_condition)rule->code);
}

static void emit_copysign(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_operand right;
    unsigned reg = pop_sides(emit, rule, &right);
    unsigned sign = proa_read_xmm(emit, &right);

    proa_xmm_abs_mask(emit, rule->is_f64, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_ANDPS, reg, PROA_SCRATCH_XMM);
    proa_asm_rr(&emit->as, PROA_ASM_ANDNPS, PROA_SCRATCH_XMM, sign);
    proa_asm_rr(&emit->as, PROA_ASM_ORPS, reg, PROA_SCRATCH_XMM);
    proa_release(emit, &right);
    proa_push_xmm(emit, float_type(rule), reg);
}

static void emit_unary(struct proa_emit *emit, const struct rule *rule)
{
    struct proa_asm *as = &emit->as;
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_own_xmm(emit, &operand);

    if (rule->kind == RULE_ROUND) {
        proa_asm_rri(as, rule->is_f64 ? PROA_ASM_ROUNDSD : PROA_ASM_ROUNDSS,
                     reg, reg, rule->code);
    } else if (rule->kind == RULE_SQRT) {
        proa_asm_rr(as, rule->is_f64 ? PROA_ASM_SQRTSD : PROA_ASM_SQRTSS, reg,
                    reg);
    } else if (rule->kind == RULE_ABS) {
        proa_xmm_abs_mask(emit, rule->is_f64, PROA_SCRATCH_XMM);
        proa_asm_rr(as, PROA_ASM_ANDPS, reg, PROA_SCRATCH_XMM);
    } else {
        proa_xmm_sign_mask(emit, rule->is_f64, PROA_SCRATCH_XMM);
        proa_asm_rr(as, PROA_ASM_XORPS, reg, PROA_SCRATCH_XMM);
    }
    proa_push_xmm(emit, float_type(rule), reg);
}

bool proa_emit_float(struct proa_emit *emit,
                     const struct proa_instruction *instruction)
{
    const struct rule *rule = &rules[instruction->op];

    switch (rule->kind) {
    case RULE_NONE:
        return false;
    case RULE_CONST:
        proa_push_const(emit, float_type(rule),
                        rule->is_f64 ? instruction->f64_bits
                                     : instruction->f32_bits);
        return true;
    case RULE_BINARY:
        emit_binary(emit, rule);
        return true;
    case RULE_MIN_MAX:
        emit_min_max(emit, rule);
        return true;
    case RULE_COPYSIGN:
        emit_copysign(emit, rule);
        return true;
    case RULE_ORDER:
        emit_order(emit, rule);
        return true;
    case RULE_EQUAL:
        emit_equal(emit, rule);
        return true;
    default:
        emit_unary(emit, rule);
        return true;
    }
}
