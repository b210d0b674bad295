/*
 * What a module takes and what it gives.
 * https://webassembly.github.io/spec/core/binary/modules.html#import-section
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"

enum { KIND_TAG = 4 };

static enum proa_status read_kind(struct proa_cursor *in, const char *what,
                                  enum proa_kind *kind, struct proa_error *err)
{
    uint8_t byte;
    enum proa_status status = proa_cursor_u8(in, &byte, err);

    if (status != PROA_OK)
        return status;
    if (byte == KIND_TAG)
        return proa_fail(err, PROA_UNSUPPORTED, in->offset - 1,
                         "feature not supported: %s (tag %s)",
                         proa_feature_name(PROA_FEATURE_EXCEPTIONS), what);
    if (byte > PROA_KIND_GLOBAL)
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed %s kind 0x%02x", what, byte);
    *kind = (enum proa_kind)byte;
    return PROA_OK;
}

/* The types of a kind's imports come from the bytes, in their order. */
static enum proa_status read_import_type(struct proa_wasm_module *module,
                                         struct proa_cursor *in,
                                         struct proa_wasm_import *import,
                                         struct proa_error *err)
{
    switch (import->kind) {
    case PROA_KIND_FUNC:
        import->index = module->function_count++;
        module->functions[import->index].offset = import->offset;
        return proa_cursor_u32(in, &module->functions[import->index].type_index,
                               err);
    case PROA_KIND_TABLE:
        if (module->table_count == PROA_TABLES_MAX)
            break;
        import->index = module->table_count++;
        return proa_decode_tabletype(in, &module->tables[import->index].type,
                                     err);
    case PROA_KIND_MEMORY:
        if (module->memory_count == PROA_MEMORIES_MAX)
            break;
        import->index = module->memory_count++;
        return proa_decode_memorytype(in, &module->memories[import->index],
                                      err);
    case PROA_KIND_GLOBAL:
        import->index = module->global_count++;
        return proa_decode_globaltype(in, &module->globals[import->index].type,
                                      err);
    }
    return proa_fail(err, PROA_LIMIT, import->offset,
                     "too many imports of this kind: %s",
                     proa_kind_name(import->kind));
}

static enum proa_status read_import(struct proa_wasm_module *module,
                                    struct proa_cursor *in,
                                    struct proa_wasm_import *import,
                                    struct proa_error *err)
{
    enum proa_status status;

    import->offset = in->offset;
    status = proa_decode_name(in, &import->module, err);
    if (status == PROA_OK)
        status = proa_decode_name(in, &import->name, err);
    if (status == PROA_OK)
        status = read_kind(in, "import", &import->kind, err);
    if (status == PROA_OK)
        status = read_import_type(module, in, import, err);
    return status;
}

static uint32_t at_most(uint32_t count, uint32_t count_max)
{
    return count < count_max ? count : count_max;
}

/* Each kind might take them all: the space is the input's size, no more. */
static enum proa_status make_room(struct proa_wasm_module *module,
                                  uint32_t count, struct proa_error *err)
{
    void *arrays[5] = { NULL, NULL, NULL, NULL, NULL };
    enum proa_status status = proa_decode_array(
        module, count, sizeof *module->imports, &arrays[0], err);

    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof *module->functions,
                                   &arrays[1], err);
    if (status == PROA_OK)
        status = proa_decode_array(module, at_most(count, PROA_TABLES_MAX),
                                   sizeof *module->tables, &arrays[2], err);
    if (status == PROA_OK)
        status = proa_decode_array(module, at_most(count, PROA_MEMORIES_MAX),
                                   sizeof *module->memories, &arrays[3], err);
    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof *module->globals,
                                   &arrays[4], err);
    module->imports = arrays[0];
    module->functions = arrays[1];
    module->tables = arrays[2];
    module->memories = arrays[3];
    module->globals = arrays[4];
    return status;
}

enum proa_status proa_decode_imports(struct proa_wasm_module *module,
                                     struct proa_cursor *in,
                                     struct proa_error *err)
{
    uint32_t count = 0;
    enum proa_status status =
        proa_decode_count(in, PROA_IMPORTS_MAX, "imports", &count, err);

    if (status == PROA_OK)
        status = make_room(module, count, err);
    for (uint32_t i = 0; status == PROA_OK && i < count; i++)
        status = read_import(module, in, &module->imports[i], err);
    module->import_count = count;
    module->imported_function_count = module->function_count;
    module->imported_table_count = module->table_count;
    module->imported_memory_count = module->memory_count;
    module->imported_global_count = module->global_count;
    return status;
}

enum proa_status proa_decode_exports(struct proa_wasm_module *module,
                                     struct proa_cursor *in,
                                     struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    enum proa_status status =
        proa_decode_count(in, PROA_EXPORTS_MAX, "exports", &count, err);

    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof *module->exports,
                                   &array, err);
    module->exports = array;
    for (uint32_t i = 0; status == PROA_OK && i < count; i++) {
        struct proa_wasm_export *export = &module->exports[i];
        export->offset = in->offset;
        status = proa_decode_name(in, &export->name, err);
        if (status == PROA_OK)
            status = read_kind(in, "export", &export->kind, err);
        if (status == PROA_OK)
            status = proa_cursor_u32(in, &export->index, err);
    }
    module->export_count = count;
    return status;
}
