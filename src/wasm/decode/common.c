/*
 * What the readers of the sections share.
 * https://webassembly.github.io/spec/core/binary/conventions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "base/utf8.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"

enum proa_status proa_decode_count(struct proa_cursor *in, uint32_t count_max,
                                   const char *what, uint32_t *count,
                                   struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t found = 0;
    enum proa_status status = proa_cursor_u32(in, &found, err);

    if (status != PROA_OK)
        return status;
    if (found > proa_cursor_left(in)) /* every entry has a byte at least */
        return proa_fail(err, PROA_MALFORMED, offset,
                         "unexpected end: %u %s in %u bytes", found, what,
                         proa_cursor_left(in));
    if (found > count_max)
        return proa_fail(err, PROA_LIMIT, offset, "%u %s, at most %u", found,
                         what, count_max);
    *count = found;
    return PROA_OK;
}

enum proa_status proa_decode_name(struct proa_cursor *in,
                                  struct proa_name *name,
                                  struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t size = 0;
    const uint8_t *bytes = NULL;
    enum proa_status status = proa_cursor_u32(in, &size, err);

    if (status == PROA_OK)
        status = proa_cursor_bytes(in, size, &bytes, err);
    if (status != PROA_OK)
        return status;
    if (size > PROA_NAME_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, offset,
                         "name of %u bytes, at most %d", size,
                         PROA_NAME_BYTES_MAX);
    if (!proa_utf8_is_valid((const char *)bytes, size))
        return proa_fail(err, PROA_MALFORMED, offset,
                         "malformed UTF-8 encoding in a name");
    name->bytes = (const char *)bytes;
    name->size = size;
    return PROA_OK;
}

enum proa_status proa_decode_array(struct proa_wasm_module *module,
                                   size_t count, size_t size, void **array,
                                   struct proa_error *err)
{
    void *items = proa_arena_array(module->arena, count, size);

    if (items == NULL)
        return proa_fail(err, PROA_NOMEM, 0,
                         "no memory for %zu items of %zu bytes", count, size);
    *array = items;
    return PROA_OK;
}
