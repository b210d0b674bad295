/* What is written is what is read, and damage is noticed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "artifact/artifact.h"

#include "artifact/format.h"
#include "artifact/write.h"

#include "../check.h"

static const enum proa_valtype i32_i64[] = { PROA_I32, PROA_I64 };
static const uint8_t text[40] = { 0xc3 };
static const uint8_t rodata[16] = { 1, 2, 3 };
static uint8_t image_bytes[4096] = { 'h', 'i' };
static const uint8_t items[] = { 1, 0 };
static const uint8_t data_bytes[] = "data";
static const uint8_t digest[32] = { 0xaa, 0xbb };

static struct proa_functype types[] = {
    { i32_i64, i32_i64 + 1, 1, 1 },
    { NULL, NULL, 0, 0 },
};
static struct proa_wasm_import imports[] = {
    { { "env", 3 }, { "a\0b", 3 }, PROA_KIND_FUNC, 0, 0 },
};
static struct proa_wasm_function functions[] = {
    { .type_index = 0 },
    { .type_index = 1, .name = { "main", 4 }, .is_referenced = true },
};
static struct proa_wasm_table tables[] = {
    { .type = { PROA_FUNCREF, { 2, UINT64_MAX, false } } },
};
static struct proa_memorytype memories[] = { { { 1, 10, false } } };
static struct proa_wasm_global globals[] = {
    { .type = { PROA_F64, true } },
};
static struct proa_wasm_export exports[] = {
    { { "main", 4 }, PROA_KIND_FUNC, 1, 0 },
    { { "memory", 6 }, PROA_KIND_MEMORY, 0, 0 },
};
static struct proa_wasm_elem elems[] = {
    { .mode = PROA_SEGMENT_PASSIVE,
      .type = PROA_FUNCREF,
      .items = { items, 2, 0 },
      .item_count = 1 },
};
static struct proa_wasm_data datas[] = {
    { .mode = PROA_SEGMENT_ACTIVE, .bytes = image_bytes, .size = 2 },
    { .mode = PROA_SEGMENT_PASSIVE, .bytes = data_bytes, .size = 4 },
};
static const struct proa_wasm_module module = {
    .name = { "example", 7 },
    .types = types,
    .type_count = 2,
    .imports = imports,
    .import_count = 1,
    .functions = functions,
    .function_count = 2,
    .imported_function_count = 1,
    .tables = tables,
    .table_count = 1,
    .memories = memories,
    .memory_count = 1,
    .globals = globals,
    .global_count = 1,
    .exports = exports,
    .export_count = 2,
    .elems = elems,
    .elem_count = 1,
    .datas = datas,
    .data_count = 2,
    .start_function = UINT32_MAX,
};

static const uint32_t code[] = { PROA_ARTIFACT_NONE, 8 };
static const uint32_t code_size[] = { 0, 12 };
static const uint32_t tail[] = { PROA_ARTIFACT_NONE, 20 };
static const uint32_t records[] = { PROA_ARTIFACT_NONE, 0 };
static const uint32_t trampolines[] = { 20, 24 };
static const bool in_image[] = { true, false };
static const struct proa_artifact_image images[] = {
    { .memory = 0, .address = 4096, .offset = 0, .size = 4096 },
};

static struct proa_artifact_source make_source(void)
{
    return (struct proa_artifact_source){
        .module = &module,
        .arch = PROA_ARCH_X86_64,
        .cpu_features = "sse4.2,popcnt",
        .producer = "test",
        .module_sha256 = digest,
        .text = text,
        .text_size = sizeof text,
        .rodata = rodata,
        .rodata_size = sizeof rodata,
        .code = code,
        .code_size = code_size,
        .tail = tail,
        .records = records,
        .record_count = 1,
        .trampolines = trampolines,
        .init = 28,
        .images = images,
        .image_count = 1,
        .image_bytes = image_bytes,
        .image_bytes_size = sizeof image_bytes,
        .data_in_image = in_image,
    };
}

/* The file in memory as a mapping would have it; *size its bytes. */
static uint8_t *write_source(const struct proa_artifact_source *source,
                             size_t *size)
{
    struct proa_buffer out;
    struct proa_error err = { 0 };

    proa_buffer_init(&out, 1 << 20);
    CHECK_EQ(proa_artifact_write(source, &out, &err), PROA_OK);
    uint8_t *file = aligned_alloc(4096, (out.size + 4095) & ~(size_t)4095);
    memcpy(file, out.bytes, out.size);
    *size = out.size;
    proa_buffer_deinit(&out);
    return file;
}

static uint8_t *write_file(size_t *size)
{
    struct proa_artifact_source source = make_source();

    return write_source(&source, size);
}

/* Code that calls through slots has no read-only data. */
static uint8_t *write_with_slots(size_t *size)
{
    struct proa_artifact_source source = make_source();

    source.rodata_size = 0;
    source.has_slots = true;
    source.entries = 16;
    return write_source(&source, size);
}

static void check_head(const struct proa_artifact *a, const uint8_t *file)
{
    CHECK_EQ(strcmp(a->name, "example"), 0);
    CHECK_EQ(strcmp(a->cpu_features, "sse4.2,popcnt"), 0);
    CHECK_EQ(memcmp(a->module_sha256, digest, sizeof digest), 0);
    CHECK_EQ(a->text_size, sizeof text);
    CHECK_EQ(a->text_offset % 4096, 0);
    CHECK_EQ(memcmp(file + a->text_offset, text, sizeof text), 0);
    CHECK_EQ(memcmp(file + a->text_offset + 4096, rodata, sizeof rodata), 0);
    CHECK_EQ(a->init, 28);
    CHECK_EQ(a->type_count, 2);
    CHECK_EQ(a->types[0].type.params[0], PROA_I32);
    CHECK_EQ(a->types[0].type.results[0], PROA_I64);
    CHECK_EQ(a->types[1].trampoline, 24);
}

static void check_spaces(const struct proa_artifact *a, const uint8_t *file)
{
    CHECK_EQ(a->import_count, 1);
    CHECK_EQ(strcmp(a->imports[0].name, "a\xc0\x80"
                                        "b"),
             0); /* NUL cannot be in a C string */
    CHECK_EQ(a->imports[0].type.func.param_count, 1);
    CHECK_EQ(a->export_count, 2);
    CHECK_EQ(strcmp(a->exports[1].name, "memory"), 0);
    CHECK_EQ(a->exports[1].type.memory.limits.max, 10);
    CHECK_EQ(a->export_indexes[0], 1);
    CHECK_EQ(a->functions[1].code, 8);
    CHECK_EQ(strcmp(a->strings + a->functions[1].name, "main"), 0);
    CHECK_EQ(a->tables[0].type.limits.max, (long long)UINT64_MAX);
    CHECK_EQ(a->globals[0].is_mutable, 1);
    CHECK_EQ(a->elems[0].item_count, 1);
    CHECK_EQ(a->elems[0].items[0].kind, PROA_ITEM_FUNC);
    CHECK_EQ(a->elems[0].items[0].index, 1);
    CHECK_EQ(a->datas[0].size, 0);
    CHECK_EQ(memcmp(a->datas[1].bytes, "data", 4), 0);
    CHECK_EQ(memcmp(file + a->images[0].offset, "hi", 3), 0);
    CHECK_EQ(a->images[0].address, 4096);
}

static void check_find(const struct proa_artifact *artifact)
{
    static const struct {
        uint64_t offset;
        uint32_t index;
        bool is_tail;
    } rows[] = {
        { 7, PROA_ARTIFACT_NONE, true },
        { 8, 1, false },
        { 19, 1, false },
        { 20, 1, true }, /* up to the trampoline */
        { 23, 1, true },
        { 24, PROA_ARTIFACT_NONE, true },
        { 31, PROA_ARTIFACT_NONE, true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_tail;

        CHECK_EQ(
            proa_artifact_find_function(artifact, rows[i].offset, &is_tail),
            rows[i].index);
        CHECK_EQ(is_tail, rows[i].is_tail);
    }
}

static void what_is_written_is_read(void)
{
    size_t size;
    uint8_t *file = write_file(&size);
    struct proa_artifact artifact;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_artifact_read(file, size, &artifact, &err), PROA_OK);
    check_head(&artifact, file);
    check_spaces(&artifact, file);
    check_find(&artifact);
    proa_artifact_deinit(&artifact);
    free(file);
}

static struct proa_meta_header *find_header(uint8_t *file)
{
    while (memcmp(file, "proameta", 8) != 0)
        file += 8;
    return (void *)file;
}

static void slots_follow_the_text(void)
{
    size_t size;
    uint8_t *file = write_with_slots(&size);
    struct proa_artifact artifact;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_artifact_read(file, size, &artifact, &err), PROA_OK);
    CHECK_EQ(artifact.slot_count, 1);
    CHECK_EQ(artifact.slots_offset, artifact.text_offset + 4096);
    CHECK_EQ(artifact.entries, 16);
    CHECK_EQ(artifact.images[0].offset, artifact.slots_offset + 4096);
    CHECK_EQ(artifact.images[0].offset % 4096, 0);
    proa_artifact_deinit(&artifact);
    free(file);
}

struct slots_case {
    uint64_t slots;
    uint32_t slot_count;
    uint32_t entries;
    enum proa_status status;
};

/* The loader writes to the slots' pages: nothing else may lie there. */
static void slots_lie_alone(void)
{
    static const struct slots_case cases[] = {
        { 8192, 1, 16, PROA_OK },
        { 8192, 1, sizeof text - 8, PROA_OK },
        { 8192, 1, sizeof text - 7, PROA_MALFORMED },
        { 8192, 1, UINT32_MAX, PROA_MALFORMED },
        { 8192, 2, 16, PROA_MALFORMED },  /* one function */
        { 8200, 1, 16, PROA_MALFORMED },  /* not a page */
        { 4096, 1, 16, PROA_MALFORMED },  /* the text */
        { 16384, 1, 16, PROA_MALFORMED }, /* the metadata */
        { UINT64_MAX - 4095, 1, 16, PROA_MALFORMED },
        { 8192, UINT32_MAX, 16, PROA_MALFORMED }, /* all that follows */
        { 4097, 0, UINT32_MAX, PROA_OK },         /* no slots */
    };
    size_t size;
    uint8_t *file = write_with_slots(&size);
    struct proa_meta_header *header = find_header(file);

    CHECK_EQ((uint8_t *)header - file, 16384);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_artifact artifact;
        struct proa_error err = { 0 };
        header->slots = cases[i].slots;
        header->slot_count = cases[i].slot_count;
        header->entries = cases[i].entries;
        enum proa_status status =
            proa_artifact_read(file, size, &artifact, &err);
        CHECK_EQ(status, cases[i].status);
        if (status == PROA_OK)
            proa_artifact_deinit(&artifact);
    }
    free(file);
}

static void same_source_same_bytes(void)
{
    size_t size;
    size_t again_size;
    uint8_t *file = write_file(&size);
    uint8_t *again = write_file(&again_size);

    CHECK_EQ(size, again_size);
    CHECK_EQ(memcmp(file, again, size), 0);
    free(file);
    free(again);
}

static void every_prefix_is_refused(void)
{
    size_t size;
    uint8_t *file = write_file(&size);
    struct proa_artifact artifact;

    for (size_t cut = 0; cut < size; cut++) {
        struct proa_error err = { 0 };
        CHECK_EQ(proa_artifact_read(file, cut, &artifact, &err),
                 PROA_MALFORMED);
    }
    free(file);
}

/* Any 32-bit word of the metadata may be any number: refused or harmless. */
static void damage_never_hurts(void)
{
    static const uint32_t values[] = { 0,          1,          0x7fffffff,
                                       0x80000000, 0xffffffff, 4096 };
    size_t size;
    uint8_t *file = write_file(&size);
    uint64_t refused = 0;

    for (size_t at = 0; at + 4 <= size; at += 4) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            struct proa_artifact artifact;
            struct proa_error err = { 0 };
            uint32_t before;
            memcpy(&before, file + at, 4);
            memcpy(file + at, &values[i], 4);
            if (proa_artifact_read(file, size, &artifact, &err) == PROA_OK)
                proa_artifact_deinit(&artifact);
            else
                refused++;
            memcpy(file + at, &before, 4);
        }
    }
    CHECK_EQ(refused > 300, 1);
    free(file);
}

static void other_versions_are_incompatible(void)
{
    size_t size;
    uint8_t *file = write_file(&size);
    struct proa_artifact artifact;
    struct proa_error err = { 0 };

    find_header(file)->abi_version ^= 0x40;
    CHECK_EQ(proa_artifact_read(file, size, &artifact, &err),
             PROA_INCOMPATIBLE);
    free(file);
}

int main(void)
{
    what_is_written_is_read();
    slots_follow_the_text();
    slots_lie_alone();
    same_source_same_bytes();
    every_prefix_is_refused();
    damage_never_hurts();
    other_versions_are_incompatible();
    return 0;
}
