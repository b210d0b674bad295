/*
 * Counting fuel; wasm/fuel.h says what is counted where. A function that does
 * has its count in a register, below zero by how much is left.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/fuel.h"

#include <stddef.h>

#include "wasm/fuel.h"

/* The store's place, by the scratch register. Flags are kept. */
static struct proa_place place(struct proa_emit *emit)
{
    struct proa_place pointer =
        proa_place(PROA_CONTEXT_REG, offsetof(struct proa_context, fuel));

    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &pointer);
    return proa_place(PROA_SCRATCH, 0);
}

void proa_emit_fuel_load(struct proa_emit *emit)
{
    if (!emit->counts_fuel)
        return;
    struct proa_place from = place(emit);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_FUEL_REG, &from);
}

void proa_emit_fuel_save(struct proa_emit *emit)
{
    if (!emit->counts_fuel)
        return;
    struct proa_place to = place(emit);
    proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, PROA_FUEL_REG, &to);
}

void proa_emit_fuel_check(struct proa_emit *emit)
{
    if (!emit->counts_fuel)
        return;
    proa_asm_rr(&emit->as, PROA_ASM_TEST | PROA_ASM_W, PROA_FUEL_REG,
                PROA_FUEL_REG);
    proa_asm_jcc(&emit->as, PROA_CC_NS, proa_trap_label(emit, PROA_TRAP_FUEL));
}

/* By lea: a comparison may still be in the flags. */
static void spend_pending(struct proa_emit *emit)
{
    struct proa_place sum =
        proa_place(PROA_FUEL_REG, (int32_t)emit->fuel_pending);

    if (emit->fuel_pending != 0)
        proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_FUEL_REG, &sum);
    emit->fuel_pending = 0;
}

void proa_emit_fuel_open(struct proa_emit *emit)
{
    if (!emit->counts_fuel)
        return;
    proa_emit_fuel_load(emit);
    emit->fuel_pending = PROA_FUEL_FUNCTION;
    spend_pending(emit);
    proa_emit_fuel_check(emit);
}

/* The size is on top of the stack. Only a large one is worth a check. */
static void spend_size(struct proa_emit *emit)
{
    const struct proa_operand *size = &emit->stack[emit->stack_count - 1];
    struct proa_label small = { 0 };

    if (size->kind == PROA_OPERAND_CONST &&
        size->bits <= PROA_FUEL_BULK_UNCHECKED) {
        emit->fuel_pending += (uint32_t)size->bits;
        return;
    }
    spend_pending(emit);
    proa_load_gpr(emit, size, PROA_SCRATCH);
    proa_asm_rr(&emit->as, PROA_ASM_ADD | PROA_ASM_W, PROA_FUEL_REG,
                PROA_SCRATCH);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, true, PROA_SCRATCH,
                      PROA_FUEL_BULK_UNCHECKED);
    proa_asm_jcc(&emit->as, PROA_CC_BE, &small);
    proa_emit_fuel_check(emit);
    proa_asm_bind(&emit->as, &small);
}

void proa_emit_fuel_before(struct proa_emit *emit, enum proa_op op)
{
    if (!emit->counts_fuel || emit->is_unreachable)
        return;
    emit->fuel_pending += proa_fuel_cost(op);
    if (proa_fuel_is_bulk(op))
        spend_size(emit);
    if (proa_fuel_point(op) == PROA_FUEL_GOES_ON)
        return;
    spend_pending(emit);
    if (proa_fuel_point(op) == PROA_FUEL_SHOWN)
        proa_emit_fuel_save(emit);
}

void proa_emit_fuel_of_start(struct proa_emit *emit)
{
    uint32_t cost = proa_fuel_of_init(emit->chunk->module);

    if (!emit->chunk->counts_fuel || cost == 0)
        return;
    struct proa_place count = place(emit);
    proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_ADD, true, &count,
                      PROA_FUEL_FUNCTION);
    proa_asm_jcc(&emit->as, PROA_CC_NS, proa_trap_label(emit, PROA_TRAP_FUEL));
    if (cost > PROA_FUEL_FUNCTION)
        proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_ADD, true, &count,
                          (int32_t)(cost - PROA_FUEL_FUNCTION));
}
