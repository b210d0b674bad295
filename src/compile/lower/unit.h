/*
 * One LLVM module being filled: types, attributes, metadata and declarations
 * that all functions of a partition share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_UNIT_H
#define PROA_COMPILE_LOWER_UNIT_H

#include <stdbool.h>

#include <llvm-c/Core.h>

#include "compile/features.h"
#include "compile/object.h"

enum { PROA_CC_C = 0, PROA_CC_TAIL = 18 }; /* LLVM's numbers */

/* Offsets in the structs of artifact/abi.h; unit.c proves them. */
enum {
    PROA_SIZEOF_FUNC = 64,
    PROA_SIZEOF_TABLE_ENTRY = 32,
    PROA_SIZEOF_IMPORT_SLOT = 24,
    PROA_SIZEOF_SLOT = 16, /* of a memory or a table */
    PROA_SIZEOF_VALUE = 16,
};

enum { PROA_UNIT_COPIES_MAX = 256 };

/* A body to be inlined, see copy.h. */
struct proa_unit_copy {
    LLVMValueRef function;
    uint32_t index; /* of the function whose body it is */
    uint32_t depth; /* 1: not within another copy */
};

struct proa_unit {
    const struct proa_codegen_plan *plan;
    const struct proa_wasm_module *module; /* the plan's */
    const struct proa_codegen_options *options;
    struct proa_features features;

    LLVMContextRef context;
    LLVMModuleRef llvm_module;
    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, v128, ptr, nothing;

    LLVMTypeRef *function_types; /* by type index, made at first use */
    LLVMValueRef *callees;       /* by function index: what a call names */
    struct proa_unit_copy copies[PROA_UNIT_COPIES_MAX];
    uint32_t copy_count;
    uint32_t copies_made; /* of these, bodies are there */
    LLVMAttributeRef nounwind, noredzone, noinline, alwaysinline, optnone, cold,
        noreturn, noundef, nonnull, dereferenceable;
    LLVMAttributeRef frame_pointer, probe_stack, no_builtins, no_tail_calls;
    unsigned md_alias_scope, md_noalias, md_invariant, md_prof;
    LLVMValueRef scopes_memory, scopes_host; /* lists of one scope */
    LLVMValueRef empty_node;
    LLVMValueRef weights_unlikely; /* the first target of a branch is rare */
};

/*
 * @param plan    borrowed for the unit's life
 * @param options borrowed for the unit's life
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_unit_init(struct proa_unit *unit, const struct proa_codegen_plan *plan,
               const struct proa_codegen_options *options,
               struct proa_error *err);
void proa_unit_deinit(struct proa_unit *unit);

/* i32 i64 float double <2 x i64> ptr */
LLVMTypeRef proa_unit_valtype(const struct proa_unit *unit,
                              enum proa_valtype type);

/* Bytes of a value of such a type, or of a narrower number. */
uint32_t proa_unit_type_size(LLVMTypeRef type);

/* The LLVM type of a function: context, parameters, place of results. */
LLVMTypeRef proa_unit_functype(struct proa_unit *unit, uint32_t type_index);

/*
 * What a direct call of an own function names: its tail form if it has one.
 * Declared, hidden, at first use.
 */
LLVMValueRef proa_unit_callee(struct proa_unit *unit, uint32_t function_index);

/* The calling convention of that. */
unsigned proa_unit_call_convention(const struct proa_unit *unit,
                                   uint32_t function_index);

/*
 * A hidden function with our attributes; found again if it was declared.
 * `name` is borrowed.
 */
LLVMValueRef proa_unit_function(struct proa_unit *unit, const char *name,
                                LLVMTypeRef type);

void proa_unit_attribute(LLVMValueRef function, LLVMAttributeRef attribute);

/* Say of a load or store what it touches, so that LLVM can tell them apart. */
void proa_unit_mark_memory(const struct proa_unit *unit, LLVMValueRef access);
void proa_unit_mark_host(const struct proa_unit *unit, LLVMValueRef access);

LLVMValueRef proa_unit_i32(const struct proa_unit *unit, uint32_t value);
LLVMValueRef proa_unit_i64(const struct proa_unit *unit, uint64_t value);

/* base + offset, as bytes; LLVM may not assume that it stays in an object. */
LLVMValueRef proa_unit_offset(const struct proa_unit *unit,
                              LLVMBuilderRef builder, LLVMValueRef base,
                              uint64_t offset);

/*
 * A load of host data; `is_invariant` when it never changes while code runs.
 */
LLVMValueRef proa_unit_host_load(const struct proa_unit *unit,
                                 LLVMBuilderRef builder, LLVMTypeRef type,
                                 LLVMValueRef address, bool is_invariant);
/* A result, which the caller may ignore. */
void proa_unit_host_store(const struct proa_unit *unit, LLVMBuilderRef builder,
                          LLVMValueRef value, LLVMValueRef address);

/*
 * A store to a global, a table or the host's values: whoever looks after a trap
 * sees those before it and none behind it. So it is never dropped, and it
 * passes no access to linear memory, which may trap.
 */
void proa_unit_state_store(LLVMBuilderRef builder, LLVMValueRef value,
                           LLVMValueRef address);

#endif
