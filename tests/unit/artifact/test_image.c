/* Which segments become pages, and what the pages hold.
 * SPDX-License-Identifier: Apache-2.0 */
#include "artifact/image.h"

#include "../check.h"

/* Expressions: i32.const N end, global.get 0 end. */
static const uint8_t expressions[] = {
    0x41, 0x00, 0x0b,             /* 0: 0 */
    0x41, 0xff, 0x1f, 0x0b,       /* 3: 4095 */
    0x23, 0x00, 0x0b,             /* 7: not constant here */
    0x41, 0x80, 0x80, 0x04, 0x0b, /* 10: 65536 */
    0x41, 0x80, 0xc0, 0x00, 0x0b, /* 15: 8192 */
};

static struct proa_cursor expression(uint32_t from, uint32_t size)
{
    return (struct proa_cursor){ expressions, from + size, from };
}

static struct proa_wasm_data segment(struct proa_cursor offset,
                                     const char *bytes, uint32_t size)
{
    return (struct proa_wasm_data){ .mode = PROA_SEGMENT_ACTIVE,
                                    .offset = offset,
                                    .bytes = (const uint8_t *)bytes,
                                    .size = size };
}

struct result {
    struct proa_wasm_module module;
    struct proa_arena *arena;
    struct proa_images images;
};

static struct result begin(struct proa_wasm_data *datas, uint32_t count,
                           uint32_t imported)
{
    static struct proa_memorytype memory = { { 1, 1, false } };

    return (struct result){
        .module = { .memories = &memory,
                    .memory_count = 1,
                    .imported_memory_count = imported,
                    .datas = datas,
                    .data_count = count },
        .arena = proa_arena_create(1 << 20),
    };
}

static struct result make(struct proa_wasm_data *datas, uint32_t count,
                          uint32_t imported)
{
    struct result result = begin(datas, count, imported);
    struct proa_error err = { 0 };

    CHECK_EQ(
        proa_images_make(&result.module, result.arena, &result.images, &err),
        PROA_OK);
    return result;
}

static struct result plan(struct proa_wasm_data *datas, uint32_t count)
{
    struct result result = begin(datas, count, 0);
    struct proa_error err = { 0 };

    CHECK_EQ(
        proa_images_plan(&result.module, result.arena, &result.images, &err),
        PROA_OK);
    return result;
}

static void end(struct result *result)
{
    proa_images_deinit(&result->images);
    proa_arena_destroy(result->arena);
}

/* A segment over a page's edge takes both pages; later segments win. */
static void overlapping_segments_keep_their_order(void)
{
    struct proa_wasm_data datas[] = {
        segment(expression(3, 4), "abcd", 4),  /* 4095 .. 4098 */
        segment(expression(0, 3), "first", 5), /* 0 .. 4 */
        segment(expression(3, 4), "X", 1),     /* 4095 again */
        segment(expression(15, 5), "far", 3),  /* 8192: the next page */
    };
    struct result result = make(datas, 4, 0);
    const uint8_t *bytes = result.images.bytes.bytes;

    CHECK_EQ(result.images.run_count, 1);
    CHECK_EQ(result.images.runs[0].address, 0);
    CHECK_EQ(result.images.runs[0].size, 3 * 4096);
    CHECK_EQ(memcmp(bytes, "first", 5), 0);
    CHECK_EQ(memcmp(bytes + 4095, "Xbcd", 4), 0);
    CHECK_EQ(memcmp(bytes + 8192, "far", 4), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(result.images.in_image[i], 1);
    end(&result);
}

/* Whether the bytes were laid out before or not, they come out the same. */
static void put_gives_what_make_gives(void)
{
    struct proa_wasm_data apart[] = {
        segment(expression(15, 5), "far", 3),
        segment(expression(3, 4), "abcd", 4),
        segment(expression(0, 3), "first", 5),
        segment(expression(0, 3), "", 0),
    };
    struct proa_wasm_data over[] = {
        segment(expression(3, 4), "abcd", 4),
        segment(expression(3, 4), "X", 1),
    };
    struct {
        struct proa_wasm_data *datas;
        uint32_t count;
        bool is_plain;
    } cases[] = { { apart, 4, true }, { over, 2, false } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result made = make(cases[i].datas, cases[i].count, 0);
        struct result planned = plan(cases[i].datas, cases[i].count);
        struct proa_buffer bytes;
        struct proa_sink sink;
        CHECK_EQ(planned.images.order != NULL, cases[i].is_plain);
        CHECK_EQ(planned.images.size, made.images.bytes.size);
        proa_buffer_init(&bytes, 1 << 20);
        proa_sink_init_buffer(&sink, &bytes);
        proa_images_put(&planned.images, &planned.module, &sink);
        CHECK_EQ(proa_sink_end(&sink), 1);
        CHECK_EQ(bytes.size, made.images.bytes.size);
        CHECK_EQ(memcmp(bytes.bytes, made.images.bytes.bytes, bytes.size), 0);
        proa_buffer_deinit(&bytes);
        end(&made);
        end(&planned);
    }
}

/* From the first segment that must wait, all later ones wait too. */
static void order_with_segments_that_wait(void)
{
    struct proa_wasm_data datas[] = {
        segment(expression(0, 3), "a", 1),
        segment(expression(7, 3), "b", 1), /* offset not known */
        segment(expression(0, 3), "c", 1),
    };
    struct result result = make(datas, 3, 0);

    CHECK_EQ(result.images.in_image[0], 1);
    CHECK_EQ(result.images.in_image[1], 0);
    CHECK_EQ(result.images.in_image[2], 0);
    end(&result);
}

static void out_of_bounds_and_imported_are_left_to_init(void)
{
    struct proa_wasm_data beyond[] = {
        segment(expression(10, 5), "x", 1), /* 65536 of 65536 */
    };
    struct proa_wasm_data edge[] = {
        segment(expression(10, 5), "", 0), /* nothing, just at the end */
    };
    struct result result = make(beyond, 1, 0);

    CHECK_EQ(result.images.in_image[0], 0);
    CHECK_EQ(result.images.run_count, 0);
    end(&result);
    result = make(edge, 1, 0);
    CHECK_EQ(result.images.in_image[0], 1);
    CHECK_EQ(result.images.run_count, 0);
    end(&result);
    beyond[0] = segment(expression(0, 3), "x", 1);
    result = make(beyond, 1, 1);
    CHECK_EQ(result.images.in_image[0], 0);
    end(&result);
}

int main(void)
{
    overlapping_segments_keep_their_order();
    put_gives_what_make_gives();
    order_with_segments_that_wait();
    out_of_bounds_and_imported_are_left_to_init();
    return 0;
}
