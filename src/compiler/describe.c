/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compiler/describe.h"

#include <string.h>

#include "compiler/capability.h"

static const char *const section_names[PROA_SECTION_COUNT] = {
    [PROA_SECTION_CUSTOM] = "custom",
    [PROA_SECTION_TYPE] = "type",
    [PROA_SECTION_IMPORT] = "import",
    [PROA_SECTION_FUNCTION] = "function",
    [PROA_SECTION_TABLE] = "table",
    [PROA_SECTION_MEMORY] = "memory",
    [PROA_SECTION_GLOBAL] = "global",
    [PROA_SECTION_EXPORT] = "export",
    [PROA_SECTION_START] = "start",
    [PROA_SECTION_ELEM] = "element",
    [PROA_SECTION_CODE] = "code",
    [PROA_SECTION_DATA] = "data",
    [PROA_SECTION_DATA_COUNT] = "data count",
    [PROA_SECTION_TAG] = "tag",
};

const char *proa_describe_section(enum proa_section section)
{
    return section_names[section];
}

uint64_t proa_describe_data_size(const struct proa_wasm_module *module)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < module->data_count; i++)
        size += module->datas[i].size;
    return size;
}

static void put_types(struct proa_buffer *out, const char *keyword,
                      const enum proa_valtype *types, uint32_t count)
{
    if (count == 0)
        return;
    proa_buffer_printf(out, " (%s", keyword);
    for (uint32_t i = 0; i < count; i++)
        proa_buffer_printf(out, " %s", proa_valtype_name(types[i]));
    proa_buffer_append(out, ")", 1);
}

static void put_limits(struct proa_buffer *out,
                       const struct proa_limits *limits)
{
    if (limits->is_64)
        proa_buffer_printf(out, " i64");
    proa_buffer_printf(out, " %llu", (unsigned long long)limits->min);
    if (limits->max != UINT64_MAX)
        proa_buffer_printf(out, " %llu", (unsigned long long)limits->max);
}

void proa_describe_type(const struct proa_wasm_module *module,
                        enum proa_kind kind, uint32_t index,
                        struct proa_buffer *out)
{
    const struct proa_functype *func;
    const struct proa_globaltype *global;

    proa_buffer_printf(out, "(%s", proa_kind_name(kind));
    switch (kind) {
    case PROA_KIND_FUNC:
        func = proa_wasm_functype(module, index);
        put_types(out, "param", func->params, func->param_count);
        put_types(out, "result", func->results, func->result_count);
        break;
    case PROA_KIND_TABLE:
        put_limits(out, &module->tables[index].type.limits);
        proa_buffer_printf(
            out, " %s", proa_valtype_name(module->tables[index].type.element));
        break;
    case PROA_KIND_MEMORY:
        put_limits(out, &module->memories[index].limits);
        break;
    case PROA_KIND_GLOBAL:
        global = &module->globals[index].type;
        proa_buffer_printf(out, global->is_mutable ? " (mut %s)" : " %s",
                           proa_valtype_name(global->type));
        break;
    }
    proa_buffer_append(out, ")", 1);
}

static bool is_known(const struct proa_name *hosts, uint32_t count,
                     struct proa_name name)
{
    for (uint32_t i = 0; i < count; i++)
        if (hosts[i].size == name.size &&
            memcmp(hosts[i].bytes, name.bytes, name.size) == 0)
            return true;
    return false;
}

uint32_t proa_describe_hosts(const struct proa_wasm_module *module,
                             struct proa_name *hosts, uint32_t host_max)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < module->import_count && count < host_max; i++) {
        struct proa_name name = module->imports[i].module;

        if (!proa_capability_is_wasi(name) && !is_known(hosts, count, name))
            hosts[count++] = name;
    }
    return count;
}
