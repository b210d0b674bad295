/*
 * The reader of artifacts survives any bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/artifact.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What a user of the artifact would touch first. */
static void walk(const struct proa_artifact *artifact)
{
    size_t sum = strlen(artifact->name) + strlen(artifact->producer) +
                 strlen(artifact->cpu_features);

    for (uint32_t i = 0; i < artifact->import_count; i++)
        sum += strlen(artifact->imports[i].module) +
               strlen(artifact->imports[i].name);
    for (uint32_t i = 0; i < artifact->export_count; i++)
        sum += strlen(artifact->exports[i].name);
    for (uint32_t i = 0; i < artifact->function_count; i++)
        sum += artifact->types[artifact->functions[i].type].type.param_count;
    for (uint32_t i = 0; i < artifact->data_count; i++)
        for (uint32_t k = 0; k < artifact->datas[i].size; k += 64)
            sum += artifact->datas[i].bytes[k];
    for (uint32_t i = 0; i < artifact->image_count; i++)
        sum += artifact->base[artifact->images[i].offset];
    for (uint64_t at = 0; at < artifact->text_size; at += 16) {
        bool is_tail = false;

        sum += proa_artifact_find_function(artifact, at, &is_tail);
        sum += is_tail;
    }
    assert(sum < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_artifact artifact;
    struct proa_error err = { 0 };
    /* As mapped: aligned to a page, and not a byte longer. */
    uint8_t *copy = aligned_alloc(4096, (size + 4096) & ~(size_t)4095);

    if (copy == NULL)
        return 0;
    memcpy(copy, bytes, size);
    if (proa_artifact_read(copy, size, &artifact, &err) == PROA_OK) {
        walk(&artifact);
        proa_artifact_deinit(&artifact);
    } else {
        assert(err.status != PROA_OK && err.text[0] != '\0');
    }
    free(copy);
    return 0;
}
