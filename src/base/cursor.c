/*
 * https://webassembly.github.io/spec/core/binary/values.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/cursor.h"

#include <stdbool.h>

#include "base/fail.h"

enum proa_status proa_cursor_u8(struct proa_cursor *in, uint8_t *value,
                                struct proa_error *err)
{
    if (proa_cursor_left(in) == 0)
        return proa_fail(err, PROA_MALFORMED, in->offset, "unexpected end");
    *value = in->bytes[in->offset++];
    return PROA_OK;
}

/*
 * LEB128 of `bits` bits, sign extended to 64 when `is_signed`. The last byte
 * that may be there has `bits % 7` bits of its own (7 when that is 0); the rest
 * of it must repeat the sign, or be zero.
 */
static enum proa_status read_leb128(struct proa_cursor *in, uint32_t bits,
                                    bool is_signed, uint64_t *value,
                                    struct proa_error *err)
{
    uint64_t result = 0;
    uint32_t at = in->offset;

    for (uint32_t shift = 0;; shift += 7) {
        if (at == in->size)
            return proa_fail(err, PROA_MALFORMED, at, "unexpected end");
        uint8_t byte = in->bytes[at++];

        if (bits - shift < 7) {
            if ((byte & 0x80) != 0)
                return proa_fail(err, PROA_MALFORMED, at - 1,
                                 "integer representation too long");
            /* The stray bits, and with a sign the sign bit itself. */
            uint32_t own = bits - shift - (is_signed ? 1 : 0);
            uint8_t high = (uint8_t)(byte >> own);
            uint8_t ones = (uint8_t)(0x7f >> own);
            if (high != 0 && !(is_signed && high == ones))
                return proa_fail(err, PROA_MALFORMED, at - 1,
                                 "integer too large");
        }
        result |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0)
            continue;
        if (is_signed && (byte & 0x40) != 0 && shift + 7 < 64)
            result |= UINT64_MAX << (shift + 7);
        in->offset = at;
        *value = result;
        return PROA_OK;
    }
}

enum proa_status proa_cursor_u32_long(struct proa_cursor *in, uint32_t *value,
                                      struct proa_error *err)
{
    uint64_t wide;
    enum proa_status status = read_leb128(in, 32, false, &wide, err);

    if (status == PROA_OK)
        *value = (uint32_t)wide;
    return status;
}

enum proa_status proa_cursor_u64(struct proa_cursor *in, uint64_t *value,
                                 struct proa_error *err)
{
    return read_leb128(in, 64, false, value, err);
}

enum proa_status proa_cursor_s32(struct proa_cursor *in, int32_t *value,
                                 struct proa_error *err)
{
    uint64_t wide;
    enum proa_status status = read_leb128(in, 32, true, &wide, err);

    if (status == PROA_OK)
        *value = (int32_t)(uint32_t)wide;
    return status;
}

enum proa_status proa_cursor_s33(struct proa_cursor *in, int64_t *value,
                                 struct proa_error *err)
{
    uint64_t wide;
    enum proa_status status = read_leb128(in, 33, true, &wide, err);

    if (status == PROA_OK)
        *value = (int64_t)wide;
    return status;
}

enum proa_status proa_cursor_s64(struct proa_cursor *in, int64_t *value,
                                 struct proa_error *err)
{
    uint64_t wide;
    enum proa_status status = read_leb128(in, 64, true, &wide, err);

    if (status == PROA_OK)
        *value = (int64_t)wide;
    return status;
}

enum proa_status proa_cursor_bytes(struct proa_cursor *in, uint32_t size,
                                   const uint8_t **bytes,
                                   struct proa_error *err)
{
    if (size > proa_cursor_left(in))
        return proa_fail(err, PROA_MALFORMED, in->offset,
                         "unexpected end: %u bytes wanted, %u left", size,
                         proa_cursor_left(in));
    *bytes = in->bytes + in->offset;
    in->offset += size;
    return PROA_OK;
}

static uint64_t little_endian(const uint8_t *bytes, uint32_t size)
{
    uint64_t value = 0;

    while (size-- > 0)
        value = value << 8 | bytes[size];
    return value;
}

enum proa_status proa_cursor_fixed32(struct proa_cursor *in, uint32_t *value,
                                     struct proa_error *err)
{
    const uint8_t *bytes = NULL;
    enum proa_status status = proa_cursor_bytes(in, 4, &bytes, err);

    if (status == PROA_OK)
        *value = (uint32_t)little_endian(bytes, 4);
    return status;
}

enum proa_status proa_cursor_fixed64(struct proa_cursor *in, uint64_t *value,
                                     struct proa_error *err)
{
    const uint8_t *bytes = NULL;
    enum proa_status status = proa_cursor_bytes(in, 8, &bytes, err);

    if (status == PROA_OK)
        *value = little_endian(bytes, 8);
    return status;
}

enum proa_status proa_cursor_window(struct proa_cursor *in, uint32_t size,
                                    struct proa_cursor *window,
                                    struct proa_error *err)
{
    if (size > proa_cursor_left(in))
        return proa_fail(err, PROA_MALFORMED, in->offset,
                         "length out of bounds: %u bytes wanted, %u left", size,
                         proa_cursor_left(in));
    window->bytes = in->bytes;
    window->offset = in->offset;
    window->size = in->offset + size;
    in->offset += size;
    return PROA_OK;
}
