/*
 * A module as decoded: what the sections say, in C. Function bodies and
 * constant expressions stay bytes.
 * https://webassembly.github.io/spec/core/syntax/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_MODULE_H
#define PROA_WASM_MODULE_H

#include "base/arena.h"
#include "base/cursor.h"
#include "proa/types.h"
#include "wasm/opcode.h"

/* Bytes in the module; UTF-8 was checked; not terminated. */
struct proa_name {
    const char *bytes;
    uint32_t size;
};

struct proa_wasm_import {
    struct proa_name module;
    struct proa_name name;
    enum proa_kind kind;
    uint32_t index;  /* in the index space of its kind */
    uint32_t offset; /* of the entry, in the module's bytes */
};

struct proa_wasm_export {
    struct proa_name name;
    enum proa_kind kind;
    uint32_t index;
    uint32_t offset;
};

struct proa_wasm_function {
    uint32_t type_index;
    uint32_t offset;         /* of what declares it: an import or the section */
    struct proa_cursor body; /* locals and code; empty for an import */
    struct proa_name
        name;           /* from the name section or an export; may be empty */
    bool is_referenced; /* by an element, an export, ref.func in a constant
                           expression: it needs a function record; so may
                           ref.func in bodies refer to it */
};

struct proa_wasm_table {
    struct proa_tabletype type;
    uint32_t offset;         /* of the definition; 0 for an import */
    struct proa_cursor init; /* constant expression; size 0: ref.null */
};

struct proa_wasm_global {
    struct proa_globaltype type;
    struct proa_cursor init; /* constant expression; empty for an import */
};

enum proa_segment_mode {
    PROA_SEGMENT_ACTIVE,
    PROA_SEGMENT_PASSIVE,
    PROA_SEGMENT_DECLARED, /* elements only */
};

struct proa_wasm_elem {
    enum proa_segment_mode mode;
    enum proa_valtype type;
    uint32_t table_index;
    struct proa_cursor offset; /* constant expression, active only */
    struct proa_cursor items;  /* function indexes, or constant expressions */
    uint32_t item_count;
    uint32_t at;          /* where the segment begins, in the module's bytes */
    bool has_expressions; /* what `items` holds */
};

struct proa_wasm_data {
    enum proa_segment_mode mode;
    uint32_t memory_index;
    struct proa_cursor offset; /* constant expression, active only */
    const uint8_t *bytes;
    uint32_t size;
    uint32_t at; /* where the segment begins, in the module's bytes */
};

struct proa_wasm_custom {
    struct proa_name name;
    const uint8_t *bytes;
    uint32_t size;
};

/* The ids of the sections; a custom section's is 0. */
enum proa_section {
    PROA_SECTION_CUSTOM,
    PROA_SECTION_TYPE,
    PROA_SECTION_IMPORT,
    PROA_SECTION_FUNCTION,
    PROA_SECTION_TABLE,
    PROA_SECTION_MEMORY,
    PROA_SECTION_GLOBAL,
    PROA_SECTION_EXPORT,
    PROA_SECTION_START,
    PROA_SECTION_ELEM,
    PROA_SECTION_CODE,
    PROA_SECTION_DATA,
    PROA_SECTION_DATA_COUNT,
    PROA_SECTION_TAG, /* exceptions: not built yet */
    PROA_SECTION_COUNT
};

struct proa_wasm_module {
    struct proa_arena *arena; /* owned; all arrays live in it */
    const uint8_t *bytes;     /* borrowed; must outlive the module */
    uint32_t size;
    struct proa_name name; /* from the name section */

    /* Imports come first in each index space. */
    struct proa_functype *types;
    uint32_t type_count;
    struct proa_wasm_import *imports;
    uint32_t import_count;
    struct proa_wasm_function *functions;
    uint32_t function_count;
    uint32_t imported_function_count;
    struct proa_wasm_table *tables;
    uint32_t table_count;
    uint32_t imported_table_count;
    struct proa_memorytype *memories;
    uint32_t memory_count;
    uint32_t imported_memory_count;
    struct proa_wasm_global *globals;
    uint32_t global_count;
    uint32_t imported_global_count;
    struct proa_wasm_export *exports;
    uint32_t export_count;
    struct proa_wasm_elem *elems;
    uint32_t elem_count;
    struct proa_wasm_data *datas;
    uint32_t data_count;
    struct proa_wasm_custom *customs;
    uint32_t custom_count;
    uint32_t start_function; /* UINT32_MAX: none */
    uint32_t start_offset;   /* of the start section, in the bytes */
    uint32_t code_size;      /* bytes of the code section */
    uint32_t section_sizes[PROA_SECTION_COUNT]; /* bytes; custom: all of them */
    bool has_data_count;
    bool feature_used[PROA_FEATURE_COUNT]; /* filled by the validator too */
};

/* The type of a function, by its index. The index must be in range. */
static inline const struct proa_functype *
proa_wasm_functype(const struct proa_wasm_module *module,
                   uint32_t function_index)
{
    return &module->types[module->functions[function_index].type_index];
}

#endif
