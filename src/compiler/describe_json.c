/*
 * The description of a module as JSON. Objects are made whole or not at all:
 * a member that could not be made makes its object NULL, up to the root.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <jansson.h>

#include "base/fail.h"
#include "compiler/capability.h"
#include "compiler/describe.h"

enum { TYPE_BYTES_MAX = 64 * 1024 };

/* A list that takes `item`; NULL, and all freed, when either is. */
static json_t *with_item(json_t *list, json_t *item)
{
    if (list != NULL && json_array_append_new(list, item) == 0)
        return list;
    json_decref(list); /* the item was taken, or freed by the failure */
    return NULL;
}

static json_t *name_json(struct proa_name name)
{
    return json_stringn(name.size > 0 ? name.bytes : "", name.size);
}

static json_t *type_json(const struct proa_wasm_module *module,
                         enum proa_kind kind, uint32_t index)
{
    struct proa_buffer text;
    json_t *made = NULL;

    proa_buffer_init(&text, TYPE_BYTES_MAX);
    proa_describe_type(module, kind, index, &text);
    if (!text.is_full)
        made = json_stringn((const char *)text.bytes, text.size);
    proa_buffer_deinit(&text);
    return made;
}

static json_t *imports_json(const struct proa_wasm_module *module)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < module->import_count; i++) {
        const struct proa_wasm_import *import = &module->imports[i];
        list = with_item(
            list,
            json_pack("{s:o, s:o, s:o}", "module", name_json(import->module),
                      "name", name_json(import->name), "type",
                      type_json(module, import->kind, import->index)));
    }
    return list;
}

static json_t *exports_json(const struct proa_wasm_module *module)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < module->export_count; i++) {
        const struct proa_wasm_export *export = &module->exports[i];
        list = with_item(
            list,
            json_pack("{s:o, s:o}", "name", name_json(export->name), "type",
                      type_json(module, export->kind, export->index)));
    }
    return list;
}

static json_t *space_json(const struct proa_wasm_module *module,
                          enum proa_kind kind, uint32_t count,
                          uint32_t imported_count)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < count; i++)
        list = with_item(list, json_pack("{s:o, s:b}", "type",
                                         type_json(module, kind, i), "imported",
                                         (int)(i < imported_count)));
    return list;
}

static json_t *customs_json(const struct proa_wasm_module *module)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < module->custom_count; i++)
        list = with_item(list,
                         json_pack("{s:o, s:I}", "name",
                                   name_json(module->customs[i].name), "bytes",
                                   (json_int_t)module->customs[i].size));
    return list;
}

static json_t *sections_json(const struct proa_wasm_module *module)
{
    json_t *sections = json_object();

    for (int i = 0; sections != NULL && i < PROA_SECTION_COUNT; i++) {
        if (module->section_sizes[i] == 0)
            continue;
        if (json_object_set_new(sections,
                                proa_describe_section((enum proa_section)i),
                                json_integer(module->section_sizes[i])) == 0)
            continue;
        json_decref(sections);
        sections = NULL;
    }
    return sections;
}

static json_t *features_json(const struct proa_wasm_module *module)
{
    json_t *list = json_array();

    for (int i = 0; list != NULL && i < PROA_FEATURE_COUNT; i++)
        if (module->feature_used[i])
            list = with_item(
                list, json_string(proa_feature_name((enum proa_feature)i)));
    return list;
}

static json_t *capabilities_json(const struct proa_wasm_module *module)
{
    bool needed[PROA_CAPABILITY_COUNT];
    json_t *list = json_array();

    proa_capability_find(module, needed);
    for (int i = 0; list != NULL && i < PROA_CAPABILITY_COUNT; i++)
        if (needed[i])
            list = with_item(list, json_string(proa_capability_name(
                                       (enum proa_capability)i)));
    return list;
}

static json_t *hosts_json(const struct proa_wasm_module *module)
{
    struct proa_name hosts[PROA_DESCRIBE_HOSTS_MAX];
    uint32_t count =
        proa_describe_hosts(module, hosts, PROA_DESCRIBE_HOSTS_MAX);
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < count; i++)
        list = with_item(list, name_json(hosts[i]));
    return list;
}

static json_t *module_json(const struct proa_wasm_module *module)
{
    json_t *start = module->start_function == UINT32_MAX
                        ? json_null()
                        : json_integer(module->start_function);

    return json_pack(
        "{s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o,"
        " s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "kind", "module", "name", name_json(module->name), "file_bytes",
        (json_int_t)module->size, "code_bytes", (json_int_t)module->code_size,
        "data_bytes", (json_int_t)proa_describe_data_size(module), "functions",
        (json_int_t)(module->function_count - module->imported_function_count),
        "imported_functions", (json_int_t)module->imported_function_count,
        "start_function", start, "sections", sections_json(module), "features",
        features_json(module), "capabilities", capabilities_json(module),
        "hosts", hosts_json(module), "imports", imports_json(module), "exports",
        exports_json(module), "memories",
        space_json(module, PROA_KIND_MEMORY, module->memory_count,
                   module->imported_memory_count),
        "tables",
        space_json(module, PROA_KIND_TABLE, module->table_count,
                   module->imported_table_count),
        "globals",
        space_json(module, PROA_KIND_GLOBAL, module->global_count,
                   module->imported_global_count),
        "custom_sections", customs_json(module));
}

static int append(const char *bytes, size_t size, void *out)
{
    return proa_buffer_append(out, bytes, size) ? 0 : -1;
}

enum proa_status proa_describe_json(const struct proa_wasm_module *module,
                                    struct proa_buffer *out,
                                    struct proa_error *err)
{
    json_t *root = module_json(module);
    bool is_whole;

    if (root == NULL)
        return proa_fail(err, PROA_NOMEM, 0,
                         "no memory for the description as JSON");
    is_whole = json_dump_callback(root, append, out, JSON_INDENT(2)) == 0 &&
               proa_buffer_append(out, "\n", 1);
    json_decref(root);
    if (!is_whole)
        return proa_fail(err, PROA_LIMIT, 0,
                         "the description has more than %zu bytes",
                         out->size_max);
    return PROA_OK;
}
