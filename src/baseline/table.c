/*
 * Tables.
 * https://webassembly.github.io/spec/core/exec/instructions.html#table-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "baseline/emit.h"

struct proa_place proa_table_slot(const struct proa_emit *emit, uint32_t table)
{
    return proa_place(PROA_CONTEXT_REG,
                      (int32_t)(emit->chunk->layout->tables +
                                sizeof(struct proa_table_slot) * table));
}

static const struct proa_tabletype *table_type(const struct proa_emit *emit,
                                               uint32_t table)
{
    return &emit->chunk->module->tables[table].type;
}

static enum proa_valtype address_type(const struct proa_emit *emit,
                                      uint32_t table)
{
    return table_type(emit, table)->limits.is_64 ? PROA_I64 : PROA_I32;
}

static bool holds_functions(const struct proa_emit *emit, uint32_t table)
{
    return table_type(emit, table)->element == PROA_FUNCREF;
}

/* reg: an index, checked and turned into the row's address. */
void proa_emit_row(struct proa_emit *emit, uint32_t table, unsigned reg,
                   enum proa_trap trap)
{
    struct proa_place entries = proa_table_slot(emit, table);
    struct proa_place count = entries;
    struct proa_place value = proa_place(PROA_SCRATCH, 0);

    entries.offset += (int32_t)offsetof(struct proa_table_slot, entries);
    count.offset += (int32_t)offsetof(struct proa_table_slot, count);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &count);
    proa_asm_rm(&emit->as, PROA_ASM_CMP | PROA_ASM_W, reg, &value);
    proa_asm_jcc(&emit->as, PROA_CC_AE, proa_trap_label(emit, trap));
    proa_asm_shift_ri(&emit->as, PROA_ASM_SHL, true, reg,
                      holds_functions(emit, table) ? 5 : 3);
    proa_asm_rm(&emit->as, PROA_ASM_ADD | PROA_ASM_W, reg, &entries);
}

static void emit_get(struct proa_emit *emit, uint32_t table)
{
    struct proa_operand index = proa_pop(emit);
    unsigned reg = proa_own_gpr(emit, &index);
    struct proa_place place = proa_place(reg, 0);

    if (holds_functions(emit, table))
        place.offset = (int32_t)offsetof(struct proa_table_entry, func);
    proa_emit_row(emit, table, reg, PROA_TRAP_TABLE_BOUNDS);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, reg, &place);
    proa_push_gpr(emit, table_type(emit, table)->element, reg);
}

/* A row is the record's first three fields and its address; null is zeros. */
static void store_function(struct proa_emit *emit, unsigned row, unsigned func)
{
    static const struct {
        uint8_t from;
        uint8_t to;
    } fields[] = {
        { offsetof(struct proa_func, code),
          offsetof(struct proa_table_entry, code) },
        { offsetof(struct proa_func, context),
          offsetof(struct proa_table_entry, context) },
        { offsetof(struct proa_func, signature),
          offsetof(struct proa_table_entry, signature) },
    };
    struct proa_place to =
        proa_place(row, offsetof(struct proa_table_entry, func));
    struct proa_label null = { 0 };
    struct proa_label done = { 0 };

    proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, func, &to);
    proa_asm_rr(&emit->as, PROA_ASM_TEST | PROA_ASM_W, func, func);
    proa_asm_jcc(&emit->as, PROA_CC_E, &null);
    for (int i = 0; i < 3; i++) {
        struct proa_place from = proa_place(func, fields[i].from);
        to.offset = fields[i].to;
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &from);
        proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, PROA_SCRATCH,
                    &to);
    }
    proa_asm_jmp(&emit->as, &done);
    proa_asm_bind(&emit->as, &null);
    for (int i = 0; i < 3; i++) {
        to.offset = fields[i].to;
        proa_asm_store_immediate(&emit->as, 8, &to, 0);
    }
    proa_asm_bind(&emit->as, &done);
}

static void emit_set(struct proa_emit *emit, uint32_t table)
{
    struct proa_operand value = proa_pop(emit);
    struct proa_operand index = proa_pop(emit);
    unsigned reference = proa_read_gpr(emit, &value);
    unsigned row = proa_own_gpr(emit, &index);
    struct proa_place place = proa_place(row, 0);

    proa_emit_row(emit, table, row, PROA_TRAP_TABLE_BOUNDS);
    if (holds_functions(emit, table))
        store_function(emit, row, reference);
    else
        proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, reference,
                    &place);
    proa_free_gpr(emit, row);
    proa_release(emit, &value);
}

static void emit_size(struct proa_emit *emit, uint32_t table)
{
    unsigned reg = proa_take_gpr(emit);
    struct proa_place count = proa_table_slot(emit, table);
    struct proa_place value = proa_place(reg, 0);

    count.offset += (int32_t)offsetof(struct proa_table_slot, count);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, reg, &count);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, reg, &value);
    proa_push_gpr(emit, address_type(emit, table), reg);
}

static struct proa_operand immediate(uint32_t value)
{
    return (struct proa_operand){ .kind = PROA_OPERAND_CONST,
                                  .type = PROA_I32,
                                  .bits = value };
}

static void emit_grow(struct proa_emit *emit, uint32_t table)
{
    enum proa_valtype type = address_type(emit, table);
    struct proa_operand args[3] = { immediate(table) };

    args[2] = proa_pop(emit); /* the reference lies below the count */
    args[1] = proa_pop(emit);
    proa_emit_builtin(emit, offsetof(struct proa_builtins, table_grow), args,
                      3);
    proa_take_this_gpr(emit, PROA_RAX);
    if (type == PROA_I32)
        proa_asm_rr(&emit->as, PROA_ASM_MOV, PROA_RAX, PROA_RAX);
    proa_push_gpr(emit, type, PROA_RAX);
}

static void emit_bulk(struct proa_emit *emit, size_t builtin, uint32_t first,
                      uint32_t second)
{
    struct proa_operand args[5] = { immediate(first), immediate(second) };

    for (int i = 4; i >= 2; i--)
        args[i] = proa_pop(emit);
    proa_emit_builtin(emit, (uint32_t)builtin, args, 5);
    proa_emit_trap_unless_zero(emit);
}

static void emit_fill(struct proa_emit *emit, uint32_t table)
{
    struct proa_operand args[4] = { immediate(table) };

    for (int i = 3; i >= 1; i--)
        args[i] = proa_pop(emit);
    proa_emit_builtin(emit, offsetof(struct proa_builtins, table_fill), args,
                      4);
    proa_emit_trap_unless_zero(emit);
}

bool proa_emit_table(struct proa_emit *emit,
                     const struct proa_instruction *instruction)
{
    struct proa_operand segment;

    switch (instruction->op) {
    case PROA_OP_TABLE_GET:
        emit_get(emit, instruction->index);
        return true;
    case PROA_OP_TABLE_SET:
        emit_set(emit, instruction->index);
        return true;
    case PROA_OP_TABLE_SIZE:
        emit_size(emit, instruction->index);
        return true;
    case PROA_OP_TABLE_GROW:
        emit_grow(emit, instruction->index);
        return true;
    case PROA_OP_TABLE_FILL:
        emit_fill(emit, instruction->index);
        return true;
    case PROA_OP_TABLE_COPY:
        emit_bulk(emit, offsetof(struct proa_builtins, table_copy),
                  instruction->index, instruction->index2);
        return true;
    case PROA_OP_TABLE_INIT:
        emit_bulk(emit, offsetof(struct proa_builtins, table_init),
                  instruction->index, instruction->index2);
        return true;
    case PROA_OP_ELEM_DROP:
        segment = immediate(instruction->index);
        proa_emit_builtin(emit, offsetof(struct proa_builtins, elem_drop),
                          &segment, 1);
        return true;
    default:
        return false;
    }
}
