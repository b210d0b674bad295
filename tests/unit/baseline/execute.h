/*
 * One instruction as machine code, its operands wherever they are wanted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_BASELINE_EXECUTE_H
#define PROA_TESTS_BASELINE_EXECUTE_H

#include <sys/mman.h>

#include "../check.h"
#include "baseline/emit.h"

enum where {
    IN_REGISTER,
    IN_SLOT,
    IN_FRAME_LOCAL,
    IN_CONSTANT, /* not of a vector */
    IN_REGISTER_LOCAL,
    WHERE_COUNT,
};

enum { OPERANDS_MAX = 3, TEXT_SIZE = 4096, ANYTHING = 0x5a };

struct vector {
    uint64_t low;
    uint64_t high;
};

/* What the code sees: rbx points here, r15 to `memory`. */
struct world {
    struct vector operands[OPERANDS_MAX];
    struct vector result;
    uint8_t memory[64];
};

/* What is run: an instruction and where each of its operands is. */
struct plan {
    struct proa_instruction instruction;
    enum where where[OPERANDS_MAX];
};

static inline enum proa_valtype type_of(char letter)
{
    static const char letters[] = "iIfFva";
    static const enum proa_valtype types[] = { PROA_I32, PROA_I64,  PROA_F32,
                                               PROA_F64, PROA_V128, PROA_I32 };

    return types[strchr(letters, letter) - letters];
}

static inline bool can_be(enum where where, enum proa_valtype type)
{
    return where != IN_CONSTANT || type != PROA_V128;
}

/* What stands above a number of 32 or 64 bits must not matter. */
static inline void load_whole(struct proa_emit *emit, enum proa_valtype type,
                              unsigned reg, const struct proa_place *from)
{
    proa_load_typed(emit, proa_is_xmm(type) ? PROA_V128 : type, reg, from);
}

static inline void store_to(struct proa_emit *emit, enum proa_valtype type,
                            const struct proa_place *from, int32_t slot)
{
    struct proa_place to = proa_frame(slot);
    unsigned reg = proa_is_xmm(type) ? PROA_SCRATCH_XMM : PROA_SCRATCH;

    proa_asm_store_immediate(&emit->as, 8, &to, ANYTHING);
    proa_load_typed(emit, type, reg, from);
    proa_store_typed(emit, type, reg, &to);
}

static inline void push_operand(struct proa_emit *emit, unsigned index,
                                enum proa_valtype type, enum where where,
                                const struct vector *value)
{
    struct proa_place from = proa_place(PROA_RBX, 16 * (int32_t)index);
    struct proa_home *home = &emit->locals[index];
    unsigned reg;

    if (where == IN_CONSTANT) {
        proa_push_const(emit, type,
                        proa_is_wide(type) ? value->low : (uint32_t)value->low);
        return;
    }
    if (where == IN_REGISTER) {
        reg = proa_is_xmm(type) ? proa_take_xmm(emit) : proa_take_gpr(emit);
        load_whole(emit, type, reg, &from);
        if (proa_is_xmm(type))
            proa_push_xmm(emit, type, reg);
        else
            proa_push_gpr(emit, type, reg);
        return;
    }
    struct proa_operand *operand = proa_push(emit, type);
    if (where == IN_SLOT) {
        store_to(emit, type, &from, operand->slot);
        return;
    }
    operand->kind = PROA_OPERAND_LOCAL;
    operand->local = index;
    *home = (struct proa_home){ .reg = PROA_NO_GPR,
                                .offset = -64 - 16 * (int32_t)index,
                                .type = type };
    if (where == IN_REGISTER_LOCAL) {
        home->pin = (uint8_t)(index + (proa_is_xmm(type) ? PROA_PIN_GPRS : 0));
        home->reg = proa_pin_registers[home->pin];
        load_whole(emit, type, home->reg, &from);
    } else {
        store_to(emit, type, &from, home->offset);
    }
}

static inline void save_registers(struct proa_emit *emit)
{
    proa_asm_push(&emit->as, PROA_RBP);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBP, PROA_RSP);
    proa_asm_push(&emit->as, PROA_RBX);
    for (unsigned reg = PROA_R12; reg <= PROA_R15; reg++)
        proa_asm_push(&emit->as, reg);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_SUB, true, PROA_RSP, 512);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBX, PROA_RDI);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_R15, PROA_RSI);
}

/* Returns eax: no trap, or which. */
static inline void leave(struct proa_emit *emit)
{
    struct proa_place saved = proa_frame(-40);
    struct proa_label out = { 0 };

    proa_asm_constant(&emit->as, PROA_RAX, 0);
    proa_asm_jmp(&emit->as, &out);
    for (uint32_t i = 1; i < PROA_TRAP_COUNT; i++) {
        if (emit->traps[i].uses == 0)
            continue;
        proa_asm_bind(&emit->as, &emit->traps[i]);
        proa_asm_constant(&emit->as, PROA_RAX, i);
        proa_asm_jmp(&emit->as, &out);
    }
    proa_asm_bind(&emit->as, &out);
    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RSP, &saved);
    for (unsigned reg = PROA_R15; reg >= PROA_R12; reg--)
        proa_asm_pop(&emit->as, reg);
    proa_asm_pop(&emit->as, PROA_RBX);
    proa_asm_pop(&emit->as, PROA_RBP);
    proa_asm_ret(&emit->as);
}

typedef bool emit_family(struct proa_emit *emit,
                         const struct proa_instruction *instruction);

/* The code of the plan, for these operands where they are constants. */
static inline void emit_plan(const struct plan *plan, emit_family *family,
                             const struct world *world,
                             struct proa_buffer *code)
{
    struct proa_memorytype memory = { 0 };
    struct proa_wasm_module module = { .memories = &memory, .memory_count = 1 };
    struct proa_layout layout = { 0 };
    struct proa_chunk chunk = { .module = &module, .layout = &layout };
    struct proa_home locals[OPERANDS_MAX];
    struct proa_emit emit = { .chunk = &chunk,
                              .locals = locals,
                              .free_gprs = PROA_OPERAND_GPRS,
                              .free_xmms = PROA_OPERAND_XMMS,
                              .slots_start = -256 };
    struct proa_place result = proa_place(PROA_RBX, 16 * OPERANDS_MAX);
    const char *signature = proa_opcodes[plan->instruction.op].signature;

    proa_asm_open(&emit.as, code);
    save_registers(&emit);
    for (unsigned i = 0; signature[i] != ':'; i++)
        push_operand(&emit, i, type_of(signature[i]), plan->where[i],
                     &world->operands[i]);
    CHECK_EQ(family(&emit, &plan->instruction), true);
    proa_settle_flags(&emit);
    if (emit.stack_count > 0) {
        struct proa_operand top = proa_pop(&emit);
        bool xmm = proa_is_xmm(top.type);
        unsigned reg =
            xmm ? proa_read_xmm(&emit, &top) : proa_read_gpr(&emit, &top);
        proa_store_typed(&emit, top.type, reg, &result);
        proa_release(&emit, &top);
    }
    /* Every register was given back. */
    CHECK_EQ(emit.stack_count, 0);
    CHECK_EQ(emit.free_gprs, PROA_OPERAND_GPRS);
    CHECK_EQ(emit.free_xmms, PROA_OPERAND_XMMS);
    leave(&emit);
    proa_asm_sync(&emit.as);
    free(emit.stack);
}

#endif
