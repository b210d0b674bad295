/* docs/formats/artifact.md. SPDX-License-Identifier: Apache-2.0 */
#include "artifact/write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/elf_write.h"
#include "artifact/format.h"
#include "base/fail.h"
#include "wasm/instruction.h"

/* One growing buffer for each table, joined at the end. */
struct meta {
    struct proa_buffer tables[PROA_META_TABLE_COUNT];
};

static uint32_t add_string(struct meta *meta, const char *bytes, size_t size)
{
    struct proa_buffer *strings = &meta->tables[PROA_META_STRINGS];
    uint32_t at = (uint32_t)strings->size;

    if (size == 0)
        return 0; /* the empty string is always the first byte */
    while (size > 0) {
        size_t plain = strnlen(bytes, size);
        (void)proa_buffer_append(strings, bytes, plain);
        if (plain < size) {
            (void)proa_buffer_append(strings, PROA_NUL_ESCAPE, 2);
            plain++;
        }
        bytes += plain;
        size -= plain;
    }
    (void)proa_buffer_append(strings, "", 1);
    return at;
}

static uint32_t add_name(struct meta *meta, struct proa_name name)
{
    return add_string(meta, name.bytes, name.size);
}

static void add(struct meta *meta, enum proa_meta_table table,
                const void *record, size_t size)
{
    (void)proa_buffer_append(&meta->tables[table], record, size);
}

static void add_valtypes(struct meta *meta, const enum proa_valtype *types,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = (uint32_t)types[i];
        add(meta, PROA_META_VALTYPES, &code, sizeof code);
    }
}

static void add_types(struct meta *meta,
                      const struct proa_artifact_source *source)
{
    uint32_t valtype_count = 0;

    for (uint32_t i = 0; i < source->module->type_count; i++) {
        const struct proa_functype *type = &source->module->types[i];
        struct proa_meta_type record = {
            .first_valtype = valtype_count,
            .param_count = type->param_count,
            .result_count = type->result_count,
            .trampoline = source->trampolines[i],
            .signature = proa_signature_narrow(type),
        };
        add_valtypes(meta, type->params, type->param_count);
        add_valtypes(meta, type->results, type->result_count);
        valtype_count += type->param_count + type->result_count;
        add(meta, PROA_META_TYPES, &record, sizeof record);
    }
}

static void add_imports_exports(struct meta *meta,
                                const struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct proa_wasm_import *import = &module->imports[i];
        struct proa_meta_import record = {
            .module = add_name(meta, import->module),
            .name = add_name(meta, import->name),
            .kind = import->kind,
        };
        add(meta, PROA_META_IMPORTS, &record, sizeof record);
    }
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct proa_wasm_export *export = &module->exports[i];
        struct proa_meta_export record = {
            .name = add_name(meta, export->name),
            .kind = export->kind,
            .index = export->index,
        };
        add(meta, PROA_META_EXPORTS, &record, sizeof record);
    }
}

static void add_functions(struct meta *meta,
                          const struct proa_artifact_source *source)
{
    for (uint32_t i = 0; i < source->module->function_count; i++) {
        const struct proa_wasm_function *function =
            &source->module->functions[i];
        struct proa_artifact_function record = {
            .type = function->type_index,
            .code = source->code[i],
            .code_size = source->code_size[i],
            .tail = source->tail[i],
            .record = source->records[i],
            .name = add_name(meta, function->name),
        };
        add(meta, PROA_META_FUNCTIONS, &record, sizeof record);
    }
}

struct code_key {
    uint32_t code;
    uint32_t index;
};

static int compare_code(const void *a, const void *b)
{
    const struct code_key *x = a;
    const struct code_key *y = b;

    return (x->code > y->code) - (x->code < y->code);
}

static void add_by_code(struct meta *meta,
                        const struct proa_artifact_source *source)
{
    const struct proa_wasm_module *module = source->module;
    uint32_t count = module->function_count - module->imported_function_count;
    struct code_key *keys = calloc(count + 1, sizeof *keys);
    bool is_sorted = true;

    if (keys == NULL) {
        meta->tables[PROA_META_BY_CODE].is_full = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        keys[i].index = module->imported_function_count + i;
        keys[i].code = source->code[keys[i].index];
        is_sorted = is_sorted && (i == 0 || keys[i - 1].code <= keys[i].code);
    }
    if (!is_sorted)
        qsort(keys, count, sizeof *keys, compare_code);
    for (uint32_t i = 0; i < count; i++)
        add(meta, PROA_META_BY_CODE, &keys[i].index, sizeof keys[i].index);
    free(keys);
}

static void add_spaces(struct meta *meta, const struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->table_count; i++) {
        const struct proa_tabletype *type = &module->tables[i].type;
        struct proa_meta_table_type record = {
            .element = (uint32_t)type->element,
            .flags = type->limits.is_64 ? PROA_META_IS_64 : 0,
            .min = type->limits.min,
            .max = type->limits.max,
        };
        add(meta, PROA_META_TABLES, &record, sizeof record);
    }
    for (uint32_t i = 0; i < module->memory_count; i++) {
        const struct proa_limits *limits = &module->memories[i].limits;
        struct proa_meta_memory record = {
            .flags = limits->is_64 ? PROA_META_IS_64 : 0,
            .min = limits->min,
            .max = limits->max,
        };
        add(meta, PROA_META_MEMORIES, &record, sizeof record);
    }
    for (uint32_t i = 0; i < module->global_count; i++) {
        struct proa_meta_global record = {
            .type = (uint32_t)module->globals[i].type.type,
            .is_mutable = module->globals[i].type.is_mutable,
        };
        add(meta, PROA_META_GLOBALS, &record, sizeof record);
    }
}

/* One item of an element segment; the module was validated. */
static enum proa_status read_item(struct proa_cursor *in, bool is_expression,
                                  struct proa_artifact_item *item,
                                  struct proa_error *err)
{
    struct proa_instruction instruction;
    struct proa_instruction end;

    if (!is_expression) {
        item->kind = PROA_ITEM_FUNC;
        return proa_cursor_u32(in, &item->index, err);
    }
    enum proa_status status = proa_instruction_read(in, &instruction, err);
    if (status == PROA_OK)
        status = proa_instruction_read(in, &end, err);
    if (status != PROA_OK)
        return status;
    item->index = instruction.index;
    if (instruction.op == PROA_OP_REF_FUNC)
        item->kind = PROA_ITEM_FUNC;
    else if (instruction.op == PROA_OP_GLOBAL_GET)
        item->kind = PROA_ITEM_GLOBAL;
    else
        *item = (struct proa_artifact_item){ .kind = PROA_ITEM_NULL };
    return PROA_OK;
}

static enum proa_status add_elems(struct meta *meta,
                                  const struct proa_wasm_module *module,
                                  struct proa_error *err)
{
    uint32_t item_count = 0;

    for (uint32_t i = 0; i < module->elem_count; i++) {
        const struct proa_wasm_elem *elem = &module->elems[i];
        struct proa_cursor items = elem->items;
        struct proa_meta_elem record = { item_count, elem->item_count };
        for (uint32_t k = 0; k < elem->item_count; k++) {
            struct proa_artifact_item item;
            enum proa_status status =
                read_item(&items, elem->has_expressions, &item, err);
            if (status != PROA_OK)
                return status;
            add(meta, PROA_META_ITEMS, &item, sizeof item);
        }
        item_count += elem->item_count;
        add(meta, PROA_META_ELEMS, &record, sizeof record);
    }
    return PROA_OK;
}

static void add_datas(struct meta *meta,
                      const struct proa_artifact_source *source)
{
    for (uint32_t i = 0; i < source->module->data_count; i++) {
        const struct proa_wasm_data *data = &source->module->datas[i];
        struct proa_meta_data record = {
            .first_byte = meta->tables[PROA_META_BYTES].size,
            .size = data->size,
            .in_image = source->data_in_image[i],
        };
        if (record.in_image)
            record.size = 0;
        else
            add(meta, PROA_META_BYTES, data->bytes, data->size);
        add(meta, PROA_META_DATAS, &record, sizeof record);
    }
}

/* Bytes of one record of each table. */
static const uint32_t record_sizes[PROA_META_TABLE_COUNT] = {
    [PROA_META_VALTYPES] = sizeof(uint32_t),
    [PROA_META_TYPES] = sizeof(struct proa_meta_type),
    [PROA_META_IMPORTS] = sizeof(struct proa_meta_import),
    [PROA_META_EXPORTS] = sizeof(struct proa_meta_export),
    [PROA_META_FUNCTIONS] = sizeof(struct proa_artifact_function),
    [PROA_META_BY_CODE] = sizeof(uint32_t),
    [PROA_META_TABLES] = sizeof(struct proa_meta_table_type),
    [PROA_META_MEMORIES] = sizeof(struct proa_meta_memory),
    [PROA_META_GLOBALS] = sizeof(struct proa_meta_global),
    [PROA_META_ITEMS] = sizeof(struct proa_artifact_item),
    [PROA_META_ELEMS] = sizeof(struct proa_meta_elem),
    [PROA_META_DATAS] = sizeof(struct proa_meta_data),
    [PROA_META_IMAGES] = sizeof(struct proa_artifact_image),
    [PROA_META_STRINGS] = 1,
    [PROA_META_BYTES] = 1,
};

static enum proa_status collect(const struct proa_artifact_source *source,
                                struct meta *meta,
                                struct proa_meta_header *header,
                                struct proa_error *err)
{
    const struct proa_wasm_module *module = source->module;

    (void)proa_buffer_append(&meta->tables[PROA_META_STRINGS], "", 1);
    header->cpu_features =
        add_string(meta, source->cpu_features, strlen(source->cpu_features));
    header->producer =
        add_string(meta, source->producer, strlen(source->producer));
    header->name = add_name(meta, module->name);
    add_types(meta, source);
    add_imports_exports(meta, module);
    add_functions(meta, source);
    add_by_code(meta, source);
    add_spaces(meta, module);
    add_datas(meta, source);
    return add_elems(meta, module, err);
}

static const char too_large[] =
    "the artifact is larger than its limit or memory";

static enum proa_status write_all(const struct proa_artifact_source *source,
                                  struct meta *meta, struct proa_sink *out,
                                  struct proa_error *err)
{
    const struct proa_wasm_module *module = source->module;
    struct proa_elf_places places;

    /* The text first: the rest tells of it. */
    proa_elf_begin(source, out, &places);
    if (out->is_full)
        return proa_fail(err, PROA_LIMIT, 0, "%s", too_large);
    struct proa_meta_header header = {
        .magic = "proameta",
        .abi_version = PROA_ABI_VERSION,
        .arch = source->arch,
        .text_size = source->text_size,
        .init = source->init,
        .record_count = source->record_count,
        .imported_function_count = module->imported_function_count,
        .imported_table_count = module->imported_table_count,
        .imported_memory_count = module->imported_memory_count,
        .imported_global_count = module->imported_global_count,
        .flags = source->counts_fuel ? PROA_META_COUNTS_FUEL : 0,
    };

    memcpy(header.module_sha256, source->module_sha256, 32);
    enum proa_status status = collect(source, meta, &header, err);
    if (status != PROA_OK)
        return status;

    header.text_offset = places.text;
    if (source->has_slots) {
        header.slots = places.slots;
        header.slot_count =
            module->function_count - module->imported_function_count;
        header.entries = source->entries;
    }
    for (uint32_t i = 0; i < source->image_count; i++) {
        struct proa_artifact_image image = source->images[i];
        image.offset += places.images;
        add(meta, PROA_META_IMAGES, &image, sizeof image);
    }
    places.meta = out->size;
    uint64_t at = out->size + sizeof header;
    for (int i = 0; i < PROA_META_TABLE_COUNT; i++) {
        struct proa_buffer *table = &meta->tables[i];
        header.tables[i].offset = at;
        header.tables[i].count = table->size / record_sizes[i];
        (void)proa_buffer_append_zeros(table, -table->size & 7);
        at += table->size;
        if (table->is_full)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for the artifact");
    }
    proa_sink_put(out, &header, sizeof header);
    for (int i = 0; i < PROA_META_TABLE_COUNT; i++)
        proa_sink_put(out, meta->tables[i].bytes, meta->tables[i].size);
    places.meta_end = out->size;
    proa_elf_end(source, out, &places);
    if (!proa_sink_end(out))
        return proa_fail(err, PROA_LIMIT, 0, "%s", too_large);
    return PROA_OK;
}

enum proa_status proa_artifact_put(const struct proa_artifact_source *source,
                                   struct proa_sink *out,
                                   struct proa_error *err)
{
    struct meta meta;

    assert(out->size == 0);
    for (int i = 0; i < PROA_META_TABLE_COUNT; i++)
        proa_buffer_init(&meta.tables[i], (size_t)out->size_max);
    enum proa_status status = write_all(source, &meta, out, err);
    for (int i = 0; i < PROA_META_TABLE_COUNT; i++)
        proa_buffer_deinit(&meta.tables[i]);
    return status;
}

enum proa_status proa_artifact_write(const struct proa_artifact_source *source,
                                     struct proa_buffer *out,
                                     struct proa_error *err)
{
    struct proa_sink sink;

    proa_sink_init_buffer(&sink, out);
    return proa_artifact_put(source, &sink, err);
}
