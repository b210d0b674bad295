/*
 * Partitions become objects: the symbols that they promise, at every level and
 * for each target, and no load that may trap is lost. What the code computes is
 * checked by the specification's suite.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/object.h"

#include <elf.h>

#include "artifact/artifact.h"
#include "check.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

/*
 * (module
 *   (memory 1)
 *   (func (param i32))
 *   (func (param i32) (drop (i32.load (local.get 0))))
 *   (func (param i32) (drop (i32.and (i32.const 0) (i32.load (local.get 0)))))
 *   (func (param i32) (drop (call 5 (local.get 0))))
 *   (func (param i32) (call 0 (i32.load (local.get 0))))
 *   (func (param i32) (result i32) (i32.load (local.get 0)))
 *   (func (param i32) (local i32) (local.set 1 (i32.load (local.get 0))))
 *   (func (param i32) (if (i32.load (local.get 0)) (then)))
 *   (func (param i32) (i32.store (i32.const 0) (i32.const 1)))
 *   (func (param i32) (result i32)
 *     (i32.store (i32.const 0) (i32.const 1))
 *     (i32.load (local.get 0)))
 *   (func (param i32) (drop (call 9 (local.get 0)))))
 */
static const uint8_t keep[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x02, 0x60,
    0x01, 0x7f, 0x00, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x03, 0x0c, 0x0b, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x05, 0x03,
    0x01, 0x00, 0x01, 0x0a, 0x6b, 0x0b, 0x02, 0x00, 0x0b, 0x08, 0x00, 0x20,
    0x00, 0x28, 0x02, 0x00, 0x1a, 0x0b, 0x0b, 0x00, 0x41, 0x00, 0x20, 0x00,
    0x28, 0x02, 0x00, 0x71, 0x1a, 0x0b, 0x07, 0x00, 0x20, 0x00, 0x10, 0x05,
    0x1a, 0x0b, 0x09, 0x00, 0x20, 0x00, 0x28, 0x02, 0x00, 0x10, 0x00, 0x0b,
    0x07, 0x00, 0x20, 0x00, 0x28, 0x02, 0x00, 0x0b, 0x0b, 0x01, 0x01, 0x7f,
    0x20, 0x00, 0x28, 0x02, 0x00, 0x21, 0x01, 0x0b, 0x0a, 0x00, 0x20, 0x00,
    0x28, 0x02, 0x00, 0x04, 0x40, 0x0b, 0x0b, 0x09, 0x00, 0x41, 0x00, 0x41,
    0x01, 0x36, 0x02, 0x00, 0x0b, 0x0e, 0x00, 0x41, 0x00, 0x41, 0x01, 0x36,
    0x02, 0x00, 0x20, 0x00, 0x28, 0x02, 0x00, 0x0b, 0x07, 0x00, 0x20, 0x00,
    0x10, 0x09, 0x1a, 0x0b,
};

/*
 * (module
 *   (import "m" "f" (func (param i64) (result f32)))
 *   (import "m" "g" (global i32))
 *   (import "m" "h" (global (mut f64)))
 *   (memory 1 2)
 *   (memory i64 1)
 *   (table 3 3 funcref)
 *   (table 2 externref)
 *   (global (mut i64) (i64.const -1))
 *   (global i32 (i32.add (global.get 0) (i32.const 4)))
 *   (global v128 (v128.const i64x2 1 2))
 *   (elem (i32.const 1) func 1 2)
 *   (elem func 3)
 *   (elem declare func 4)
 *   (data (i32.const 8) "abc")
 *   (data (memory 1) (i64.const 0) "d")
 *   (data "passive")
 *   (start 5)
 *   (export "a" (func 1))
 *   ;; 1: two results, a loop with a parameter, br_table
 *   (func (param i32) (result i32 f64)
 *     (i32.const 0)
 *     (loop (param i32) (result i32)
 *       (block (block (block (br_table 0 1 2 (local.get 0)))
 *         (global.set 2 (i64.const 5)))
 *         (local.set 0 (i32.const 9)))
 *       (i32.const 1) (i32.add)
 *       (br_if 0 (i32.lt_u (local.get 0) (i32.const 3)) ))
 *     (f64.load offset=8 (local.get 0)))
 *   ;; 2: arithmetic that traps
 *   (func (param i32 i32 f64 i64) (result i64)
 *     (i64.add
 *       (i64.extend_i32_s (i32.add (i32.div_s (local.get 0) (local.get 1))
 * (i32.trunc_f64_u (local.get 2)))) (i64.rem_s (i64.trunc_sat_f64_s (local.get
 * 2)) (local.get 3))))
 *   ;; 3: calls
 *   (func (param i32) (result i32)
 *     (call 1 (local.get 0)) (drop)
 *     (call_indirect (param i32) (result i32 f64) (local.get 0) (local.get 0))
 * (drop) (i32.add) (call 0 (i64.const 3)) (i32.trunc_f32_s) (i32.add))
 *   ;; 4: tables, memories
 *   (func (param i32 externref i64)
 *     (table.set 1 (local.get 0) (local.get 1))
 *     (table.set 0 (local.get 0) (ref.func 4))
 *     (drop (table.get 0 (local.get 0)))
 *     (drop (table.grow 1 (local.get 1) (local.get 0)))
 *     (table.copy 0 0 (i32.const 0) (i32.const 1) (local.get 0))
 *     (table.init 0 1 (i32.const 0) (i32.const 0) (i32.const 1))
 *     (elem.drop 1)
 *     (memory.copy 0 0 (i32.const 0) (i32.const 1) (local.get 0))
 *     (memory.fill 1 (i64.const 0) (i32.const 1) (local.get 2))
 *     (memory.init 0 2 (i32.const 0) (i32.const 1) (local.get 0))
 *     (data.drop 2)
 *     (i64.store 1 offset=70000 (local.get 2) (i64.load 1 (local.get 2)))
 *     (global.set 1 (f64.add (global.get 1) (f64.const -0)))
 *     (drop (memory.grow 0 (memory.size 0))))
 *   ;; 5: nothing
 *   (func (nop))
 *   (func (param v128) (result v128) (i32x4.add (local.get 0) (global.get 4))))
 */
static const uint8_t many[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x27, 0x07, 0x60,
    0x01, 0x7e, 0x01, 0x7d, 0x60, 0x01, 0x7f, 0x02, 0x7f, 0x7c, 0x60, 0x01,
    0x7f, 0x01, 0x7f, 0x60, 0x04, 0x7f, 0x7f, 0x7c, 0x7e, 0x01, 0x7e, 0x60,
    0x03, 0x7f, 0x6f, 0x7e, 0x00, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7b, 0x01,
    0x7b, 0x02, 0x15, 0x03, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00, 0x01, 0x6d,
    0x01, 0x67, 0x03, 0x7f, 0x00, 0x01, 0x6d, 0x01, 0x68, 0x03, 0x7c, 0x01,
    0x03, 0x07, 0x06, 0x01, 0x03, 0x02, 0x04, 0x05, 0x06, 0x04, 0x08, 0x02,
    0x70, 0x01, 0x03, 0x03, 0x6f, 0x00, 0x02, 0x05, 0x06, 0x02, 0x01, 0x01,
    0x02, 0x04, 0x01, 0x06, 0x23, 0x03, 0x7e, 0x01, 0x42, 0x7f, 0x0b, 0x7f,
    0x00, 0x23, 0x00, 0x41, 0x04, 0x6a, 0x0b, 0x7b, 0x00, 0xfd, 0x0c, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x0b, 0x07, 0x05, 0x01, 0x01, 0x61, 0x00, 0x01, 0x08,
    0x01, 0x05, 0x09, 0x10, 0x03, 0x00, 0x41, 0x01, 0x0b, 0x02, 0x01, 0x02,
    0x01, 0x00, 0x01, 0x03, 0x03, 0x00, 0x01, 0x04, 0x0c, 0x01, 0x03, 0x0a,
    0xde, 0x01, 0x06, 0x2e, 0x00, 0x41, 0x00, 0x03, 0x02, 0x02, 0x40, 0x02,
    0x40, 0x02, 0x40, 0x20, 0x00, 0x0e, 0x02, 0x00, 0x01, 0x02, 0x0b, 0x42,
    0x05, 0x24, 0x02, 0x0b, 0x41, 0x09, 0x21, 0x00, 0x0b, 0x41, 0x01, 0x6a,
    0x20, 0x00, 0x41, 0x03, 0x49, 0x0d, 0x00, 0x0b, 0x20, 0x00, 0x2b, 0x03,
    0x08, 0x0b, 0x14, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6d, 0x20, 0x02, 0xab,
    0x6a, 0xac, 0x20, 0x02, 0xfc, 0x06, 0x20, 0x03, 0x81, 0x7c, 0x0b, 0x16,
    0x00, 0x20, 0x00, 0x10, 0x01, 0x1a, 0x20, 0x00, 0x20, 0x00, 0x11, 0x01,
    0x00, 0x1a, 0x6a, 0x42, 0x03, 0x10, 0x00, 0xa8, 0x6a, 0x0b, 0x73, 0x00,
    0x20, 0x00, 0x20, 0x01, 0x26, 0x01, 0x20, 0x00, 0xd2, 0x04, 0x26, 0x00,
    0x20, 0x00, 0x25, 0x00, 0x1a, 0x20, 0x01, 0x20, 0x00, 0xfc, 0x0f, 0x01,
    0x1a, 0x41, 0x00, 0x41, 0x01, 0x20, 0x00, 0xfc, 0x0e, 0x00, 0x00, 0x41,
    0x00, 0x41, 0x00, 0x41, 0x01, 0xfc, 0x0c, 0x01, 0x00, 0xfc, 0x0d, 0x01,
    0x41, 0x00, 0x41, 0x01, 0x20, 0x00, 0xfc, 0x0a, 0x00, 0x00, 0x42, 0x00,
    0x41, 0x01, 0x20, 0x02, 0xfc, 0x0b, 0x01, 0x41, 0x00, 0x41, 0x01, 0x20,
    0x00, 0xfc, 0x08, 0x02, 0x00, 0xfc, 0x09, 0x02, 0x20, 0x02, 0x20, 0x02,
    0x29, 0x43, 0x01, 0x00, 0x37, 0x43, 0x01, 0xf0, 0xa2, 0x04, 0x23, 0x01,
    0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0xa0, 0x24, 0x01,
    0x3f, 0x00, 0x40, 0x00, 0x1a, 0x0b, 0x03, 0x00, 0x01, 0x0b, 0x09, 0x00,
    0x20, 0x00, 0x23, 0x04, 0xfd, 0xae, 0x01, 0x0b, 0x0b, 0x19, 0x03, 0x00,
    0x41, 0x08, 0x0b, 0x03, 0x61, 0x62, 0x63, 0x02, 0x01, 0x42, 0x00, 0x0b,
    0x01, 0x64, 0x01, 0x07, 0x70, 0x61, 0x73, 0x73, 0x69, 0x76, 0x65,
};

/*
 * (module
 *   (import "m" "f" (func (param i32) (result i32)))
 *   (table 1 funcref)
 *   (func (param i32) (result i32)
 *     (if (result i32) (local.get 0)
 *       (then (return_call 2 (i32.sub (local.get 0) (i32.const 1)) (i32.const
 * 1))) (else (i32.const 7)))) (func (param i32 i32) (result i32)
 *     (return_call_indirect (param i32) (result i32) (local.get 0) (local.get
 * 1))) (func (param i32) (result i32) (return_call 0 (local.get 0))) (func
 * (result i32) (call 1 (i32.const 2))))
 */
static const uint8_t tail[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x10, 0x03, 0x60,
    0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x00,
    0x01, 0x7f, 0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00, 0x03,
    0x05, 0x04, 0x00, 0x01, 0x00, 0x02, 0x04, 0x04, 0x01, 0x70, 0x00, 0x01,
    0x0a, 0x2d, 0x04, 0x13, 0x00, 0x20, 0x00, 0x04, 0x7f, 0x20, 0x00, 0x41,
    0x01, 0x6b, 0x41, 0x01, 0x12, 0x02, 0x05, 0x41, 0x07, 0x0b, 0x0b, 0x09,
    0x00, 0x20, 0x00, 0x20, 0x01, 0x13, 0x00, 0x00, 0x0b, 0x06, 0x00, 0x20,
    0x00, 0x12, 0x00, 0x0b, 0x06, 0x00, 0x41, 0x02, 0x10, 0x01, 0x0b,
};

struct fixture {
    struct proa_wasm_module module;
    struct proa_codegen_plan plan;
    uint32_t records[16];
    bool has_tail[16];
    bool in_image[16];
    bool own_tables[16];
};

static void fixture_init(struct fixture *fixture, const uint8_t *bytes,
                         size_t size)
{
    struct proa_error err = { 0 };
    struct proa_wasm_module *module = &fixture->module;
    uint32_t record_count = 0;

    CHECK_EQ(proa_wasm_decode(bytes, size, module, &err), PROA_OK);
    CHECK_EQ(proa_wasm_validate(module, &err), PROA_OK);
    CHECK_EQ(module->function_count <= 16, true);
    for (uint32_t i = 0; i < module->function_count; i++) {
        fixture->records[i] = PROA_ARTIFACT_NONE;
        if (module->functions[i].is_referenced)
            fixture->records[i] = record_count++;
        fixture->has_tail[i] = i >= module->imported_function_count &&
                               module->feature_used[PROA_FEATURE_TAIL_CALL];
    }
    CHECK_EQ(module->table_count <= 16, true);
    memset(fixture->in_image, 0, sizeof fixture->in_image);
    memset(fixture->own_tables, 0, sizeof fixture->own_tables);
    struct proa_layout_counts counts = {
        .imported_functions = module->imported_function_count,
        .memories = module->memory_count,
        .tables = module->table_count,
        .imported_globals = module->imported_global_count,
        .globals = module->global_count - module->imported_global_count,
        .funcs = record_count,
    };
    fixture->plan = (struct proa_codegen_plan){
        .module = module,
        .layout = proa_layout_make(&counts),
        .records = fixture->records,
        .record_count = record_count,
        .has_tail = fixture->has_tail,
        .own_tables = fixture->own_tables,
        .data_in_image = fixture->in_image,
    };
}

static const struct proa_codegen_options targets[] = {
    { .triple = "x86_64-unknown-linux-gnu", .cpu = "x86-64-v2" },
    { .triple = "x86_64-unknown-linux-gnu", .cpu = "x86-64-v3" },
    { .triple = "aarch64-unknown-linux-gnu", .cpu = "generic" },
};
enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

struct symbol {
    bool is_defined;
    uint64_t size;
};

/* False when there is none. What is defined must be a hidden function. */
static bool find_symbol(const struct proa_buffer *object, const char *name,
                        struct symbol *found)
{
    const Elf64_Ehdr *header = (const void *)object->bytes;
    const Elf64_Shdr *sections =
        (const void *)(object->bytes + header->e_shoff);

    CHECK_EQ(memcmp(header->e_ident, ELFMAG, SELFMAG), 0);
    CHECK_EQ(header->e_type, ET_REL);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Sym *symbols =
            (const void *)(object->bytes + sections[i].sh_offset);
        const char *names = (const char *)object->bytes +
                            sections[sections[i].sh_link].sh_offset;
        for (uint64_t k = 0; k < sections[i].sh_size / sizeof *symbols; k++) {
            if (strcmp(names + symbols[k].st_name, name) != 0)
                continue;
            found->is_defined = symbols[k].st_shndx != SHN_UNDEF;
            found->size = symbols[k].st_size;
            CHECK_EQ(ELF64_ST_VISIBILITY(symbols[k].st_other), STV_HIDDEN);
            return true;
        }
    }
    return false;
}

static void compile(const struct fixture *fixture,
                    const struct proa_partition *partition,
                    struct proa_codegen_options options, int opt_level,
                    struct proa_buffer *object)
{
    struct proa_error err = { 0 };

    options.opt_level = opt_level;
    options.verify = true;
    proa_buffer_init(object, 1 << 20);
    if (proa_codegen_partition(&fixture->plan, partition, &options, object,
                               &err) != PROA_OK) {
        fprintf(stderr, "%s -O%d: %s\n", options.cpu, opt_level, err.text);
        exit(1);
    }
}

/* All functions in one partition. */
static struct proa_partition whole(const struct fixture *fixture)
{
    return (struct proa_partition){
        .first = fixture->module.imported_function_count,
        .end = fixture->module.function_count,
        .is_first = true,
    };
}

static void check_defined(const struct proa_buffer *object, char kind,
                          uint32_t index)
{
    struct symbol symbol = { 0 };
    char name[16];

    snprintf(name, sizeof name, "%c%u", kind, index);
    CHECK_EQ(find_symbol(object, name, &symbol), true);
    CHECK_EQ(symbol.is_defined, true);
    CHECK_EQ(symbol.size > 0, true);
}

static void test_symbols(const uint8_t *bytes, size_t size)
{
    struct fixture fixture;
    struct symbol init = { 0 };

    fixture_init(&fixture, bytes, size);
    struct proa_partition partition = whole(&fixture);
    for (int i = 0; i < TARGET_COUNT * 4; i++) {
        struct proa_buffer object;
        compile(&fixture, &partition, targets[i / 4], i % 4, &object);
        for (uint32_t k = partition.first; k < partition.end; k++) {
            check_defined(&object, 'f', k);
            if (fixture.has_tail[k])
                check_defined(&object, 't', k);
        }
        for (uint32_t k = 0; k < fixture.module.type_count; k++)
            check_defined(&object, 'y', k);
        CHECK_EQ(find_symbol(&object, "init", &init), true);
        CHECK_EQ(init.is_defined && init.size > 0, true);
        proa_buffer_deinit(&object);
    }
    proa_wasm_module_deinit(&fixture.module);
}

/* A call into another partition is an undefined symbol of its name. */
static void test_parts(void)
{
    struct fixture fixture;
    struct symbol symbol = { 0 };

    fixture_init(&fixture, many, sizeof many);
    for (int level = 0; level <= 3; level++) {
        struct proa_partition third = { .first = 3, .end = 4 };
        struct proa_partition none = { .first = 1, .end = 1, .is_first = true };
        struct proa_buffer object;
        compile(&fixture, &third, targets[1], level, &object);
        check_defined(&object, 'f', 3);
        CHECK_EQ(find_symbol(&object, "f1", &symbol), true);
        CHECK_EQ(symbol.is_defined, false);
        CHECK_EQ(find_symbol(&object, "f2", &symbol), false);
        CHECK_EQ(find_symbol(&object, "init", &symbol), false);
        CHECK_EQ(find_symbol(&object, "y0", &symbol), false);
        proa_buffer_deinit(&object);
        compile(&fixture, &none, targets[1], level, &object);
        CHECK_EQ(find_symbol(&object, "init", &symbol), true);
        CHECK_EQ(find_symbol(&object, "f5", &symbol), true); /* start */
        CHECK_EQ(symbol.is_defined, false);
        proa_buffer_deinit(&object);
    }
    proa_wasm_module_deinit(&fixture.module);
}

/*
 * In `keep`, 0 is nothing and 8 a store; what follows either is the same and a
 * load, so it is longer.
 */
static void check_longer(const struct proa_buffer *object, const char *name,
                         const char *base)
{
    struct symbol longer = { 0 };
    struct symbol shorter = { 0 };

    CHECK_EQ(find_symbol(object, name, &longer), true);
    CHECK_EQ(find_symbol(object, base, &shorter), true);
    if (longer.size <= shorter.size)
        fprintf(stderr, "a load is missing in %s\n", name);
    CHECK_EQ(longer.size > shorter.size, true);
}

static void test_loads_are_kept(void)
{
    struct fixture fixture;

    fixture_init(&fixture, keep, sizeof keep);
    struct proa_partition partition = whole(&fixture);
    for (int i = 0; i < TARGET_COUNT * 4; i++) {
        struct proa_buffer object;
        compile(&fixture, &partition, targets[i / 4], i % 4, &object);
        for (char name[] = "f1"; name[1] <= '7'; name[1]++)
            check_longer(&object, name, "f0");
        if (i % 4 == 3) /* where the call in it is inlined */
            check_longer(&object, "f10", "f8");
        proa_buffer_deinit(&object);
    }
    proa_wasm_module_deinit(&fixture.module);
}

/* The same partition gives the same bytes. */
static void test_same_bytes(void)
{
    struct fixture fixture;
    struct proa_buffer first, second;

    fixture_init(&fixture, many, sizeof many);
    struct proa_partition partition = whole(&fixture);
    compile(&fixture, &partition, targets[0], 2, &first);
    compile(&fixture, &partition, targets[0], 2, &second);
    CHECK_EQ(first.size, second.size);
    CHECK_EQ(memcmp(first.bytes, second.bytes, first.size), 0);
    proa_buffer_deinit(&first);
    proa_buffer_deinit(&second);
    proa_wasm_module_deinit(&fixture.module);
}

static void test_unknown_target(void)
{
    struct proa_codegen_options options = { .triple = "z80-unknown-none",
                                            .cpu = "generic" };
    struct fixture fixture;
    struct proa_error err = { 0 };
    struct proa_buffer object;

    fixture_init(&fixture, tail, sizeof tail);
    struct proa_partition partition = whole(&fixture);
    proa_buffer_init(&object, 1 << 20);
    CHECK_EQ(proa_codegen_partition(&fixture.plan, &partition, &options,
                                    &object, &err),
             PROA_USAGE);
    CHECK_EQ(object.size, 0);
    CHECK_EQ(strstr(err.text, "z80") != NULL, true);
    proa_buffer_deinit(&object);
    proa_wasm_module_deinit(&fixture.module);
}

/* No room for the object: an error, and nothing of it. */
static void test_full_buffer(void)
{
    struct fixture fixture;
    struct proa_error err = { 0 };
    struct proa_buffer object;

    fixture_init(&fixture, tail, sizeof tail);
    struct proa_partition partition = whole(&fixture);
    proa_buffer_init(&object, 100);
    CHECK_EQ(proa_codegen_partition(&fixture.plan, &partition, &targets[0],
                                    &object, &err),
             PROA_NOMEM);
    CHECK_EQ(object.size, 0);
    proa_buffer_deinit(&object);
    proa_wasm_module_deinit(&fixture.module);
}

int main(void)
{
    test_symbols(keep, sizeof keep);
    test_symbols(many, sizeof many);
    test_symbols(tail, sizeof tail);
    test_parts();
    test_loads_are_kept();
    test_same_bytes();
    test_unknown_target();
    test_full_buffer();
    return 0;
}
