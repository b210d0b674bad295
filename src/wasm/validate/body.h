/*
 * Validating one function's body after the other: the algorithm of the
 * specification's appendix, with an operand stack and a stack of labels.
 * https://webassembly.github.io/spec/core/appendix/algorithm.html
 *
 * Nothing is allocated for a function or an instruction: the stacks are kept
 * from one function to the next and only grow.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_VALIDATE_BODY_H
#define PROA_WASM_VALIDATE_BODY_H

#include "wasm/instruction.h"
#include "wasm/module.h"
#include "wasm/validate/locals.h"

/* Below an `unreachable` any type may be popped: this one stands for it. */
#define PROA_ANY ((enum proa_valtype)0)

/* Operands are compared as many at once. */
enum { PROA_TOP_BYTES = 4 };

/* A row's signature in opcode.def, ready for use. */
struct proa_signature {
    uint8_t params[3]; /* value types; PROA_SIGNATURE_ADDRESS */
    uint8_t param_count;
    uint8_t result; /* 0: none */
    uint8_t align;  /* of an access, log2 */
    bool is_quick;  /* there are parameters, and these say all: */
    uint32_t top;   /* the operands wanted on top, as their bytes lie there; */
    uint32_t mask;  /* addresses are those of memory 0 */
};
enum {
    PROA_SIGNATURE_ADDRESS = 1,   /* the memory's address type */
    PROA_SIGNATURE_ITSELF = 0xff, /* as param_count: there is no signature */
};

/* What a branch may name: a block and what it takes and leaves. */
struct proa_label {
    struct proa_functype type;
    uint32_t height;     /* of the operand stack below the block */
    uint32_t checked_at; /* the br_table that last looked at it: its offset */
    uint8_t op;          /* enum proa_op: BLOCK LOOP IF ELSE */
    bool is_unreachable; /* the rest of the block is never reached */
};

struct proa_body;

typedef enum proa_status
proa_body_check(struct proa_body *body,
                const struct proa_instruction *instruction);

struct proa_body {
    struct proa_wasm_module *module;
    bool *feature_used; /* by feature; the module's unless others share it */
    struct proa_error *err;
    struct proa_cursor in;
    uint32_t function_index;
    struct proa_locals locals;
    uint8_t *operands; /* value types; owned, with PROA_TOP_BYTES before it */
    uint32_t operand_count;
    uint32_t operand_capacity;
    struct proa_label *labels; /* owned; the last is the innermost */
    uint32_t label_count;
    uint32_t label_capacity;
    struct proa_signature signatures[PROA_OP_COUNT];
    /* Who checks an instruction that has no signature. */
    proa_body_check *checks[PROA_OP_COUNT];
};

void proa_body_init(struct proa_body *body, struct proa_wasm_module *module,
                    struct proa_error *err);
void proa_body_deinit(struct proa_body *body);
/* Validate an own function. */
PROA_NODISCARD enum proa_status proa_body_validate(struct proa_body *body,
                                                   uint32_t function_index);

/* The same in steps: open it, then read and check an instruction, of which
 * there are more until `label_count` is 0. */
PROA_NODISCARD enum proa_status proa_body_open(struct proa_body *body,
                                               uint32_t function_index);
PROA_NODISCARD enum proa_status
proa_body_next(struct proa_body *body, struct proa_instruction *instruction);

/* An instruction that was just read. */
PROA_NODISCARD enum proa_status
proa_body_check_read(struct proa_body *body,
                     const struct proa_instruction *instruction);

/* An instruction that works on memory 0, if on any, and whose immediates are
 * right: take its operands and leave its result. False, and nothing is done,
 * where that needs a closer look. */
bool proa_body_apply(struct proa_body *body,
                     const struct proa_signature *signature);

/* The innermost label. */
static inline struct proa_label *proa_body_top(struct proa_body *body)
{
    return &body->labels[body->label_count - 1];
}

/* The value types that a branch to the label carries. */
const enum proa_valtype *proa_label_types(const struct proa_label *label,
                                          uint32_t *count);

/* operands.c; `instruction` is who takes them, for the error's text. */
PROA_NODISCARD enum proa_status proa_body_push(struct proa_body *body,
                                               enum proa_valtype type);
PROA_NODISCARD enum proa_status
proa_body_pop(struct proa_body *body,
              const struct proa_instruction *instruction,
              enum proa_valtype expected);
PROA_NODISCARD enum proa_status
proa_body_pop_any(struct proa_body *body,
                  const struct proa_instruction *instruction,
                  enum proa_valtype *type);
PROA_NODISCARD enum proa_status
proa_body_push_all(struct proa_body *body, const enum proa_valtype *types,
                   uint32_t count);
PROA_NODISCARD enum proa_status
proa_body_pop_all(struct proa_body *body,
                  const struct proa_instruction *instruction,
                  const enum proa_valtype *types, uint32_t count);
/* As pop_all, but they stay. */
PROA_NODISCARD enum proa_status
proa_body_peek_all(struct proa_body *body,
                   const struct proa_instruction *instruction,
                   const enum proa_valtype *types, uint32_t count);

/* The families: each validates instructions that have no signature. */
/* Blocks and branches. */
proa_body_check proa_body_begin;
proa_body_check proa_body_else;
proa_body_check proa_body_end;
proa_body_check proa_body_branch;
proa_body_check proa_body_branch_table;
proa_body_check proa_body_leave; /* unreachable, return */
proa_body_check proa_body_call;
/* Locals, globals, drop, select. */
proa_body_check proa_body_local;
proa_body_check proa_body_global;
proa_body_check proa_body_drop;
proa_body_check proa_body_select;
proa_body_check proa_body_typed_select;
proa_body_check proa_body_table; /* tables, references */
proa_body_check proa_body_bulk;  /* memory.init, copy, fill */
/* Immediates of instructions that have one. */
proa_body_check proa_body_immediate;

/* A memory's or table's address type; the index must be in range. */
static inline enum proa_valtype
proa_address_type(const struct proa_limits *limits)
{
    return limits->is_64 ? PROA_I64 : PROA_I32;
}

PROA_NODISCARD enum proa_status
proa_body_memory(struct proa_body *body,
                 const struct proa_instruction *instruction,
                 uint32_t memory_index, const struct proa_memorytype **type);

/* Open the function's own block. */
PROA_NODISCARD enum proa_status
proa_body_enter(struct proa_body *body, uint32_t offset, enum proa_op op,
                const struct proa_functype *type);

#endif
