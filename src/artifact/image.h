/*
 * Memory images: active data segments whose place is known before the program
 * runs, laid out as host pages that an instance maps.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_IMAGE_H
#define PROA_ARTIFACT_IMAGE_H

#include "artifact/artifact.h"
#include "base/buffer.h"
#include "base/sink.h"
#include "wasm/module.h"

/* Arrays live in the arena given; `bytes` is owned: proa_images_deinit(). */
struct proa_images {
    struct proa_artifact_image *runs; /* `offset` is into `bytes` */
    uint32_t run_count;
    uint64_t size;            /* of all runs */
    struct proa_buffer bytes; /* empty: proa_images_put() knows a way */
    bool *in_image;           /* by data segment */
    uint32_t *order;          /* segments by memory and address; NULL: as above,
                                 for they overlap */
    uint32_t order_count;
};

/*
 * A segment goes into the image when its memory is the module's own, its offset
 * is a constant, it fits the memory's first size, and every active segment
 * before it in the same memory went there too (the order of writing shows where
 * segments overlap). The others are for init.
 *
 * @return PROA_OK, PROA_NOMEM, PROA_MALFORMED (never for a validated module)
 */
PROA_NODISCARD enum proa_status
proa_images_make(const struct proa_wasm_module *module,
                 struct proa_arena *arena, struct proa_images *images,
                 struct proa_error *err);
/* The same without the bytes, where that can be. */
PROA_NODISCARD enum proa_status
proa_images_plan(const struct proa_wasm_module *module,
                 struct proa_arena *arena, struct proa_images *images,
                 struct proa_error *err);
/* All runs, one after the other. */
void proa_images_put(const struct proa_images *images,
                     const struct proa_wasm_module *module,
                     struct proa_sink *sink);
void proa_images_deinit(struct proa_images *images);

#endif
