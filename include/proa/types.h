/*
 * Value types, function types and values, as plain data.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TYPES_H
#define PROA_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/*
 * The codes of the binary format. Kept in 32 bits: later reference types will
 * carry a type index above the low 8.
 */
enum proa_valtype {
    PROA_I32 = 0x7f,
    PROA_I64 = 0x7e,
    PROA_F32 = 0x7d,
    PROA_F64 = 0x7c,
    PROA_V128 = 0x7b,
    PROA_FUNCREF = 0x70,
    PROA_EXTERNREF = 0x6f,
};

struct proa_functype {
    const enum proa_valtype *params; /* borrowed from whoever made the type */
    const enum proa_valtype *results;
    uint32_t param_count;
    uint32_t result_count;
};

/* min and max are in pages of 64 KiB for a memory, elements for a table. */
struct proa_limits {
    uint64_t min;
    uint64_t max; /* UINT64_MAX: none was given */
    bool is_64;   /* addresses are i64 */
};

struct proa_tabletype {
    enum proa_valtype element;
    struct proa_limits limits;
};

struct proa_memorytype {
    struct proa_limits limits;
};

struct proa_globaltype {
    enum proa_valtype type;
    bool is_mutable;
};

enum proa_kind {
    PROA_KIND_FUNC = 0,
    PROA_KIND_TABLE = 1,
    PROA_KIND_MEMORY = 2,
    PROA_KIND_GLOBAL = 3,
};

struct proa_func;
struct proa_table;
struct proa_memory;
struct proa_global;

/* One value: 16 bytes. Which member counts, the type says. */
union proa_value {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    uint8_t v128[16];          /* little endian, lane 0 first */
    struct proa_func *funcref; /* NULL is ref.null func */
    void *externref;           /* NULL is ref.null extern */
};

/* "i32", "funcref" ...; "?" for a code that is none. Threads: any. */
const char *proa_valtype_name(enum proa_valtype type);

/* "func", "table", "memory", "global". Threads: any. */
const char *proa_kind_name(enum proa_kind kind);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
