/*
 * The typing rules of instructions: bodies in a module that has one of
 * everything.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bytes.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

struct body_case {
    const char *body; /* locals and code, without the final `end` */
    uint32_t size;
    uint32_t type; /* an index into the types below */
    enum proa_status status;
    const char *text; /* how the error begins */
};
enum { VOID, I32_I32, TO_I32, SWAP, TO_REF };

#define GOOD(type, body)                                                       \
    {                                                                          \
        body, sizeof(body) - 1, type, PROA_OK, ""                              \
    }
#define BAD(type, body, text)                                                  \
    {                                                                          \
        body, sizeof(body) - 1, type, PROA_INVALID, text                       \
    }
#define ZERO "\x41\x00"   /* i32.const 0 */
#define ZERO64 "\x42\x00" /* i64.const 0 */
#define NULL_FUNC "\xd0\x70"
#define NULL_EXTERN "\xd0\x6f"
#define DROP "\x1a"
#define NEVER "\x00" /* unreachable */

/* A module whose function 0 has the case's body. */
static void put_module(struct bytes *to, const struct body_case *c)
{
    struct bytes code = { .size = 0 };
    uint8_t functions[] = { 3, (uint8_t)c->type, I32_I32, VOID };

    put_header(to);
    PUT_SECTION(to, 1,
                "\x05\x60\x00\x00\x60\x01\x7f\x01\x7f\x60\x00\x01\x7f"
                "\x60\x02\x7e\x7f\x02\x7f\x7e\x60\x00\x01\x6f");
    put_section(to, 3, functions, sizeof functions);
    PUT_SECTION(to, 4, "\x03\x70\x00\x01\x6f\x00\x01\x70\x04\x01");
    PUT_SECTION(to, 5, "\x02\x00\x01\x04\x01");
    PUT_SECTION(to, 6, "\x02\x7f\x00\x41\x00\x0b\x7e\x01\x42\x00\x0b");
    PUT_SECTION(to, 7, "\x01\x01z\x00\x02");
    PUT_SECTION(to, 9,
                "\x02\x01\x00\x01\x01"
                "\x05\x6f\x01\xd0\x6f\x0b");
    PUT_SECTION(to, 12, "\x01");
    put_byte(&code, 3);
    put_u32(&code, c->size + 1);
    put(&code, c->body, c->size);
    put(&code, "\x0b\x04\x00\x20\x00\x0b\x02\x00\x0b", 9);
    put_section(to, 10, code.at, code.size);
    PUT_SECTION(to, 11, "\x01\x01\x01x");
}

static const struct body_case cases[] = {
    GOOD(VOID, "\x00"),
    GOOD(VOID, "\x00\x01"),
    GOOD(I32_I32, "\x00\x20\x00"),
    GOOD(TO_I32, "\x00\x41\x05"),
    BAD(TO_I32, "\x00", "type mismatch: end takes i32, found nothing"),
    BAD(TO_I32, "\x00" ZERO64, "type mismatch: end takes i32, found i64"),
    BAD(VOID, "\x00" ZERO, "type mismatch: 1 values too many"),
    GOOD(TO_I32, "\x00" ZERO ZERO "\x6a"),
    BAD(TO_I32, "\x00" ZERO ZERO64 "\x6a", "type mismatch: i32.add takes i32"),
    BAD(TO_I32, "\x00" ZERO "\x6a", "type mismatch: i32.add takes i32"),
    GOOD(TO_I32, "\x00" NEVER "\x6a"),
    GOOD(TO_I32, "\x00" NEVER ZERO "\x6a"),
    BAD(TO_I32, "\x00" NEVER ZERO64 "\x6a", "type mismatch"),
    BAD(TO_I32, "\x00" NEVER "\x6a\xa7", "type mismatch"),

    /* locals */
    GOOD(VOID, "\x02\x02\x7e\x01\x7d\x20\x01\x21\x00"),
    BAD(VOID, "\x02\x02\x7e\x01\x7d\x20\x02\x21\x00", "type mismatch"),
    BAD(VOID, "\x01\x02\x7e\x20\x02", "unknown local 2"),
    GOOD(VOID, "\x02\xac\x02\x7e\x01\x7d\x20\xac\x02\x21\xac\x02"),
    GOOD(VOID, "\x02\xac\x02\x7e\x01\x7d\x20\xab\x02\x24\x01"),
    BAD(VOID, "\x02\xac\x02\x7e\x01\x7d\x20\xac\x02\x24\x01", "type mismatch"),
    BAD(VOID, "\x02\xac\x02\x7e\x01\x7d\x20\xad\x02", "unknown local 301"),
    GOOD(I32_I32, "\x01\x01\x7e\x20\x00\x22\x00"),
    BAD(I32_I32, "\x01\x01\x7e\x20\x00\x22\x01", "type mismatch"),

    /* globals, drop, select */
    GOOD(VOID, "\x00\x23\x01\x24\x01"),
    BAD(VOID, "\x00\x23\x00\x24\x01", "type mismatch"),
    BAD(VOID, "\x00\x23\x00\x24\x00", "immutable global"),
    BAD(VOID, "\x00\x23\x02" DROP, "unknown global 2"),
    BAD(VOID, "\x00" DROP, "type mismatch"),
    GOOD(TO_I32, "\x00" ZERO ZERO ZERO "\x1b"),
    BAD(TO_I32, "\x00" ZERO ZERO64 ZERO "\x1b", "type mismatch: select"),
    BAD(VOID, "\x00" NULL_FUNC NULL_FUNC ZERO "\x1b" DROP, "type mismatch"),
    GOOD(VOID, "\x00" NULL_FUNC NULL_FUNC ZERO "\x1c\x01\x70" DROP),
    BAD(VOID, "\x00" NULL_FUNC NULL_EXTERN ZERO "\x1c\x01\x70" DROP,
        "type mismatch"),
    BAD(VOID, "\x00" ZERO ZERO ZERO "\x1c\x02\x7f\x7f" DROP,
        "invalid result arity"),
    GOOD(TO_I32, "\x00" NEVER "\x1b"),
    BAD(TO_I32, "\x00" NEVER ZERO64 ZERO "\x1b", "type mismatch"),

    /* blocks and branches */
    GOOD(TO_I32, "\x00\x02\x7f" ZERO "\x0b"),
    BAD(VOID, "\x00\x02\x05\x0b", "unknown type 5"),
    BAD(TO_I32, "\x00" ZERO "\x02\x40" DROP "\x0b" ZERO, "type mismatch"),
    GOOD(SWAP, "\x00" ZERO64 ZERO "\x02\x03\x21\x01\x21\x00\x20\x01\x20\x00"
               "\x0b"),
    GOOD(TO_I32, "\x00\x03\x7f" ZERO "\x0b"),
    GOOD(VOID, "\x00\x03\x40\x0c\x00\x0b"),
    BAD(TO_I32, "\x00\x03\x7f" ZERO "\x0c\x00\x0b\xa7", "type mismatch"),
    GOOD(TO_I32, "\x00" ZERO "\x03\x01\x0c\x00\x0b"),
    BAD(VOID, "\x00\x03\x01\x0b" DROP, "type mismatch"),
    GOOD(TO_I32, "\x00" ZERO "\x04\x7f" ZERO "\x05" ZERO "\x0b"),
    BAD(TO_I32, "\x00" ZERO "\x04\x7f" ZERO "\x0b", "type mismatch: if"),
    GOOD(TO_I32, "\x00" ZERO ZERO "\x04\x01" DROP ZERO "\x0b"),
    BAD(TO_I32, "\x00" ZERO "\x04\x7f" ZERO "\x05\x0b", "type mismatch"),
    BAD(TO_I32, "\x00" ZERO "\x04\x7f\x05" ZERO "\x0b", "type mismatch"),
    BAD(VOID, "\x00" ZERO64 "\x04\x40\x0b", "type mismatch: if takes i32"),
    GOOD(TO_I32, "\x00\x02\x7f" ZERO "\x0c\x00\x0b"),
    BAD(TO_I32, "\x00\x02\x7f\x0c\x00\x0b", "type mismatch: br takes i32"),
    BAD(VOID, "\x00\x0c\x01", "unknown label 1"),
    GOOD(TO_I32, "\x00" ZERO ZERO "\x0d\x00"),
    BAD(TO_I32, "\x00" ZERO "\x0d\x00", "type mismatch: br_if takes i32"),
    BAD(TO_I32, "\x00\x02\x7f" NEVER ZERO "\x0d\x00\xa7\x0b", "type mismatch"),
    GOOD(TO_I32, "\x00\x02\x7f" ZERO ZERO "\x0e\x02\x00\x01\x00\x0b"),
    BAD(TO_I32, "\x00\x02\x40" ZERO ZERO "\x0e\x01\x00\x01\x0b",
        "type mismatch: br_table"),
    BAD(VOID, "\x00" ZERO "\x0e\x01\x00\x01", "unknown label 1"),
    BAD(VOID, "\x00" ZERO "\x0e\x01\x01\x00", "unknown label 1"),
    GOOD(TO_I32, "\x00\x02\x7f" NEVER "\x0e\x01\x00\x01\x0b"),
    BAD(VOID,
        "\x00\x02\x7d\x02\x7f" NEVER "\x41\x01\x0e\x01\x00\x01\x0b" DROP ZERO64
        "\x0b" DROP,
        "type mismatch: end takes f32, found i64"),
    GOOD(TO_I32, "\x00" ZERO "\x0f"),
    GOOD(TO_I32, "\x00" ZERO64 ZERO "\x0f"),
    BAD(TO_I32, "\x00" ZERO64 "\x0f", "type mismatch: return takes i32"),

    /* calls */
    GOOD(TO_I32, "\x00" ZERO "\x10\x01"),
    BAD(TO_I32, "\x00" ZERO64 "\x10\x01", "type mismatch: call takes i32"),
    BAD(VOID, "\x00\x10\x03", "unknown function 3"),
    GOOD(TO_I32, "\x00" ZERO ZERO "\x11\x01\x00"),
    GOOD(TO_I32, "\x00" ZERO ZERO64 "\x11\x01\x02"),
    BAD(TO_I32, "\x00" ZERO ZERO "\x11\x01\x02", "type mismatch"),
    BAD(VOID, "\x00" ZERO "\x11\x00\x01", "type mismatch: call_indirect"),
    BAD(VOID, "\x00" ZERO "\x11\x00\x03", "unknown table 3"),
    BAD(VOID, "\x00" ZERO "\x11\x05\x00", "unknown type 5"),
    GOOD(TO_I32, "\x00" ZERO "\x12\x01"),
    GOOD(I32_I32, "\x00" ZERO ZERO "\x13\x01\x00"),
    BAD(VOID, "\x00" ZERO "\x12\x01", "type mismatch: return_call"),
    BAD(TO_REF, "\x00" ZERO "\x12\x01", "type mismatch: return_call"),

    /* memory */
    GOOD(TO_I32, "\x00" ZERO "\x28\x02\x00"),
    GOOD(TO_I32, "\x00" ZERO64 "\x28\x42\x01\x00"),
    BAD(TO_I32, "\x00" ZERO "\x28\x42\x01\x00", "type mismatch"),
    BAD(TO_I32, "\x00" ZERO "\x28\x42\x02\x00", "unknown memory 2"),
    BAD(TO_I32, "\x00" ZERO "\x28\x03\x00", "alignment must not be larger"),
    GOOD(TO_I32, "\x00" ZERO "\x28\x02\xff\xff\xff\xff\x0f"),
    BAD(TO_I32, "\x00" ZERO "\x28\x02\x80\x80\x80\x80\x10",
        "offset out of range"),
    GOOD(TO_I32, "\x00" ZERO64 "\x28\x42\x01\x80\x80\x80\x80\x10"),
    GOOD(VOID, "\x00" ZERO ZERO "\x3a\x00\x00"),
    GOOD(TO_I32, "\x00\x3f\x00"),
    BAD(TO_I32, "\x00\x3f\x01", "type mismatch"),
    GOOD(VOID, "\x00" ZERO64 "\x40\x01\x24\x01"),
    BAD(TO_I32, "\x00\x3f\x02", "unknown memory 2"),
    GOOD(VOID, "\x00" ZERO ZERO ZERO "\xfc\x0a\x00\x00"),
    GOOD(VOID, "\x00" ZERO ZERO64 ZERO "\xfc\x0a\x00\x01"),
    GOOD(VOID, "\x00" ZERO64 ZERO ZERO "\xfc\x0a\x01\x00"),
    GOOD(VOID, "\x00" ZERO64 ZERO64 ZERO64 "\xfc\x0a\x01\x01"),
    BAD(VOID, "\x00" ZERO64 ZERO ZERO64 "\xfc\x0a\x01\x00", "type mismatch"),
    GOOD(VOID, "\x00" ZERO64 ZERO ZERO64 "\xfc\x0b\x01"),
    BAD(VOID, "\x00" ZERO64 ZERO ZERO "\xfc\x0b\x01", "type mismatch"),
    GOOD(VOID, "\x00" ZERO64 ZERO ZERO "\xfc\x08\x00\x01\xfc\x09\x00"),
    BAD(VOID, "\x00\xfc\x09\x01", "unknown data segment 1"),
    BAD(VOID, "\x00" ZERO ZERO ZERO "\xfc\x08\x01\x00", "unknown data seg"),

    /* tables and references */
    GOOD(VOID, "\x00" ZERO ZERO "\x25\x00\x26\x00"),
    GOOD(VOID, "\x00" ZERO64 ZERO64 "\x25\x02\x26\x02"),
    BAD(VOID, "\x00" ZERO ZERO "\x25\x00\x26\x01", "type mismatch"),
    BAD(VOID, "\x00" ZERO "\x25\x03" DROP, "unknown table 3"),
    GOOD(TO_I32, "\x00" NULL_EXTERN ZERO "\xfc\x0f\x01"),
    GOOD(VOID, "\x00" NULL_FUNC ZERO64 "\xfc\x0f\x02\x24\x01"),
    GOOD(TO_I32, "\x00\xfc\x10\x01"),
    GOOD(VOID, "\x00\xfc\x10\x02\x24\x01"),
    GOOD(VOID, "\x00" ZERO NULL_EXTERN ZERO "\xfc\x11\x01"),
    GOOD(VOID, "\x00" ZERO64 NULL_FUNC ZERO64 "\xfc\x11\x02"),
    GOOD(VOID, "\x00" ZERO64 ZERO ZERO "\xfc\x0e\x02\x00"),
    BAD(VOID, "\x00" ZERO ZERO ZERO "\xfc\x0e\x00\x01", "type mismatch"),
    GOOD(VOID, "\x00" ZERO64 ZERO ZERO "\xfc\x0c\x00\x02"),
    BAD(VOID, "\x00" ZERO ZERO ZERO "\xfc\x0c\x01\x00", "type mismatch"),
    BAD(VOID, "\x00" ZERO ZERO ZERO "\xfc\x0c\x02\x00", "unknown elem seg"),
    GOOD(VOID, "\x00\xfc\x0d\x01"),
    BAD(VOID, "\x00\xfc\x0d\x02", "unknown elem segment 2"),
    GOOD(TO_I32, "\x00" NULL_FUNC "\xd1"),
    GOOD(TO_I32, "\x00" NEVER "\xd1"),
    BAD(TO_I32, "\x00" ZERO "\xd1", "type mismatch: ref.is_null"),
    GOOD(VOID, "\x00\xd2\x01" DROP),
    GOOD(VOID, "\x00\xd2\x02" DROP),
    BAD(VOID, "\x00\xd2\x00" DROP, "undeclared function reference"),
    BAD(VOID, "\x00\xd2\x03" DROP, "unknown function 3"),

    /* lanes */
    GOOD(TO_I32, "\x01\x01\x7b\x20\x00\xfd\x15\x0f"),
    BAD(TO_I32, "\x01\x01\x7b\x20\x00\xfd\x15\x10", "invalid lane index"),
    BAD(TO_I32, "\x01\x01\x7b\x20\x00\xfd\x19\x08", "invalid lane index"),
    GOOD(TO_I32, "\x01\x01\x7b\x20\x00\xfd\x1b\x03"),
    BAD(TO_I32, "\x01\x01\x7b\x20\x00\xfd\x1b\x04", "invalid lane index"),
    BAD(VOID, "\x01\x01\x7b\x20\x00\xfd\x1d\x02" DROP, "invalid lane index"),
    BAD(VOID, "\x01\x01\x7b\x20\x00\xfd\x1f\x04" DROP, "invalid lane index"),
    BAD(VOID, "\x01\x01\x7b\x20\x00\xfd\x21\x02" DROP, "invalid lane index"),
    GOOD(VOID, "\x01\x01\x7b" ZERO "\x20\x00\xfd\x57\x03\x00\x01" DROP),
    BAD(VOID, "\x01\x01\x7b" ZERO "\x20\x00\xfd\x57\x03\x00\x02" DROP,
        "invalid lane index"),
    BAD(VOID, "\x01\x01\x7b" ZERO "\x20\x00\xfd\x57\x04\x00\x01" DROP,
        "alignment must not be larger"),
    GOOD(VOID, "\x01\x01\x7b\x20\x00\x20\x00\xfd\x0d\x1f\x00\x00\x00\x00\x00"
               "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1f" DROP),
    BAD(VOID,
        "\x01\x01\x7b\x20\x00\x20\x00\xfd\x0d\x1f\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x20" DROP,
        "invalid lane index"),
    GOOD(VOID, "\x01\x01\x7b\x20\x00\x20\x00\x20\x00\xfd\x85\x02\x21\x00"),
};

static const struct body_case malformed[] = {
#define MALFORMED(body, text)                                                  \
    {                                                                          \
        body, sizeof(body) - 1, VOID, PROA_MALFORMED, text                     \
    }
    MALFORMED("\x00\x02\x40", "unexpected end of section or function"),
    MALFORMED("\x00\x0b", "END opcode expected"),
    MALFORMED("\x00\x05", "END opcode expected"),
    MALFORMED("\x00\x02\x40\x05\x0b", "END opcode expected"),
    MALFORMED("\x00" ZERO "\x04\x40\x05\x05\x0b", "END opcode expected"),
    MALFORMED("\x02\xff\xff\xff\xff\x0f\x7f\x02\x7e", "too many locals"),
    MALFORMED("\xff\xff\xff\xff\x0f", "unexpected end"),
    MALFORMED("\x01\x01\x40", "malformed value type"),
    MALFORMED("\x00\xff", "illegal opcode"),
    { "\x01\xd1\x86\x03\x7f", 5, VOID, PROA_LIMIT, "too many locals: 50001" },
    { "\x00\xfb\x00", 3, VOID, PROA_UNSUPPORTED, "feature not supported: gc" },
    { "\x01\x01\x63\x70", 4, VOID, PROA_UNSUPPORTED, "feature not supported" },
};

static void check(const struct body_case *c, size_t index)
{
    struct bytes bytes = { .size = 0 };
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    put_module(&bytes, c);
    uint8_t *copy = exact_copy(bytes.at, bytes.size);
    CHECK_EQ(proa_wasm_decode(copy, bytes.size, &module, &err), PROA_OK);
    enum proa_status status = proa_wasm_validate(&module, &err);
    if (status != c->status || err.status != status ||
        strncmp(err.text, c->text, strlen(c->text)) != 0) {
        fprintf(stderr, "case %zu: status %d, \"%s\", expected %d, \"%s\"\n",
                index, status, err.text, c->status, c->text);
        exit(1);
    }
    if (status != PROA_OK) {
        CHECK_EQ(strstr(err.text, " in function 0") != NULL, 1);
        CHECK_EQ(err.offset > 8 && err.offset < bytes.size, 1);
    }
    proa_wasm_module_deinit(&module);
    free(copy);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i], i);
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        check(&malformed[i], i);
    return 0;
}
