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
    size_t size = 0;
    uint32_t *starts;

    for (uint32_t i = 0; i < count; i++) {
        size += strlen(strings[i]) + 1;
        if (size > PROA_WASI_TEXT_SIZE_MAX)
            return proa_fail(err, PROA_LIMIT, 0,
                             "arguments or environment of more than %d bytes",
                             PROA_WASI_TEXT_SIZE_MAX);
    }
    /* Never nothing, so that NULL is a failure. */
    starts = malloc(count * sizeof *starts + size + 1);
    if (starts == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the arguments");
    char *bytes = (char *)(starts + count), *end = bytes;
    for (uint32_t i = 0; i < count; i++) {
        starts[i] = (uint32_t)(end - bytes);
        end = stpcpy(end, strings[i]) + 1;
    }
    *text = (struct proa_wasi_text){
        .starts = starts,
        .bytes = bytes,
        .size = (uint32_t)size,
        .count = count,
    };
    return PROA_OK;
}

void proa_wasi_text_deinit(struct proa_wasi_text *text)
{
    free(text->starts);
    text->starts = NULL;
    text->bytes = NULL;
}

uint32_t proa_wasi_text_get(const struct proa_call *call,
                            const struct proa_wasi_text *text, uint32_t list,
                            uint32_t to)
{
    uint8_t *pointers = proa_guest_array(call, list, text->count, 4);
    char *bytes = proa_guest_bytes(call, to, text->size);

    if (pointers == NULL || bytes == NULL)
        return PROA_WASI_EFAULT;
    for (uint32_t i = 0; i < text->count; i++)
        proa_guest_store_u32(pointers + (size_t)4 * i, to + text->starts[i]);
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
