/*
 * Element and data segments.
 * https://webassembly.github.io/spec/core/binary/modules.html#element-section
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"
#include "wasm/valtype.h"

/* The bits of an element segment's flags. */
enum {
    ELEM_NOT_ACTIVE = 1,
    ELEM_HAS_INDEX = 2, /* active: a table index; else: it is declared only */
    ELEM_EXPRESSIONS = 4,
};

/* The table and offset of an active segment, then the type. */
static enum proa_status read_elem_head(struct proa_cursor *in, uint32_t flags,
                                       struct proa_wasm_elem *elem,
                                       struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    elem->has_expressions = (flags & ELEM_EXPRESSIONS) != 0;
    elem->type = PROA_FUNCREF;
    if ((flags & ELEM_NOT_ACTIVE) == 0) {
        elem->mode = PROA_SEGMENT_ACTIVE;
        if ((flags & ELEM_HAS_INDEX) != 0)
            status = proa_cursor_u32(in, &elem->table_index, err);
        if (status == PROA_OK)
            status = proa_decode_expression(in, &elem->offset, err);
    } else {
        elem->mode = (flags & ELEM_HAS_INDEX) != 0 ? PROA_SEGMENT_DECLARED
                                                   : PROA_SEGMENT_PASSIVE;
    }
    if (status != PROA_OK || (flags & (ELEM_NOT_ACTIVE | ELEM_HAS_INDEX)) == 0)
        return status; /* the short forms are of function references */
    if (elem->has_expressions)
        return proa_reftype_read(in, &elem->type, err);

    uint8_t kind = 0;
    status = proa_cursor_u8(in, &kind, err);
    if (status == PROA_OK && kind != 0)
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed element kind 0x%02x", kind);
    return status;
}

static enum proa_status read_elem(struct proa_cursor *in,
                                  struct proa_wasm_elem *elem,
                                  struct proa_error *err)
{
    uint32_t flags = 0;
    enum proa_status status;

    elem->at = in->offset;
    status = proa_cursor_u32(in, &flags, err);
    if (status != PROA_OK)
        return status;
    if (flags > (ELEM_NOT_ACTIVE | ELEM_HAS_INDEX | ELEM_EXPRESSIONS))
        return proa_fail(err, PROA_MALFORMED, elem->at,
                         "malformed elements segment kind %u", flags);
    status = read_elem_head(in, flags, elem, err);
    if (status == PROA_OK)
        status = proa_decode_count(in, PROA_TABLE_ELEMENTS_MAX, "elements",
                                   &elem->item_count, err);
    if (status != PROA_OK)
        return status;

    struct proa_cursor items = *in;
    for (uint32_t i = 0; i < elem->item_count; i++) {
        uint32_t index;
        struct proa_cursor expression;
        status = elem->has_expressions
                     ? proa_decode_expression(in, &expression, err)
                     : proa_cursor_u32(in, &index, err);
        if (status != PROA_OK)
            return status;
    }
    items.size = in->offset;
    elem->items = items;
    return PROA_OK;
}

enum proa_status proa_decode_elems(struct proa_wasm_module *module,
                                   struct proa_cursor *in,
                                   struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    enum proa_status status = proa_decode_count(
        in, PROA_ELEM_SEGMENTS_MAX, "element segments", &count, err);

    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof *module->elems, &array,
                                   err);
    module->elems = array;
    for (uint32_t i = 0; status == PROA_OK && i < count; i++)
        status = read_elem(in, &module->elems[i], err);
    module->elem_count = count;
    return status;
}

static enum proa_status read_data(struct proa_cursor *in,
                                  struct proa_wasm_data *data,
                                  struct proa_error *err)
{
    uint32_t flags = 0;
    enum proa_status status;

    data->at = in->offset;
    status = proa_cursor_u32(in, &flags, err);
    if (status != PROA_OK)
        return status;
    if (flags > 2)
        return proa_fail(err, PROA_MALFORMED, data->at,
                         "malformed data segment kind %u", flags);
    data->mode = flags == 1 ? PROA_SEGMENT_PASSIVE : PROA_SEGMENT_ACTIVE;
    if (flags == 2)
        status = proa_cursor_u32(in, &data->memory_index, err);
    if (status == PROA_OK && data->mode == PROA_SEGMENT_ACTIVE)
        status = proa_decode_expression(in, &data->offset, err);
    if (status == PROA_OK)
        status = proa_cursor_u32(in, &data->size, err);
    if (status == PROA_OK)
        status = proa_cursor_bytes(in, data->size, &data->bytes, err);
    return status;
}

enum proa_status proa_decode_datas(struct proa_wasm_module *module,
                                   struct proa_cursor *in,
                                   struct proa_error *err)
{
    uint32_t count = 0;
    uint32_t offset = in->offset;
    void *array = NULL;
    enum proa_status status = proa_decode_count(in, PROA_DATA_SEGMENTS_MAX,
                                                "data segments", &count, err);

    if (status != PROA_OK)
        return status;
    if (module->has_data_count && count != module->data_count)
        return proa_fail(err, PROA_MALFORMED, offset,
                         "data count and data section have inconsistent "
                         "lengths: %u and %u",
                         module->data_count, count);
    status =
        proa_decode_array(module, count, sizeof *module->datas, &array, err);
    module->datas = array;
    for (uint32_t i = 0; status == PROA_OK && i < count; i++)
        status = read_data(in, &module->datas[i], err);
    module->data_count = count;
    return status;
}
