/*
 * A module for tests, without a compiler: its sections in C, its code in
 * assembly. As text it would be:
 *
 *   (import "env" "f" (func $f (param i32) (result i32)))
 *   (memory (export "m") 1 3) (table (export "t") 3 5000 funcref)
 *   (table (export "x") 2 externref)
 *   (global (export "g") (mut i32)) (global (export "c") i64)
 *   (func (export "trap") unreachable)
 *   (func (export "inc") (param i32) (result i32) ... + 1)
 *   (func (export "call") (param i32) (result i32) ... (call $f))
 *   (func (export "load") (param i32) (result i32) ... (i32.load))
 *   (func (export "recurse") ...) (func (export "spin") ...)
 *   (func (export "fill") (param i32) (result i32) ... (memory.fill))
 *   (export "f" (func $f)) (elem funcref "inc" null global) (data "abcd")
 *   and a memory image of one page at 4096 that begins with "hi"
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FIXTURE_MODULE_H
#define PROA_TESTS_FIXTURE_MODULE_H

#include "../check.h"
#include "artifact/write.h"
#include "fixture_text.h"

enum {
    TEST_FUNCTIONS = 8, /* the import, then trap ... fill */
    TEST_INC = 2,
    TEST_DATA = 1, /* segments */
    TEST_ELEM = 0,
};

static const enum proa_valtype test_i32s[20] = {
    PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32,
    PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32,
    PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32, PROA_I32,
};

struct test_module {
    const uint8_t *init; /* NULL: one that does nothing */
    uint64_t memory_min;
    uint64_t memory_max; /* 0: 3 */
    uint64_t table_min;  /* 0: 3 */
    uint32_t import_type;
    const char *cpu_features;
};

static inline void test_module_source(const struct test_module *options,
                                      struct proa_buffer *out)
{
    static struct proa_functype types[] = {
        { NULL, NULL, 0, 0 },
        { test_i32s, test_i32s, 1, 1 },
        { test_i32s, NULL, 20, 0 }, /* wide */
    };
    static struct proa_wasm_import imports[] = {
        { { "env", 3 }, { "f", 1 }, PROA_KIND_FUNC, 0, 0 },
    };
    struct proa_wasm_function functions[TEST_FUNCTIONS] = {
        { .type_index = options->import_type },
        { .type_index = 0, .name = { "trap", 4 } },
        { .type_index = 1, .name = { "inc", 3 } },
        { .type_index = 1, .name = { "ca\nll", 5 } },
        { .type_index = 1 },
        { .type_index = 0, .name = { "recurse", 7 } },
        { .type_index = 0, .name = { "spin", 4 } },
        { .type_index = 1, .name = { "fill", 4 } },
    };
    struct proa_wasm_table tables[] = {
        { .type = { PROA_FUNCREF,
                    { options->table_min != 0 ? options->table_min : 3, 5000,
                      false } } },
        { .type = { PROA_EXTERNREF, { 2, UINT64_MAX, false } } },
    };
    struct proa_memorytype memories[] = {
        { { options->memory_min,
            options->memory_max != 0 ? options->memory_max : 3, false } }
    };
    static struct proa_wasm_global globals[] = {
        { .type = { PROA_I32, true } },
        { .type = { PROA_FUNCREF, false } },
    };
    static struct proa_wasm_export exports[] = {
        { { "trap", 4 }, PROA_KIND_FUNC, 1, 0 },
        { { "inc", 3 }, PROA_KIND_FUNC, TEST_INC, 0 },
        { { "call", 4 }, PROA_KIND_FUNC, 3, 0 },
        { { "load", 4 }, PROA_KIND_FUNC, 4, 0 },
        { { "recurse", 7 }, PROA_KIND_FUNC, 5, 0 },
        { { "spin", 4 }, PROA_KIND_FUNC, 6, 0 },
        { { "fill", 4 }, PROA_KIND_FUNC, 7, 0 },
        { { "f", 1 }, PROA_KIND_FUNC, 0, 0 },
        { { "m", 1 }, PROA_KIND_MEMORY, 0, 0 },
        { { "t", 1 }, PROA_KIND_TABLE, 0, 0 },
        { { "x", 1 }, PROA_KIND_TABLE, 1, 0 },
        { { "g", 1 }, PROA_KIND_GLOBAL, 0, 0 },
        { { "c", 1 }, PROA_KIND_GLOBAL, 1, 0 },
    };
    /* ref.func 2, ref.null func, global.get 1 */
    static const uint8_t items[] = { 0xd2, 2,    0x0b, 0xd0, 0x70,
                                     0x0b, 0x23, 1,    0x0b };
    static struct proa_wasm_elem elems[] = {
        { .mode = PROA_SEGMENT_PASSIVE,
          .type = PROA_FUNCREF,
          .items = { items, sizeof items, 0 },
          .item_count = 3,
          .has_expressions = true },
    };
    static uint8_t image_bytes[4096] = { 'h', 'i' };
    static struct proa_wasm_data datas[] = {
        { .mode = PROA_SEGMENT_ACTIVE, .bytes = image_bytes, .size = 2 },
        { .mode = PROA_SEGMENT_PASSIVE,
          .bytes = (const uint8_t *)"abcd",
          .size = 4 },
    };
    struct proa_wasm_module module = {
        .types = types,
        .type_count = 3,
        .imports = imports,
        .import_count = 1,
        .functions = functions,
        .function_count = TEST_FUNCTIONS,
        .imported_function_count = 1,
        .tables = tables,
        .table_count = 2,
        .memories = memories,
        .memory_count = 1,
        .globals = globals,
        .global_count = 2,
        .exports = exports,
        .export_count = sizeof exports / sizeof exports[0],
        .elems = elems,
        .elem_count = 1,
        .datas = datas,
        .data_count = 2,
        .start_function = UINT32_MAX,
    };
    static const uint8_t digest[32];
    static const uint32_t records[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    static const uint32_t tails[] = { PROA_ARTIFACT_NONE, PROA_ARTIFACT_NONE,
                                      PROA_ARTIFACT_NONE, PROA_ARTIFACT_NONE,
                                      PROA_ARTIFACT_NONE, PROA_ARTIFACT_NONE,
                                      PROA_ARTIFACT_NONE, PROA_ARTIFACT_NONE };
    const uint32_t code[] = {
        PROA_ARTIFACT_NONE,       test_offset(test_trap),
        test_offset(test_inc),    test_offset(test_call),
        test_offset(test_load),   test_offset(test_recurse),
        test_offset(test_spin),   test_offset(test_fill),
        test_offset(test_imports)
    };
    uint32_t code_size[TEST_FUNCTIONS] = { 0 };
    const uint32_t trampolines[] = { test_offset(test_plain),
                                     test_offset(test_unary),
                                     test_offset(test_plain) };
    static const bool in_image[] = { true, false };
    static const struct proa_artifact_image images[] = {
        { .memory = 0, .address = 4096, .offset = 0, .size = 4096 },
    };
    uint8_t *text = exact_copy(test_text, (size_t)(test_text_end - test_text));
    struct proa_layout layout = proa_layout_make(
        &(struct proa_layout_counts){ .imported_functions = 1,
                                      .memories = 1,
                                      .tables = 2,
                                      .globals = 2,
                                      .funcs = TEST_FUNCTIONS });
    struct proa_error err = { 0 };

    for (int i = 1; i < TEST_FUNCTIONS; i++)
        code_size[i] = code[i + 1] - code[i];
    memcpy(text + test_offset(test_imports), &layout.imports, 4);
    memcpy(text + test_offset(test_memories), &layout.memories, 4);
    memcpy(text + test_offset(test_globals), &layout.globals, 4);
    struct proa_artifact_source source = {
        .module = &module,
        .arch = PROA_ARCH_X86_64,
        .cpu_features = options->cpu_features,
        .producer = "test",
        .module_sha256 = digest,
        .text = text,
        .text_size = (uint64_t)(test_text_end - test_text),
        .rodata = digest,
        .rodata_size = 0,
        .code = code,
        .code_size = code_size,
        .tail = tails,
        .records = records,
        .record_count = TEST_FUNCTIONS,
        .trampolines = trampolines,
        .init = test_offset(options->init != NULL ? options->init : test_init),
        .images = images,
        .image_count = 1,
        .image_bytes = image_bytes,
        .image_bytes_size = sizeof image_bytes,
        .data_in_image = in_image,
    };
    proa_buffer_init(out, 1 << 20);
    CHECK_EQ(proa_artifact_write(&source, out, &err), PROA_OK);
    free(text);
}

#endif
