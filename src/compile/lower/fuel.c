/*
 * Counting fuel; wasm/fuel.h says what is counted where.
 *
 * The count is a local of the function: below zero, by how much is left, until
 * it is used up. What is compared at a loop is compared on the edges to it, so
 * that a loop is not left at its header, which LLVM likes least.
 *
 * What is spent is summed up apart from the count until that is looked at: so
 * where arms of a branch meet, which spend different constants, one of these is
 * selected, and nothing is left in the arms that would keep LLVM from making
 * them one.
 *
 * The count in the store's place is not marked as apart from the guest's
 * memory: an access to that may trap, which shows the place, so no store to it
 * may be moved across one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/fuel.h"

#include <stddef.h>

#include "compile/lower/function.h"
#include "wasm/fuel.h"

/* The store's place. */
static LLVMValueRef place(struct proa_lower *lower)
{
    return proa_lower_context_load(lower, lower->unit->ptr,
                                   offsetof(struct proa_context, fuel), true);
}

static LLVMValueRef count_get(struct proa_lower *lower)
{
    return LLVMBuildLoad2(lower->builder, lower->unit->i64, lower->fuel, "");
}

static void add_to(struct proa_lower *lower, LLVMValueRef local,
                   LLVMValueRef more)
{
    LLVMBuilderRef builder = lower->builder;
    LLVMValueRef sum = LLVMBuildAdd(
        builder, LLVMBuildLoad2(builder, lower->unit->i64, local, ""), more,
        "");

    LLVMBuildStore(builder, sum, local);
}

/* Let the count be all that was spent. */
void proa_lower_fuel_sum(struct proa_lower *lower)
{
    LLVMBuilderRef builder = lower->builder;

    if (lower->fuel == NULL || lower->fuel_more == NULL)
        return;
    add_to(lower, lower->fuel,
           LLVMBuildLoad2(builder, lower->unit->i64, lower->fuel_more, ""));
    LLVMBuildStore(builder, proa_unit_i64(lower->unit, 0), lower->fuel_more);
}

void proa_lower_fuel_load(struct proa_lower *lower)
{
    if (lower->fuel != NULL)
        LLVMBuildStore(
            lower->builder,
            LLVMBuildLoad2(lower->builder, lower->unit->i64, place(lower), ""),
            lower->fuel);
}

void proa_lower_fuel_save(struct proa_lower *lower)
{
    if (lower->fuel == NULL)
        return;
    proa_lower_fuel_sum(lower);
    proa_unit_state_store(lower->builder, count_get(lower), place(lower));
}

static void spend(struct proa_lower *lower, LLVMValueRef more)
{
    add_to(lower, lower->fuel_more != NULL ? lower->fuel_more : lower->fuel,
           more);
}

static void spend_pending(struct proa_lower *lower)
{
    if (lower->fuel_pending == 0)
        return;
    spend(lower, proa_unit_i64(lower->unit, lower->fuel_pending));
    lower->fuel_pending = 0;
}

/* Where the count is shown and the function left. */
static LLVMBasicBlockRef out_of_fuel(struct proa_lower *lower)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(lower->builder);
    LLVMBasicBlockRef trap;

    if (lower->fuel_trap != NULL)
        return lower->fuel_trap;
    trap = proa_lower_trap_block(lower, PROA_TRAP_FUEL);
    lower->fuel_trap = proa_lower_block(lower);
    LLVMPositionBuilderAtEnd(lower->builder, lower->fuel_trap);
    proa_unit_state_store(lower->builder, count_get(lower), place(lower));
    LLVMBuildBr(lower->builder, trap);
    LLVMPositionBuilderAtEnd(lower->builder, here);
    return lower->fuel_trap;
}

void proa_lower_fuel_check(struct proa_lower *lower)
{
    LLVMValueRef is_out;

    if (lower->fuel == NULL)
        return;
    proa_lower_fuel_sum(lower);
    is_out = LLVMBuildICmp(lower->builder, LLVMIntSGE, count_get(lower),
                           proa_unit_i64(lower->unit, 0), "");
    proa_lower_branch_rare(lower, is_out, out_of_fuel(lower));
}

static void open(struct proa_lower *lower)
{
    lower->fuel =
        LLVMBuildAlloca(lower->entry_builder, lower->unit->i64, "fuel");
    proa_lower_fuel_load(lower);
    if (lower->unit->options->opt_level > 0) {
        lower->fuel_more = LLVMBuildAlloca(lower->entry_builder,
                                           lower->unit->i64, "fuel.more");
        LLVMBuildStore(lower->builder, proa_unit_i64(lower->unit, 0),
                       lower->fuel_more);
    }
    lower->fuel_pending = PROA_FUEL_FUNCTION;
    spend_pending(lower);
    proa_lower_fuel_check(lower);
}

void proa_lower_fuel_open(struct proa_lower *lower)
{
    if (lower->unit->options->counts_fuel)
        open(lower);
}

void proa_lower_fuel_of_start(struct proa_lower *lower)
{
    uint32_t cost = proa_fuel_of_init(lower->unit->module);

    if (!lower->unit->options->counts_fuel || cost == 0)
        return;
    open(lower);
    lower->fuel_pending = cost - PROA_FUEL_FUNCTION;
    spend_pending(lower);
    proa_lower_fuel_save(lower);
    lower->fuel = NULL; /* nothing else of init is counted */
}

/* The size is on top of the stack. Only a large one is worth a check. */
static void spend_size(struct proa_lower *lower)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef size = proa_lower_pop(lower);
    LLVMValueRef wide = proa_lower_address(lower, size);
    LLVMBasicBlockRef check = proa_lower_block(lower);
    LLVMBasicBlockRef after = proa_lower_block(lower);

    proa_lower_push(lower, size);
    spend_pending(lower);
    spend(lower, wide);
    LLVMBuildCondBr(lower->builder,
                    LLVMBuildICmp(lower->builder, LLVMIntUGT, wide,
                                  proa_unit_i64(unit, PROA_FUEL_BULK_UNCHECKED),
                                  ""),
                    check, after);
    proa_lower_go_on_in(lower, check);
    proa_lower_fuel_check(lower);
    LLVMBuildBr(lower->builder, after);
    proa_lower_go_on_in(lower, after);
}

void proa_lower_fuel_before(struct proa_lower *lower, enum proa_op op)
{
    if (lower->fuel == NULL || !lower->is_reachable)
        return;
    lower->fuel_pending += proa_fuel_cost(op);
    if (proa_fuel_is_bulk(op))
        spend_size(lower);
    if (proa_fuel_point(op) == PROA_FUEL_GOES_ON)
        return;
    spend_pending(lower);
    if (op == PROA_OP_LOOP) /* or each turn began with another sum */
        proa_lower_fuel_sum(lower);
    if (proa_fuel_point(op) == PROA_FUEL_SHOWN)
        proa_lower_fuel_save(lower);
}
