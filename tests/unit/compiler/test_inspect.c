/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compiler/inspect.h"

#include <jansson.h>

#include "../wasm/bytes.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

enum { DESCRIPTION_MAX = 1 << 20 };

/* Imports of both WASI names and of another host, one thing of each kind, and
 * a name that would move a terminal's cursor. */
static void put_module(struct bytes *to)
{
    put_header(to);
    PUT_SECTION(to, 0,
                "\x05"
                "extra"
                "abc");
    PUT_SECTION(to, 1, "\x02\x60\x00\x00\x60\x02\x7f\x7e\x01\x7d");
    PUT_SECTION(to, 2,
                "\x05"
                "\x0dwasi_unstable"
                "\x0a"
                "random_get"
                "\x00\x01"
                "\x16wasi_snapshot_preview1"
                "\x09"
                "path_open"
                "\x00\x01"
                "\x16wasi_snapshot_preview1"
                "\x0b"
                "sched_yield"
                "\x00\x00"
                "\x03"
                "env"
                "\x01"
                "a\x00\x00"
                "\x03"
                "env"
                "\x01"
                "m\x02\x05\x01\x10");
    PUT_SECTION(to, 3, "\x02\x00\x01");
    PUT_SECTION(to, 4, "\x01\x70\x00\x05");
    PUT_SECTION(to, 6, "\x01\x7e\x01\x42\x05\x0b");
    PUT_SECTION(to, 7,
                "\x03"
                "\x01x\x00\x05"
                "\x04\x1b[2J\x01\x00"
                "\x01g\x03\x00");
    PUT_SECTION(to, 8, "\x04");
    PUT_SECTION(to, 10, "\x02\x02\x00\x0b\x07\x00\x43\x00\x00\x00\x00\x0b");
    PUT_SECTION(to, 11,
                "\x01\x00\x42\x07\x0b\x02"
                "ab");
    PUT_SECTION(to, 0, "\x04name\x00\x05\x04test\x01\x08\x01\x04\x05start");
}

static const char expected_text[] =
    "kind: module\n"
    "name: test\n"
    "bytes: 239 in the file, 12 of code, 2 of data\n"
    "functions: 2 of its own, 4 imported; tables: 1; memories: 1; globals: 1\n"
    "sections: custom 31, type 10, import 118, function 3, table 4, global 6, "
    "export 16, start 1, code 12, data 8\n"
    "features: wasm1 mutable-globals memory64\n"
    "needs of WASI: files random\n"
    "needs of other modules: env\n"
    "imports: 5\n"
    "  wasi_unstable.random_get (func (param i32 i64) (result f32))\n"
    "  wasi_snapshot_preview1.path_open (func (param i32 i64) (result f32))\n"
    "  wasi_snapshot_preview1.sched_yield (func)\n"
    "  env.a (func)\n"
    "  env.m (memory i64 1 16)\n"
    "exports: 3\n"
    "  x (func (param i32 i64) (result f32))\n"
    "  ?[2J (table 5 funcref)\n"
    "  g (global (mut i64))\n"
    "memories: 1\n"
    "  0 (memory i64 1 16) imported\n"
    "tables: 1\n"
    "  0 (table 5 funcref)\n"
    "globals: 1\n"
    "  0 (global (mut i64))\n"
    "start: function 4 start\n"
    "custom sections: 2\n"
    "  extra: 3 bytes\n"
    "  name: 17 bytes\n";

static void check_text(const struct proa_wasm_module *module)
{
    struct proa_buffer out;
    struct proa_error err = { 0 };

    proa_buffer_init(&out, DESCRIPTION_MAX);
    CHECK_EQ(proa_inspect(module, false, &out, &err), PROA_OK);
    if (out.size != strlen(expected_text) ||
        memcmp(out.bytes, expected_text, out.size) != 0) {
        fprintf(stderr, "%.*s\n", (int)out.size, (const char *)out.bytes);
        exit(1);
    }
    proa_buffer_deinit(&out);
}

static void check_string(const json_t *value, const char *expected)
{
    const char *text = json_string_value(value);

    if (text != NULL && strcmp(text, expected) == 0)
        return;
    fprintf(stderr, "\"%s\", expected \"%s\"\n", text, expected);
    exit(1);
}

static void check_integer(const json_t *root, const char *key, long long value)
{
    CHECK_EQ(json_is_integer(json_object_get(root, key)), 1);
    CHECK_EQ(json_integer_value(json_object_get(root, key)), value);
}

static void check_root(const json_t *root)
{
    const json_t *item;

    check_string(json_object_get(root, "kind"), "module");
    check_string(json_object_get(root, "name"), "test");
    check_integer(root, "file_bytes", 239);
    check_integer(root, "code_bytes", 12);
    check_integer(root, "data_bytes", 2);
    check_integer(root, "functions", 2);
    check_integer(root, "imported_functions", 4);
    check_integer(root, "start_function", 4);
    check_integer(json_object_get(root, "sections"), "import", 118);
    CHECK_EQ(json_array_size(json_object_get(root, "features")), 3);
    CHECK_EQ(json_array_size(json_object_get(root, "capabilities")), 2);
    item = json_array_get(json_object_get(root, "capabilities"), 1);
    check_string(item, "random");
    CHECK_EQ(json_array_size(json_object_get(root, "hosts")), 1);
    CHECK_EQ(json_array_size(json_object_get(root, "imports")), 5);
    item = json_array_get(json_object_get(root, "imports"), 4);
    check_string(json_object_get(item, "module"), "env");
    check_string(json_object_get(item, "name"), "m");
    check_string(json_object_get(item, "type"), "(memory i64 1 16)");
    item = json_array_get(json_object_get(root, "exports"), 1);
    check_string(json_object_get(item, "name"), "\x1b[2J"); /* escaped */
    item = json_array_get(json_object_get(root, "memories"), 0);
    CHECK_EQ(json_is_true(json_object_get(item, "imported")), 1);
    item = json_array_get(json_object_get(root, "tables"), 0);
    CHECK_EQ(json_is_false(json_object_get(item, "imported")), 1);
    CHECK_EQ(json_array_size(json_object_get(root, "globals")), 1);
    item = json_array_get(json_object_get(root, "custom_sections"), 0);
    check_string(json_object_get(item, "name"), "extra");
    check_integer(item, "bytes", 3);
}

static void check_json(const struct proa_wasm_module *module)
{
    struct proa_buffer out;
    struct proa_error err = { 0 };

    proa_buffer_init(&out, DESCRIPTION_MAX);
    CHECK_EQ(proa_inspect(module, true, &out, &err), PROA_OK);
    CHECK_EQ(out.bytes[out.size - 1], '\n');
    CHECK_EQ(memchr(out.bytes, 0x1b, out.size) == NULL, 1);
    json_t *root =
        json_loadb((const char *)out.bytes, out.size, JSON_ALLOW_NUL, NULL);
    CHECK_EQ(root != NULL, 1);
    check_root(root);
    json_decref(root);
    proa_buffer_deinit(&out);
}

/* A description that does not fit is refused, not cut. */
static void check_limit(const struct proa_wasm_module *module, bool as_json)
{
    for (size_t size_max = 0; size_max < 900; size_max += 50) {
        struct proa_buffer out;
        struct proa_error err = { 0 };

        proa_buffer_init(&out, size_max);
        CHECK_EQ(proa_inspect(module, as_json, &out, &err), PROA_LIMIT);
        CHECK_EQ(err.status, PROA_LIMIT);
        proa_buffer_deinit(&out);
    }
}

/* With nothing in it: no name, no start, empty lists. */
static void check_empty(void)
{
    static const uint8_t bytes[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    struct proa_wasm_module module;
    struct proa_buffer out;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_wasm_decode(bytes, sizeof bytes, &module, &err), PROA_OK);
    CHECK_EQ(proa_wasm_validate(&module, &err), PROA_OK);
    proa_buffer_init(&out, DESCRIPTION_MAX);
    CHECK_EQ(proa_inspect(&module, false, &out, &err), PROA_OK);
    proa_buffer_clear(&out);
    CHECK_EQ(proa_inspect(&module, true, &out, &err), PROA_OK);
    json_t *root = json_loadb((const char *)out.bytes, out.size, 0, NULL);
    CHECK_EQ(json_is_null(json_object_get(root, "start_function")), 1);
    check_string(json_object_get(root, "name"), "");
    json_decref(root);
    proa_buffer_deinit(&out);
    proa_wasm_module_deinit(&module);
}

int main(void)
{
    struct bytes bytes = { .size = 0 };
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    put_module(&bytes);
    CHECK_EQ(proa_wasm_decode(bytes.at, bytes.size, &module, &err), PROA_OK);
    CHECK_EQ(proa_wasm_validate(&module, &err), PROA_OK);
    check_text(&module);
    check_json(&module);
    check_limit(&module, false);
    check_limit(&module, true);
    proa_wasm_module_deinit(&module);
    check_empty();
    return 0;
}
