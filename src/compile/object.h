/*
 * A partition of a module to a relocatable object, by LLVM.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_OBJECT_H
#define PROA_COMPILE_OBJECT_H

#include <stdbool.h>

#include "artifact/abi.h"
#include "base/buffer.h"
#include "wasm/module.h"

struct proa_codegen_options {
    const char *triple;       /* "x86_64-unknown-linux-gnu" */
    const char *cpu;          /* LLVM's name: "x86-64-v3" */
    const char *cpu_features; /* LLVM's form: "+avx2,+fma"; may be "" */
    int opt_level;            /* 0 to 3: of all functions of the partition */
    bool keep_layout;         /* do not hide 64-bit integers from the passes */
    bool counts_fuel;         /* see wasm/fuel.h */
    bool verify;              /* let LLVM check the code that we make */
};

/*
 * What one object holds: functions [first, end) of the index space (own ones
 * only), of these those whose level is the partition's. Partition 0 also holds
 * the trampolines and init.
 *
 * Symbols of an object, all hidden:
 *   f<INDEX>     own function, C convention
 *   t<INDEX>     its tail form, if any call in the module needs it
 *   y<INDEX>     trampoline of type INDEX
 *   init         see struct proa_artifact
 * Calls to functions of other partitions are undefined symbols of that form.
 */
struct proa_partition {
    uint32_t first;
    uint32_t end;
    uint8_t level;
    bool is_first; /* holds trampolines and init */
};

/*
 * Facts about the whole module that every partition must agree on; made once,
 * read by all threads.
 */
struct proa_codegen_plan {
    const struct proa_wasm_module *module;
    struct proa_layout layout;
    const uint32_t *records; /* by function index; PROA_ARTIFACT_NONE */
    uint32_t record_count;
    const bool *has_tail;      /* by function index: has a tail form */
    const bool *own_tables;    /* by table index; see own_tables.h */
    const bool *data_in_image; /* by data segment: init need not apply it */
    const uint8_t *levels; /* by function index, see heat.h; NULL: one level */
};

/*
 * @param object appended to: an ELF relocatable object
 * @return PROA_OK, PROA_NOMEM, PROA_COMPILER (LLVM's own words)
 * Threads: any, each call has its own LLVMContext. LLVM may still end the
 * process by itself.
 */
PROA_NODISCARD enum proa_status
proa_codegen_partition(const struct proa_codegen_plan *plan,
                       const struct proa_partition *partition,
                       const struct proa_codegen_options *options,
                       struct proa_buffer *object, struct proa_error *err);

#endif
