/* docs/formats/artifact.md. SPDX-License-Identifier: Apache-2.0 */
#include "artifact/read_parts.h"

#include <string.h>

#include "base/fail.h"

static enum proa_status broken(struct proa_error *err, const char *what)
{
    return proa_fail(err, PROA_MALFORMED, 0, "damaged artifact: %s", what);
}

static enum proa_status no_memory(struct proa_error *err)
{
    return proa_fail(err, PROA_NOMEM, 0, "no memory for an artifact");
}

static bool is_valtype(uint32_t code)
{
    return code == PROA_FUNCREF || code == PROA_EXTERNREF ||
           (code >= PROA_V128 && code <= PROA_I32);
}

static bool is_string(const struct proa_reader *reader, uint32_t at)
{
    return at < reader->counts[PROA_META_STRINGS];
}

enum proa_status proa_read_types(const struct proa_reader *reader,
                                 struct proa_artifact *artifact,
                                 struct proa_error *err)
{
    const uint32_t *codes = (const void *)reader->tables[PROA_META_VALTYPES];
    uint32_t code_count = reader->counts[PROA_META_VALTYPES];
    const struct proa_meta_type *records =
        (const void *)reader->tables[PROA_META_TYPES];
    uint32_t count = reader->counts[PROA_META_TYPES];
    enum proa_valtype *valtypes =
        proa_arena_array(reader->arena, code_count, sizeof *valtypes);
    struct proa_artifact_type *types =
        proa_arena_array(reader->arena, count, sizeof *types);

    if (valtypes == NULL || types == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < code_count; i++) {
        if (!is_valtype(codes[i]))
            return broken(err, "unknown value type");
        valtypes[i] = (enum proa_valtype)codes[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct proa_meta_type *record = &records[i];
        uint64_t end = (uint64_t)record->first_valtype + record->param_count +
                       record->result_count;
        if (end > code_count || record->trampoline >= reader->header.text_size)
            return broken(err, "a type points outside");
        types[i].type = (struct proa_functype){
            .params = valtypes + record->first_valtype,
            .results = valtypes + record->first_valtype + record->param_count,
            .param_count = record->param_count,
            .result_count = record->result_count,
        };
        types[i].trampoline = record->trampoline;
        types[i].signature = record->signature;
        if (record->signature != proa_signature_narrow(&types[i].type))
            return broken(err, "a signature that is not its type's");
    }
    artifact->types = types;
    artifact->type_count = count;
    return PROA_OK;
}

static enum proa_status read_tables(const struct proa_reader *reader,
                                    struct proa_artifact *artifact,
                                    struct proa_error *err)
{
    const struct proa_meta_table_type *records =
        (const void *)reader->tables[PROA_META_TABLES];
    uint32_t count = reader->counts[PROA_META_TABLES];
    struct proa_artifact_table *tables =
        proa_arena_array(reader->arena, count, sizeof *tables);

    if (tables == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].element != PROA_FUNCREF &&
            records[i].element != PROA_EXTERNREF)
            return broken(err, "a table of no references");
        tables[i].type = (struct proa_tabletype){
            .element = (enum proa_valtype)records[i].element,
            .limits = { .min = records[i].min,
                        .max = records[i].max,
                        .is_64 = (records[i].flags & PROA_META_IS_64) != 0 },
        };
    }
    artifact->tables = tables;
    artifact->table_count = count;
    artifact->imported_table_count = reader->header.imported_table_count;
    if (artifact->imported_table_count > count)
        return broken(err, "more imported tables than tables");
    return PROA_OK;
}

static enum proa_status read_memories(const struct proa_reader *reader,
                                      struct proa_artifact *artifact,
                                      struct proa_error *err)
{
    const uint64_t pages_max_32 = 65536;
    const uint64_t pages_max_64 = (uint64_t)1 << 48;
    const struct proa_meta_memory *records =
        (const void *)reader->tables[PROA_META_MEMORIES];
    uint32_t count = reader->counts[PROA_META_MEMORIES];
    struct proa_memorytype *memories =
        proa_arena_array(reader->arena, count, sizeof *memories);

    if (memories == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        bool is_64 = (records[i].flags & PROA_META_IS_64) != 0;
        if (records[i].min > (is_64 ? pages_max_64 : pages_max_32))
            return broken(err, "a memory larger than its addresses");
        memories[i].limits = (struct proa_limits){ .min = records[i].min,
                                                   .max = records[i].max,
                                                   .is_64 = is_64 };
    }
    artifact->memories = memories;
    artifact->memory_count = count;
    artifact->imported_memory_count = reader->header.imported_memory_count;
    if (artifact->imported_memory_count > count)
        return broken(err, "more imported memories than memories");
    return PROA_OK;
}

enum proa_status proa_read_spaces(const struct proa_reader *reader,
                                  struct proa_artifact *artifact,
                                  struct proa_error *err)
{
    const struct proa_meta_global *records =
        (const void *)reader->tables[PROA_META_GLOBALS];
    uint32_t count = reader->counts[PROA_META_GLOBALS];
    struct proa_globaltype *globals =
        proa_arena_array(reader->arena, count, sizeof *globals);

    if (globals == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (!is_valtype(records[i].type))
            return broken(err, "a global of unknown type");
        globals[i].type = (enum proa_valtype)records[i].type;
        globals[i].is_mutable = records[i].is_mutable != 0;
    }
    artifact->globals = globals;
    artifact->global_count = count;
    artifact->imported_global_count = reader->header.imported_global_count;
    if (artifact->imported_global_count > count)
        return broken(err, "more imported globals than globals");
    enum proa_status status = read_tables(reader, artifact, err);
    if (status == PROA_OK)
        status = read_memories(reader, artifact, err);
    return status;
}

static bool is_good_function(const struct proa_reader *reader,
                             const struct proa_artifact *artifact,
                             const struct proa_artifact_function *function,
                             bool is_import)
{
    uint64_t text_size = reader->header.text_size;

    if (function->type >= artifact->type_count ||
        !is_string(reader, function->name))
        return false;
    if (function->record != PROA_ARTIFACT_NONE &&
        function->record >= reader->header.record_count)
        return false;
    if (is_import)
        return function->code == PROA_ARTIFACT_NONE;
    if (function->tail != PROA_ARTIFACT_NONE && function->tail >= text_size)
        return false;
    return function->code < text_size &&
           function->code_size <= text_size - function->code;
}

enum proa_status proa_read_functions(const struct proa_reader *reader,
                                     struct proa_artifact *artifact,
                                     struct proa_error *err)
{
    const struct proa_artifact_function *functions =
        (const void *)reader->tables[PROA_META_FUNCTIONS];
    const uint32_t *by_code = (const void *)reader->tables[PROA_META_BY_CODE];
    uint32_t count = reader->counts[PROA_META_FUNCTIONS];
    uint32_t imported = reader->header.imported_function_count;

    if (imported > count || reader->header.record_count > count ||
        reader->counts[PROA_META_BY_CODE] != count - imported)
        return broken(err, "function counts that do not fit together");
    if (reader->header.slot_count != 0 &&
        reader->header.slot_count != count - imported)
        return broken(err, "slots that do not fit the functions");
    for (uint32_t i = 0; i < count; i++)
        if (!is_good_function(reader, artifact, &functions[i], i < imported))
            return broken(err, "a function points outside");
    for (uint32_t i = 0; i < count - imported; i++) {
        if (by_code[i] < imported || by_code[i] >= count)
            return broken(err, "the order of functions names none");
        if (i > 0 &&
            functions[by_code[i - 1]].code > functions[by_code[i]].code)
            return broken(err, "functions out of order");
    }
    artifact->functions = functions;
    artifact->function_count = count;
    artifact->imported_function_count = imported;
    artifact->functions_by_code = by_code;
    return PROA_OK;
}

enum proa_status proa_read_imports(const struct proa_reader *reader,
                                   struct proa_artifact *artifact,
                                   struct proa_error *err)
{
    const struct proa_meta_import *records =
        (const void *)reader->tables[PROA_META_IMPORTS];
    uint32_t count = reader->counts[PROA_META_IMPORTS];
    struct proa_importtype *imports =
        proa_arena_array(reader->arena, count, sizeof *imports);
    const uint32_t ends[] = { artifact->imported_function_count,
                              artifact->imported_table_count,
                              artifact->imported_memory_count,
                              artifact->imported_global_count };
    uint32_t next[4] = { 0 }; /* by kind: the next import's index */

    if (imports == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct proa_meta_import *record = &records[i];
        struct proa_importtype *import = &imports[i];
        if (record->kind > PROA_KIND_GLOBAL ||
            next[record->kind] >= ends[record->kind] ||
            !is_string(reader, record->module) ||
            !is_string(reader, record->name))
            return broken(err, "an import points outside");
        uint32_t index = next[record->kind]++;
        import->module = artifact->strings + record->module;
        import->name = artifact->strings + record->name;
        import->kind = (enum proa_kind)record->kind;
        if (import->kind == PROA_KIND_FUNC)
            import->type.func =
                artifact->types[artifact->functions[index].type].type;
        else if (import->kind == PROA_KIND_TABLE)
            import->type.table = artifact->tables[index].type;
        else if (import->kind == PROA_KIND_MEMORY)
            import->type.memory = artifact->memories[index];
        else
            import->type.global = artifact->globals[index];
    }
    if (memcmp(next, ends, sizeof next) != 0)
        return broken(err, "imports that are not all named");
    artifact->imports = imports;
    artifact->import_count = count;
    return PROA_OK;
}

/* An exported function must have a record: that is what is handed out. */
static bool is_good_export(const struct proa_artifact *artifact, uint32_t kind,
                           uint32_t index)
{
    switch (kind) {
    case PROA_KIND_FUNC:
        return index < artifact->function_count &&
               artifact->functions[index].record != PROA_ARTIFACT_NONE;
    case PROA_KIND_TABLE:
        return index < artifact->table_count;
    case PROA_KIND_MEMORY:
        return index < artifact->memory_count;
    case PROA_KIND_GLOBAL:
        return index < artifact->global_count;
    default:
        return false;
    }
}

enum proa_status proa_read_exports(const struct proa_reader *reader,
                                   struct proa_artifact *artifact,
                                   struct proa_error *err)
{
    const struct proa_meta_export *records =
        (const void *)reader->tables[PROA_META_EXPORTS];
    uint32_t count = reader->counts[PROA_META_EXPORTS];
    struct proa_exporttype *exports =
        proa_arena_array(reader->arena, count, sizeof *exports);
    uint32_t *indexes = proa_arena_array(reader->arena, count, sizeof *indexes);

    if (exports == NULL || indexes == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct proa_meta_export *record = &records[i];
        struct proa_exporttype *export = &exports[i];
        if (!is_string(reader, record->name) ||
            !is_good_export(artifact, record->kind, record->index))
            return broken(err, "an export points outside");
        indexes[i] = record->index;
        export->name = artifact->strings + record->name;
        export->kind = (enum proa_kind)record->kind;
        if (export->kind == PROA_KIND_FUNC)
            export->type.func =
                artifact->types[artifact->functions[record->index].type].type;
        else if (export->kind == PROA_KIND_TABLE)
            export->type.table = artifact->tables[record->index].type;
        else if (export->kind == PROA_KIND_MEMORY)
            export->type.memory = artifact->memories[record->index];
        else
            export->type.global = artifact->globals[record->index];
    }
    artifact->exports = exports;
    artifact->export_indexes = indexes;
    artifact->export_count = count;
    return PROA_OK;
}

static enum proa_status read_elems(const struct proa_reader *reader,
                                   struct proa_artifact *artifact,
                                   struct proa_error *err)
{
    const struct proa_artifact_item *items =
        (const void *)reader->tables[PROA_META_ITEMS];
    uint32_t item_count = reader->counts[PROA_META_ITEMS];
    const struct proa_meta_elem *records =
        (const void *)reader->tables[PROA_META_ELEMS];
    uint32_t count = reader->counts[PROA_META_ELEMS];
    struct proa_artifact_elem *elems =
        proa_arena_array(reader->arena, count, sizeof *elems);

    if (elems == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < item_count; i++) {
        bool is_good =
            items[i].kind == PROA_ITEM_NULL ||
            (items[i].kind == PROA_ITEM_FUNC &&
             is_good_export(artifact, PROA_KIND_FUNC, items[i].index)) ||
            (items[i].kind == PROA_ITEM_GLOBAL &&
             items[i].index < artifact->global_count);
        if (!is_good)
            return broken(err, "an element points outside");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].first_item > item_count ||
            records[i].item_count > item_count - records[i].first_item)
            return broken(err, "an element segment points outside");
        elems[i].items = items + records[i].first_item;
        elems[i].item_count = records[i].item_count;
    }
    artifact->elems = elems;
    artifact->elem_count = count;
    return PROA_OK;
}

static enum proa_status read_images(const struct proa_reader *reader,
                                    struct proa_artifact *artifact,
                                    struct proa_error *err)
{
    const struct proa_artifact_image *images =
        (const void *)reader->tables[PROA_META_IMAGES];
    uint32_t count = reader->counts[PROA_META_IMAGES];

    for (uint32_t i = 0; i < count; i++) {
        const struct proa_artifact_image *image = &images[i];
        if (image->memory >= artifact->memory_count ||
            image->memory < artifact->imported_memory_count)
            return broken(err, "an image of no memory");
        uint64_t bytes =
            artifact->memories[image->memory].limits.min * PROA_PAGE_SIZE;
        if ((image->address | image->offset | image->size) % PROA_HOST_PAGE !=
                0 ||
            image->address > bytes || image->size > bytes - image->address ||
            image->offset > reader->size ||
            image->size > reader->size - image->offset)
            return broken(err, "an image points outside");
    }
    artifact->images = images;
    artifact->image_count = count;
    return PROA_OK;
}

enum proa_status proa_read_segments(const struct proa_reader *reader,
                                    struct proa_artifact *artifact,
                                    struct proa_error *err)
{
    const struct proa_meta_data *records =
        (const void *)reader->tables[PROA_META_DATAS];
    uint32_t count = reader->counts[PROA_META_DATAS];
    uint64_t byte_count = reader->counts[PROA_META_BYTES];
    struct proa_artifact_data *datas =
        proa_arena_array(reader->arena, count, sizeof *datas);

    if (datas == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].first_byte > byte_count ||
            records[i].size > byte_count - records[i].first_byte)
            return broken(err, "a data segment points outside");
        datas[i].size = records[i].size;
        datas[i].bytes =
            reader->tables[PROA_META_BYTES] + records[i].first_byte;
    }
    artifact->datas = datas;
    artifact->data_count = count;
    enum proa_status status = read_elems(reader, artifact, err);
    if (status == PROA_OK)
        status = read_images(reader, artifact, err);
    return status;
}
