/*
 * https://webassembly.github.io/spec/core/binary/types.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/valtype.h"

#include "base/fail.h"
#include "wasm/opcode.h"

/* The feature that a type code needs; PROA_FEATURE_COUNT: it is no type. */
static enum proa_feature feature_of(uint8_t code)
{
    switch (code) {
    case 0x63: /* (ref null ht) */
    case 0x64: /* (ref ht) */
        return PROA_FEATURE_FUNCTION_REFERENCES;
    case 0x69: /* exn */
    case 0x74: /* noexn */
        return PROA_FEATURE_EXCEPTIONS;
    case 0x6a: /* array */
    case 0x6b: /* struct */
    case 0x6c: /* i31 */
    case 0x6d: /* eq */
    case 0x6e: /* any */
    case 0x71: /* none */
    case 0x72: /* noextern */
    case 0x73: /* nofunc */
        return PROA_FEATURE_GC;
    case PROA_FUNCREF:
    case PROA_EXTERNREF:
        return PROA_FEATURE_REFERENCE_TYPES;
    case PROA_V128:
        return PROA_FEATURE_SIMD;
    case PROA_I32:
    case PROA_I64:
    case PROA_F32:
    case PROA_F64:
        return PROA_FEATURE_WASM1;
    default:
        return PROA_FEATURE_COUNT;
    }
}

enum proa_status proa_valtype_read(struct proa_cursor *in,
                                   enum proa_valtype *type,
                                   struct proa_error *err)
{
    uint8_t code;
    enum proa_status status = proa_cursor_u8(in, &code, err);

    if (status != PROA_OK)
        return status;

    enum proa_feature feature = feature_of(code);
    if (feature == PROA_FEATURE_COUNT)
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed value type 0x%02x", code);
    if (feature >= PROA_FEATURE_FIRST_UNSUPPORTED)
        return proa_fail(err, PROA_UNSUPPORTED, in->offset - 1,
                         "feature not supported: %s (value type 0x%02x)",
                         proa_feature_name(feature), code);
    *type = (enum proa_valtype)code;
    return PROA_OK;
}

enum proa_status proa_reftype_read(struct proa_cursor *in,
                                   enum proa_valtype *type,
                                   struct proa_error *err)
{
    enum proa_valtype found;

    if (proa_cursor_left(in) > 0 &&
        feature_of(in->bytes[in->offset]) == PROA_FEATURE_COUNT)
        return proa_fail(err, PROA_MALFORMED, in->offset,
                         "malformed reference type 0x%02x",
                         in->bytes[in->offset]);
    enum proa_status status = proa_valtype_read(in, &found, err);
    if (status != PROA_OK)
        return status;
    if (!proa_valtype_is_reference(found))
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed reference type 0x%02x", (unsigned)found);
    *type = found;
    return PROA_OK;
}

enum proa_status proa_heaptype_read(struct proa_cursor *in,
                                    enum proa_valtype *type,
                                    struct proa_error *err)
{
    struct proa_cursor ahead = *in;
    uint32_t offset = in->offset;
    int64_t code = 0;
    enum proa_status status = proa_cursor_s33(&ahead, &code, err);

    if (status != PROA_OK)
        return status;
    if (code >= 0)
        return proa_fail(err, PROA_UNSUPPORTED, offset,
                         "feature not supported: %s (heap type %lld)",
                         proa_feature_name(PROA_FEATURE_FUNCTION_REFERENCES),
                         (long long)code);
    /* Abstract heap types have the codes of their nullable references. */
    return proa_reftype_read(in, type, err);
}
