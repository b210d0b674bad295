/*
 * Element and data segments.
 * https://webassembly.github.io/spec/core/valid/modules.html#element-segments
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/constant.h"
#include "wasm/validate/parts.h"

static enum proa_valtype address_type(const struct proa_limits *limits)
{
    return limits->is_64 ? PROA_I64 : PROA_I32;
}

static enum proa_status check_items(struct proa_wasm_module *module,
                                    const struct proa_wasm_elem *elem,
                                    struct proa_error *err)
{
    struct proa_cursor in = elem->items;
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; status == PROA_OK && i < elem->item_count; i++) {
        uint32_t index = 0;
        uint32_t offset = in.offset;

        if (elem->has_expressions) {
            status = proa_constant_validate(module, &in, elem->type,
                                            module->global_count, err);
            continue;
        }
        status = proa_cursor_u32(&in, &index, err);
        if (status == PROA_OK && index >= module->function_count)
            return proa_fail(err, PROA_INVALID, offset, "unknown function %u",
                             index);
        if (status == PROA_OK)
            module->functions[index].is_referenced = true;
    }
    return status;
}

static enum proa_status check_target(struct proa_wasm_module *module,
                                     const struct proa_wasm_elem *elem,
                                     struct proa_error *err)
{
    if (elem->table_index >= module->table_count)
        return proa_fail(err, PROA_INVALID, elem->at, "unknown table %u",
                         elem->table_index);

    struct proa_cursor in = elem->offset;
    const struct proa_tabletype *table =
        &module->tables[elem->table_index].type;
    if (table->element != elem->type)
        return proa_fail(err, PROA_INVALID, elem->at,
                         "type mismatch: elements of %s in a table of %s",
                         proa_valtype_name(elem->type),
                         proa_valtype_name(table->element));
    return proa_constant_validate(module, &in, address_type(&table->limits),
                                  module->global_count, err);
}

enum proa_status proa_validate_elems(struct proa_wasm_module *module,
                                     struct proa_error *err)
{
    for (uint32_t i = 0; i < module->elem_count; i++) {
        const struct proa_wasm_elem *elem = &module->elems[i];
        enum proa_status status = PROA_OK;

        if (elem->mode == PROA_SEGMENT_ACTIVE)
            status = check_target(module, elem, err);
        else
            module->feature_used[PROA_FEATURE_BULK_MEMORY] = true;
        if (elem->has_expressions)
            module->feature_used[PROA_FEATURE_BULK_MEMORY] = true;
        if (status == PROA_OK)
            status = check_items(module, elem, err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status proa_validate_datas(struct proa_wasm_module *module,
                                     struct proa_error *err)
{
    if (module->has_data_count)
        module->feature_used[PROA_FEATURE_BULK_MEMORY] = true;
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct proa_wasm_data *data = &module->datas[i];
        struct proa_cursor in = data->offset;

        if (data->mode != PROA_SEGMENT_ACTIVE) {
            module->feature_used[PROA_FEATURE_BULK_MEMORY] = true;
            continue;
        }
        if (data->memory_index >= module->memory_count)
            return proa_fail(err, PROA_INVALID, data->at, "unknown memory %u",
                             data->memory_index);

        const struct proa_limits *limits =
            &module->memories[data->memory_index].limits;
        enum proa_status status = proa_constant_validate(
            module, &in, address_type(limits), module->global_count, err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}
