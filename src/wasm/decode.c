/*
 * https://webassembly.github.io/spec/core/binary/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/decode.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"
#include "wasm/where.h"

struct section_row {
    const char *name;
    uint8_t order; /* sections come in this order, each at most once */
    PROA_SECTION_READER((*read));
};

static enum proa_status read_data_count(struct proa_wasm_module *module,
                                        struct proa_cursor *in,
                                        struct proa_error *err)
{
    uint32_t offset = in->offset;
    enum proa_status status = proa_cursor_u32(in, &module->data_count, err);

    if (status == PROA_OK && module->data_count > PROA_DATA_SEGMENTS_MAX)
        return proa_fail(err, PROA_LIMIT, offset,
                         "%u data segments, at most %d", module->data_count,
                         PROA_DATA_SEGMENTS_MAX);
    module->has_data_count = true;
    return status;
}

static enum proa_status refuse_tags(struct proa_wasm_module *module,
                                    struct proa_cursor *in,
                                    struct proa_error *err)
{
    (void)module;
    return proa_fail(err, PROA_UNSUPPORTED, in->offset,
                     "feature not supported: %s (tag section)",
                     proa_feature_name(PROA_FEATURE_EXCEPTIONS));
}

static const struct section_row sections[PROA_SECTION_COUNT] = {
    [PROA_SECTION_CUSTOM] = { "a custom section", 0, proa_decode_custom },
    [PROA_SECTION_TYPE] = { "the type section", 1, proa_decode_types },
    [PROA_SECTION_IMPORT] = { "the import section", 2, proa_decode_imports },
    [PROA_SECTION_FUNCTION] = { "the function section", 3,
                                proa_decode_functions },
    [PROA_SECTION_TABLE] = { "the table section", 4, proa_decode_tables },
    [PROA_SECTION_MEMORY] = { "the memory section", 5, proa_decode_memories },
    [PROA_SECTION_TAG] = { "the tag section", 6, refuse_tags },
    [PROA_SECTION_GLOBAL] = { "the global section", 7, proa_decode_globals },
    [PROA_SECTION_EXPORT] = { "the export section", 8, proa_decode_exports },
    [PROA_SECTION_START] = { "the start section", 9, proa_decode_start },
    [PROA_SECTION_ELEM] = { "the element section", 10, proa_decode_elems },
    [PROA_SECTION_DATA_COUNT] = { "the data count section", 11,
                                  read_data_count },
    [PROA_SECTION_CODE] = { "the code section", 12, proa_decode_code },
    [PROA_SECTION_DATA] = { "the data section", 13, proa_decode_datas },
};

static enum proa_status read_header(struct proa_cursor *in,
                                    struct proa_error *err)
{
    static const uint8_t magic[4] = { 0x00, 'a', 's', 'm' };
    static const uint8_t version[4] = { 0x01, 0x00, 0x00, 0x00 };
    static const uint8_t component[4] = { 0x0d, 0x00, 0x01, 0x00 };
    const uint8_t *bytes = NULL;
    enum proa_status status;

    if (proa_cursor_left(in) == 0)
        return proa_fail(err, PROA_MALFORMED, 0, "unexpected end: no bytes");
    if (proa_cursor_left(in) < 4 || memcmp(in->bytes, magic, 4) != 0)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "magic header not detected: not a WebAssembly module");
    in->offset += 4;
    status = proa_cursor_bytes(in, 4, &bytes, err);
    if (status != PROA_OK)
        return status;
    if (memcmp(bytes, component, 4) == 0)
        return proa_fail(err, PROA_UNSUPPORTED, 4,
                         "feature not supported: component-model");
    if (memcmp(bytes, version, 4) != 0)
        return proa_fail(err, PROA_MALFORMED, 4,
                         "unknown binary version 0x%02x%02x%02x%02x", bytes[3],
                         bytes[2], bytes[1], bytes[0]);
    return PROA_OK;
}

/* The id and the body of the next section. */
static enum proa_status read_section_head(struct proa_cursor *in, uint8_t *id,
                                          struct proa_cursor *body,
                                          struct proa_error *err)
{
    uint8_t found = 0;
    uint32_t size = 0;
    uint32_t offset = in->offset;
    enum proa_status status = proa_cursor_u8(in, &found, err);

    if (status == PROA_OK && found >= PROA_SECTION_COUNT)
        return proa_fail(err, PROA_MALFORMED, offset, "malformed section id %u",
                         found);
    if (status == PROA_OK)
        status = proa_cursor_u32(in, &size, err);
    if (status == PROA_OK)
        status = proa_cursor_window(in, size, body, err);
    *id = found;
    return status;
}

/* Room for the custom sections, which may be anywhere. */
static enum proa_status make_room(struct proa_wasm_module *module,
                                  struct proa_cursor in, struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    uint8_t id = 0;
    struct proa_cursor body = in;
    struct proa_error ignored = { 0 }; /* found again when it is read */

    while (proa_cursor_left(&in) > 0) {
        if (read_section_head(&in, &id, &body, &ignored) != PROA_OK)
            break;
        count += id == PROA_SECTION_CUSTOM;
    }
    if (count > PROA_CUSTOM_SECTIONS_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "%u custom sections, at most %d",
                         count, PROA_CUSTOM_SECTIONS_MAX);
    enum proa_status status =
        proa_decode_array(module, count, sizeof *module->customs, &array, err);
    module->customs = array;
    return status;
}

static enum proa_status read_section(struct proa_wasm_module *module,
                                     struct proa_cursor *in, uint8_t *order,
                                     struct proa_error *err)
{
    uint8_t id = 0;
    uint32_t offset = in->offset;
    struct proa_cursor body = *in;
    enum proa_status status = read_section_head(in, &id, &body, err);

    if (status != PROA_OK) {
        proa_where_section(err, "a section's head");
        return status;
    }

    const struct section_row *section = &sections[id];
    if (id != PROA_SECTION_CUSTOM) {
        if (section->order <= *order)
            return proa_fail(err, PROA_MALFORMED, offset,
                             "unexpected content after last section: %s comes "
                             "twice or too late",
                             section->name);
        *order = section->order;
    }
    module->section_sizes[id] += body.size - body.offset;
    status = section->read(module, &body, err);
    if (status == PROA_OK && proa_cursor_left(&body) > 0)
        status = proa_fail(err, PROA_MALFORMED, body.offset,
                           "section size mismatch: %u bytes left over",
                           proa_cursor_left(&body));
    if (status != PROA_OK)
        proa_where_section(err, section->name);
    return status;
}

/* What only the module as a whole can tell. */
static enum proa_status check_counts(const struct proa_wasm_module *module,
                                     struct proa_error *err)
{
    uint32_t own = module->function_count - module->imported_function_count;

    if (own > 0 && module->section_sizes[PROA_SECTION_CODE] == 0)
        return proa_fail(err, PROA_MALFORMED, module->size,
                         "function and code section have inconsistent lengths: "
                         "%u functions, no bodies",
                         own);
    if (module->data_count > 0 && module->datas == NULL)
        return proa_fail(err, PROA_MALFORMED, module->size,
                         "data count and data section have inconsistent "
                         "lengths: %u and 0",
                         module->data_count);
    return PROA_OK;
}

/* From the name section; a function that has none takes its export's. */
static void name_functions(struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->custom_count; i++) {
        const struct proa_wasm_custom *custom = &module->customs[i];
        uint32_t start = (uint32_t)(custom->bytes - module->bytes);
        struct proa_cursor in = { .bytes = module->bytes,
                                  .offset = start,
                                  .size = start + custom->size };

        if (custom->name.size == 4 &&
            memcmp(custom->name.bytes, "name", 4) == 0)
            proa_decode_name_section(module, in);
    }
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct proa_wasm_export *export = &module->exports[i];
        if (export->kind == PROA_KIND_FUNC &&
            export->index < module->function_count &&
            module->functions[export->index].name.size == 0)
            module->functions[export->index].name = export->name;
    }
}

static enum proa_status read_module(struct proa_wasm_module *module,
                                    struct proa_error *err)
{
    struct proa_cursor in = { .bytes = module->bytes, .size = module->size };
    uint8_t order = 0;
    enum proa_status status = read_header(&in, err);

    if (status == PROA_OK)
        status = make_room(module, in, err);
    while (status == PROA_OK && proa_cursor_left(&in) > 0)
        status = read_section(module, &in, &order, err);
    if (status == PROA_OK)
        status = check_counts(module, err);
    if (status == PROA_OK) {
        module->code_size = module->section_sizes[PROA_SECTION_CODE];
        name_functions(module);
    }
    return status;
}

enum proa_status proa_wasm_decode(const uint8_t *bytes, size_t size,
                                  struct proa_wasm_module *module,
                                  struct proa_error *err)
{
    if (size > PROA_MODULE_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "module of %zu bytes, at most %d",
                         size, PROA_MODULE_BYTES_MAX);

    struct proa_wasm_module decoded = {
        .arena = proa_arena_create(PROA_MODULE_ARENA_BYTES_MAX),
        .bytes = bytes,
        .size = (uint32_t)size,
        .start_function = UINT32_MAX,
    };
    if (decoded.arena == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");

    enum proa_status status = read_module(&decoded, err);
    if (status == PROA_OK)
        *module = decoded;
    else
        proa_wasm_module_deinit(&decoded);
    return status;
}

void proa_wasm_module_deinit(struct proa_wasm_module *module)
{
    proa_arena_destroy(module->arena);
    module->arena = NULL;
}
