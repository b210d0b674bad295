/*
 * The frame of a function being emitted: places, entering, leaving, arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_FRAME_H
#define PROA_BASELINE_FRAME_H

#include "baseline/emit.h"

static inline struct proa_place proa_frame(int32_t offset)
{
    return proa_place(PROA_RBP, offset);
}
/* The frame reaches down to here at least. */
static inline void proa_need_frame(struct proa_emit *emit, int32_t lowest)
{
    if (-lowest > emit->frame_size)
        emit->frame_size = -lowest;
}
uint32_t proa_emit_prologue(struct proa_emit *emit);
void proa_emit_epilogue(struct proa_emit *emit);
void proa_emit_traps(struct proa_emit *emit);
struct proa_label *proa_trap_label(struct proa_emit *emit, enum proa_trap trap);
void proa_load_typed(struct proa_emit *emit, enum proa_valtype type,
                     unsigned reg, const struct proa_place *place);
void proa_store_typed(struct proa_emit *emit, enum proa_valtype type,
                      unsigned reg, const struct proa_place *place);

/* Where the C convention wants an argument. */
struct proa_arg {
    enum proa_valtype type;
    uint8_t reg;   /* PROA_NO_GPR: on the stack */
    int32_t stack; /* from the stack pointer at the call */
};
struct proa_args {
    uint32_t int_count;
    uint32_t float_count;
    int32_t stack_size;
};
/* The next argument's place. Starts from { .int_count = 1 }: the context. */
static inline struct proa_arg proa_next_arg(struct proa_args *args,
                                            enum proa_valtype type)
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

#endif
