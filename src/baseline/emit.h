/*
 * One function being emitted: its operands, locals, labels and traps.
 *
 * Operands are lazy: a constant or a local stays what it is until something
 * needs it in a register. Every operand has a slot of its own in the frame, and
 * at every join of control all operands are in their slots, so that no two
 * paths need to be reconciled. Locals have one home for the whole function: a
 * callee-saved register for the first few integers, the frame for the rest.
 *
 * An i32 in a register or a slot always has zeros above its 32 bits.
 *
 * Registers: rbx the context, r15 the base of memory 0, r11 and xmm15 scratch
 * within one instruction; rsi, r8, r9, r12 to r14 and xmm8 to xmm14 locals; all
 * others operands.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_EMIT_H
#define PROA_BASELINE_EMIT_H

#include "artifact/abi.h"
#include "baseline/asm_x86_64.h"
#include "baseline/pin.h"
#include "wasm/instruction.h"
#include "wasm/module.h"

enum {
    PROA_CONTEXT_REG = PROA_RBX,
    PROA_MEMORY_REG = PROA_R15,
    PROA_SCRATCH = PROA_R11,
    PROA_SCRATCH_XMM = 15,
    PROA_FUEL_REG = PROA_R14, /* instead of a pin, where it counts */
};

enum proa_operand_kind {
    PROA_OPERAND_SLOT,
    PROA_OPERAND_CONST,
    PROA_OPERAND_LOCAL,
    PROA_OPERAND_GPR,
    PROA_OPERAND_XMM,
    PROA_OPERAND_FLAGS, /* an i32 that the last comparison left in the flags */
};

/* Of 16 bytes, so that it is handed over in two registers. */
struct proa_operand {
    uint8_t kind; /* enum proa_operand_kind */
    uint8_t reg;  /* GPR, XMM; for FLAGS the condition */
    uint8_t type; /* enum proa_valtype */
    int32_t slot; /* from rbp */
    union {
        uint32_t local; /* LOCAL */
        uint64_t bits;  /* CONST; a v128 is never one */
    };
};

struct proa_control {
    enum proa_op op;              /* block, loop, if, else */
    struct proa_label label;      /* where a branch goes */
    struct proa_label else_label; /* of an if */
    struct proa_label detour;     /* on the way from a br_table */
    uint32_t height;              /* operands below the parameters */
    const enum proa_valtype *params;
    const enum proa_valtype *results;
    uint32_t param_count;
    uint32_t result_count;
    struct proa_pins pins; /* at the label and, of an if, at its else */
    bool has_pins;         /* they are decided */
    bool is_function;      /* its own block: no local is needed behind it */
};

/* A call to a function of the module, to be patched when all are placed. */
struct proa_call_site {
    uint32_t at;       /* of the 4 bytes, in the text */
    uint32_t function; /* index */
};

/* What the functions of one chunk of the module share. */
struct proa_chunk {
    const struct proa_wasm_module *module;
    const struct proa_layout *layout;
    const uint32_t *records; /* by function index; PROA_ARTIFACT_NONE */
    struct proa_buffer text;
    struct proa_buffer calls; /* struct proa_call_site */
    bool counts_fuel;         /* see wasm/fuel.h */
};

struct proa_emit;

/* Emits an instruction; false, and nothing is done: of another family. */
typedef bool proa_emitter(struct proa_emit *emit,
                          const struct proa_instruction *instruction);

struct proa_emit {
    struct proa_asm as;
    struct proa_chunk *chunk;
    const struct proa_functype *type;
    struct proa_operand *stack; /* grown; kept from function to function */
    uint32_t stack_count;
    uint32_t stack_capacity;
    struct proa_control *controls; /* the function's own block is the first */
    uint32_t control_count;
    uint32_t control_capacity;
    struct proa_home *locals;
    uint32_t local_count;
    uint32_t local_capacity;
    uint16_t free_gprs; /* bit masks */
    uint16_t free_xmms;
    uint16_t usable_pins;
    struct proa_pins pins;
    const struct proa_cursor *in; /* what is not read yet; or NULL */
    uint32_t look_budget; /* instructions that may still be looked at early */
    int32_t frame_size;   /* bytes used below rbp, the deepest yet */
    int32_t slots_start;  /* from rbp: where operand slots begin */
    int32_t results_home; /* frame offset of the results pointer, or 0 */
    uint8_t saved[6];     /* callee-saved registers, in order of push */
    uint32_t saved_count;
    bool is_unreachable;
    bool counts_fuel;       /* this function does; else so may its module */
    uint32_t fuel_pending;  /* spent since the last point */
    uint32_t frame_patch;   /* text offset of what makes room for the frame */
    uint32_t skipped_depth; /* blocks opened in code that is not reached */
    struct proa_label traps[PROA_TRAP_COUNT];
    struct proa_label trap_any; /* the trap is in eax */
    struct proa_error *err;
    bool is_out_of_memory;
    proa_emitter *emitters[PROA_OP_COUNT]; /* who emits it; NULL: not known */
    uint8_t shorts[256]; /* by first byte: which short form; see function.c */
};

/* Is it kept in an XMM register? */
static inline bool proa_is_xmm(enum proa_valtype type)
{
    return type == PROA_F32 || type == PROA_F64 || type == PROA_V128;
}

/* The registers that operands may be in: rax rcx rdx rdi r10; xmm0 to xmm7. */
enum { PROA_OPERAND_GPRS = 0x0487, PROA_OPERAND_XMMS = 0x00ff };

/* Are its operations 64 bits wide? References are. */
static inline bool proa_is_wide(enum proa_valtype type)
{
    return type != PROA_I32 && type != PROA_F32;
}

/* call.c */
void proa_emit_call_function(struct proa_emit *emit, uint32_t function_index);
/* Call a builtin with the context and the operands given (all integers, i32 or
 * i64, taken off the stack by the caller); every operand on the stack is
 * spilled first. The result is in rax. */
void proa_emit_builtin(struct proa_emit *emit, uint32_t offset,
                       const struct proa_operand *args, uint32_t count);
/* Trap with eax unless it is 0. */
void proa_emit_trap_unless_zero(struct proa_emit *emit);

/* variable.c: local.set, local.tee */
void proa_emit_set_local(struct proa_emit *emit, uint32_t index, bool tee);
/* Set the flags by an i32 operand, which is released: the condition
 * under which it is not zero. */
enum proa_condition proa_emit_test(struct proa_emit *emit,
                                   struct proa_operand *operand);

/* table.c */
struct proa_place proa_table_slot(const struct proa_emit *emit, uint32_t table);
/* reg: an index, checked (else `trap`) and turned into its row's address. */
void proa_emit_row(struct proa_emit *emit, uint32_t table, unsigned reg,
                   enum proa_trap trap);

/* control.c: the top operands are the results; the code after is not reached.
 */
void proa_emit_return(struct proa_emit *emit);
void proa_emit_function_end(struct proa_emit *emit);
/* All but the pins: it has none yet, and no operands. */
void proa_control_init(struct proa_control *control, enum proa_op op);
bool proa_control_push(struct proa_emit *emit,
                       const struct proa_control *control);

/* The families. */
proa_emitter proa_emit_numeric;
proa_emitter proa_emit_float;
proa_emitter proa_emit_convert;
proa_emitter proa_emit_memory;
proa_emitter proa_emit_table;
proa_emitter proa_emit_variable;
proa_emitter proa_emit_call;
proa_emitter proa_emit_control;
proa_emitter proa_emit_simd;
/* Who of the numeric family emits this one, or NULL. */
proa_emitter *proa_numeric_emitter(enum proa_op op);

/* What every family uses. */
#include "baseline/frame.h"
#include "baseline/memory.h"
#include "baseline/operand.h"

#endif
