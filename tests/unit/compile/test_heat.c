/*
 * Which functions are worth the most work.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "base/buffer.h"
#include "compile/heat.h"
#include "wasm/decode.h"

enum { FILLER_BYTES = 8192 };

static void put(struct proa_buffer *out, const void *bytes, size_t size)
{
    CHECK_EQ(proa_buffer_append(out, bytes, size), true);
}

static void put_byte(struct proa_buffer *out, unsigned byte)
{
    uint8_t value = (uint8_t)byte;

    put(out, &value, 1);
}

/* LEB128 in three bytes, enough for all here. */
static void put_u32(struct proa_buffer *out, uint32_t value)
{
    put_byte(out, 0x80 | (value & 0x7f));
    put_byte(out, 0x80 | (value >> 7 & 0x7f));
    put_byte(out, value >> 14 & 0x7f);
}

static void put_section(struct proa_buffer *out, unsigned id,
                        const struct proa_buffer *content)
{
    put_byte(out, id);
    put_u32(out, (uint32_t)content->size);
    put(out, content->bytes, content->size);
}

static void put_filler(struct proa_buffer *out)
{
    static const uint8_t nop = 0x01;

    put_u32(out, FILLER_BYTES);
    put_byte(out, 0); /* locals */
    for (int i = 0; i < FILLER_BYTES - 2; i++)
        put(out, &nop, 1);
    put_byte(out, 0x0b);
}

/*
 * Fillers, none of which is called; then one that nobody calls either, but
 * which calls the last in a loop: call in loop, br_if 0 on a constant.
 */
static void make(struct proa_buffer *out, uint32_t filler_count)
{
    static const uint8_t magic[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    static const uint8_t types[] = { 1, 4, 1, 0x60, 0, 0 };
    static const uint8_t before[] = { 0x00, 0x03, 0x40, 0x10 };
    static const uint8_t after[] = { 0x41, 0x00, 0x0d, 0x00, 0x0b, 0x0b };
    static const uint8_t leaf[] = { 2, 0x00, 0x0b };
    struct proa_buffer content;

    proa_buffer_init(out, 8 << 20);
    proa_buffer_init(&content, 8 << 20);
    put(out, magic, sizeof magic);
    put(out, types, sizeof types);
    put_u32(&content, filler_count + 2);
    for (uint32_t i = 0; i < filler_count + 2; i++)
        put_byte(&content, 0);
    put_section(out, 3, &content);
    content.size = 0;
    put_u32(&content, filler_count + 2);
    for (uint32_t i = 0; i < filler_count; i++)
        put_filler(&content);
    put_u32(&content, sizeof before + 3 + sizeof after);
    put(&content, before, sizeof before);
    put_u32(&content, filler_count + 1);
    put(&content, after, sizeof after);
    put(&content, leaf, sizeof leaf);
    put_section(out, 10, &content);
    proa_buffer_deinit(&content);
}

static void check_levels(uint32_t filler_count, int opt_level, int hot,
                         bool has_others)
{
    struct proa_wasm_module module;
    struct proa_buffer bytes;
    struct proa_error err = { 0 };
    const uint8_t *levels = NULL;
    uint32_t counts[4] = { 0 };

    make(&bytes, filler_count);
    CHECK_EQ(proa_wasm_decode(bytes.bytes, bytes.size, &module, &err), PROA_OK);
    CHECK_EQ(proa_heat_levels(&module, opt_level, module.arena, &levels, &err),
             PROA_OK);
    for (uint32_t i = 0; i < filler_count; i++)
        counts[levels[i]]++;
    CHECK_EQ(levels[filler_count], hot);
    CHECK_EQ(levels[filler_count + 1], hot);
    if (has_others) {
        CHECK_EQ(counts[0] > 0, true);
        CHECK_EQ(counts[1] > 0, true);
        CHECK_EQ(counts[2] * 3 < filler_count, true);
    } else {
        CHECK_EQ(counts[hot], filler_count);
    }
    proa_wasm_module_deinit(&module);
    proa_buffer_deinit(&bytes);
}

int main(void)
{
    for (int level = 0; level <= 3; level++)
        check_levels(100, level, level, level == 2);
    check_levels(1, 2, 2, false); /* small: all of it */
    check_levels(0, 2, 2, false);
    return 0;
}
