/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/decode.h"

#include "bytes.h"
#include "wasm/limits.h"

static enum proa_status decode(const struct bytes *from,
                               struct proa_wasm_module *module,
                               struct proa_error *err)
{
    return proa_wasm_decode(from->at, from->size, module, err);
}

/* A module with something in every section. */
static void put_whole(struct bytes *to)
{
    put_header(to);
    PUT_SECTION(to, 0,
                "\x02"
                "hiyou");
    PUT_SECTION(to, 1, "\x02\x60\x00\x00\x60\x02\x7f\x7e\x01\x7d");
    PUT_SECTION(to, 2,
                "\x04"
                "\x01m\x01"
                "f\x00\x01"
                "\x01m\x01t\x01\x70\x00\x01"
                "\x01m\x00\x02\x01\x01\x02"
                "\x01m\x01g\x03\x7f\x01");
    PUT_SECTION(to, 3, "\x02\x00\x01");
    PUT_SECTION(to, 4, "\x02\x6f\x05\x01\x02\x40\x00\x70\x00\x03\xd2\x00\x0b");
    PUT_SECTION(to, 5, "\x01\x04\x01");
    PUT_SECTION(to, 6, "\x01\x7e\x00\x42\x05\x0b");
    PUT_SECTION(to, 7, "\x02\x01x\x00\x01\x01y\x03\x01");
    PUT_SECTION(to, 8, "\x01");
    PUT_SECTION(to, 9,
                "\x03"
                "\x00\x41\x00\x0b\x02\x00\x01"
                "\x03\x00\x01\x02"
                "\x06\x01\x41\x00\x0b\x6f\x01\xd0\x6f\x0b");
    PUT_SECTION(to, 12, "\x02");
    PUT_SECTION(to, 10, "\x02\x02\x00\x0b\x06\x01\x02\x7f\x00\x00\x0b");
    PUT_SECTION(to, 11,
                "\x02\x00\x41\x07\x0b\x02"
                "ab\x01\x01"
                "c");
    PUT_SECTION(to, 0, "\x04name\x00\x02\x01M\x01\x04\x01\x02\x01q");
}

static void check_spaces(const struct proa_wasm_module *m)
{
    CHECK_EQ(m->type_count, 2);
    CHECK_EQ(m->types[1].param_count, 2);
    CHECK_EQ(m->types[1].params[1], PROA_I64);
    CHECK_EQ(m->types[1].results[0], PROA_F32);
    CHECK_EQ(m->import_count, 4);
    CHECK_EQ(m->imports[2].name.size, 0);
    CHECK_EQ(m->imports[3].kind, PROA_KIND_GLOBAL);
    CHECK_EQ(m->function_count, 3);
    CHECK_EQ(m->imported_function_count, 1);
    CHECK_EQ(m->functions[0].type_index, 1);
    CHECK_EQ(m->functions[1].type_index, 0);
    CHECK_EQ(m->table_count, 3);
    CHECK_EQ(m->tables[0].type.limits.min, 1);
    CHECK_EQ(m->tables[0].type.limits.max == UINT64_MAX, 1);
    CHECK_EQ(m->tables[1].type.element, PROA_EXTERNREF);
    CHECK_EQ(m->tables[1].type.limits.is_64, 1);
    CHECK_EQ(m->tables[1].type.limits.max, 2);
    CHECK_EQ(m->tables[1].init.size, 0);
    CHECK_EQ(m->tables[2].init.size - m->tables[2].init.offset, 3);
    CHECK_EQ(m->memory_count, 2);
    CHECK_EQ(m->memories[0].limits.max, 2);
    CHECK_EQ(m->memories[1].limits.is_64, 1);
    CHECK_EQ(m->global_count, 2);
    CHECK_EQ(m->globals[0].type.is_mutable, 1);
    CHECK_EQ(m->globals[1].type.type, PROA_I64);
    CHECK_EQ(m->globals[1].type.is_mutable, 0);
}

static void check_rest(const struct proa_wasm_module *m)
{
    CHECK_EQ(m->export_count, 2);
    CHECK_EQ(m->exports[0].index, 1);
    CHECK_EQ(m->exports[1].kind, PROA_KIND_GLOBAL);
    CHECK_EQ(m->start_function, 1);
    CHECK_EQ(m->elem_count, 3);
    CHECK_EQ(m->elems[0].mode, PROA_SEGMENT_ACTIVE);
    CHECK_EQ(m->elems[0].item_count, 2);
    CHECK_EQ(m->elems[0].has_expressions, 0);
    CHECK_EQ(m->elems[1].mode, PROA_SEGMENT_DECLARED);
    CHECK_EQ(m->elems[2].table_index, 1);
    CHECK_EQ(m->elems[2].type, PROA_EXTERNREF);
    CHECK_EQ(m->elems[2].has_expressions, 1);
    CHECK_EQ(m->elems[2].items.size - m->elems[2].items.offset, 3);
    CHECK_EQ(m->has_data_count, 1);
    CHECK_EQ(m->data_count, 2);
    CHECK_EQ(m->datas[0].mode, PROA_SEGMENT_ACTIVE);
    CHECK_EQ(m->datas[0].size, 2);
    CHECK_EQ(m->datas[0].bytes[1], 'b');
    CHECK_EQ(m->datas[1].mode, PROA_SEGMENT_PASSIVE);
    CHECK_EQ(m->functions[0].body.size, 0);
    CHECK_EQ(m->functions[1].body.size - m->functions[1].body.offset, 2);
    CHECK_EQ(m->code_size, 11);
    CHECK_EQ(m->custom_count, 2);
    CHECK_EQ(m->customs[0].name.size, 2);
    CHECK_EQ(m->customs[0].size, 3);
    CHECK_EQ(m->section_sizes[PROA_SECTION_CUSTOM], 21);
    /* Names: the module's, an import's (none), an export's, the section's. */
    CHECK_EQ(m->name.size, 1);
    CHECK_EQ(m->functions[0].name.size, 0);
    CHECK_EQ(m->functions[1].name.bytes[0], 'x');
    CHECK_EQ(m->functions[2].name.bytes[0], 'q');
}

static void check_whole(void)
{
    struct bytes bytes = { .size = 0 };
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    put_whole(&bytes);
    CHECK_EQ(decode(&bytes, &module, &err), PROA_OK);
    check_spaces(&module);
    check_rest(&module);
    proa_wasm_module_deinit(&module);

    /* A prefix is whole only where a section ends. */
    uint32_t whole_count = 0;
    for (uint32_t size = 0; size < bytes.size; size++) {
        uint8_t *cut = exact_copy(bytes.at, size);
        struct proa_error cut_err = { 0 };
        enum proa_status status =
            proa_wasm_decode(cut, size, &module, &cut_err);
        CHECK_EQ(cut_err.status, status);
        if (status == PROA_OK) {
            whole_count++;
            proa_wasm_module_deinit(&module);
        } else {
            CHECK_EQ(status, PROA_MALFORMED);
        }
        free(cut);
    }
    /* The header, 4 sections without functions, and after the data. */
    CHECK_EQ(whole_count, 5);
}

/* A bit turned may make another module or none; it never makes a fault. */
static void check_flips(void)
{
    struct bytes bytes = { .size = 0 };

    put_whole(&bytes);
    for (uint32_t bit = 0; bit < bytes.size * 8; bit++) {
        struct proa_wasm_module module;
        struct proa_error err = { 0 };
        uint8_t *copy = exact_copy(bytes.at, bytes.size);

        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (proa_wasm_decode(copy, bytes.size, &module, &err) == PROA_OK)
            proa_wasm_module_deinit(&module);
        free(copy);
    }
}

struct bad_case {
    const char *bytes; /* after the header */
    uint32_t size;
    enum proa_status status;
    const char *text; /* how the error begins */
};
#define BAD(bytes, status, error)                                              \
    {                                                                          \
        bytes, sizeof(bytes) - 1, status, error                                \
    }

static const char not_built[] = "feature not supported: ";

static const struct bad_case bad_cases[] = {
    BAD("\x0e\x00", PROA_MALFORMED, "malformed section id"),
    BAD("\x01\xff\xff\xff\xff\x0f", PROA_MALFORMED, "length out of bounds"),
    BAD("\x01\x02\x00\x00", PROA_MALFORMED, "section size mismatch"),
    BAD("\x03\x01\x00\x01\x01\x00", PROA_MALFORMED,
        "unexpected content after last section"),
    BAD("\x01\x01\x00\x01\x01\x00", PROA_MALFORMED,
        "unexpected content after last section"),
    BAD("\x01\x05\xff\xff\xff\xff\x0f", PROA_MALFORMED, "unexpected end"),
    BAD("\x01\x02\x01\x5a", PROA_MALFORMED, "malformed type form"),
    BAD("\x01\x02\x01\x5f", PROA_UNSUPPORTED, not_built),
    BAD("\x01\x02\x01\x4e", PROA_UNSUPPORTED, not_built),
    BAD("\x01\x06\x01\x60\x01\x64\x70\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x02\x05\x01\x00\x00\x05\x00", PROA_MALFORMED,
        "malformed import kind"),
    BAD("\x02\x06\x01\x00\x00\x04\x00\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x02\x06\x01\x01\xff\x00\x00\x00", PROA_MALFORMED,
        "malformed UTF-8 encoding"),
    BAD("\x04\x04\x01\x7f\x00\x01", PROA_MALFORMED, "malformed reference type"),
    BAD("\x04\x04\x01\x70\x02\x01", PROA_MALFORMED, "malformed limits flags"),
    BAD("\x04\x06\x01\x40\x01\x70\x00\x01", PROA_MALFORMED, "malformed table"),
    BAD("\x04\x0e\x01\x70\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        PROA_INVALID, "table size"),
    BAD("\x05\x0d\x01\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        PROA_INVALID, "memory size"),
    BAD("\x05\x03\x01\x08\x01", PROA_MALFORMED, "malformed limits flags"),
    BAD("\x05\x04\x01\x03\x01\x01", PROA_UNSUPPORTED, not_built),
    BAD("\x06\x06\x01\x7f\x02\x41\x00\x0b", PROA_MALFORMED,
        "malformed mutability"),
    BAD("\x06\x05\x01\x7f\x00\x41\x00", PROA_MALFORMED,
        "unexpected end of section or function"),
    BAD("\x06\x07\x01\x7f\x00\x02\x40\x0b\x41", PROA_MALFORMED,
        "unexpected end"),
    BAD("\x0d\x01\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x07\x05\x01\x01x\x06\x00", PROA_MALFORMED, "malformed export kind"),
    BAD("\x09\x02\x01\x08", PROA_MALFORMED, "malformed elements segment kind"),
    BAD("\x09\x04\x01\x01\x01\x00", PROA_MALFORMED, "malformed element kind"),
    BAD("\x0b\x02\x01\x03", PROA_MALFORMED, "malformed data segment kind"),
    BAD("\x0c\x01\x01", PROA_MALFORMED,
        "data count and data section have inconsistent lengths"),
    BAD("\x0c\x01\x01\x0b\x01\x00", PROA_MALFORMED,
        "data count and data section have inconsistent lengths"),
    BAD("\x0c\x03\xc0\x84\x3d", PROA_LIMIT, "1000000 data segments"),
    BAD("\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00", PROA_MALFORMED,
        "function and code section have inconsistent lengths"),
    BAD("\x0a\x04\x01\x02\x00\x0b", PROA_MALFORMED,
        "function and code section have inconsistent lengths"),
    BAD("\x00\x02\x05x", PROA_MALFORMED, "unexpected end"),
    BAD("\x00\x00", PROA_MALFORMED, "unexpected end"),
};

static void check_bad(const struct bad_case *c)
{
    struct bytes bytes = { .size = 0 };
    struct proa_wasm_module module = { .size = 7 };
    struct proa_error err = { 0 };

    put_header(&bytes);
    put(&bytes, c->bytes, c->size);
    uint8_t *copy = exact_copy(bytes.at, bytes.size);
    enum proa_status status = proa_wasm_decode(copy, bytes.size, &module, &err);
    if (status != c->status || err.status != status ||
        strncmp(err.text, c->text, strlen(c->text)) != 0) {
        fprintf(stderr, "status %d, \"%s\", expected %d, \"%s\"\n", status,
                err.text, c->status, c->text);
        exit(1);
    }
    CHECK_EQ(module.size, 7); /* untouched */
    CHECK_EQ(strchr(err.text, '\n') == NULL, 1);
    CHECK_EQ(err.offset <= bytes.size, 1);
    free(copy);
}

static void check_headers(void)
{
    static const struct bad_case cases[] = {
        BAD("", PROA_MALFORMED, "unexpected end"),
        BAD("\0as", PROA_MALFORMED, "magic header not detected"),
        BAD("hello, world", PROA_MALFORMED, "magic header not detected"),
        BAD("\0asm\1\0\0", PROA_MALFORMED, "unexpected end"),
        BAD("\0asm\2\0\0\0", PROA_MALFORMED, "unknown binary version"),
        BAD("\0asm\x0d\0\1\0", PROA_UNSUPPORTED, not_built),
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_wasm_module module;
        struct proa_error err = { 0 };
        uint8_t *copy =
            exact_copy((const uint8_t *)cases[i].bytes, cases[i].size);
        CHECK_EQ(proa_wasm_decode(copy, cases[i].size, &module, &err),
                 cases[i].status);
        CHECK_EQ(strncmp(err.text, cases[i].text, strlen(cases[i].text)), 0);
        free(copy);
    }
}

/* Each is malformed at its very end, after a good name. */
static void check_bad_names_are_ignored(void)
{
    static const struct bad_case cases[] = {
        BAD("\x04name\x00\x02\x01M\x01\x05", PROA_OK, ""),
        BAD("\x04name\x00\x02\x01M\x01\x03\x01\x00", PROA_OK, ""),
        BAD("\x04name\x00\x02\x01M\x01\x04\x01\x09\x01q", PROA_OK, ""),
        BAD("\x04name\x00\x02\x01M\x01\x04\x01\x00\x01\xff", PROA_OK, ""),
        BAD("\x04name\x00\x02\x01M\x80", PROA_OK, ""),
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes bytes = { .size = 0 };
        struct proa_wasm_module module;
        struct proa_error err = { 0 };

        put_header(&bytes);
        put_section(&bytes, 0, cases[i].bytes, cases[i].size);
        CHECK_EQ(decode(&bytes, &module, &err), PROA_OK);
        CHECK_EQ(module.name.size, 0);
        CHECK_EQ(module.custom_count, 1);
        CHECK_EQ(err.status, PROA_OK);
        proa_wasm_module_deinit(&module);
    }
}

/* Counts that the bytes do have, but more than a limit. */
static void check_limits(void)
{
    static const struct {
        uint8_t section;
        uint8_t filler; /* an entry is this byte, repeated */
        uint8_t entry_size;
        uint32_t count;
    } cases[] = {
        { PROA_SECTION_MEMORY, 0, 2, PROA_MEMORIES_MAX + 1 },
        { PROA_SECTION_FUNCTION, 0, 1, PROA_FUNCTIONS_MAX + 1 },
        { PROA_SECTION_EXPORT, 0, 3, PROA_EXPORTS_MAX + 1 },
        { PROA_SECTION_ELEM, 0, 3, PROA_ELEM_SEGMENTS_MAX + 1 },
        { PROA_SECTION_DATA, 0, 3, PROA_DATA_SEGMENTS_MAX + 1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes head = { .size = 0 };
        struct bytes count = { .size = 0 };
        struct proa_wasm_module module;
        struct proa_error err = { 0 };
        uint32_t size = cases[i].count * cases[i].entry_size;

        put_u32(&count, cases[i].count);
        put_header(&head);
        put_byte(&head, cases[i].section);
        put_u32(&head, count.size + size);
        put(&head, count.at, count.size);
        uint8_t *bytes = malloc(head.size + size);
        CHECK_EQ(bytes != NULL, 1);
        memcpy(bytes, head.at, head.size);
        memset(bytes + head.size, cases[i].filler, size);
        CHECK_EQ(proa_wasm_decode(bytes, head.size + size, &module, &err),
                 PROA_LIMIT);
        free(bytes);
    }
}

int main(void)
{
    check_whole();
    check_flips();
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++)
        check_bad(&bad_cases[i]);
    check_headers();
    check_bad_names_are_ignored();
    check_limits();
    return 0;
}
