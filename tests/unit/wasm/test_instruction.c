/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/instruction.h"

#include <stdbool.h>

#include "../check.h"

static void set_up(struct proa_cursor *in, const char *bytes, uint32_t size)
{
    *in =
        (struct proa_cursor){ .bytes = exact_copy((const uint8_t *)bytes, size),
                              .size = size };
}

static struct proa_instruction read_all(const char *bytes, uint32_t size)
{
    struct proa_cursor in;
    struct proa_instruction out = { 0 };
    struct proa_error err = { 0 };

    set_up(&in, bytes, size);
    CHECK_EQ(proa_instruction_read(&in, &out, &err), PROA_OK);
    CHECK_EQ(in.offset, size);
    CHECK_EQ(out.offset, 0);
    free((void *)(uintptr_t)in.bytes);

    /* Every proper prefix is refused, down to the last byte. */
    for (uint32_t cut = 0; cut < size; cut++) {
        struct proa_instruction ignored;
        struct proa_error cut_err = { 0 };
        set_up(&in, bytes, cut);
        CHECK_EQ(proa_instruction_read(&in, &ignored, &cut_err),
                 PROA_MALFORMED);
        free((void *)(uintptr_t)in.bytes);
    }
    return out;
}
#define READ(text) read_all(text, sizeof(text) - 1)

static void check_immediates(void)
{
    struct proa_instruction i;

    i = READ("\x41\x7f");
    CHECK_EQ(i.op, PROA_OP_I32_CONST);
    CHECK_EQ(i.i32, -1);
    i = READ("\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f");
    CHECK_EQ(i.i64, INT64_MIN);
    i = READ("\x43\x01\x02\x03\x04");
    CHECK_EQ(i.f32_bits, 0x04030201);
    i = READ("\x44\x01\x02\x03\x04\x05\x06\x07\x08");
    CHECK_EQ(i.f64_bits, UINT64_C(0x0807060504030201));
    i = READ("\x11\x83\x01\x02"); /* type, then table */
    CHECK_EQ(i.op, PROA_OP_CALL_INDIRECT);
    CHECK_EQ(i.index, 131);
    CHECK_EQ(i.index2, 2);
    i = READ("\xfc\x0a\x03\x04"); /* destination, then source */
    CHECK_EQ(i.op, PROA_OP_MEMORY_COPY);
    CHECK_EQ(i.index, 3);
    CHECK_EQ(i.index2, 4);
    i = READ("\x28\x02\x90\x01");
    CHECK_EQ(i.memarg.align, 2);
    CHECK_EQ(i.memarg.memory_index, 0);
    CHECK_EQ(i.memarg.offset, 144);
    i = READ("\x28\x42\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    CHECK_EQ(i.memarg.align, 2);
    CHECK_EQ(i.memarg.memory_index, 5);
    CHECK_EQ(i.memarg.offset == UINT64_MAX, 1);
    i = READ("\xfd\x54\x00\x07\x0f");
    CHECK_EQ(i.op, PROA_OP_V128_LOAD8_LANE);
    CHECK_EQ(i.memarg.offset, 7);
    CHECK_EQ(i.lane, 15);
    i = READ("\xfd\x15\x03");
    CHECK_EQ(i.lane, 3);
    i = READ("\xfd\x0c\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
             "\x0d\x0e\x0f");
    CHECK_EQ(i.op, PROA_OP_V128_CONST);
    CHECK_EQ(i.bytes[15], 15);
    i = READ("\xfd\x93\x02"); /* the last of relaxed SIMD */
    CHECK_EQ(i.op, PROA_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S);
    i = READ("\xd0\x6f");
    CHECK_EQ(i.type, PROA_EXTERNREF);
    i = READ("\x1c\x01\x7d");
    CHECK_EQ(i.type, PROA_F32);
    i = READ("\x1c\x02\x7d\x7d"); /* not one type: the validator refuses */
    CHECK_EQ(i.type, 0);
    i = READ("\x1c\x00");
    CHECK_EQ(i.type, 0);
}

static void check_blocktypes(void)
{
    struct proa_instruction i;

    i = READ("\x02\x40");
    CHECK_EQ(i.op, PROA_OP_BLOCK);
    CHECK_EQ(i.block.type_index, UINT32_MAX);
    CHECK_EQ(i.block.result, 0);
    i = READ("\x03\x7b");
    CHECK_EQ(i.block.type_index, UINT32_MAX);
    CHECK_EQ(i.block.result, PROA_V128);
    i = READ("\x04\xc0\x00"); /* 64 needs two bytes: one would be -64 */
    CHECK_EQ(i.block.type_index, 64);
    i = READ("\x04\xff\xff\xff\xff\x0f");
    CHECK_EQ(i.block.type_index, UINT32_MAX);
}

static void check_labels(void)
{
    struct proa_instruction i = READ("\x0e\x02\x00\x81\x01\x02");

    CHECK_EQ(i.op, PROA_OP_BR_TABLE);
    CHECK_EQ(i.label_count, 2);
    CHECK_EQ(i.labels.offset, 2);
    CHECK_EQ(i.labels.size, 6);
}

struct bad_case {
    const char *bytes;
    uint32_t size;
    enum proa_status status;
    const char *text; /* how the error begins */
};
#define BAD(text, status, error)                                               \
    {                                                                          \
        text, sizeof(text) - 1, status, error                                  \
    }

static const char not_built[] = "feature not supported: ";

static const struct bad_case bad_cases[] = {
    BAD("\xff", PROA_MALFORMED, "illegal opcode"),
    BAD("\x27", PROA_MALFORMED, "illegal opcode"),
    BAD("\xfc\x12", PROA_MALFORMED, "illegal opcode"),
    BAD("\xfc\xff\xff\xff\xff\x0f", PROA_MALFORMED, "illegal opcode"),
    BAD("\xfd\x9a\x01", PROA_MALFORMED, "illegal opcode"),
    BAD("\xfd\x94\x02", PROA_MALFORMED, "illegal opcode"),
    BAD("\xfd\xa0\x02", PROA_MALFORMED, "illegal opcode"),
    BAD("\x28\x80\x01\x00", PROA_MALFORMED, "malformed memop flags"),
    BAD("\x02\x41", PROA_MALFORMED, "malformed value type"),
    BAD("\x02\x80\x7f", PROA_MALFORMED, "malformed block type"),
    BAD("\xd0\x7f", PROA_MALFORMED, "malformed reference type"),
    BAD("\x0e\x05\x00\x00\x00\x00\x00", PROA_MALFORMED, "unexpected end"),
    BAD("\x0e\xff\xff\xff\xff\x0f\x00", PROA_MALFORMED, "unexpected end"),
    BAD("\xfb\x00\x00", PROA_UNSUPPORTED, not_built),
    BAD("\xfe\x00\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x08\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x1f\x40\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x14\x00", PROA_UNSUPPORTED, not_built),
    BAD("\xd3", PROA_UNSUPPORTED, not_built),
    BAD("\xd0\x6e", PROA_UNSUPPORTED, not_built),
    BAD("\xd0\x00", PROA_UNSUPPORTED, not_built),
    BAD("\x02\x63\x70", PROA_UNSUPPORTED, not_built),
};

static void check_bad(const struct bad_case *c)
{
    struct proa_cursor in;
    struct proa_instruction out;
    struct proa_error err = { 0 };

    set_up(&in, c->bytes, c->size);
    CHECK_EQ(proa_instruction_read(&in, &out, &err), c->status);
    CHECK_EQ(err.status, c->status);
    if (strncmp(err.text, c->text, strlen(c->text)) != 0) {
        fprintf(stderr, "\"%s\" does not begin with \"%s\"\n", err.text,
                c->text);
        exit(1);
    }
    free((void *)(uintptr_t)in.bytes);
}

/* A br_table of more labels than the limit, all there. */
static void check_label_limit(void)
{
    enum { LABELS = 65521 };
    uint8_t *bytes = calloc(LABELS + 5, 1);
    struct proa_cursor in = { .bytes = bytes, .size = LABELS + 5 };
    struct proa_instruction out;
    struct proa_error err = { 0 };

    CHECK_EQ(bytes != NULL, 1);
    memcpy(bytes, "\x0e\xf1\xff\x03", 4);
    CHECK_EQ(proa_instruction_read(&in, &out, &err), PROA_LIMIT);
    bytes[1] = 0xf0; /* one fewer */
    in.offset = 0;
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_instruction_read(&in, &out, &err), PROA_OK);
    CHECK_EQ(out.label_count, 65520);
    free(bytes);
}

int main(void)
{
    check_immediates();
    check_blocktypes();
    check_labels();
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++)
        check_bad(&bad_cases[i]);
    check_label_limit();
    return 0;
}
