/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/emit.h"

int32_t proa_slot_top(const struct proa_emit *emit)
{
    if (emit->stack_count == 0)
        return emit->slots_start;
    return emit->stack[emit->stack_count - 1].slot;
}

/* No memory: the function is given up; until then one operand is reused.
 */
static __attribute__((noinline)) void grow_stack(struct proa_emit *emit)
{
    uint32_t capacity =
        emit->stack_capacity == 0 ? 64 : 2 * emit->stack_capacity;
    struct proa_operand *stack = realloc(emit->stack, capacity * sizeof *stack);

    if (stack == NULL) {
        emit->is_out_of_memory = true;
        emit->stack_count--;
        return;
    }
    emit->stack = stack;
    emit->stack_capacity = capacity;
}

static inline struct proa_operand *push(struct proa_emit *emit,
                                        enum proa_operand_kind kind,
                                        enum proa_valtype type, unsigned reg)
{
    int32_t slot = proa_slot_top(emit) - (type == PROA_V128 ? 16 : 8);

    if (emit->stack_count == emit->stack_capacity)
        grow_stack(emit);
    struct proa_operand *operand = &emit->stack[emit->stack_count++];
    operand->kind = (uint8_t)kind;
    operand->reg = (uint8_t)reg;
    operand->type = (uint8_t)type;
    operand->slot = slot;
    proa_need_frame(emit, slot);
    return operand;
}

struct proa_operand *proa_push(struct proa_emit *emit, enum proa_valtype type)
{
    return push(emit, PROA_OPERAND_SLOT, type, 0);
}

void proa_push_gpr(struct proa_emit *emit, enum proa_valtype type, unsigned reg)
{
    (void)push(emit, PROA_OPERAND_GPR, type, reg);
}

void proa_push_xmm(struct proa_emit *emit, enum proa_valtype type, unsigned reg)
{
    (void)push(emit, PROA_OPERAND_XMM, type, reg);
}

void proa_push_const(struct proa_emit *emit, enum proa_valtype type,
                     uint64_t bits)
{
    push(emit, PROA_OPERAND_CONST, type, 0)->bits = bits;
}

void proa_push_local(struct proa_emit *emit, uint32_t local)
{
    push(emit, PROA_OPERAND_LOCAL, emit->locals[local].type, 0)->local = local;
}

void proa_push_flags(struct proa_emit *emit, enum proa_condition condition)
{
    (void)push(emit, PROA_OPERAND_FLAGS, PROA_I32, condition);
}

struct proa_operand proa_pop(struct proa_emit *emit)
{
    assert(emit->stack_count > 0);
    struct proa_operand operand = emit->stack[--emit->stack_count];
    if (operand.kind == PROA_OPERAND_LOCAL)
        operand.reg = emit->locals[operand.local].reg;
    return operand;
}

bool proa_operand_place(const struct proa_emit *emit,
                        const struct proa_operand *operand,
                        struct proa_place *place)
{
    if (operand->kind == PROA_OPERAND_SLOT) {
        *place = proa_frame(operand->slot);
        return true;
    }
    if (operand->kind == PROA_OPERAND_LOCAL &&
        emit->locals[operand->local].reg == PROA_NO_GPR) {
        *place = proa_frame(emit->locals[operand->local].offset);
        return true;
    }
    return false;
}

void proa_load_gpr(struct proa_emit *emit, const struct proa_operand *from,
                   unsigned reg)
{
    uint32_t wide = proa_is_wide(from->type) ? PROA_ASM_W : 0;
    struct proa_place place;

    if (proa_operand_place(emit, from, &place)) {
        proa_asm_rm(&emit->as, PROA_ASM_MOV | wide, reg, &place);
    } else if (from->kind == PROA_OPERAND_CONST) {
        /* Not by xor: the flags may hold something. */
        if (from->bits == 0)
            proa_asm_move_zero(&emit->as, reg);
        else
            proa_asm_constant(&emit->as, reg, from->bits);
    } else if (from->kind == PROA_OPERAND_FLAGS) {
        proa_asm_setcc(&emit->as, (enum proa_condition)from->reg, reg);
        proa_asm_rr(&emit->as, PROA_ASM_MOVZX8, reg, reg);
    } else {
        unsigned source = from->kind == PROA_OPERAND_LOCAL
                              ? emit->locals[from->local].reg
                              : from->reg;
        if (source != reg)
            proa_asm_rr(&emit->as, PROA_ASM_MOV | wide, reg, source);
    }
}

void proa_load_typed(struct proa_emit *emit, enum proa_valtype type,
                     unsigned reg, const struct proa_place *place)
{
    uint32_t op = PROA_ASM_MOV;

    if (type == PROA_F32)
        op = PROA_ASM_MOVSS;
    else if (type == PROA_F64)
        op = PROA_ASM_MOVSD;
    else if (type == PROA_V128)
        op = PROA_ASM_MOVUPS;
    else if (type != PROA_I32)
        op = PROA_ASM_MOV | PROA_ASM_W;
    proa_asm_rm(&emit->as, op, reg, place);
}

void proa_store_typed(struct proa_emit *emit, enum proa_valtype type,
                      unsigned reg, const struct proa_place *place)
{
    uint32_t op = PROA_ASM_MOV_STORE;

    if (type == PROA_F32)
        op = PROA_ASM_MOVSS_STORE;
    else if (type == PROA_F64)
        op = PROA_ASM_MOVSD_STORE;
    else if (type == PROA_V128)
        op = PROA_ASM_MOVUPS_STORE;
    else if (type != PROA_I32)
        op = PROA_ASM_MOV_STORE | PROA_ASM_W;
    proa_asm_rm(&emit->as, op, reg, place);
}

void proa_load_xmm(struct proa_emit *emit, const struct proa_operand *from,
                   unsigned reg)
{
    struct proa_place place;

    if (proa_operand_place(emit, from, &place)) {
        proa_load_typed(emit, from->type, reg, &place);
    } else if (from->kind == PROA_OPERAND_CONST) {
        if (from->bits == 0) {
            proa_asm_rr(&emit->as, PROA_ASM_XORPS, reg, reg);
            return;
        }
        proa_asm_constant(&emit->as, PROA_SCRATCH, from->bits);
        proa_asm_rr(&emit->as,
                    PROA_ASM_MOVD_TO_XMM |
                        (from->type == PROA_F64 ? PROA_ASM_W : 0U),
                    reg, PROA_SCRATCH);
    } else {
        unsigned source = from->kind == PROA_OPERAND_LOCAL
                              ? emit->locals[from->local].reg
                              : from->reg;
        if (source != reg)
            proa_asm_rr(&emit->as, PROA_ASM_MOVAPS, reg, source);
    }
}

static void store_const(struct proa_emit *emit, uint64_t bits, bool wide,
                        int32_t slot)
{
    struct proa_place place = proa_frame(slot);

    if (!wide || (int64_t)bits == (int32_t)bits) {
        proa_asm_store_immediate(&emit->as, wide ? 8 : 4, &place,
                                 (int32_t)bits);
        return;
    }
    proa_asm_constant(&emit->as, PROA_SCRATCH, bits);
    proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, PROA_SCRATCH,
                &place);
}

void proa_store_operand(struct proa_emit *emit,
                        const struct proa_operand *operand, int32_t slot)
{
    struct proa_place place = proa_frame(slot);
    struct proa_place source;

    if (operand->kind == PROA_OPERAND_CONST) {
        store_const(emit, operand->bits, proa_is_wide(operand->type), slot);
    } else if (operand->kind == PROA_OPERAND_XMM) {
        proa_store_typed(emit, operand->type, operand->reg, &place);
    } else if (operand->kind == PROA_OPERAND_GPR) {
        proa_store_typed(emit, operand->type, operand->reg, &place);
    } else if (proa_operand_place(emit, operand, &source)) {
        if (source.offset == slot)
            return;
        if (operand->type == PROA_V128) {
            proa_load_typed(emit, PROA_V128, PROA_SCRATCH_XMM, &source);
            proa_store_typed(emit, PROA_V128, PROA_SCRATCH_XMM, &place);
            return;
        }
        uint32_t wide = proa_is_wide(operand->type) ? PROA_ASM_W : 0;
        proa_asm_rm(&emit->as, PROA_ASM_MOV | wide, PROA_SCRATCH, &source);
        proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | wide, PROA_SCRATCH, &place);
    } else {
        unsigned reg = PROA_SCRATCH;
        if (operand->kind == PROA_OPERAND_LOCAL)
            reg = emit->locals[operand->local].reg;
        else
            proa_load_gpr(emit, operand, reg);
        proa_store_typed(emit, operand->type, reg, &place);
    }
}

void proa_release(struct proa_emit *emit, const struct proa_operand *operand)
{
    if (operand->kind == PROA_OPERAND_GPR)
        proa_free_gpr(emit, operand->reg);
    else if (operand->kind == PROA_OPERAND_XMM)
        proa_free_xmm(emit, operand->reg);
}

static void spill(struct proa_emit *emit, struct proa_operand *operand)
{
    proa_store_operand(emit, operand, operand->slot);
    proa_release(emit, operand);
    operand->kind = PROA_OPERAND_SLOT;
}

void proa_spill_from(struct proa_emit *emit, uint32_t first, bool constants)
{
    for (uint32_t i = first; i < emit->stack_count; i++) {
        struct proa_operand *operand = &emit->stack[i];
        if (operand->kind == PROA_OPERAND_SLOT ||
            (operand->kind == PROA_OPERAND_CONST && !constants))
            continue;
        spill(emit, operand);
    }
}

void proa_settle_flags(struct proa_emit *emit)
{
    if (!proa_has_flags(emit))
        return;
    struct proa_operand *top = &emit->stack[emit->stack_count - 1];
    /* Taking a register may spill another operand: stores keep the flags. */
    unsigned reg = proa_take_gpr(emit);
    proa_load_gpr(emit, top, reg);
    top->kind = PROA_OPERAND_GPR;
    top->reg = (uint8_t)reg;
}

void proa_settle_local(struct proa_emit *emit, uint32_t local)
{
    for (uint32_t i = 0; i < emit->stack_count; i++) {
        struct proa_operand *operand = &emit->stack[i];
        if (operand->kind != PROA_OPERAND_LOCAL || operand->local != local)
            continue;
        bool xmm = proa_is_xmm(operand->type);
        unsigned reg = xmm ? proa_take_xmm(emit) : proa_take_gpr(emit);
        if (operand->kind != PROA_OPERAND_LOCAL) /* taking has spilled it */
            continue;
        if (xmm)
            proa_load_xmm(emit, operand, reg);
        else
            proa_load_gpr(emit, operand, reg);
        operand->kind = xmm ? PROA_OPERAND_XMM : PROA_OPERAND_GPR;
        operand->reg = (uint8_t)reg;
    }
}

/* The deepest operand in a register of the kind gives it up. */
static void spill_deepest(struct proa_emit *emit, enum proa_operand_kind kind)
{
    for (uint32_t i = 0; i < emit->stack_count; i++) {
        if (emit->stack[i].kind == kind) {
            spill(emit, &emit->stack[i]);
            return;
        }
    }
    abort(); /* an instruction holds all registers: a mistake in here */
}

unsigned proa_take_gpr(struct proa_emit *emit)
{
    if (emit->free_gprs == 0)
        spill_deepest(emit, PROA_OPERAND_GPR);
    unsigned reg = (unsigned)__builtin_ctz(emit->free_gprs);
    emit->free_gprs &= (uint16_t) ~(1U << reg);
    return reg;
}

unsigned proa_take_xmm(struct proa_emit *emit)
{
    if (emit->free_xmms == 0)
        spill_deepest(emit, PROA_OPERAND_XMM);
    unsigned reg = (unsigned)__builtin_ctz(emit->free_xmms);
    emit->free_xmms &= (uint16_t) ~(1U << reg);
    return reg;
}

void proa_take_this_gpr(struct proa_emit *emit, unsigned reg)
{
    uint16_t bit = (uint16_t)(1U << reg);

    for (uint32_t i = 0; (emit->free_gprs & bit) == 0 && i < emit->stack_count;
         i++)
        if (emit->stack[i].kind == PROA_OPERAND_GPR &&
            emit->stack[i].reg == reg)
            spill(emit, &emit->stack[i]);
    assert((emit->free_gprs & bit) != 0);
    emit->free_gprs &= (uint16_t)~bit;
}

void proa_free_gpr(struct proa_emit *emit, unsigned reg)
{
    emit->free_gprs |= (uint16_t)(1U << reg & PROA_OPERAND_GPRS);
}

void proa_free_xmm(struct proa_emit *emit, unsigned reg)
{
    emit->free_xmms |= (uint16_t)(1U << reg & PROA_OPERAND_XMMS);
}

unsigned proa_own_gpr(struct proa_emit *emit, const struct proa_operand *from)
{
    if (from->kind == PROA_OPERAND_GPR)
        return from->reg;
    unsigned reg = proa_take_gpr(emit);
    proa_load_gpr(emit, from, reg);
    return reg;
}

unsigned proa_own_xmm(struct proa_emit *emit, const struct proa_operand *from)
{
    if (from->kind == PROA_OPERAND_XMM)
        return from->reg;
    unsigned reg = proa_take_xmm(emit);
    proa_load_xmm(emit, from, reg);
    return reg;
}

unsigned proa_read_gpr(struct proa_emit *emit, struct proa_operand *from)
{
    if (from->kind == PROA_OPERAND_LOCAL &&
        emit->locals[from->local].reg != PROA_NO_GPR)
        return emit->locals[from->local].reg;
    from->reg = (uint8_t)proa_own_gpr(emit, from);
    from->kind = PROA_OPERAND_GPR;
    return from->reg;
}

unsigned proa_read_xmm(struct proa_emit *emit, struct proa_operand *from)
{
    if (from->kind == PROA_OPERAND_LOCAL &&
        emit->locals[from->local].reg != PROA_NO_GPR)
        return emit->locals[from->local].reg;
    from->reg = (uint8_t)proa_own_xmm(emit, from);
    from->kind = PROA_OPERAND_XMM;
    return from->reg;
}
