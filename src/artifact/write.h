/*
 * The artifact file, written.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_WRITE_H
#define PROA_ARTIFACT_WRITE_H

#include "artifact/artifact.h"
#include "base/buffer.h"
#include "base/sink.h"
#include "wasm/module.h"

/* All borrowed for the call. */
struct proa_artifact_source {
    const struct proa_wasm_module *module; /* validated */
    enum proa_arch arch;
    const char *cpu_features;
    const char *producer;
    const uint8_t *module_sha256;

    /* Linked code. The read-only data follows the text at the next multiple of
     * 4096 from the text's start. */
    const uint8_t *text; /* NULL: see put_text */
    uint64_t text_size;
    const uint8_t *rodata;
    uint64_t rodata_size;
    const uint32_t *code;      /* by function index, text offsets */
    const uint32_t *code_size; /* bytes */
    const uint32_t *tail;      /* or PROA_ARTIFACT_NONE */
    const uint32_t *records;   /* or PROA_ARTIFACT_NONE */
    uint32_t record_count;
    const uint32_t *trampolines; /* by type index */
    uint32_t init;
    /* With slots, which begin at a multiple of 4096: behind the read-only
     * data, or in the pages before the text. */
    bool has_slots;
    bool slots_first;
    uint32_t entries;
    bool counts_fuel;

    /* Memory images: `offset` is into `image_bytes` here. */
    const struct proa_artifact_image *images;
    uint32_t image_count;
    const uint8_t *image_bytes; /* NULL: see put_images */
    uint64_t image_bytes_size;
    const bool *data_in_image; /* by data segment */

    /* Put what is not there as a whole: exactly as many bytes as it has. What
     * the text is made of may be told here while it is put: text_size, code,
     * code_size, trampolines, init and entries are read afterwards. One that
     * fails sets the sink's is_full. */
    void (*put_text)(void *env, struct proa_sink *sink);
    void (*put_images)(void *env, struct proa_sink *sink);
    void *env;
};

/*
 * Append the whole file to `out`, which must be empty. The same source gives
 * the same bytes.
 *
 * @return PROA_OK, PROA_NOMEM, PROA_LIMIT (over the buffer's limit)
 */
PROA_NODISCARD enum proa_status
proa_artifact_write(const struct proa_artifact_source *source,
                    struct proa_buffer *out, struct proa_error *err);

/* The same to anywhere; nothing was put there yet. */
PROA_NODISCARD enum proa_status
proa_artifact_put(const struct proa_artifact_source *source,
                  struct proa_sink *out, struct proa_error *err);

#endif
