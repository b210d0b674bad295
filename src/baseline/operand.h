/*
 * The operand stack and the registers of a function being emitted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_OPERAND_H
#define PROA_BASELINE_OPERAND_H

#include "baseline/emit.h"

struct proa_operand *proa_push(struct proa_emit *emit, enum proa_valtype type);
void proa_push_gpr(struct proa_emit *emit, enum proa_valtype type,
                   unsigned reg);
void proa_push_xmm(struct proa_emit *emit, enum proa_valtype type,
                   unsigned reg);
void proa_push_const(struct proa_emit *emit, enum proa_valtype type,
                     uint64_t bits);
void proa_push_local(struct proa_emit *emit, uint32_t local);
void proa_push_flags(struct proa_emit *emit, enum proa_condition condition);
/* The operand leaves the stack; its register, if any, is the caller's. */
struct proa_operand proa_pop(struct proa_emit *emit);
/* A register of its own, taken from an operand's slot when none is free. */
unsigned proa_take_gpr(struct proa_emit *emit);
unsigned proa_take_xmm(struct proa_emit *emit);
/* This very register: whoever has it moves to its slot. */
void proa_take_this_gpr(struct proa_emit *emit, unsigned reg);
void proa_free_gpr(struct proa_emit *emit, unsigned reg);
void proa_free_xmm(struct proa_emit *emit, unsigned reg);
/* The operand in a register that may be written; free it, or push it. */
unsigned proa_own_gpr(struct proa_emit *emit, const struct proa_operand *from);
unsigned proa_own_xmm(struct proa_emit *emit, const struct proa_operand *from);
/* The operand in a register that may only be read, until proa_release(). */
unsigned proa_read_gpr(struct proa_emit *emit, struct proa_operand *from);
unsigned proa_read_xmm(struct proa_emit *emit, struct proa_operand *from);
void proa_release(struct proa_emit *emit, const struct proa_operand *operand);
/* Load into this register, which must be free or scratch. Flags are kept. */
void proa_load_gpr(struct proa_emit *emit, const struct proa_operand *from,
                   unsigned reg);
void proa_load_xmm(struct proa_emit *emit, const struct proa_operand *from,
                   unsigned reg);
/* Where an operand lies in memory; false: it is not in memory. */
bool proa_operand_place(const struct proa_emit *emit,
                        const struct proa_operand *operand,
                        struct proa_place *place);
/* Store to any slot. Flags are kept. */
void proa_store_operand(struct proa_emit *emit,
                        const struct proa_operand *operand, int32_t slot);
/* Every operand from `first` up into its slot (constants too if asked). */
void proa_spill_from(struct proa_emit *emit, uint32_t first, bool constants);
/* Has the last comparison been left in the flags? */
static inline bool proa_has_flags(const struct proa_emit *emit)
{
    return emit->stack_count > 0 &&
           emit->stack[emit->stack_count - 1].kind == PROA_OPERAND_FLAGS;
}
/* A comparison left in the flags becomes a number. */
void proa_settle_flags(struct proa_emit *emit);
/* Operands that are this local become what it is now. */
void proa_settle_local(struct proa_emit *emit, uint32_t local);
/* Where the next operand's slot begins. */
int32_t proa_slot_top(const struct proa_emit *emit);

#endif
