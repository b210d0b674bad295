/*
 * Types, tables, memories, globals and the start function.
 * https://webassembly.github.io/spec/core/valid/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/constant.h"
#include "wasm/validate/parts.h"
#include "wasm/valtype.h"

/* In pages of 64 KiB: all that the addresses reach. */
#define MEMORY32_PAGES_MAX (UINT64_C(1) << 16)
#define MEMORY64_PAGES_MAX (UINT64_C(1) << 48)

static void mark_type(struct proa_wasm_module *module, enum proa_valtype type)
{
    if (type == PROA_V128)
        module->feature_used[PROA_FEATURE_SIMD] = true;
    if (proa_valtype_is_reference(type))
        module->feature_used[PROA_FEATURE_REFERENCE_TYPES] = true;
}

enum proa_status proa_validate_types(struct proa_wasm_module *module,
                                     struct proa_error *err)
{
    module->feature_used[PROA_FEATURE_WASM1] = true;
    for (uint32_t i = 0; i < module->type_count; i++) {
        const struct proa_functype *type = &module->types[i];
        for (uint32_t j = 0; j < type->param_count; j++)
            mark_type(module, type->params[j]);
        for (uint32_t j = 0; j < type->result_count; j++)
            mark_type(module, type->results[j]);
        if (type->result_count > 1)
            module->feature_used[PROA_FEATURE_MULTI_VALUE] = true;
    }
    for (uint32_t i = 0; i < module->function_count; i++) {
        const struct proa_wasm_function *function = &module->functions[i];
        if (function->type_index >= module->type_count)
            return proa_fail(err, PROA_INVALID, function->offset,
                             "unknown type %u of function %u",
                             function->type_index, i);
    }
    return PROA_OK;
}

static enum proa_status check_limits(const struct proa_limits *limits,
                                     uint32_t offset, struct proa_error *err)
{
    if (limits->min > limits->max)
        return proa_fail(err, PROA_INVALID, offset,
                         "size minimum must not be greater than maximum: "
                         "%llu and %llu",
                         (unsigned long long)limits->min,
                         (unsigned long long)limits->max);
    return PROA_OK;
}

/* Above all that can be addressed; no maximum at all is fine. */
static bool exceeds(const struct proa_limits *limits, uint64_t size_max)
{
    return limits->min > size_max ||
           (limits->max != UINT64_MAX && limits->max > size_max);
}

static enum proa_status check_table(struct proa_wasm_module *module,
                                    uint32_t index, struct proa_error *err)
{
    struct proa_wasm_table *table = &module->tables[index];
    const struct proa_limits *limits = &table->type.limits;
    enum proa_status status = check_limits(limits, table->offset, err);

    if (status != PROA_OK)
        return status;
    if (!limits->is_64 && exceeds(limits, UINT32_MAX))
        return proa_fail(err, PROA_INVALID, table->offset,
                         "table size must be at most 2^32-1 in table %u",
                         index);
    if (index > 0 || table->type.element != PROA_FUNCREF)
        module->feature_used[PROA_FEATURE_REFERENCE_TYPES] = true;
    if (limits->is_64)
        module->feature_used[PROA_FEATURE_MEMORY64] = true;
    if (table->init.size == 0)
        return PROA_OK;

    /* The globals that the module defines come after its tables. */
    struct proa_cursor in = table->init;
    module->feature_used[PROA_FEATURE_REFERENCE_TYPES] = true;
    return proa_constant_validate(module, &in, table->type.element,
                                  module->imported_global_count, err);
}

enum proa_status proa_validate_tables(struct proa_wasm_module *module,
                                      struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; status == PROA_OK && i < module->table_count; i++)
        status = check_table(module, i, err);
    return status;
}

enum proa_status proa_validate_memories(struct proa_wasm_module *module,
                                        struct proa_error *err)
{
    for (uint32_t i = 0; i < module->memory_count; i++) {
        const struct proa_limits *limits = &module->memories[i].limits;
        enum proa_status status = check_limits(limits, 0, err);

        if (status != PROA_OK)
            return status;
        if (!limits->is_64 && exceeds(limits, MEMORY32_PAGES_MAX))
            return proa_fail(err, PROA_INVALID, 0,
                             "memory size must be at most 65536 pages (4 GiB) "
                             "in memory %u",
                             i);
        if (limits->is_64 && exceeds(limits, MEMORY64_PAGES_MAX))
            return proa_fail(err, PROA_INVALID, 0,
                             "memory size must be at most 2^48 pages in memory "
                             "%u",
                             i);
        if (limits->is_64)
            module->feature_used[PROA_FEATURE_MEMORY64] = true;
    }
    if (module->memory_count > 1)
        module->feature_used[PROA_FEATURE_MULTI_MEMORY] = true;
    return PROA_OK;
}

enum proa_status proa_validate_globals(struct proa_wasm_module *module,
                                       struct proa_error *err)
{
    for (uint32_t i = 0; i < module->global_count; i++) {
        struct proa_wasm_global *global = &module->globals[i];

        mark_type(module, global->type.type);
        if (i < module->imported_global_count) {
            if (global->type.is_mutable)
                module->feature_used[PROA_FEATURE_MUTABLE_GLOBALS] = true;
            continue;
        }
        /* It may read those before it. */
        struct proa_cursor in = global->init;
        enum proa_status status =
            proa_constant_validate(module, &in, global->type.type, i, err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status proa_validate_start(struct proa_wasm_module *module,
                                     struct proa_error *err)
{
    if (module->start_function == UINT32_MAX)
        return PROA_OK;
    if (module->start_function >= module->function_count)
        return proa_fail(err, PROA_INVALID, module->start_offset,
                         "unknown function %u as start function",
                         module->start_function);

    const struct proa_functype *type =
        proa_wasm_functype(module, module->start_function);
    if (type->param_count != 0 || type->result_count != 0)
        return proa_fail(err, PROA_INVALID, module->start_offset,
                         "start function %u has parameters or results",
                         module->start_function);
    return PROA_OK;
}
