/*
 * The file's records, byte for byte; docs/formats/artifact.md explains them.
 * All numbers are little endian. Only the reader and the writer know this.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_FORMAT_H
#define PROA_ARTIFACT_FORMAT_H

#include <stdint.h>

/* Section type of .proa.meta, in the range that ELF leaves to applications. */
#define PROA_SHT_META UINT32_C(0x80706d01)

/* A guest's name may hold a NUL; C strings cannot: it is written C0 80, which
 * UTF-8 never holds. */
#define PROA_NUL_ESCAPE "\xc0\x80"

enum { PROA_HOST_PAGE = 4096, PROA_SLOT_SIZE = 8, PROA_ENTRY_SIZE = 8 };

enum proa_meta_table {
    PROA_META_VALTYPES,  /* uint32_t, enum proa_valtype */
    PROA_META_TYPES,     /* struct proa_meta_type */
    PROA_META_IMPORTS,   /* struct proa_meta_import */
    PROA_META_EXPORTS,   /* struct proa_meta_export */
    PROA_META_FUNCTIONS, /* struct proa_artifact_function */
    PROA_META_BY_CODE,   /* uint32_t, function indexes */
    PROA_META_TABLES,    /* struct proa_meta_table_type */
    PROA_META_MEMORIES,  /* struct proa_meta_memory */
    PROA_META_GLOBALS,   /* struct proa_meta_global */
    PROA_META_ITEMS,     /* struct proa_artifact_item */
    PROA_META_ELEMS,     /* struct proa_meta_elem */
    PROA_META_DATAS,     /* struct proa_meta_data */
    PROA_META_IMAGES,    /* struct proa_artifact_image */
    PROA_META_STRINGS,   /* bytes, the last one 0 */
    PROA_META_BYTES,     /* contents of data segments */
    PROA_META_TABLE_COUNT
};

struct proa_meta_span {
    uint64_t offset; /* in the file; a multiple of 8 */
    uint64_t count;  /* records */
};

enum { PROA_META_COUNTS_FUEL = 1 };

struct proa_meta_header {
    char magic[8]; /* "proameta" */
    uint32_t abi_version;
    uint32_t arch; /* e_machine */
    uint8_t module_sha256[32];
    uint64_t text_offset; /* in the file; a multiple of 4096 */
    uint64_t text_size;   /* bytes */
    uint32_t init;        /* text offset */
    uint32_t record_count;
    uint32_t imported_function_count;
    uint32_t imported_table_count;
    uint32_t imported_memory_count;
    uint32_t imported_global_count;
    uint32_t cpu_features; /* into the strings, as the next two */
    uint32_t producer;
    uint32_t name;
    uint32_t slot_count; /* 0, or one an own function */
    uint64_t slots;      /* in the file; a multiple of 4096; 0 without slots */
    uint32_t entries;    /* text offset; 0 without slots */
    uint32_t flags;      /* PROA_META_COUNTS_FUEL */
    struct proa_meta_span tables[PROA_META_TABLE_COUNT];
};

struct proa_meta_type {
    uint32_t first_valtype; /* parameters, then results */
    uint32_t param_count;
    uint32_t result_count;
    uint32_t trampoline; /* text offset */
    uint64_t signature;  /* 0: wide */
};

struct proa_meta_import {
    uint32_t module;
    uint32_t name;
    uint32_t kind;
    uint32_t reserved;
};

struct proa_meta_export {
    uint32_t name;
    uint32_t kind;
    uint32_t index;
    uint32_t reserved;
};

enum { PROA_META_IS_64 = 1 };

struct proa_meta_table_type {
    uint32_t element;
    uint32_t flags;
    uint64_t min;
    uint64_t max;
};

struct proa_meta_memory {
    uint32_t flags;
    uint32_t reserved;
    uint64_t min;
    uint64_t max;
};

struct proa_meta_global {
    uint32_t type;
    uint32_t is_mutable;
};

struct proa_meta_elem {
    uint32_t first_item;
    uint32_t item_count;
};

struct proa_meta_data {
    uint64_t first_byte; /* into PROA_META_BYTES */
    uint32_t size;
    uint32_t in_image;
};

#endif
