/*
 * The frame: saved registers, locals, operand slots, from rbp down.
 * https://gitlab.com/x86-psABIs/x86-64-ABI chapter 3.2
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "baseline/emit.h"
#include "baseline/fuel.h"

void proa_need_frame(struct proa_emit *emit, int32_t lowest)
{
    if (-lowest > emit->frame_size)
        emit->frame_size = -lowest;
}

struct proa_arg proa_next_arg(struct proa_args *args, enum proa_valtype type)
{
    static const uint8_t registers[] = { PROA_RDI, PROA_RSI, PROA_RDX,
                                         PROA_RCX, PROA_R8,  PROA_R9 };
    struct proa_arg arg = { .type = type, .reg = PROA_NO_GPR };

    if (proa_is_xmm(type) && args->float_count < 8) {
        arg.reg = (uint8_t)args->float_count++;
        return arg;
    }
    if (!proa_is_xmm(type) && args->int_count < sizeof registers) {
        arg.reg = registers[args->int_count++];
        return arg;
    }
    if (type == PROA_V128)
        args->stack_size = (args->stack_size + 15) & ~15;
    arg.stack = args->stack_size;
    args->stack_size += type == PROA_V128 ? 16 : 8;
    return arg;
}

struct proa_label *proa_trap_label(struct proa_emit *emit, enum proa_trap trap)
{
    return &emit->traps[trap];
}

/* Parameters from where the caller left them to their homes. */
static void store_params(struct proa_emit *emit)
{
    struct proa_args args = { .int_count = 1 };

    for (uint32_t i = 0; i < emit->type->param_count; i++) {
        const struct proa_home *home = &emit->locals[i];
        struct proa_arg arg = proa_next_arg(&args, home->type);
        struct proa_place place = proa_frame(home->offset);
        unsigned reg = arg.reg;
        if (reg == PROA_NO_GPR) {
            /* Behind the saved rbp and the return address. */
            struct proa_place from = proa_frame(16 + arg.stack);
            reg = proa_is_xmm(home->type) ? PROA_SCRATCH_XMM : PROA_SCRATCH;
            proa_load_typed(emit, home->type, reg, &from);
        } else if (home->type == PROA_I32) {
            /* A C caller may leave anything above 32 bits. */
            proa_asm_rr(&emit->as, PROA_ASM_MOV, reg, reg);
        }
        if (home->reg != PROA_NO_GPR)
            proa_asm_rr(&emit->as,
                        PROA_ASM_MOV |
                            (proa_is_wide(home->type) ? PROA_ASM_W : 0U),
                        home->reg, reg);
        else
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

/* The locals that are no parameters are zero. */
static void clear_locals(struct proa_emit *emit)
{
    uint32_t first = emit->type->param_count;
    uint32_t in_frame = 0;
    int32_t lowest = 0;

    for (uint32_t i = first; i < emit->local_count; i++) {
        const struct proa_home *home = &emit->locals[i];
        if (home->reg != PROA_NO_GPR) {
            proa_asm_constant(&emit->as, home->reg, 0);
        } else {
            in_frame += home->type == PROA_V128 ? 2 : 1;
            lowest = home->offset; /* they descend */
        }
    }
    if (in_frame > 16) {
        struct proa_place place = proa_frame(lowest);
        proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_RDI, &place);
        proa_asm_constant(&emit->as, PROA_RAX, 0);
        proa_asm_constant(&emit->as, PROA_RCX, in_frame);
        (void)proa_buffer_append(emit->as.code, "\xf3\x48\xab", 3);
        return; /* rep stosq */
    }
    for (uint32_t i = 0; i < in_frame; i++) {
        struct proa_place place = proa_frame(lowest + 8 * (int32_t)i);
        proa_asm_store_immediate(&emit->as, 8, &place, 0);
    }
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
    (void)proa_buffer_append(emit->as.code, "\xcc", 1);
}
