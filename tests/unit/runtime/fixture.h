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
#ifndef PROA_TESTS_FIXTURE_H
#define PROA_TESTS_FIXTURE_H

#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"
#include "artifact/write.h"
#include "proa/store.h"
#include "runtime/instance.h"
#include "runtime/module.h"
#include "runtime/store.h"

extern const uint8_t test_text[], test_text_end[], test_init[],
    test_init_trap[], test_plain[], test_unary[], test_trap[], test_inc[],
    test_call[], test_load[], test_recurse[], test_spin[], test_fill[],
    test_imports[], test_memories[];

__asm__(".pushsection .text.test,\"ax\",@progbits\n"
        "test_text:\n"
        "test_init:\n"
        "  ret\n"
        "test_init_trap:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov $2, %esi\n"
        "  mov (%rdi), %rax\n"
        "  call *(%rax)\n"
        "test_plain:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  call *%rax\n"
        "  pop %rbp\n"
        "  ret\n"
        "test_unary:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  push %rdx\n"
        "  sub $8, %rsp\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  mov (%rdx), %esi\n"
        "  call *%rax\n"
        "  mov -8(%rbp), %rdx\n"
        "  mov %eax, (%rdx)\n"
        "  leave\n"
        "  ret\n"
        "test_trap:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov $1, %esi\n"
        "  mov (%rdi), %rax\n"
        "  call *(%rax)\n"
        "test_inc:\n"
        "  lea 1(%rsi), %eax\n"
        "  ret\n"
        "test_call:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov test_imports(%rip), %eax\n"
        "  add %rdi, %rax\n"
        "  mov 8(%rax), %rdi\n"
        "  call *(%rax)\n"
        "  pop %rbp\n"
        "  ret\n"
        "test_load:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov test_memories(%rip), %eax\n"
        "  mov (%rdi,%rax), %rax\n"
        "  mov %esi, %esi\n"
        "  mov (%rax,%rsi), %eax\n"
        "  pop %rbp\n"
        "  ret\n"
        "test_recurse:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  sub $32, %rsp\n"
        "  call test_recurse\n"
        "  leave\n"
        "  ret\n"
        "test_spin:\n"
        "  jmp test_spin\n"
        "test_fill:\n" /* fills argument bytes from 0 with 7 */
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov %esi, %r8d\n"
        "  xor %esi, %esi\n"
        "  xor %edx, %edx\n"
        "  mov $7, %ecx\n"
        "  mov (%rdi), %rax\n"
        "  call *32(%rax)\n"
        "  pop %rbp\n"
        "  ret\n"
        "  .p2align 2\n"
        "test_imports:\n"
        "  .long 0\n"
        "test_memories:\n"
        "  .long 0\n"
        "test_text_end:\n"
        ".popsection\n");

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

static inline uint32_t test_offset(const uint8_t *label)
{
    return (uint32_t)(label - test_text);
}

struct test_module {
    bool init_traps;
    uint64_t memory_min;
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
    static struct proa_wasm_table tables[] = {
        { .type = { PROA_FUNCREF, { 3, 5000, false } } },
        { .type = { PROA_EXTERNREF, { 2, UINT64_MAX, false } } },
    };
    struct proa_memorytype memories[] = { { { options->memory_min, 3,
                                              false } } };
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
        .init = options->init_traps ? test_offset(test_init_trap)
                                    : test_offset(test_init),
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

/* The module in a file without a name; NULL: the usual one. */
static inline int test_module_file(const struct test_module *options)
{
    const struct test_module usual = { .memory_min = 1,
                                       .import_type = 1,
                                       .cpu_features = "" };
    struct proa_buffer out;

    test_module_source(options != NULL ? options : &usual, &out);
    int fd = memfd_create("module", MFD_CLOEXEC);
    CHECK_EQ(fd >= 0, 1);
    CHECK_EQ(write(fd, out.bytes, out.size), (ssize_t)out.size);
    proa_buffer_deinit(&out);
    return fd;
}

static inline struct proa_module *
test_module_load(struct proa_engine *engine, const struct test_module *options)
{
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };
    int fd = test_module_file(options);

    if (proa_module_load_fd(engine, fd, &module, &err) != PROA_OK)
        fprintf(stderr, "%s\n", err.text);
    CHECK_EQ(err.status, PROA_OK);
    (void)close(fd);
    return module;
}

/* An engine, its module, a store and one instance with a host function. */
struct test_world {
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_store *store;
    struct proa_extern import;
    struct proa_instance *instance;
};

static inline void test_world_init(struct test_world *world,
                                   const struct proa_store_options *options,
                                   proa_host_fn fn, void *env)
{
    const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&world->engine, &err), PROA_OK);
    world->module = test_module_load(world->engine, NULL);
    CHECK_EQ(proa_store_create(world->engine, options, &world->store, &err),
             PROA_OK);
    world->import.kind = PROA_KIND_FUNC;
    CHECK_EQ(proa_func_create(world->store, &type, fn, env,
                              &world->import.of.func, &err),
             PROA_OK);
    CHECK_EQ(proa_instance_create(world->store, world->module, &world->import,
                                  1, &world->instance, &err),
             PROA_OK);
}

static inline void test_world_deinit(struct test_world *world)
{
    proa_store_destroy(world->store);
    proa_module_release(world->module);
    proa_engine_destroy(world->engine);
}

static inline struct proa_extern test_export(const struct test_world *world,
                                             const char *name)
{
    struct proa_extern found = { .of.func = NULL };

    CHECK_EQ(proa_instance_export(world->instance, name, &found), true);
    return found;
}

/* Call an exported function with one i32; the result goes back to *value. */
static inline enum proa_status test_invoke(const struct test_world *world,
                                           const char *name, int32_t *value,
                                           struct proa_error *err)
{
    union proa_value values[1] = { { .i32 = *value } };
    enum proa_status status =
        proa_func_call(test_export(world, name).of.func, values, values, err);

    *value = values[0].i32;
    return status;
}

#endif
