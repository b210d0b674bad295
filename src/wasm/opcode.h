/*
 * The instructions as data: one row of opcode.def each.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_OPCODE_H
#define PROA_WASM_OPCODE_H

#include <stdint.h>

enum proa_op {
#define OP(name, text, code, immediate, feature, signature, align)             \
    PROA_OP_##name,
#include "wasm/opcode.def"
#undef OP
    PROA_OP_COUNT
};

/* What follows an opcode in the bytes. */
enum proa_immediate {
    PROA_IMM_NONE,
    PROA_IMM_BLOCK,         /* a block type */
    PROA_IMM_LABEL,         /* a label depth */
    PROA_IMM_LABELS,        /* br_table's vector and default */
    PROA_IMM_FUNC,          /* a function index */
    PROA_IMM_TYPE,          /* a type index */
    PROA_IMM_TYPE_TABLE,    /* a type index, then a table index */
    PROA_IMM_TYPES,         /* a vector of value types */
    PROA_IMM_LOCAL,         /* a local index */
    PROA_IMM_GLOBAL,        /* a global index */
    PROA_IMM_TABLE,         /* a table index */
    PROA_IMM_TABLE_TABLE,   /* destination, source */
    PROA_IMM_ELEM,          /* an element segment index */
    PROA_IMM_ELEM_TABLE,    /* an element segment, then a table */
    PROA_IMM_MEMORY,        /* a memory index */
    PROA_IMM_MEMORY_MEMORY, /* destination, source */
    PROA_IMM_DATA,          /* a data segment index */
    PROA_IMM_DATA_MEMORY,   /* a data segment, then a memory */
    PROA_IMM_MEMARG,        /* alignment, memory, offset */
    PROA_IMM_MEMARG_LANE,   /* the same and a lane index */
    PROA_IMM_LANE,          /* a lane index */
    PROA_IMM_SHUFFLE,       /* sixteen lane indexes */
    PROA_IMM_I32,
    PROA_IMM_I64,
    PROA_IMM_F32,
    PROA_IMM_F64,
    PROA_IMM_V128,
    PROA_IMM_REFTYPE,
    PROA_IMM_TAG,       /* exceptions: not built yet */
    PROA_IMM_TRY_TABLE, /* exceptions: not built yet */
};

/* Which proposal a thing came with. The first row is WebAssembly 1.0. */
enum proa_feature {
    PROA_FEATURE_WASM1,
    PROA_FEATURE_SIGN_EXTENSION,
    PROA_FEATURE_SATURATING_FLOAT_TO_INT,
    PROA_FEATURE_MULTI_VALUE,
    PROA_FEATURE_MUTABLE_GLOBALS,
    PROA_FEATURE_BULK_MEMORY,
    PROA_FEATURE_REFERENCE_TYPES,
    PROA_FEATURE_SIMD,
    PROA_FEATURE_TAIL_CALL,
    PROA_FEATURE_EXTENDED_CONST,
    PROA_FEATURE_MULTI_MEMORY,
    PROA_FEATURE_MEMORY64,
    PROA_FEATURE_RELAXED_SIMD,
    /* From here on: known, refused with PROA_UNSUPPORTED. */
    PROA_FEATURE_EXCEPTIONS,
    PROA_FEATURE_FUNCTION_REFERENCES,
    PROA_FEATURE_GC,
    PROA_FEATURE_THREADS,
    PROA_FEATURE_COUNT
};
#define PROA_FEATURE_FIRST_UNSUPPORTED PROA_FEATURE_EXCEPTIONS

struct proa_opcode {
    const char *text;
    const char *signature; /* see opcode.def; NULL: by itself */
    uint32_t code;
    uint8_t immediate; /* enum proa_immediate */
    uint8_t feature;   /* enum proa_feature */
    uint8_t align;     /* log2 bytes */
};

extern const struct proa_opcode proa_opcodes[PROA_OP_COUNT];

/*
 * From a code to its row: one-byte opcodes first, then those behind 0xfc, then
 * those behind 0xfd. An entry is the enum proa_op plus 1; 0: no such opcode.
 */
#define PROA_SLOT_FC 0x100
#define PROA_SLOT_FD 0x120
#define PROA_SLOT_COUNT (PROA_SLOT_FD + 0x120)
#define PROA_SLOT_OF(code)                                                     \
    ((code) < 0xfc000   ? (code)                                               \
     : (code) < 0xfd000 ? PROA_SLOT_FC + (code)-0xfc000                        \
                        : PROA_SLOT_FD + (code)-0xfd000)
extern const uint16_t proa_opcode_slots[PROA_SLOT_COUNT];

/* The opcodes of one byte, by that byte, those that we do not build left out.
 */
struct proa_opcode_form {
    uint16_t op;
    uint8_t immediate; /* enum proa_immediate plus 1; 0: left out */
};
extern const struct proa_opcode_form proa_opcode_forms[PROA_SLOT_COUNT];

/* "simd", "tail-call" ...: the proposal's usual name. */
const char *proa_feature_name(enum proa_feature feature);

#endif
