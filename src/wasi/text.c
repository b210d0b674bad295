/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasi/state.h"

enum proa_status proa_wasi_text_init(struct proa_wasi_text *text,
                                     const char *const *strings, uint32_t count,
                                     struct proa_error *err)
{
    size_t size = 0, at = 0;
    char *bytes;

    for (uint32_t i = 0; i < count; i++) {
        size += strlen(strings[i]) + 1;
        if (size > PROA_WASI_TEXT_SIZE_MAX)
            return proa_fail(err, PROA_LIMIT, 0,
                             "arguments or environment of more than %d bytes",
                             PROA_WASI_TEXT_SIZE_MAX);
    }
    bytes = malloc(size + 1); /* never nothing, so that NULL is a failure */
    if (bytes == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the arguments");
    for (uint32_t i = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;

        memcpy(bytes + at, strings[i], length);
        at += length;
    }
    *text = (struct proa_wasi_text){
        .bytes = bytes,
        .size = (uint32_t)size,
        .count = count,
    };
    return PROA_OK;
}

void proa_wasi_text_deinit(struct proa_wasi_text *text)
{
    free(text->bytes);
    text->bytes = NULL;
}

uint32_t proa_wasi_text_get(const struct proa_call *call,
                            const struct proa_wasi_text *text, uint32_t list,
                            uint32_t to)
{
    uint8_t *pointers = proa_guest_array(call, list, text->count, 4);
    char *bytes = proa_guest_bytes(call, to, text->size);
    uint32_t at = 0;

    if (pointers == NULL || bytes == NULL)
        return PROA_WASI_EFAULT;
    for (uint32_t i = 0; i < text->count; i++) {
        proa_guest_store_u32(pointers + (size_t)4 * i, to + at);
        at += (uint32_t)strlen(text->bytes + at) + 1;
    }
    memcpy(bytes, text->bytes, text->size);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_text_sizes(const struct proa_call *call,
                              const struct proa_wasi_text *text, uint32_t count,
                              uint32_t size)
{
    uint32_t error = proa_wasi_store_u32(call, count, text->count);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_store_u32(call, size, text->size);
    return error;
}
