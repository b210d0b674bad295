/*
 * The function being lowered: its state, for the files of this folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_FUNCTION_H
#define PROA_COMPILE_LOWER_FUNCTION_H

#include "compile/lower/lower.h"
#include "compile/lower/unit.h"
#include "wasm/limits.h"

/* What one instruction pushes at most: a call's results, a block's values. */
enum { PROA_LOWER_PUSH_MAX = PROA_PARAMS_MAX + PROA_RESULTS_MAX };

enum proa_frame_kind {
    PROA_FRAME_FUNCTION,
    PROA_FRAME_BLOCK,
    PROA_FRAME_LOOP,
    PROA_FRAME_IF,   /* before its else */
    PROA_FRAME_ELSE, /* after it */
};

/* An open block. */
struct proa_frame {
    enum proa_frame_kind kind;
    uint32_t height; /* of the operand stack below the block's parameters */
    const enum proa_valtype *params;
    const enum proa_valtype *results;
    uint32_t param_count;
    uint32_t result_count;
    /*
     * Where a branch goes: a loop's header, else what follows the block, which
     * is NULL until something branches there. `phis` take the values; they
     * lie in a row at the start of that basic block.
     */
    LLVMBasicBlockRef target;
    LLVMValueRef first_phi;
    LLVMBasicBlockRef otherwise; /* of an if: where its else begins */
    uint32_t saved;              /* of an if: its parameters in `saved` */
};

struct proa_local {
    LLVMValueRef place; /* an alloca; mem2reg removes it */
    LLVMTypeRef type;
};

struct proa_lower {
    struct proa_unit *unit;
    LLVMValueRef function;
    LLVMValueRef context; /* the first parameter */
    LLVMValueRef results; /* the last one, when there are several results */
    const struct proa_functype *type; /* NULL: init */
    uint32_t function_index;          /* not of init */
    uint32_t self_calls;              /* that copies took the place of */
    bool is_tail;                     /* this body is a tail form */
    uint32_t copy_depth;              /* not 0: will be inlined, see copy.h */

    LLVMBuilderRef builder;
    /* Appends to the entry block, which ends with a jump to the body. */
    LLVMBuilderRef entry_builder;
    LLVMBasicBlockRef body;

    LLVMValueRef *values; /* the operand stack */
    uint32_t value_count;
    uint32_t value_capacity;
    struct proa_frame *frames;
    uint32_t frame_count;
    uint32_t frame_capacity;
    LLVMValueRef *saved; /* parameters of open ifs, for their else */
    uint32_t saved_count;
    uint32_t saved_capacity;
    struct proa_local *locals;
    uint32_t local_count;
    uint32_t local_capacity;

    bool is_reachable;
    uint32_t skipped;     /* blocks opened in unreachable code */
    uint32_t block_count; /* basic blocks made: a measure of size */

    LLVMValueRef memory_base; /* of memory 0, loaded at the entry */
    LLVMBasicBlockRef traps[PROA_TRAP_COUNT];
    LLVMBasicBlockRef trap_any; /* the trap is a value: */
    LLVMValueRef trap_any_phi;
    LLVMValueRef result_buffer; /* an alloca for calls with several results */
    uint32_t result_buffer_count;

    LLVMValueRef fuel;           /* an alloca; NULL: fuel is not counted */
    LLVMValueRef fuel_more;      /* an alloca: not added to it yet */
    LLVMBasicBlockRef fuel_trap; /* it is used up */
    uint32_t fuel_pending;       /* spent since the last point */

    LLVMValueRef args[PROA_PARAMS_MAX + 2]; /* scratch of a call */
};

/*
 * Lower a function's body into `function`, which has no blocks yet.
 *
 * @return PROA_OK, PROA_NOMEM; what reading instructions says is never more
 *         than a fault of ours, for the body was validated
 */
PROA_NODISCARD enum proa_status proa_lower_function(struct proa_unit *unit,
                                                    uint32_t function_index,
                                                    struct proa_error *err);

/* All trampolines of the module, see proa_trampoline. */
void proa_lower_trampolines(struct proa_unit *unit);

/* `init`, see struct proa_artifact. */
PROA_NODISCARD enum proa_status proa_lower_init(struct proa_unit *unit,
                                                struct proa_error *err);

/* Begin and end a function of any kind. */
PROA_NODISCARD enum proa_status proa_lower_begin(struct proa_lower *lower,
                                                 struct proa_unit *unit,
                                                 LLVMValueRef function,
                                                 struct proa_error *err);
void proa_lower_finish(struct proa_lower *lower);
void proa_lower_deinit(struct proa_lower *lower);

/* Instructions up to the end that closes the outermost frame. */
PROA_NODISCARD enum proa_status
proa_lower_instructions(struct proa_lower *lower, struct proa_cursor *in,
                        struct proa_error *err);

LLVMBasicBlockRef proa_lower_block(struct proa_lower *lower);
/* Branch to `rare` when `condition` is true; go on in a new block. */
void proa_lower_branch_rare(struct proa_lower *lower, LLVMValueRef condition,
                            LLVMBasicBlockRef rare);
void proa_lower_go_on_in(struct proa_lower *lower, LLVMBasicBlockRef block);

/* control.c: frames */
void proa_lower_open_function(struct proa_lower *lower);
void proa_lower_return(struct proa_lower *lower);

/* trap.c: leave with a trap that is known, or that is a value. */
LLVMBasicBlockRef proa_lower_trap_block(struct proa_lower *lower,
                                        enum proa_trap trap);
void proa_lower_trap(struct proa_lower *lower, enum proa_trap trap);
/* Jump there from the current block with the trap's number (i32). */
void proa_lower_trap_any(struct proa_lower *lower, LLVMValueRef trap);
/* Leave when a builtin's result is not 0. */
void proa_lower_trap_unless_zero(struct proa_lower *lower, LLVMValueRef trap);

/* The context: a load at a constant offset in it. */
LLVMValueRef proa_lower_context_load(struct proa_lower *lower, LLVMTypeRef type,
                                     uint64_t offset, bool is_invariant);

/*
 * Call the builtin at this offset of struct proa_builtins. The context is put
 * before `args`.
 */
LLVMValueRef proa_lower_builtin(struct proa_lower *lower, size_t offset,
                                LLVMTypeRef result, const LLVMValueRef *args,
                                unsigned count);

/* An operand as an address, i64 and zero-extended; and the other way. */
LLVMValueRef proa_lower_address(struct proa_lower *lower, LLVMValueRef value);
LLVMValueRef proa_lower_size_result(struct proa_lower *lower,
                                    LLVMValueRef value, bool is_64);

/* memory.c: where it begins, and bytes, now. */
LLVMValueRef proa_lower_memory_base(struct proa_lower *lower,
                                    uint32_t memory_index);
LLVMValueRef proa_lower_memory_size(struct proa_lower *lower,
                                    uint32_t memory_index);

/* Also used by init. Operands are on the stack. */
bool proa_lower_bulk(struct proa_lower *lower,
                     const struct proa_instruction *instruction);
void proa_lower_memory_init(struct proa_lower *lower, uint32_t data_index,
                            uint32_t memory_index);
void proa_lower_data_drop(struct proa_lower *lower, uint32_t data_index);
void proa_lower_table_fill(struct proa_lower *lower, uint32_t table_index);
void proa_lower_table_init(struct proa_lower *lower, uint32_t elem_index,
                           uint32_t table_index);
void proa_lower_elem_drop(struct proa_lower *lower, uint32_t elem_index);

/* Where a row of a table is; traps when it is out of bounds. */
LLVMValueRef proa_lower_table_row(struct proa_lower *lower,
                                  uint32_t table_index, LLVMValueRef index,
                                  enum proa_trap trap);
/* A field of a row or of a function record. */
LLVMValueRef proa_lower_field(struct proa_lower *lower, LLVMTypeRef type,
                              LLVMValueRef record, uint64_t offset);

/* i1 of an i32 condition, and i32 of an i1. */
LLVMValueRef proa_lower_bool(struct proa_lower *lower, LLVMValueRef value);
void proa_lower_push_bool(struct proa_lower *lower, LLVMValueRef value);

/* variable.c: where a global is, and the reference of a function. */
LLVMValueRef proa_lower_global_place(struct proa_lower *lower,
                                     uint32_t global_index);
LLVMValueRef proa_lower_funcref(struct proa_lower *lower,
                                uint32_t function_index);

/* Call an own or imported function; operands are on the stack. */
void proa_lower_call_function(struct proa_lower *lower,
                              uint32_t function_index);

#endif
