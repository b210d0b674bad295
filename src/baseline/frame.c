/*
 * The frame: saved registers, locals, operand slots, from rbp down.
 * https://gitlab.com/x86-psABIs/x86-64-ABI chapter 3.2
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "baseline/emit.h"
#include "baseline/fuel.h"

struct proa_label *proa_trap_label(struct proa_emit *emit, enum proa_trap trap)
{
    return &emit->traps[trap];
}

/*
 * A parameter that came in a register goes to a pin that calls keep, while
 * there are some; it stays where it is, if that is a pin; or it goes home.
 */
static void place_param(struct proa_emit *emit, uint32_t local, unsigned reg)
{
    const struct proa_home *home = &emit->locals[local];
    struct proa_place place = proa_frame(home->offset);
    bool xmm = proa_is_xmm(home->type);
    unsigned pin = proa_pin_find(emit, local);

    if (!xmm && pin >= PROA_PINS_KEPT)
        for (pin = PROA_PINS_KEPT;
             pin < PROA_PIN_GPRS && proa_pin_registers[pin] != reg;)
            pin++;
    if (pin >= PROA_PINS || (!xmm && pin >= PROA_PIN_GPRS)) {
        proa_store_typed(emit, home->type, reg, &place);
        return;
    }
    if (xmm)
        proa_asm_rr(&emit->as, PROA_ASM_MOVAPS, proa_pin_registers[pin], reg);
    else if (home->type == PROA_I32 || proa_pin_registers[pin] != reg)
        /* A C caller may leave anything above 32 bits. */
        proa_asm_rr(&emit->as,
                    PROA_ASM_MOV | (proa_is_wide(home->type) ? PROA_ASM_W : 0U),
                    proa_pin_registers[pin], reg);
    proa_pin_bind(emit, pin, local, true);
}

/* Parameters from where the caller left them to where they are to be. */
static void store_params(struct proa_emit *emit)
{
    struct proa_args args = { .int_count = 1 };

    for (uint32_t i = 0; i < emit->type->param_count; i++) {
        const struct proa_home *home = &emit->locals[i];
        struct proa_arg arg = proa_next_arg(&args, home->type);
        if (arg.reg != PROA_NO_GPR) {
            place_param(emit, i, arg.reg);
            continue;
        }
        /* Behind the saved rbp and the return address. */
        struct proa_place from = proa_frame(16 + arg.stack);
        struct proa_place place = proa_frame(home->offset);
        unsigned reg =
            proa_is_xmm(home->type) ? PROA_SCRATCH_XMM : PROA_SCRATCH;
        proa_load_typed(emit, home->type, reg, &from);
        proa_store_typed(emit, home->type, reg, &place);
    }
    if (emit->type->result_count > 1) {
        struct proa_arg arg = proa_next_arg(&args, PROA_I64);
        struct proa_place from = proa_frame(16 + arg.stack);
        struct proa_place place = proa_frame(emit->results_home);
        unsigned reg = arg.reg;
        if (reg == PROA_NO_GPR) {
            reg = PROA_SCRATCH;
            proa_load_typed(emit, PROA_I64, reg, &from);
        }
        proa_store_typed(emit, PROA_I64, reg, &place);
    }
}

enum { CLEARED_AT_ONCE = 32 }; /* stores of 16 bytes */

/* 32 bytes a turn from `lowest` up, at most once too many. */
static int32_t clear_many(struct proa_emit *emit, int32_t lowest,
                          uint32_t pairs)
{
    struct proa_place place = proa_frame(lowest);
    struct proa_place low = proa_place(PROA_RDI, 0);
    struct proa_place high = proa_place(PROA_RDI, 16);
    struct proa_label again = { 0 };

    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RDI, &place);
    proa_asm_constant(&emit->as, PROA_RCX, pairs / 2);
    proa_asm_bind(&emit->as, &again);
    proa_asm_rm(&emit->as, PROA_ASM_MOVUPS_STORE, PROA_SCRATCH_XMM, &low);
    proa_asm_rm(&emit->as, PROA_ASM_MOVUPS_STORE, PROA_SCRATCH_XMM, &high);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_ADD, true, PROA_RDI, 32);
    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_SUB, false, PROA_RCX, 1);
    proa_asm_jcc(&emit->as, PROA_CC_NE, &again);
    return lowest + (int32_t)(pairs / 2 * 32);
}

/* The locals that are no parameters are zero. */
static void clear_locals(struct proa_emit *emit)
{
    uint32_t first = emit->type->param_count;
    struct proa_place place;

    /* The first of them in pins that calls keep, the others at home. */
    for (; first < emit->local_count; first++) {
        unsigned pin = proa_pin_find(emit, first);
        if (pin >= PROA_PINS_KEPT)
            break;
        proa_asm_constant(&emit->as, proa_pin_registers[pin], 0);
        proa_pin_bind(emit, pin, first, true);
    }
    if (first == emit->local_count)
        return;
    /* They descend. */
    int32_t lowest = emit->locals[emit->local_count - 1].offset;
    int32_t end = emit->locals[first].offset +
                  (emit->locals[first].type == PROA_V128 ? 16 : 8);
    uint32_t pairs = (uint32_t)(end - lowest) / 16;
    if (pairs > 0)
        proa_asm_rr(&emit->as, PROA_ASM_XORPS, PROA_SCRATCH_XMM,
                    PROA_SCRATCH_XMM);
    if (pairs > CLEARED_AT_ONCE)
        lowest = clear_many(emit, lowest, pairs);
    for (; end - lowest >= 16; lowest += 16) {
        place = proa_frame(lowest);
        proa_asm_rm(&emit->as, PROA_ASM_MOVUPS_STORE, PROA_SCRATCH_XMM, &place);
    }
    place = proa_frame(lowest);
    if (lowest < end)
        proa_asm_store_immediate(&emit->as, 8, &place, 0);
}

/* Returns where the frame's size is to be written when it is known. */
uint32_t proa_emit_prologue(struct proa_emit *emit)
{
    struct proa_place below = { .base = PROA_RSP,
                                .index = PROA_NO_GPR,
                                .offset = INT32_MIN };
    struct proa_place limit =
        proa_place(PROA_RDI, offsetof(struct proa_context, stack_limit));
    struct proa_place base =
        proa_place(PROA_RDI, (int32_t)emit->chunk->layout->memories);
    uint32_t at;

    proa_asm_push(&emit->as, PROA_RBP);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBP, PROA_RSP);
    for (uint32_t i = 0; i < emit->saved_count; i++)
        proa_asm_push(&emit->as, emit->saved[i]);
    /* Checked, not probed: a frame may be larger than any guard. */
    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RSP, &below);
    at = proa_asm_offset(&emit->as) - 4;
    proa_asm_rm(&emit->as, PROA_ASM_CMP | PROA_ASM_W, PROA_RSP, &limit);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_CONTEXT_REG,
                PROA_RDI);
    proa_asm_jcc(&emit->as, PROA_CC_B,
                 proa_trap_label(emit, PROA_TRAP_STACK_OVERFLOW));
    if (emit->chunk->module->memory_count > 0)
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_MEMORY_REG,
                    &base);
    store_params(emit);
    clear_locals(emit);
    return at;
}

void proa_emit_epilogue(struct proa_emit *emit)
{
    struct proa_place saved = proa_frame(-8 * (int32_t)emit->saved_count);

    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RSP, &saved);
    for (uint32_t i = emit->saved_count; i > 0; i--)
        proa_asm_pop(&emit->as, emit->saved[i - 1]);
    proa_asm_pop(&emit->as, PROA_RBP);
}

/* The cold end of a function: one way out a trap. */
void proa_emit_traps(struct proa_emit *emit)
{
    struct proa_place builtins =
        proa_place(PROA_CONTEXT_REG, offsetof(struct proa_context, builtins));
    struct proa_place trap =
        proa_place(PROA_RAX, offsetof(struct proa_builtins, trap));
    struct proa_label leave = { 0 };
    struct proa_place frame = proa_frame(0);

    for (uint32_t i = 1; i < PROA_TRAP_COUNT; i++) {
        if (emit->traps[i].uses == 0)
            continue;
        proa_asm_bind(&emit->as, &emit->traps[i]);
        /* The stack that was found too short is given back first. */
        if (i == PROA_TRAP_STACK_OVERFLOW) {
            frame = proa_frame(-8 * (int32_t)emit->saved_count);
            proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RSP, &frame);
        }
        if (i == PROA_TRAP_FUEL)
            proa_emit_fuel_save(emit);
        proa_asm_constant(&emit->as, PROA_RSI, i);
        proa_asm_jmp(&emit->as, &leave);
    }
    if (emit->trap_any.uses != 0) {
        proa_asm_bind(&emit->as, &emit->trap_any);
        proa_asm_rr(&emit->as, PROA_ASM_MOV, PROA_RSI, PROA_RAX);
        proa_asm_jmp(&emit->as, &leave);
    }
    if (leave.uses == 0)
        return;
    proa_asm_bind(&emit->as, &leave);
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI,
                PROA_CONTEXT_REG);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RAX, &builtins);
    proa_asm_call_m(&emit->as, &trap);
    /* It does not return; the address must still lie in this function. */
    proa_asm_int3(&emit->as);
}
