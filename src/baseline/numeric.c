/*
 * Integer arithmetic, comparisons and constants.
 * https://webassembly.github.io/spec/core/exec/numerics.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/ahead.h"
#include "baseline/emit.h"

/* An instruction of two operands that x86 has as it is. */
struct binary {
    uint8_t op;    /* reg OP= rm; 0: not one of these */
    uint8_t group; /* the same with an immediate */
    bool wide;
    bool commutes;
};

static const struct binary binaries[PROA_OP_COUNT] = {
    [PROA_OP_I32_ADD] = { PROA_ASM_ADD, PROA_ASM_GROUP_ADD, false, true },
    [PROA_OP_I32_SUB] = { PROA_ASM_SUB, PROA_ASM_GROUP_SUB, false, false },
    [PROA_OP_I32_AND] = { PROA_ASM_AND, PROA_ASM_GROUP_AND, false, true },
    [PROA_OP_I32_OR] = { PROA_ASM_OR, PROA_ASM_GROUP_OR, false, true },
    [PROA_OP_I32_XOR] = { PROA_ASM_XOR, PROA_ASM_GROUP_XOR, false, true },
    [PROA_OP_I64_ADD] = { PROA_ASM_ADD, PROA_ASM_GROUP_ADD, true, true },
    [PROA_OP_I64_SUB] = { PROA_ASM_SUB, PROA_ASM_GROUP_SUB, true, false },
    [PROA_OP_I64_AND] = { PROA_ASM_AND, PROA_ASM_GROUP_AND, true, true },
    [PROA_OP_I64_OR] = { PROA_ASM_OR, PROA_ASM_GROUP_OR, true, true },
    [PROA_OP_I64_XOR] = { PROA_ASM_XOR, PROA_ASM_GROUP_XOR, true, true },
};

enum { NO_COMPARISON, COMPARE_32, COMPARE_64 };

struct comparison {
    uint8_t width;
    uint8_t condition;
};

static const struct comparison comparisons[PROA_OP_COUNT] = {
    [PROA_OP_I32_EQ] = { COMPARE_32, PROA_CC_E },
    [PROA_OP_I32_NE] = { COMPARE_32, PROA_CC_NE },
    [PROA_OP_I32_LT_S] = { COMPARE_32, PROA_CC_L },
    [PROA_OP_I32_LT_U] = { COMPARE_32, PROA_CC_B },
    [PROA_OP_I32_GT_S] = { COMPARE_32, PROA_CC_G },
    [PROA_OP_I32_GT_U] = { COMPARE_32, PROA_CC_A },
    [PROA_OP_I32_LE_S] = { COMPARE_32, PROA_CC_LE },
    [PROA_OP_I32_LE_U] = { COMPARE_32, PROA_CC_BE },
    [PROA_OP_I32_GE_S] = { COMPARE_32, PROA_CC_GE },
    [PROA_OP_I32_GE_U] = { COMPARE_32, PROA_CC_AE },
    [PROA_OP_I64_EQ] = { COMPARE_64, PROA_CC_E },
    [PROA_OP_I64_NE] = { COMPARE_64, PROA_CC_NE },
    [PROA_OP_I64_LT_S] = { COMPARE_64, PROA_CC_L },
    [PROA_OP_I64_LT_U] = { COMPARE_64, PROA_CC_B },
    [PROA_OP_I64_GT_S] = { COMPARE_64, PROA_CC_G },
    [PROA_OP_I64_GT_U] = { COMPARE_64, PROA_CC_A },
    [PROA_OP_I64_LE_S] = { COMPARE_64, PROA_CC_LE },
    [PROA_OP_I64_LE_U] = { COMPARE_64, PROA_CC_BE },
    [PROA_OP_I64_GE_S] = { COMPARE_64, PROA_CC_GE },
    [PROA_OP_I64_GE_U] = { COMPARE_64, PROA_CC_AE },
};

enum { NO_SHIFT = 0 };

/* Shifts: the group's number plus 1. */
static const struct {
    uint8_t shift;
    bool wide;
} shifts[PROA_OP_COUNT] = {
    [PROA_OP_I32_SHL] = { PROA_ASM_SHL + 1, false },
    [PROA_OP_I32_SHR_S] = { PROA_ASM_SAR + 1, false },
    [PROA_OP_I32_SHR_U] = { PROA_ASM_SHR + 1, false },
    [PROA_OP_I32_ROTL] = { PROA_ASM_ROL + 1, false },
    [PROA_OP_I32_ROTR] = { PROA_ASM_ROR + 1, false },
    [PROA_OP_I64_SHL] = { PROA_ASM_SHL + 1, true },
    [PROA_OP_I64_SHR_S] = { PROA_ASM_SAR + 1, true },
    [PROA_OP_I64_SHR_U] = { PROA_ASM_SHR + 1, true },
    [PROA_OP_I64_ROTL] = { PROA_ASM_ROL + 1, true },
    [PROA_OP_I64_ROTR] = { PROA_ASM_ROR + 1, true },
};

static enum proa_valtype int_type(bool wide)
{
    return wide ? PROA_I64 : PROA_I32;
}

static uint32_t wide_bit(bool wide)
{
    return wide ? PROA_ASM_W : 0;
}

/* A constant that fits an immediate of 32 bits, sign-extended when wide. */
static bool is_immediate(const struct proa_operand *operand, bool wide)
{
    return operand->kind == PROA_OPERAND_CONST &&
           (!wide || (int64_t)operand->bits == (int32_t)operand->bits);
}

/* reg OP= operand, in whatever form the operand has; it is released. */
static void apply(struct proa_emit *emit, uint32_t op, unsigned reg,
                  struct proa_operand *operand)
{
    struct proa_place place;

    if (proa_operand_place(emit, operand, &place))
        proa_asm_rm(&emit->as, op, reg, &place);
    else
        proa_asm_rr(&emit->as, op, reg, proa_read_gpr(emit, operand));
    proa_release(emit, operand);
}

static bool is_in_register(const struct proa_operand *operand)
{
    return operand->kind == PROA_OPERAND_GPR ||
           (operand->kind == PROA_OPERAND_LOCAL && operand->reg != PROA_NO_GPR);
}

/* `left` in a register that may be written, while `right` is still to be read:
 * its own, the one where the result is wanted, or any. */
static unsigned begin(struct proa_emit *emit, const struct proa_operand *left,
                      const struct proa_operand *right)
{
    unsigned target = PROA_NO_GPR;

    if (left->kind != PROA_OPERAND_GPR)
        target = proa_next_target(emit, false);
    if (target == PROA_NO_GPR ||
        (right->kind == PROA_OPERAND_LOCAL && right->reg == target))
        return proa_own_gpr(emit, left);
    proa_load_gpr(emit, left, target);
    return target;
}

/* A sum of a local in a register and something that lea takes: no copy. */
static bool emit_sum(struct proa_emit *emit, const struct binary *binary,
                     const struct proa_operand *left,
                     const struct proa_operand *right)
{
    bool is_add = binary->group == PROA_ASM_GROUP_ADD;
    bool is_sub = binary->group == PROA_ASM_GROUP_SUB;
    struct proa_place place = proa_place(left->reg, (int32_t)right->bits);

    if (left->kind != PROA_OPERAND_LOCAL || left->reg == PROA_NO_GPR)
        return false;
    if (is_immediate(right, binary->wide)) {
        if (!is_add && (!is_sub || place.offset == INT32_MIN))
            return false;
        if (is_sub)
            place.offset = -place.offset;
    } else {
        if (!is_add || !is_in_register(right))
            return false;
        place.index = right->reg;
        place.offset = 0;
    }
    unsigned reg = proa_next_target(emit, false);
    if (reg == left->reg || reg == right->reg)
        return false; /* in place */
    if (reg == PROA_NO_GPR)
        reg = proa_take_gpr(emit);
    proa_asm_rm(&emit->as, PROA_ASM_LEA | wide_bit(binary->wide), reg, &place);
    proa_release(emit, right);
    proa_push_gpr(emit, int_type(binary->wide), reg);
    return true;
}

static bool emit_binary(struct proa_emit *emit,
                        const struct proa_instruction *instruction)
{
    const struct binary *binary = &binaries[instruction->op];
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);

    if (binary->commutes && left.kind != PROA_OPERAND_GPR &&
        (right.kind == PROA_OPERAND_GPR || is_immediate(&left, binary->wide) ||
         (right.kind == PROA_OPERAND_LOCAL && right.reg != PROA_NO_GPR &&
          right.reg == proa_next_target(emit, false)))) {
        struct proa_operand swap = left;
        left = right;
        right = swap;
    }
    if (emit_sum(emit, binary, &left, &right))
        return true;
    unsigned reg = begin(emit, &left, &right);
    if (is_immediate(&right, binary->wide))
        proa_asm_group_ri(&emit->as, (enum proa_asm_group1)binary->group,
                          binary->wide, reg, (int32_t)right.bits);
    else
        apply(emit, binary->op | wide_bit(binary->wide), reg, &right);
    proa_push_gpr(emit, int_type(binary->wide), reg);
    return true;
}

static void emit_multiply(struct proa_emit *emit, bool wide)
{
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    unsigned reg;

    if (is_immediate(&right, wide)) {
        unsigned from = proa_read_gpr(emit, &left);
        reg = left.kind == PROA_OPERAND_GPR ? from
                                            : proa_next_target(emit, false);
        if (reg == PROA_NO_GPR)
            reg = proa_take_gpr(emit);
        proa_asm_imul_rri(&emit->as, wide, reg, from, (int32_t)right.bits);
    } else {
        reg = begin(emit, &left, &right);
        apply(emit, PROA_ASM_IMUL | wide_bit(wide), reg, &right);
    }
    proa_push_gpr(emit, int_type(wide), reg);
}

static bool emit_comparison(struct proa_emit *emit,
                            const struct proa_instruction *instruction)
{
    const struct comparison *comparison = &comparisons[instruction->op];
    struct proa_operand right = proa_pop(emit);
    struct proa_operand left = proa_pop(emit);
    bool wide = comparison->width == COMPARE_64;
    struct proa_place place;

    if (is_immediate(&right, wide) && proa_operand_place(emit, &left, &place)) {
        proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_CMP, wide, &place,
                          (int32_t)right.bits);
    } else {
        unsigned reg = proa_read_gpr(emit, &left);
        if (is_immediate(&right, wide) && right.bits == 0)
            proa_asm_rr(&emit->as, PROA_ASM_TEST | wide_bit(wide), reg, reg);
        else if (is_immediate(&right, wide))
            proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, wide, reg,
                              (int32_t)right.bits);
        else
            apply(emit, PROA_ASM_CMP | wide_bit(wide), reg, &right);
    }
    proa_release(emit, &left);
    proa_push_flags(emit, (enum proa_condition)comparison->condition);
    return true;
}

static void emit_eqz(struct proa_emit *emit, bool wide)
{
    struct proa_operand operand = proa_pop(emit);
    struct proa_place place;

    if (operand.kind == PROA_OPERAND_FLAGS) { /* a comparison turned round */
        proa_push_flags(emit, (enum proa_condition)(operand.reg ^ 1));
        return;
    }
    if (proa_operand_place(emit, &operand, &place)) {
        proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_CMP, wide, &place, 0);
    } else {
        unsigned reg = proa_read_gpr(emit, &operand);
        proa_asm_rr(&emit->as, PROA_ASM_TEST | wide_bit(wide), reg, reg);
    }
    proa_release(emit, &operand);
    proa_push_flags(emit, PROA_CC_E);
}

static bool emit_shift(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    enum proa_asm_shift shift =
        (enum proa_asm_shift)(shifts[instruction->op].shift - 1);
    bool wide = shifts[instruction->op].wide;
    struct proa_operand count = proa_pop(emit);
    struct proa_operand value = proa_pop(emit);
    unsigned reg;

    if (count.kind == PROA_OPERAND_CONST) {
        reg = begin(emit, &value, &count);
        proa_asm_shift_ri(&emit->as, shift, wide, reg,
                          (uint8_t)(count.bits & (wide ? 63 : 31)));
        proa_push_gpr(emit, int_type(wide), reg);
        return true;
    }
    /* The count must be in cl, and nothing else may be there. */
    if (count.kind != PROA_OPERAND_GPR || count.reg != PROA_RCX) {
        if (value.kind == PROA_OPERAND_GPR && value.reg == PROA_RCX) {
            unsigned moved = proa_take_gpr(emit);
            proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, moved, PROA_RCX);
            value.reg = (uint8_t)moved;
        } else {
            proa_take_this_gpr(emit, PROA_RCX);
        }
        proa_load_gpr(emit, &count, PROA_RCX);
        proa_release(emit, &count);
    }
    reg = proa_own_gpr(emit, &value);
    proa_asm_shift_cl(&emit->as, shift, wide, reg);
    proa_free_gpr(emit, PROA_RCX);
    proa_push_gpr(emit, int_type(wide), reg);
    return true;
}

/* rax and rdx are taken; the divisor goes to a register that is neither. */
static unsigned prepare_division(struct proa_emit *emit)
{
    struct proa_operand divisor = proa_pop(emit);
    struct proa_operand dividend = proa_pop(emit);

    proa_load_gpr(emit, &divisor, PROA_SCRATCH);
    proa_release(emit, &divisor);
    if (dividend.kind == PROA_OPERAND_GPR && dividend.reg == PROA_RAX) {
        proa_take_this_gpr(emit, PROA_RDX);
    } else {
        proa_take_this_gpr(emit, PROA_RAX);
        proa_load_gpr(emit, &dividend, PROA_RAX);
        proa_release(emit, &dividend);
        proa_take_this_gpr(emit, PROA_RDX);
    }
    return PROA_SCRATCH;
}

static void emit_unsigned_division(struct proa_emit *emit, bool wide,
                                   bool is_remainder)
{
    unsigned divisor = prepare_division(emit);

    proa_asm_rr(&emit->as, PROA_ASM_TEST | wide_bit(wide), divisor, divisor);
    proa_asm_jcc(&emit->as, PROA_CC_E,
                 proa_trap_label(emit, PROA_TRAP_DIVIDE_BY_ZERO));
    proa_asm_constant(&emit->as, PROA_RDX, 0);
    proa_asm_unary(&emit->as, PROA_ASM_DIV, wide, divisor);
    proa_free_gpr(emit, is_remainder ? PROA_RAX : PROA_RDX);
    proa_push_gpr(emit, int_type(wide), is_remainder ? PROA_RDX : PROA_RAX);
}

static void emit_signed_division(struct proa_emit *emit, bool wide,
                                 bool is_remainder)
{
    unsigned divisor = prepare_division(emit);
    struct proa_label divide = { 0 };
    struct proa_label done = { 0 };

    proa_asm_rr(&emit->as, PROA_ASM_TEST | wide_bit(wide), divisor, divisor);
    proa_asm_jcc(&emit->as, PROA_CC_E,
                 proa_trap_label(emit, PROA_TRAP_DIVIDE_BY_ZERO));
    /* The least number by -1: a fault in x86, a trap or 0 in wasm. */
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, wide, divisor, -1);
    proa_asm_jcc(&emit->as, PROA_CC_NE, &divide);
    if (is_remainder) {
        proa_asm_constant(&emit->as, PROA_RDX, 0);
    } else {
        proa_asm_unary(&emit->as, PROA_ASM_NEG, wide, PROA_RAX);
        proa_asm_jcc(&emit->as, PROA_CC_O,
                     proa_trap_label(emit, PROA_TRAP_INTEGER_OVERFLOW));
    }
    proa_asm_jmp(&emit->as, &done);
    proa_asm_bind(&emit->as, &divide);
    proa_asm_sign_extend_rax(&emit->as, wide);
    proa_asm_unary(&emit->as, PROA_ASM_IDIV, wide, divisor);
    proa_asm_bind(&emit->as, &done);
    proa_free_gpr(emit, is_remainder ? PROA_RAX : PROA_RDX);
    proa_push_gpr(emit, int_type(wide), is_remainder ? PROA_RDX : PROA_RAX);
}

/* clz and ctz by bsr and bsf, which say nothing about 0. */
static void emit_count_zeros(struct proa_emit *emit, bool wide, bool leading)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_own_gpr(emit, &operand);
    int32_t bits = wide ? 64 : 32;

    proa_asm_constant(&emit->as, PROA_SCRATCH,
                      (uint64_t)(leading ? 2 * bits - 1 : bits));
    proa_asm_rr(&emit->as,
                (leading ? PROA_ASM_BSR : PROA_ASM_BSF) | wide_bit(wide), reg,
                reg);
    proa_asm_cmov(&emit->as, PROA_CC_E, wide, reg, PROA_SCRATCH);
    if (leading)
        proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_XOR, wide, reg, bits - 1);
    proa_push_gpr(emit, int_type(wide), reg);
}

static const struct {
    uint32_t op; /* 0: none */
    enum proa_valtype result;
} unaries[PROA_OP_COUNT] = {
    [PROA_OP_I32_POPCNT] = { PROA_ASM_POPCNT, PROA_I32 },
    [PROA_OP_I64_POPCNT] = { PROA_ASM_POPCNT | PROA_ASM_W, PROA_I64 },
    [PROA_OP_I32_EXTEND8_S] = { PROA_ASM_MOVSX8, PROA_I32 },
    [PROA_OP_I32_EXTEND16_S] = { PROA_ASM_MOVSX16, PROA_I32 },
    [PROA_OP_I64_EXTEND8_S] = { PROA_ASM_MOVSX8 | PROA_ASM_W, PROA_I64 },
    [PROA_OP_I64_EXTEND16_S] = { PROA_ASM_MOVSX16 | PROA_ASM_W, PROA_I64 },
    [PROA_OP_I64_EXTEND32_S] = { PROA_ASM_MOVSXD, PROA_I64 },
    [PROA_OP_I64_EXTEND_I32_S] = { PROA_ASM_MOVSXD, PROA_I64 },
    [PROA_OP_I32_WRAP_I64] = { PROA_ASM_MOV, PROA_I32 },
    [PROA_OP_I64_EXTEND_I32_U] = { PROA_ASM_MOV, PROA_I64 },
};

/* One register in, one out, by one instruction. */
static bool emit_unary(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    uint32_t op = unaries[instruction->op].op;
    enum proa_valtype result = unaries[instruction->op].result;
    struct proa_operand operand = proa_pop(emit);
    struct proa_place place;
    unsigned reg;

    if (operand.kind == PROA_OPERAND_CONST) {
        reg = proa_own_gpr(emit, &operand);
        operand.kind = PROA_OPERAND_GPR;
        operand.reg = (uint8_t)reg;
    } else if (operand.kind == PROA_OPERAND_GPR) {
        reg = operand.reg;
    } else {
        reg = proa_next_target(emit, false);
        if (reg == PROA_NO_GPR)
            reg = proa_take_gpr(emit);
    }
    if (proa_operand_place(emit, &operand, &place))
        proa_asm_rm(&emit->as, op, reg, &place);
    else if (op != PROA_ASM_MOV || result != PROA_I64 || reg != operand.reg)
        /* An i32 in a register is an i64 already. */
        proa_asm_rr(&emit->as, op, reg, operand.reg);
    proa_push_gpr(emit, result, reg);
    return true;
}

static bool emit_other(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    switch (instruction->op) {
    case PROA_OP_I32_CONST:
        proa_push_const(emit, PROA_I32, (uint32_t)instruction->i32);
        return true;
    case PROA_OP_I64_CONST:
        proa_push_const(emit, PROA_I64, (uint64_t)instruction->i64);
        return true;
    case PROA_OP_I32_EQZ:
    case PROA_OP_I64_EQZ:
        emit_eqz(emit, instruction->op == PROA_OP_I64_EQZ);
        return true;
    case PROA_OP_I32_MUL:
    case PROA_OP_I64_MUL:
        emit_multiply(emit, instruction->op == PROA_OP_I64_MUL);
        return true;
    case PROA_OP_I32_CLZ:
    case PROA_OP_I64_CLZ:
        emit_count_zeros(emit, instruction->op == PROA_OP_I64_CLZ, true);
        return true;
    case PROA_OP_I32_CTZ:
    case PROA_OP_I64_CTZ:
        emit_count_zeros(emit, instruction->op == PROA_OP_I64_CTZ, false);
        return true;
    case PROA_OP_I32_DIV_S:
    case PROA_OP_I32_REM_S:
        emit_signed_division(emit, false, instruction->op == PROA_OP_I32_REM_S);
        return true;
    case PROA_OP_I64_DIV_S:
    case PROA_OP_I64_REM_S:
        emit_signed_division(emit, true, instruction->op == PROA_OP_I64_REM_S);
        return true;
    case PROA_OP_I32_DIV_U:
    case PROA_OP_I32_REM_U:
        emit_unsigned_division(emit, false,
                               instruction->op == PROA_OP_I32_REM_U);
        return true;
    case PROA_OP_I64_DIV_U:
    case PROA_OP_I64_REM_U:
        emit_unsigned_division(emit, true,
                               instruction->op == PROA_OP_I64_REM_U);
        return true;
    default:
        return false;
    }
}

proa_emitter *proa_numeric_emitter(enum proa_op op)
{
    if (binaries[op].op != 0)
        return emit_binary;
    if (comparisons[op].width != NO_COMPARISON)
        return emit_comparison;
    if (shifts[op].shift != NO_SHIFT)
        return emit_shift;
    if (unaries[op].op != 0)
        return emit_unary;
    return NULL;
}

bool proa_emit_numeric(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    proa_emitter *emitter = proa_numeric_emitter(instruction->op);

    return emitter != NULL ? emitter(emit, instruction)
                           : emit_other(emit, instruction);
}
