/*
 * An artifact in memory: what the runtime needs to know of a compiled module.
 * The file's form is docs/formats/artifact.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_ARTIFACT_H
#define PROA_ARTIFACT_ARTIFACT_H

#include "artifact/abi.h"
#include "base/arena.h"
#include "proa/error.h"
#include "proa/module.h"

#define PROA_ARTIFACT_NONE UINT32_MAX

enum proa_arch {
    PROA_ARCH_X86_64 = 62,
    PROA_ARCH_AARCH64 = 183
}; /* e_machine */

/* Offsets are into the text, from its start. */
struct proa_artifact_function {
    uint32_t type;
    uint32_t code;      /* PROA_ARTIFACT_NONE: an import */
    uint32_t code_size; /* bytes */
    uint32_t tail;      /* the tail form, or PROA_ARTIFACT_NONE */
    uint32_t record;    /* its place in the context's funcs, or NONE */
    uint32_t name;      /* into the strings; terminated; "" when it has none */
};

struct proa_artifact_type {
    struct proa_functype type;
    uint32_t trampoline; /* text offset */
    uint64_t signature;  /* 0: wide */
};

struct proa_artifact_table {
    struct proa_tabletype type;
};

enum proa_item_kind {
    PROA_ITEM_NULL,
    PROA_ITEM_FUNC,   /* a function index */
    PROA_ITEM_GLOBAL, /* a global's value */
};

struct proa_artifact_item {
    uint32_t kind; /* enum proa_item_kind */
    uint32_t index;
};

struct proa_artifact_elem {
    const struct proa_artifact_item *items;
    uint32_t item_count;
};

/* A data segment. One that is in a memory image is as good as dropped. */
struct proa_artifact_data {
    const uint8_t *bytes; /* in the mapping; NULL when in an image */
    uint32_t size;        /* bytes; 0 when in an image */
};

/* A run of whole host pages of a memory's initial content. Ascending, apart. */
struct proa_artifact_image {
    uint32_t memory;
    uint32_t reserved;
    uint64_t address; /* in the memory; a multiple of 4096 */
    uint64_t offset;  /* in the file; a multiple of 4096 */
    uint64_t size;    /* bytes; a multiple of 4096 */
};

struct proa_artifact {
    const uint8_t *base; /* the mapped file; borrowed */
    uint64_t size;
    struct proa_arena *arena; /* owned; what the arrays below live in */

    enum proa_arch arch;
    const char *cpu_features;     /* "sse4.2,avx2,...": all must be present */
    const char *producer;         /* "proa 0.1 llvm 22.1.8 -O2" */
    const char *name;             /* the module's, or "" */
    const uint8_t *module_sha256; /* 32 bytes */

    uint64_t text_offset; /* in the file, a multiple of 4096 */
    uint64_t text_size;

    const struct proa_artifact_type *types;
    uint32_t type_count;
    const struct proa_importtype *imports;
    uint32_t import_count;
    const struct proa_exporttype *exports;
    const uint32_t *export_indexes; /* in the index space of its kind */
    uint32_t export_count;

    /* Whole index spaces, imports first. */
    const struct proa_artifact_function *functions;
    uint32_t function_count;
    uint32_t imported_function_count;
    const uint32_t *functions_by_code; /* own functions by ascending code */
    const char *strings;
    const struct proa_artifact_table *tables;
    uint32_t table_count;
    uint32_t imported_table_count;
    const struct proa_memorytype *memories;
    uint32_t memory_count;
    uint32_t imported_memory_count;
    const struct proa_globaltype *globals;
    uint32_t global_count;
    uint32_t imported_global_count;

    const struct proa_artifact_elem *elems;
    uint32_t elem_count;
    const struct proa_artifact_data *datas;
    uint32_t data_count;
    const struct proa_artifact_image *images;
    uint32_t image_count;

    /*
     * Text offset of `void init(struct proa_context *)`: sets the globals,
     * applies active segments (those not in an image) and calls the start
     * function. Always there.
     */
    uint32_t init;
    uint32_t record_count; /* functions with a record */
    /*
     * Where the loader puts the addresses of the own functions, 8 bytes each:
     * an area of whole pages, apart from all else. Only code of the baseline
     * tier has it; else slot_count is 0.
     */
    uint64_t slots_offset; /* in the file */
    uint32_t slot_count;
    uint32_t entries; /* text offset: record i's entry is at 8 * i from it */
    bool counts_fuel; /* its code does; see wasm/fuel.h */
    struct proa_layout layout;
};

/*
 * Read an artifact from memory and check every offset, count and index in it,
 * so that nothing that uses it need check again. What it cannot check is the
 * code itself.
 *
 * @param base     the whole file, mapped, aligned to 4096; borrowed by the
 *                 artifact for its life
 * @param artifact set on success; end with proa_artifact_deinit()
 * @return PROA_OK, PROA_MALFORMED, PROA_INCOMPATIBLE (another ABI version),
 *         PROA_NOMEM
 * Trust: survives any bytes; but whoever runs the code must trust them.
 */
PROA_NODISCARD enum proa_status
proa_artifact_read(const uint8_t *base, uint64_t size,
                   struct proa_artifact *artifact, struct proa_error *err);
void proa_artifact_deinit(struct proa_artifact *artifact);

/*
 * The own function whose code holds `text_offset` (as a return address does:
 * pass the address less one), or PROA_ARTIFACT_NONE; and whether that code is
 * its tail form, which its other form does no more than call.
 */
uint32_t proa_artifact_find_function(const struct proa_artifact *artifact,
                                     uint64_t text_offset, bool *is_tail);

/* True when the bytes begin as an artifact of ours does. */
bool proa_artifact_is_one(const uint8_t *bytes, uint64_t size);

#endif
