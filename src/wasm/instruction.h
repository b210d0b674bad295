/*
 * One instruction read from the bytes, whoever needs it: validator, compiler,
 * inspector.
 * https://webassembly.github.io/spec/core/binary/instructions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_INSTRUCTION_H
#define PROA_WASM_INSTRUCTION_H

#include "base/cursor.h"
#include "proa/types.h"
#include "wasm/opcode.h"

/* A block type: a type index, or at most one result. */
struct proa_blocktype {
    uint32_t type_index;      /* UINT32_MAX: none, see `result` */
    enum proa_valtype result; /* 0: no result */
};

struct proa_memarg {
    uint64_t offset; /* bytes */
    uint32_t memory_index;
    uint32_t align; /* log2; at most the opcode's, the validator checks */
};

struct proa_instruction {
    enum proa_op op;
    uint32_t offset; /* of the opcode, in the module's bytes */
    union {
        struct proa_blocktype block;
        /* LABEL FUNC TYPE LOCAL GLOBAL TABLE ELEM MEMORY DATA: index.
         * Two indexes: `index` is the first in the bytes, `index2` the second.
         */
        struct {
            uint32_t index;
            uint32_t index2;
        };
        /* br_table: `count` labels, then the default, as LEB128 in `labels`;
         * already read once, so reading them again cannot fail. */
        struct {
            struct proa_cursor labels;
            uint32_t label_count; /* without the default */
        };
        struct {
            struct proa_memarg memarg;
            uint8_t lane; /* also PROA_IMM_LANE */
        };
        int32_t i32;
        int64_t i64;
        uint32_t f32_bits;
        uint64_t f64_bits;
        uint8_t bytes[16];      /* v128.const, i8x16.shuffle */
        enum proa_valtype type; /* ref.null; select with a type */
    };
};

/*
 * Read the next instruction. Only its form is checked: indexes and types are
 * the validator's. `in->offset` counts from the module's start (a function's
 * cursor is a window on the module's bytes, see proa_cursor_window).
 *
 * @return PROA_OK, PROA_MALFORMED, PROA_UNSUPPORTED (a feature not built yet;
 *         the text names it)
 */
PROA_NODISCARD enum proa_status
proa_instruction_read(struct proa_cursor *in, struct proa_instruction *out,
                      struct proa_error *err);

/* From a body's first byte to its first instruction. Returns as above. */
PROA_NODISCARD enum proa_status
proa_instruction_skip_locals(struct proa_cursor *in, struct proa_error *err);

#endif
