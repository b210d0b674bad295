/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compiler/inspect.h"

#include "base/fail.h"
#include "compiler/capability.h"
#include "compiler/describe.h"
#include "wasm/where.h"

enum { NAME_SIZE = 1024 };

static void put_name(struct proa_buffer *out, struct proa_name name)
{
    char text[NAME_SIZE];

    proa_buffer_printf(out, "%s", proa_where_name(name, text, sizeof text));
}

static void put_head(const struct proa_wasm_module *module,
                     struct proa_buffer *out)
{
    proa_buffer_printf(out, "kind: module\nname: ");
    put_name(out, module->name);
    proa_buffer_printf(out,
                       "\nbytes: %u in the file, %u of code, %llu of data\n",
                       module->size, module->code_size,
                       (unsigned long long)proa_describe_data_size(module));
    proa_buffer_printf(out,
                       "functions: %u of its own, %u imported; tables: %u; "
                       "memories: %u; globals: %u\n",
                       module->function_count - module->imported_function_count,
                       module->imported_function_count, module->table_count,
                       module->memory_count, module->global_count);
    proa_buffer_printf(out, "sections:");
    for (int i = 0; i < PROA_SECTION_COUNT; i++)
        if (module->section_sizes[i] > 0)
            proa_buffer_printf(out, " %s %u,",
                               proa_describe_section((enum proa_section)i),
                               module->section_sizes[i]);
    if (!out->is_full && out->bytes[out->size - 1] == ',')
        out->size--;
    proa_buffer_printf(out, "\n");
}

static void put_needs(const struct proa_wasm_module *module,
                      struct proa_buffer *out)
{
    bool needed[PROA_CAPABILITY_COUNT];
    struct proa_name hosts[PROA_DESCRIBE_HOSTS_MAX];
    uint32_t host_count =
        proa_describe_hosts(module, hosts, PROA_DESCRIBE_HOSTS_MAX);

    proa_buffer_printf(out, "features:");
    for (int i = 0; i < PROA_FEATURE_COUNT; i++)
        if (module->feature_used[i])
            proa_buffer_printf(out, " %s",
                               proa_feature_name((enum proa_feature)i));
    proa_buffer_printf(out, "\nneeds of WASI:");
    proa_capability_find(module, needed);
    for (int i = 0; i < PROA_CAPABILITY_COUNT; i++)
        if (needed[i])
            proa_buffer_printf(out, " %s",
                               proa_capability_name((enum proa_capability)i));
    proa_buffer_printf(out, "\nneeds of other modules:");
    for (uint32_t i = 0; i < host_count; i++) {
        proa_buffer_append(out, " ", 1);
        put_name(out, hosts[i]);
    }
    proa_buffer_printf(out, "\n");
}

static void put_imports(const struct proa_wasm_module *module,
                        struct proa_buffer *out)
{
    proa_buffer_printf(out, "imports: %u\n", module->import_count);
    for (uint32_t i = 0; i < module->import_count && !out->is_full; i++) {
        const struct proa_wasm_import *import = &module->imports[i];

        proa_buffer_append(out, "  ", 2);
        put_name(out, import->module);
        proa_buffer_append(out, ".", 1);
        put_name(out, import->name);
        proa_buffer_append(out, " ", 1);
        proa_describe_type(module, import->kind, import->index, out);
        proa_buffer_append(out, "\n", 1);
    }
}

static void put_exports(const struct proa_wasm_module *module,
                        struct proa_buffer *out)
{
    proa_buffer_printf(out, "exports: %u\n", module->export_count);
    for (uint32_t i = 0; i < module->export_count && !out->is_full; i++) {
        const struct proa_wasm_export *export = &module->exports[i];

        proa_buffer_append(out, "  ", 2);
        put_name(out, export->name);
        proa_buffer_append(out, " ", 1);
        proa_describe_type(module, export->kind, export->index, out);
        proa_buffer_append(out, "\n", 1);
    }
}

/* Memories, tables and globals, each by its index. */
static void put_spaces(const struct proa_wasm_module *module,
                       struct proa_buffer *out)
{
    const struct {
        const char *name;
        enum proa_kind kind;
        uint32_t count;
        uint32_t imported_count;
    } spaces[] = {
        { "memories", PROA_KIND_MEMORY, module->memory_count,
          module->imported_memory_count },
        { "tables", PROA_KIND_TABLE, module->table_count,
          module->imported_table_count },
        { "globals", PROA_KIND_GLOBAL, module->global_count,
          module->imported_global_count },
    };

    for (size_t s = 0; s < sizeof spaces / sizeof spaces[0]; s++) {
        proa_buffer_printf(out, "%s: %u\n", spaces[s].name, spaces[s].count);
        for (uint32_t i = 0; i < spaces[s].count && !out->is_full; i++) {
            proa_buffer_printf(out, "  %u ", i);
            proa_describe_type(module, spaces[s].kind, i, out);
            proa_buffer_printf(out, i < spaces[s].imported_count ? " imported\n"
                                                                 : "\n");
        }
    }
}

static void put_rest(const struct proa_wasm_module *module,
                     struct proa_buffer *out)
{
    if (module->start_function != UINT32_MAX) {
        proa_buffer_printf(out, "start: function %u ", module->start_function);
        put_name(out, module->functions[module->start_function].name);
        proa_buffer_append(out, "\n", 1);
    }
    proa_buffer_printf(out, "custom sections: %u\n", module->custom_count);
    for (uint32_t i = 0; i < module->custom_count && !out->is_full; i++) {
        proa_buffer_append(out, "  ", 2);
        put_name(out, module->customs[i].name);
        proa_buffer_printf(out, ": %u bytes\n", module->customs[i].size);
    }
}

enum proa_status proa_inspect(const struct proa_wasm_module *module,
                              bool as_json, struct proa_buffer *out,
                              struct proa_error *err)
{
    if (as_json)
        return proa_describe_json(module, out, err);
    put_head(module, out);
    put_needs(module, out);
    put_imports(module, out);
    put_exports(module, out);
    put_spaces(module, out);
    put_rest(module, out);
    if (out->is_full)
        return proa_fail(err, PROA_LIMIT, 0,
                         "the description has more than %zu bytes",
                         out->size_max);
    return PROA_OK;
}
