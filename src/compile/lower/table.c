/*
 * Tables: rows of function entries or of host references.
 * https://webassembly.github.io/spec/core/exec/instructions.html#table-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/function.h"

#define BUILTIN(NAME) offsetof(struct proa_builtins, NAME)

static const struct proa_tabletype *table_type(const struct proa_lower *lower,
                                               uint32_t table_index)
{
    return &lower->unit->module->tables[table_index].type;
}

static LLVMValueRef pop_address(struct proa_lower *lower)
{
    return proa_lower_address(lower, proa_lower_pop(lower));
}

static LLVMValueRef slot_field(struct proa_lower *lower, uint32_t table_index,
                               uint64_t field)
{
    return proa_lower_context_load(
        lower, lower->unit->ptr,
        lower->unit->plan->layout.tables +
            (uint64_t)PROA_SIZEOF_SLOT * table_index + field,
        true);
}

/* A table whose least size is its greatest has that size, imported or not. */
static LLVMValueRef table_size(struct proa_lower *lower, uint32_t table_index)
{
    const struct proa_limits *limits = &table_type(lower, table_index)->limits;

    if (limits->min == limits->max)
        return proa_unit_i64(lower->unit, limits->min);
    return proa_unit_host_load(
        lower->unit, lower->builder, lower->unit->i64,
        slot_field(lower, table_index, offsetof(struct proa_table_slot, count)),
        false);
}

LLVMValueRef proa_lower_table_row(struct proa_lower *lower,
                                  uint32_t table_index, LLVMValueRef index,
                                  enum proa_trap trap)
{
    const struct proa_unit *unit = lower->unit;
    bool is_func = table_type(lower, table_index)->element == PROA_FUNCREF;
    LLVMTypeRef row =
        LLVMArrayType2(unit->i64, is_func ? PROA_SIZEOF_TABLE_ENTRY / 8 : 1);
    LLVMValueRef entries;

    index = proa_lower_address(lower, index);
    proa_lower_trap_if(lower,
                       LLVMBuildICmp(lower->builder, LLVMIntUGE, index,
                                     table_size(lower, table_index), ""),
                       trap);
    entries = slot_field(lower, table_index,
                         offsetof(struct proa_table_slot, entries));
    return LLVMBuildGEP2(lower->builder, row, entries, &index, 1, "");
}

LLVMValueRef proa_lower_field(struct proa_lower *lower, LLVMTypeRef type,
                              LLVMValueRef record, uint64_t offset)
{
    return proa_unit_host_load(
        lower->unit, lower->builder, type,
        proa_unit_offset(lower->unit, lower->builder, record, offset), false);
}

static void table_get(struct proa_lower *lower, uint32_t table_index)
{
    bool is_func = table_type(lower, table_index)->element == PROA_FUNCREF;
    LLVMValueRef row = proa_lower_table_row(
        lower, table_index, proa_lower_pop(lower), PROA_TRAP_TABLE_BOUNDS);
    uint64_t offset = is_func ? offsetof(struct proa_table_entry, func) : 0;

    proa_lower_push(lower,
                    proa_lower_field(lower, lower->unit->ptr, row, offset));
}

static void store_field(struct proa_lower *lower, LLVMValueRef value,
                        LLVMValueRef row, uint64_t offset)
{
    proa_unit_state_store(
        lower->builder, value,
        proa_unit_offset(lower->unit, lower->builder, row, offset));
}

static void set_func_row(struct proa_lower *lower, LLVMValueRef row,
                         LLVMValueRef reference)
{
    const struct proa_unit *unit = lower->unit;
    LLVMBuilderRef builder = lower->builder;
    /* fields of the record, and where they go in the row */
    const uint64_t fields[3][2] = {
        { offsetof(struct proa_func, code),
          offsetof(struct proa_table_entry, code) },
        { offsetof(struct proa_func, context),
          offsetof(struct proa_table_entry, context) },
        { offsetof(struct proa_func, signature),
          offsetof(struct proa_table_entry, signature) },
    };
    LLVMBasicBlockRef here = LLVMGetInsertBlock(builder);
    LLVMBasicBlockRef copy = proa_lower_block(lower);
    LLVMBasicBlockRef done = proa_lower_block(lower);
    LLVMValueRef zero = proa_unit_i64(unit, 0);
    LLVMValueRef values[3];

    LLVMBuildCondBr(builder, LLVMBuildIsNull(builder, reference, ""), done,
                    copy);
    proa_lower_go_on_in(lower, copy);
    for (int i = 0; i < 3; i++)
        values[i] = proa_lower_field(lower, unit->i64, reference, fields[i][0]);
    LLVMBuildBr(builder, done);
    proa_lower_go_on_in(lower, done);
    for (int i = 0; i < 3; i++) {
        LLVMValueRef phi = LLVMBuildPhi(builder, unit->i64, "");

        LLVMAddIncoming(phi, &zero, &here, 1);
        LLVMAddIncoming(phi, &values[i], &copy, 1);
        values[i] = phi;
    }
    for (int i = 0; i < 3; i++)
        store_field(lower, values[i], row, fields[i][1]);
    store_field(lower, reference, row, offsetof(struct proa_table_entry, func));
}

static void table_set(struct proa_lower *lower, uint32_t table_index)
{
    LLVMValueRef reference = proa_lower_pop(lower);
    LLVMValueRef row = proa_lower_table_row(
        lower, table_index, proa_lower_pop(lower), PROA_TRAP_TABLE_BOUNDS);

    if (table_type(lower, table_index)->element == PROA_FUNCREF)
        set_func_row(lower, row, reference);
    else
        store_field(lower, reference, row, 0);
}

static void table_grow(struct proa_lower *lower, uint32_t table_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef count = pop_address(lower);
    LLVMValueRef reference = proa_lower_pop(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, table_index), reference,
                            count };
    LLVMValueRef old =
        proa_lower_builtin(lower, BUILTIN(table_grow), unit->i64, args, 3);

    proa_lower_push(
        lower, proa_lower_size_result(
                   lower, old, table_type(lower, table_index)->limits.is_64));
}

void proa_lower_table_fill(struct proa_lower *lower, uint32_t table_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef count = pop_address(lower);
    LLVMValueRef reference = proa_lower_pop(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, table_index), to, reference,
                            count };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(table_fill), unit->i32, args, 4));
}

static void table_copy(struct proa_lower *lower, uint32_t to_table,
                       uint32_t from_table)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef count = pop_address(lower);
    LLVMValueRef from = pop_address(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, to_table),
                            proa_unit_i32(unit, from_table), to, from, count };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(table_copy), unit->i32, args, 5));
}

void proa_lower_table_init(struct proa_lower *lower, uint32_t elem_index,
                           uint32_t table_index)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef count = proa_lower_pop(lower);
    LLVMValueRef from = proa_lower_pop(lower);
    LLVMValueRef to = pop_address(lower);
    LLVMValueRef args[] = { proa_unit_i32(unit, elem_index),
                            proa_unit_i32(unit, table_index), to, from, count };

    proa_lower_trap_unless_zero(
        lower,
        proa_lower_builtin(lower, BUILTIN(table_init), unit->i32, args, 5));
}

void proa_lower_elem_drop(struct proa_lower *lower, uint32_t elem_index)
{
    LLVMValueRef arg = proa_unit_i32(lower->unit, elem_index);

    (void)proa_lower_builtin(lower, BUILTIN(elem_drop), lower->unit->nothing,
                             &arg, 1);
}

bool proa_lower_table(struct proa_lower *lower,
                      const struct proa_instruction *instruction)
{
    uint32_t index = instruction->index;

    switch (instruction->op) {
    case PROA_OP_TABLE_GET:
        table_get(lower, index);
        return true;
    case PROA_OP_TABLE_SET:
        table_set(lower, index);
        return true;
    case PROA_OP_TABLE_SIZE:
        proa_lower_push(lower, proa_lower_size_result(
                                   lower, table_size(lower, index),
                                   table_type(lower, index)->limits.is_64));
        return true;
    case PROA_OP_TABLE_GROW:
        table_grow(lower, index);
        return true;
    case PROA_OP_TABLE_FILL:
        proa_lower_table_fill(lower, index);
        return true;
    case PROA_OP_TABLE_COPY:
        table_copy(lower, index, instruction->index2);
        return true;
    case PROA_OP_TABLE_INIT:
        proa_lower_table_init(lower, index, instruction->index2);
        return true;
    case PROA_OP_ELEM_DROP:
        proa_lower_elem_drop(lower, index);
        return true;
    default:
        return false;
    }
}
