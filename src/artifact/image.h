/*
 * Memory images: active data segments whose place is known before the program
 * runs, laid out as host pages that an instance maps.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_IMAGE_H
#define PROA_ARTIFACT_IMAGE_H

#include "artifact/artifact.h"
#include "base/buffer.h"
#include "wasm/module.h"

/* Arrays live in the arena given; `bytes` is owned: proa_images_deinit(). */
struct proa_images {
    struct proa_artifact_image *runs; /* `offset` is into `bytes` */
    uint32_t run_count;
    struct proa_buffer bytes;
    bool *in_image; /* by data segment */
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
void proa_images_deinit(struct proa_images *images);

#endif
