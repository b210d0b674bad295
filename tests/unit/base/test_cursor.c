/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/cursor.h"

#include "../check.h"

enum form { U32, U64, S32, S33, S64 };

struct leb_case {
    enum form form;
    uint8_t bytes[11];
    uint32_t size;
    const char *error; /* NULL: it is read */
    uint64_t value;    /* signed forms: as two's complement */
};

static const char end[] = "unexpected end";
static const char too_long[] = "integer representation too long";
static const char too_large[] = "integer too large";
#define MANY 0x80, 0x80, 0x80, 0x80
#define ONES 0xff, 0xff, 0xff, 0xff

static const struct leb_case leb_cases[] = {
    { U32, { 0x00 }, 1, NULL, 0 },
    { U32, { 0x80, 0x01 }, 2, NULL, 128 },
    { U32, { ONES, 0x0f }, 5, NULL, UINT32_MAX },
    { U32, { 0x80, 0x00 }, 2, NULL, 0 }, /* padding is allowed */
    { U32, { MANY, 0x00 }, 5, NULL, 0 },
    { U32, { ONES, 0x1f }, 5, too_large, 0 },
    { U32, { ONES, 0x7f }, 5, too_large, 0 },
    { U32, { MANY, 0x80, 0x00 }, 6, too_long, 0 },
    { U32, { 0x80 }, 1, end, 0 },
    { U32, { MANY }, 4, end, 0 },
    { U32, { 0 }, 0, end, 0 },
    { U64, { ONES, ONES, 0xff, 0x01 }, 10, NULL, UINT64_MAX },
    { U64, { ONES, ONES, 0xff, 0x02 }, 10, too_large, 0 },
    { U64, { MANY, MANY, 0x80, 0x80, 0x00 }, 11, too_long, 0 },
    { U64, { MANY, MANY, 0x80 }, 9, end, 0 },
    { S32, { 0x7f }, 1, NULL, UINT64_MAX },
    { S32, { 0x3f }, 1, NULL, 63 },
    { S32, { 0x40 }, 1, NULL, UINT64_MAX - 63 },
    { S32, { ONES, 0x07 }, 5, NULL, INT32_MAX },
    { S32, { MANY, 0x78 }, 5, NULL, UINT64_C(0xffffffff80000000) },
    { S32, { ONES, 0x7f }, 5, NULL, UINT64_MAX },
    { S32, { ONES, 0x0f }, 5, too_large, 0 }, /* stray bits are not the sign */
    { S32, { MANY, 0x70 }, 5, too_large, 0 },
    { S32, { MANY, 0x08 }, 5, too_large, 0 },
    { S32, { ONES, 0xff, 0x7f }, 6, too_long, 0 },
    { S33, { ONES, 0x0f }, 5, NULL, UINT32_MAX },
    { S33, { MANY, 0x70 }, 5, NULL, UINT64_C(0xffffffff00000000) },
    { S33, { ONES, 0x1f }, 5, too_large, 0 },
    { S33, { ONES, 0x6f }, 5, too_large, 0 },
    { S64, { ONES, ONES, 0xff, 0x00 }, 10, NULL, INT64_MAX },
    { S64, { MANY, MANY, 0x80, 0x7f }, 10, NULL, UINT64_C(1) << 63 },
    { S64, { MANY, MANY, 0x80, 0x01 }, 10, too_large, 0 },
    { S64, { ONES, ONES, 0xff, 0x7e }, 10, too_large, 0 },
    { S64, { ONES, ONES, 0xff, 0xff, 0x7f }, 11, too_long, 0 },
};

static enum proa_status read_form(enum form form, struct proa_cursor *in,
                                  uint64_t *value, struct proa_error *err)
{
    enum proa_status status = PROA_USAGE;
    uint32_t u32 = 7;
    int32_t s32 = 7;
    int64_t s64 = 7;

    switch (form) {
    case U32:
        status = proa_cursor_u32(in, &u32, err);
        *value = u32;
        break;
    case U64:
        *value = 7;
        status = proa_cursor_u64(in, value, err);
        break;
    case S32:
        status = proa_cursor_s32(in, &s32, err);
        *value = (uint64_t)s32;
        break;
    case S33:
        status = proa_cursor_s33(in, &s64, err);
        *value = (uint64_t)s64;
        break;
    case S64:
        status = proa_cursor_s64(in, &s64, err);
        *value = (uint64_t)s64;
        break;
    }
    return status;
}

static void check_leb(const struct leb_case *c)
{
    uint8_t *bytes = exact_copy(c->bytes, c->size);
    struct proa_cursor in = { .bytes = bytes, .size = c->size };
    struct proa_error err = { 0 };
    uint64_t value;
    enum proa_status status = read_form(c->form, &in, &value, &err);

    CHECK_EQ(status, c->error == NULL ? PROA_OK : PROA_MALFORMED);
    CHECK_EQ(err.status, status);
    CHECK_EQ(value, c->error == NULL ? c->value : 7); /* 7: untouched */
    CHECK_EQ(in.offset, c->error == NULL ? c->size : 0);
    if (c->error != NULL)
        CHECK_EQ(strcmp(err.text, c->error), 0);
    free(bytes);
}

static void check_fixed(void)
{
    static const uint8_t good[] = { 1, 2, 3, 4, 5, 6, 7, 0x88 };

    for (uint32_t size = 0; size <= sizeof good; size++) {
        uint8_t *bytes = exact_copy(good, size);
        struct proa_cursor in = { .bytes = bytes, .size = size };
        struct proa_error err = { 0 };
        uint32_t u32 = 7;
        uint64_t u64 = 7;

        CHECK_EQ(proa_cursor_fixed64(&in, &u64, &err),
                 size < 8 ? PROA_MALFORMED : PROA_OK);
        CHECK_EQ(u64, size < 8 ? 7 : UINT64_C(0x8807060504030201));
        in.offset = 0;
        CHECK_EQ(proa_cursor_fixed32(&in, &u32, &err),
                 size < 4 ? PROA_MALFORMED : PROA_OK);
        CHECK_EQ(u32, size < 4 ? 7 : 0x04030201);
        free(bytes);
    }
}

/* A window keeps the offsets of the whole input, and its end is an end. */
static void check_window(void)
{
    static const uint8_t good[] = { 10, 11, 12, 13 };
    uint8_t *bytes = exact_copy(good, sizeof good);
    struct proa_cursor in = { .bytes = bytes, .size = sizeof good };
    struct proa_cursor window = { .size = 7 };
    struct proa_error err = { 0 };
    const uint8_t *found = NULL;
    uint8_t byte = 7;

    CHECK_EQ(proa_cursor_u8(&in, &byte, &err), PROA_OK);
    CHECK_EQ(byte, 10);
    CHECK_EQ(proa_cursor_window(&in, 2, &window, &err), PROA_OK);
    CHECK_EQ(in.offset, 3);
    CHECK_EQ(window.offset, 1);
    CHECK_EQ(proa_cursor_bytes(&window, 2, &found, &err), PROA_OK);
    CHECK_EQ(found == bytes + 1, 1);
    CHECK_EQ(proa_cursor_u8(&window, &byte, &err), PROA_MALFORMED);
    CHECK_EQ(byte, 10);
    CHECK_EQ(err.offset, 3);

    struct proa_error later = { 0 };
    struct proa_cursor untouched = window;
    CHECK_EQ(proa_cursor_window(&in, 2, &window, &later), PROA_MALFORMED);
    CHECK_EQ(proa_cursor_bytes(&in, UINT32_MAX, &found, &later),
             PROA_MALFORMED);
    CHECK_EQ(memcmp(&window, &untouched, sizeof window), 0);
    CHECK_EQ(in.offset, 3);
    free(bytes);
}

int main(void)
{
    for (size_t i = 0; i < sizeof leb_cases / sizeof leb_cases[0]; i++)
        check_leb(&leb_cases[i]);
    check_fixed();
    check_window();
    return 0;
}
