/*
 * The engine ABI: what compiled code knows of the runtime's memory, and the
 * other way round. Change anything here and PROA_ABI_VERSION goes up.
 *
 * A wasm function is a C function (System V on x86-64):
 *     RESULT f(struct proa_context *context, params...)
 * i32 i64 f32 f64 are (u)int32_t, (u)int64_t, float, double; v128 is a 16-byte
 * vector in a vector register; funcref is struct proa_func *, externref void *.
 * One result is returned; more are written to a further, last parameter
 * `union proa_value *results`, and the function returns void.
 *
 * The `tail` form of a function, if it has one, takes the same parameters in
 * LLVM's tailcc and may be jumped to from any other tail form.
 *
 * Code of the baseline tier calls the module's own functions through slots, one
 * a function, that hold the address of the best code there is. What is handed
 * out (records, rows of tables) is the address of an entry, a jump through the
 * slot: so code is replaced by one store, at any time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_ABI_H
#define PROA_ARTIFACT_ABI_H

#include <stdint.h>

#include "proa/types.h"

enum { PROA_ABI_VERSION = 4 };

enum { PROA_PAGE_SIZE = 65536 }; /* bytes in a wasm page */

/*
 * What a 32-bit memory grows to at most, unless it begins with more: a page
 * less than could be, so that an address inside plus a little never wraps.
 */
enum { PROA_MEMORY32_PAGES_MAX = 65535 };

enum proa_trap {
    PROA_TRAP_NONE = 0,
    PROA_TRAP_UNREACHABLE,
    PROA_TRAP_MEMORY_BOUNDS,
    PROA_TRAP_TABLE_BOUNDS,
    PROA_TRAP_UNDEFINED_ELEMENT,     /* call_indirect past the table's end */
    PROA_TRAP_UNINITIALIZED_ELEMENT, /* call_indirect of null */
    PROA_TRAP_SIGNATURE,             /* call_indirect of another type */
    PROA_TRAP_DIVIDE_BY_ZERO,
    PROA_TRAP_INTEGER_OVERFLOW,
    PROA_TRAP_INVALID_CONVERSION,
    PROA_TRAP_STACK_OVERFLOW,
    PROA_TRAP_OUT_OF_MEMORY, /* the host had none left for the guest */
    PROA_TRAP_INTERRUPT,     /* proa_store_interrupt() */
    PROA_TRAP_HOST,          /* a host function trapped; the text is its own */
    PROA_TRAP_EXIT,          /* a host function ended the program */
    PROA_TRAP_FUEL,          /* the store's is used up */
    PROA_TRAP_COUNT
};

/*
 * A function record: what a funcref points to. `signature` is
 * proa_signature(type), never 0.
 */
struct proa_func {
    void (*code)(void);
    void *context; /* first argument of `code` */
    uint64_t signature;
    void (*tail)(void); /* or NULL: `code` must be called and returned from */
    /* Compiled code knows nothing of what follows. */
    const struct proa_functype *type;
    void *trampoline; /* proa_trampoline; NULL: a host function */
    struct proa_store *store;
    void *reserved;
};

/* A row of a funcref table; all zero is null. A row of an externref table is
 * one pointer. */
struct proa_table_entry {
    void (*code)(void);
    void *context;
    uint64_t signature;
    struct proa_func *func;
};

/* In the context: an imported function. A copy of the record's fields. */
struct proa_import_slot {
    void (*code)(void);
    void *context;
    void (*tail)(void);
};

/* In the context: a memory or a table. The bases never change. */
struct proa_memory_slot {
    uint8_t *base;
    uint64_t *size; /* bytes, shared by all who import the memory */
};
struct proa_table_slot {
    void *entries;
    uint64_t *count; /* elements */
};

/*
 * An instance's data as compiled code sees it. The head is followed by the
 * arrays that struct proa_layout places.
 */
struct proa_context {
    const struct proa_builtins *builtins;
    const uint64_t *signatures; /* by type index; see proa_signature_is_wide */
    uint8_t *stack_limit;       /* a host call needs more stack than this */
    struct proa_instance *instance;
    /* The store's count: below zero by how much is left. Only code that was
     * compiled to count knows it. */
    int64_t *fuel;
    uint64_t reserved; /* what follows is aligned to 16 */
};

/*
 * Where the arrays are, in bytes from the context's start. Global i: an
 * imported one (i < imported_global_count) is a pointer to its value, 8 bytes
 * at imported_globals + 8 * i; an own one is its value, 16 bytes at
 * globals + 16 * (i - imported_global_count).
 */
struct proa_layout {
    uint32_t imports;          /* struct proa_import_slot */
    uint32_t memories;         /* struct proa_memory_slot */
    uint32_t tables;           /* struct proa_table_slot */
    uint32_t imported_globals; /* union proa_value * */
    uint32_t globals;          /* union proa_value */
    uint32_t funcs;            /* struct proa_func, referenced functions only */
    uint32_t size;             /* of the whole context */
};

struct proa_layout_counts {
    uint32_t imported_functions;
    uint32_t memories;
    uint32_t tables;
    uint32_t imported_globals;
    uint32_t globals; /* own ones */
    uint32_t funcs;
};

struct proa_layout proa_layout_make(const struct proa_layout_counts *counts);

/*
 * What compiled code calls. Those that return an enum proa_trap (as uint32_t)
 * return 0 when all is well; the code then traps by itself, so that no C frame
 * is ever skipped. Offsets of this struct are part of the ABI.
 */
struct proa_builtins {
    /* Leaves for the entry; never returns. Written in assembly. */
    void (*trap)(struct proa_context *context, uint32_t trap);
    /* Old size in pages, or UINT64_MAX. */
    uint64_t (*memory_grow)(struct proa_context *context, uint32_t memory,
                            uint64_t page_count);
    uint32_t (*memory_init)(struct proa_context *context, uint32_t data,
                            uint32_t memory, uint64_t to, uint32_t from,
                            uint32_t size);
    uint32_t (*memory_copy)(struct proa_context *context, uint32_t to_memory,
                            uint32_t from_memory, uint64_t to, uint64_t from,
                            uint64_t size);
    uint32_t (*memory_fill)(struct proa_context *context, uint32_t memory,
                            uint64_t to, uint32_t value, uint64_t size);
    void (*data_drop)(struct proa_context *context, uint32_t data);
    uint32_t (*table_init)(struct proa_context *context, uint32_t elem,
                           uint32_t table, uint64_t to, uint32_t from,
                           uint32_t count);
    uint32_t (*table_copy)(struct proa_context *context, uint32_t to_table,
                           uint32_t from_table, uint64_t to, uint64_t from,
                           uint64_t count);
    uint32_t (*table_fill)(struct proa_context *context, uint32_t table,
                           uint64_t to, void *reference, uint64_t count);
    /* Old size in elements, or UINT64_MAX. */
    uint64_t (*table_grow)(struct proa_context *context, uint32_t table,
                           void *reference, uint64_t count);
    void (*elem_drop)(struct proa_context *context, uint32_t elem);
};

/*
 * An adapter, one a function type, made by the compiler: loads the arguments
 * from `args`, calls `code` with `context`, stores the results to `results`,
 * which may be the same place.
 */
typedef void (*proa_trampoline)(void (*code)(void), void *context,
                                const union proa_value *args,
                                union proa_value *results);

/*
 * A function type as one number, equal exactly when the types are. Types of at
 * most 14 parameters and results are written out, four bits each; others
 * ("wide") get a number from the engine when a module is loaded, so compiled
 * code takes it from context->signatures instead of writing it down.
 */
uint64_t proa_signature_narrow(const struct proa_functype *type); /* 0: wide */

#endif
