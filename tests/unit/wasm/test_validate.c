/*
 * The rules of modules; those of bodies are in test_body.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/validate.h"

#include "bytes.h"
#include "wasm/decode.h"
#include "wasm/limits.h"

struct module_case {
    const char *bytes; /* after the header */
    uint32_t size;
    enum proa_status status;
    const char *text; /* how the error begins */
};
#define GOOD(bytes)                                                            \
    {                                                                          \
        bytes, sizeof(bytes) - 1, PROA_OK, ""                                  \
    }
#define BAD(bytes, text)                                                       \
    {                                                                          \
        bytes, sizeof(bytes) - 1, PROA_INVALID, text                           \
    }
#define TYPES "\x01\x08\x02\x60\x00\x00\x60\x00\x01\x7f" /* 1 gives an i32 */
#define FUNCTION "\x03\x02\x01\x00"
#define CODE "\x0a\x04\x01\x02\x00\x0b"
#define MEMORY "\x05\x03\x01\x00\x01"
#define TABLE "\x04\x04\x01\x70\x00\x01"
/* Imports global 0, an i32 that is `mutability`. */
#define IMPORT_GLOBAL(mutability) "\x02\x06\x01\x00\x00\x03\x7f" mutability

static const struct module_case cases[] = {
    GOOD(""),
    GOOD(TYPES FUNCTION CODE),
    BAD("\x03\x02\x01\x00" CODE, "unknown type 0"),
    BAD("\x02\x05\x01\x00\x00\x00\x00", "unknown type 0"),

    /* limits */
    GOOD("\x05\x06\x01\x01\x00\x80\x80\x04"),
    BAD("\x05\x05\x01\x00\x81\x80\x04", "memory size must be at most 65536"),
    BAD("\x05\x06\x01\x01\x00\x81\x80\x04", "memory size must be at most"),
    BAD("\x05\x04\x01\x01\x02\x01", "size minimum must not be greater"),
    GOOD("\x05\x09\x01\x04\x80\x80\x80\x80\x80\x80\x40"),
    BAD("\x05\x09\x01\x04\x81\x80\x80\x80\x80\x80\x40", "memory size"),
    BAD("\x04\x05\x01\x70\x01\x02\x01", "size minimum must not be greater"),
    GOOD("\x04\x08\x01\x70\x00\xff\xff\xff\xff\x0f"),
    BAD("\x04\x08\x01\x70\x00\x80\x80\x80\x80\x10", "table size"),
    GOOD("\x04\x08\x01\x70\x04\x80\x80\x80\x80\x10"),
    GOOD("\x05\x05\x02\x00\x01\x00\x01"),

    /* constant expressions */
    GOOD("\x06\x06\x01\x7f\x00\x41\x05\x0b"),
    BAD("\x06\x06\x01\x7e\x00\x41\x05\x0b", "type mismatch: constant"),
    BAD("\x06\x04\x01\x7e\x00\x0b", "type mismatch: constant"),
    BAD("\x06\x08\x01\x7f\x00\x41\x05\x41\x05\x0b", "type mismatch: constant"),
    GOOD("\x06\x09\x01\x7f\x00\x41\x05\x41\x02\x6c\x0b"),
    BAD("\x06\x09\x01\x7f\x00\x41\x05\x42\x02\x6c\x0b", "type mismatch"),
    BAD("\x06\x07\x01\x7f\x00\x41\x02\x6a\x0b", "type mismatch"),
    BAD("\x06\x09\x01\x7f\x00\x41\x05\x41\x02\x6d\x0b",
        "constant expression required: i32.div_s"),
    BAD("\x06\x07\x01\x7f\x00\x41\x05\x67\x0b", "constant expression req"),
    BAD("\x06\x08\x01\x7f\x00\x02\x40\x0b\x00\x0b", "constant expression req"),
    GOOD(IMPORT_GLOBAL("\x00") "\x06\x06\x01\x7f\x00\x23\x00\x0b"),
    BAD(IMPORT_GLOBAL("\x01") "\x06\x06\x01\x7f\x00\x23\x00\x0b",
        "constant expression required: global 0 is mutable"),
    GOOD("\x06\x0b\x02\x7f\x00\x41\x00\x0b\x7f\x00\x23\x00\x0b"),
    BAD("\x06\x0b\x02\x7f\x00\x23\x01\x0b\x7f\x00\x41\x00\x0b",
        "unknown global 1"),
    BAD("\x06\x06\x01\x7f\x00\x23\x00\x0b", "unknown global 0"),
    GOOD("\x06\x06\x01\x70\x00\xd0\x70\x0b"),
    BAD("\x06\x06\x01\x70\x00\xd0\x6f\x0b", "type mismatch"),
    BAD("\x06\x06\x01\x70\x00\xd2\x00\x0b", "unknown function 0"),
    GOOD("\x04\x09\x01\x40\x00\x70\x00\x01\xd0\x70\x0b"),
    BAD("\x04\x09\x01\x40\x00\x70\x00\x01\xd0\x6f\x0b", "type mismatch"),
    BAD("\x04\x09\x01\x40\x00\x70\x00\x01\x23\x00\x0b"
        "\x06\x06\x01\x70\x00\xd0\x70\x0b",
        "unknown global 0"),

    /* exports */
    GOOD(TYPES FUNCTION "\x07\x09\x02\x01x\x00\x00\x01y\x00\x00" CODE),
    BAD(TYPES FUNCTION "\x07\x09\x02\x01x\x00\x00\x01x\x00\x00" CODE,
        "duplicate export name \"x\""),
    BAD("\x07\x05\x01\x01x\x00\x00", "unknown function 0 in export \"x\""),
    BAD("\x07\x05\x01\x01x\x01\x00", "unknown table 0 in export"),
    BAD("\x07\x05\x01\x01x\x02\x00", "unknown memory 0 in export"),
    BAD("\x07\x05\x01\x01\x1b\x03\x00", "unknown global 0 in export \"?\""),

    /* the start function */
    GOOD(TYPES FUNCTION "\x08\x01\x00" CODE),
    BAD(TYPES FUNCTION "\x08\x01\x01" CODE, "unknown function 1"),
    BAD(TYPES "\x03\x02\x01\x01\x08\x01\x00\x0a\x06\x01\x04\x00\x41\x00\x0b",
        "start function 0"),

    /* segments */
    GOOD(TABLE "\x09\x06\x01\x00\x41\x00\x0b\x00"),
    BAD("\x09\x06\x01\x00\x41\x00\x0b\x00", "unknown table 0"),
    BAD(TABLE "\x09\x06\x01\x00\x42\x00\x0b\x00", "type mismatch"),
    BAD(TABLE "\x09\x07\x01\x00\x41\x00\x0b\x01\x00", "unknown function 0"),
    BAD(TABLE "\x09\x08\x01\x06\x00\x41\x00\x0b\x6f\x00", "type mismatch"),
    BAD(TABLE "\x09\x07\x01\x05\x70\x01\xd0\x6f\x0b", "type mismatch"),
    GOOD("\x04\x04\x01\x70\x04\x01\x09\x06\x01\x00\x42\x00\x0b\x00"),
    GOOD(MEMORY "\x0b\x06\x01\x00\x41\x00\x0b\x00"),
    BAD("\x0b\x06\x01\x00\x41\x00\x0b\x00", "unknown memory 0"),
    BAD(MEMORY "\x0b\x06\x01\x00\x42\x00\x0b\x00", "type mismatch"),
    BAD(MEMORY "\x0b\x07\x01\x02\x01\x41\x00\x0b\x00", "unknown memory 1"),
    GOOD("\x05\x03\x01\x04\x01\x0b\x06\x01\x00\x42\x00\x0b\x00"),
};

static void check(const struct module_case *c, size_t index)
{
    struct bytes bytes = { .size = 0 };
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    put_header(&bytes);
    put(&bytes, c->bytes, c->size);
    uint8_t *copy = exact_copy(bytes.at, bytes.size);
    enum proa_status status = proa_wasm_decode(copy, bytes.size, &module, &err);
    if (status == PROA_OK) {
        status = proa_wasm_validate(&module, &err);
        proa_wasm_module_deinit(&module);
    }
    if (status != c->status || err.status != status ||
        strncmp(err.text, c->text, strlen(c->text)) != 0) {
        fprintf(stderr, "case %zu: status %d, \"%s\", expected %d, \"%s\"\n",
                index, status, err.text, c->status, c->text);
        exit(1);
    }
    free(copy);
}

/* Decoded and validated; whoever asks ends it. */
static struct proa_wasm_module make(const struct bytes *bytes)
{
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_wasm_decode(bytes->at, bytes->size, &module, &err), PROA_OK);
    CHECK_EQ(proa_wasm_validate(&module, &err), PROA_OK);
    return module;
}

struct feature_case {
    const char *bytes; /* after the header */
    uint32_t size;
    enum proa_feature feature;
};
#define USES(feature, bytes)                                                   \
    {                                                                          \
        bytes, sizeof(bytes) - 1, PROA_FEATURE_##feature                       \
    }

/* Each uses this one and, but for WebAssembly 1.0, no other. */
static const struct feature_case features[] = {
    USES(WASM1, TYPES FUNCTION CODE),
    USES(SIGN_EXTENSION,
         TYPES FUNCTION "\x0a\x08\x01\x06\x00\x41\x00\xc0\x1a\x0b"),
    USES(MULTI_VALUE, "\x01\x06\x01\x60\x00\x02\x7f\x7f"),
    USES(MUTABLE_GLOBALS, IMPORT_GLOBAL("\x01")),
    USES(BULK_MEMORY, "\x0b\x03\x01\x01\x00"),
    USES(BULK_MEMORY, "\x0c\x01\x00"),
    USES(REFERENCE_TYPES, "\x04\x04\x01\x6f\x00\x01"),
    USES(REFERENCE_TYPES, "\x01\x05\x01\x60\x01\x70\x00"),
    USES(SIMD, "\x01\x05\x01\x60\x01\x7b\x00"),
    USES(TAIL_CALL, TYPES FUNCTION "\x0a\x06\x01\x04\x00\x12\x00\x0b"),
    USES(EXTENDED_CONST, "\x06\x09\x01\x7f\x00\x41\x05\x41\x02\x6c\x0b"),
    USES(MULTI_MEMORY, "\x05\x05\x02\x00\x01\x00\x01"),
    USES(MEMORY64, "\x05\x03\x01\x04\x01"),
};

static void check_features(void)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        struct bytes bytes = { .size = 0 };

        put_header(&bytes);
        put(&bytes, features[i].bytes, features[i].size);
        struct proa_wasm_module module = make(&bytes);
        for (int f = 0; f < PROA_FEATURE_COUNT; f++) {
            bool is_expected =
                f == (int)features[i].feature || f == PROA_FEATURE_WASM1;
            if (module.feature_used[f] == is_expected)
                continue;
            fprintf(stderr, "feature case %zu: %s\n", i,
                    proa_feature_name((enum proa_feature)f));
            exit(1);
        }
        proa_wasm_module_deinit(&module);
    }
}

/* Of seven functions 1 is exported, 2 in an element, 3 in a global, 4 in an
 * element expression, 5 in a table; 0 and 6, the start, are not referenced. */
static void check_references(void)
{
    struct bytes bytes = { .size = 0 };

    put_header(&bytes);
    PUT_SECTION(&bytes, 1, "\x01\x60\x00\x00");
    PUT_SECTION(&bytes, 3, "\x07\x00\x00\x00\x00\x00\x00\x00");
    PUT_SECTION(&bytes, 4, "\x01\x40\x00\x70\x00\x01\xd2\x05\x0b");
    PUT_SECTION(&bytes, 6, "\x01\x70\x00\xd2\x03\x0b");
    PUT_SECTION(&bytes, 7, "\x01\x01x\x00\x01");
    PUT_SECTION(&bytes, 8, "\x06");
    PUT_SECTION(&bytes, 9,
                "\x02\x01\x00\x01\x02"
                "\x05\x70\x01\xd2\x04\x0b");
    PUT_SECTION(&bytes, 10,
                "\x07\x02\x00\x0b\x02\x00\x0b\x02\x00\x0b\x02\x00\x0b"
                "\x02\x00\x0b\x02\x00\x0b\x02\x00\x0b");
    struct proa_wasm_module module = make(&bytes);
    for (uint32_t i = 0; i < module.function_count; i++)
        CHECK_EQ(module.functions[i].is_referenced, i >= 1 && i <= 5);
    proa_wasm_module_deinit(&module);
}

/* A function of `fill`, repeated, between its locals and its end. */
static enum proa_status check_deep(const char *fill, uint32_t size,
                                   uint32_t count)
{
    struct bytes head = { .size = 0 };
    struct bytes body_size = { .size = 0 };
    uint32_t code_size = size * count + 2;
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    put_u32(&body_size, code_size);
    put_header(&head);
    put(&head, TYPES FUNCTION, sizeof TYPES FUNCTION - 1);
    put_byte(&head, 10);
    put_u32(&head, code_size + body_size.size + 1);
    put_byte(&head, 1);
    put(&head, body_size.at, body_size.size);
    put_byte(&head, 0);
    uint8_t *bytes = malloc(head.size + code_size - 1);
    CHECK_EQ(bytes != NULL, 1);
    memcpy(bytes, head.at, head.size);
    for (uint32_t i = 0; i < count; i++)
        memcpy(bytes + head.size + i * size, fill, size);
    bytes[head.size + size * count] = 0x0b;
    CHECK_EQ(proa_wasm_decode(bytes, head.size + code_size - 1, &module, &err),
             PROA_OK);
    enum proa_status status = proa_wasm_validate(&module, &err);
    CHECK_EQ(strlen(err.text) > 0, 1);
    proa_wasm_module_deinit(&module);
    free(bytes);
    return status;
}

static void check_depths(void)
{
    CHECK_EQ(check_deep("\x02\x40", 2, PROA_BLOCK_DEPTH_MAX), PROA_LIMIT);
    CHECK_EQ(check_deep("\x02\x40", 2, PROA_BLOCK_DEPTH_MAX - 1),
             PROA_MALFORMED); /* all but one lack their end */
    CHECK_EQ(check_deep("\x41\x00", 2, PROA_OPERANDS_MAX + 1), PROA_LIMIT);
    CHECK_EQ(check_deep("\x41\x00", 2, PROA_OPERANDS_MAX), PROA_INVALID);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i], i);
    check_features();
    check_references();
    check_depths();
    return 0;
}
