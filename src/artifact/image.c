/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/instruction.h"

enum { HOST_PAGE = 4096, IMAGES_MAX = 1 << 30 };

/* A segment that will lie in an image. */
struct placed {
    uint32_t memory;
    uint32_t segment;
    uint64_t address;
    uint64_t size;
};

struct maker {
    const struct proa_wasm_module *module;
    struct proa_arena *arena;
    struct proa_images *images;
    struct placed *placed; /* in segment order */
    uint32_t placed_count;
    struct proa_error *err;
};

/* The value of `T.const N end`; false when the expression is anything else. */
static bool constant_offset(struct proa_cursor in, bool is_64, uint64_t *value)
{
    struct proa_instruction first;
    struct proa_instruction second;
    struct proa_error ignored = { 0 };

    if (proa_instruction_read(&in, &first, &ignored) != PROA_OK ||
        proa_instruction_read(&in, &second, &ignored) != PROA_OK ||
        second.op != PROA_OP_END)
        return false;
    if (first.op == PROA_OP_I32_CONST && !is_64)
        *value = (uint32_t)first.i32;
    else if (first.op == PROA_OP_I64_CONST && is_64)
        *value = (uint64_t)first.i64;
    else
        return false;
    return true;
}

static bool can_place(const struct maker *maker, uint32_t segment,
                      uint64_t *address)
{
    const struct proa_wasm_module *module = maker->module;
    const struct proa_wasm_data *data = &module->datas[segment];

    if (data->memory_index < module->imported_memory_count)
        return false;
    const struct proa_limits *limits =
        &module->memories[data->memory_index].limits;
    uint64_t bytes = limits->min * PROA_PAGE_SIZE;
    return limits->min <= UINT64_MAX / PROA_PAGE_SIZE &&
           constant_offset(data->offset, limits->is_64, address) &&
           *address <= bytes && data->size <= bytes - *address;
}

static enum proa_status choose(struct maker *maker)
{
    const struct proa_wasm_module *module = maker->module;
    bool *is_closed =
        proa_arena_array(maker->arena, module->memory_count, sizeof *is_closed);

    maker->images->in_image = proa_arena_array(maker->arena, module->data_count,
                                               sizeof *maker->images->in_image);
    maker->placed = proa_arena_array(maker->arena, module->data_count,
                                     sizeof *maker->placed);
    if (is_closed == NULL || maker->images->in_image == NULL ||
        maker->placed == NULL)
        return proa_fail(maker->err, PROA_NOMEM, 0, "no memory for an image");
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct proa_wasm_data *data = &module->datas[i];
        uint64_t address = 0;
        if (data->mode != PROA_SEGMENT_ACTIVE || is_closed[data->memory_index])
            continue;
        if (!can_place(maker, i, &address)) {
            is_closed[data->memory_index] = true;
            continue;
        }
        maker->images->in_image[i] = true;
        maker->placed[maker->placed_count++] = (struct placed){
            .memory = data->memory_index,
            .segment = i,
            .address = address,
            .size = data->size,
        };
    }
    return PROA_OK;
}

/* Most modules have them in order already. */
static void sort(void *items, size_t count, size_t size,
                 int (*compare)(const void *a, const void *b))
{
    const char *at = items;

    for (size_t i = 1; i < count; i++, at += size)
        if (compare(at, at + size) > 0) {
            qsort(items, count, size, compare);
            return;
        }
}

static int compare_runs(const void *a, const void *b)
{
    const struct proa_artifact_image *x = a;
    const struct proa_artifact_image *y = b;

    if (x->memory != y->memory)
        return x->memory < y->memory ? -1 : 1;
    return (x->address > y->address) - (x->address < y->address);
}

/* Whole pages for each segment, then sorted and joined. */
static enum proa_status make_runs(struct maker *maker)
{
    struct proa_images *images = maker->images;
    uint32_t count = 0;
    struct proa_artifact_image *runs =
        proa_arena_array(maker->arena, maker->placed_count, sizeof *runs);

    if (runs == NULL)
        return proa_fail(maker->err, PROA_NOMEM, 0, "no memory for an image");
    for (uint32_t i = 0; i < maker->placed_count; i++) {
        const struct placed *placed = &maker->placed[i];
        const uint64_t mask = HOST_PAGE - 1;
        uint64_t start = placed->address & ~mask;
        uint64_t end = (placed->address + placed->size + mask) & ~mask;
        if (placed->size > 0)
            runs[count++] = (struct proa_artifact_image){
                .memory = placed->memory, .address = start, .size = end - start
            };
    }
    sort(runs, count, sizeof *runs, compare_runs);
    for (uint32_t i = 0; i < count; i++) {
        struct proa_artifact_image *last =
            images->run_count > 0 ? &runs[images->run_count - 1] : NULL;
        if (last != NULL && last->memory == runs[i].memory &&
            runs[i].address <= last->address + last->size) {
            uint64_t end = runs[i].address + runs[i].size;
            if (end > last->address + last->size)
                last->size = end - last->address;
        } else {
            runs[images->run_count++] = runs[i];
        }
    }
    images->runs = runs;
    for (uint32_t i = 0; i < images->run_count; i++) {
        runs[i].offset = images->size;
        images->size += runs[i].size;
    }
    return PROA_OK;
}

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;

    if (x->memory != y->memory)
        return x->memory < y->memory ? -1 : 1;
    return (x->address > y->address) - (x->address < y->address);
}

/* Segments in the order of their places, if none lies over another. */
static enum proa_status make_order(struct maker *maker)
{
    struct proa_images *images = maker->images;
    uint32_t count = 0;
    struct placed *placed =
        proa_arena_array(maker->arena, maker->placed_count, sizeof *placed);

    uint32_t *order =
        proa_arena_array(maker->arena, maker->placed_count, sizeof *order);
    if (placed == NULL || order == NULL)
        return proa_fail(maker->err, PROA_NOMEM, 0, "no memory for an image");
    for (uint32_t i = 0; i < maker->placed_count; i++)
        if (maker->placed[i].size > 0)
            placed[count++] = maker->placed[i];
    sort(placed, count, sizeof *placed, compare_placed);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = placed[i].segment;
        if (i > 0 && placed[i - 1].memory == placed[i].memory &&
            placed[i - 1].address + placed[i - 1].size > placed[i].address)
            return PROA_OK;
    }
    images->order = order;
    images->order_count = count;
    return PROA_OK;
}

static enum proa_status fill(struct maker *maker)
{
    struct proa_images *images = maker->images;

    if (!proa_buffer_append_zeros(&images->bytes, images->size))
        return proa_fail(maker->err, PROA_LIMIT, 0,
                         "the initial memory is larger than its limit");
    for (uint32_t i = 0; i < maker->placed_count; i++) {
        const struct placed *placed = &maker->placed[i];
        const uint8_t *bytes = maker->module->datas[placed->segment].bytes;
        uint32_t run = 0;
        if (placed->size == 0)
            continue;
        uint32_t end = images->run_count;
        while (end - run > 1) { /* the last run at or before the address */
            uint32_t middle = run + (end - run) / 2;
            struct proa_artifact_image key = { .memory = placed->memory,
                                               .address = placed->address };
            if (compare_runs(&images->runs[middle], &key) <= 0)
                run = middle;
            else
                end = middle;
        }
        const struct proa_artifact_image *found = &images->runs[run];
        memcpy(images->bytes.bytes + found->offset +
                   (placed->address - found->address),
               bytes, placed->size);
    }
    return PROA_OK;
}

static enum proa_status make(const struct proa_wasm_module *module,
                             struct proa_arena *arena, bool wants_bytes,
                             struct proa_images *images, struct proa_error *err)
{
    struct proa_images made = { 0 };
    struct maker maker = {
        .module = module, .arena = arena, .images = &made, .err = err
    };

    proa_buffer_init(&made.bytes, IMAGES_MAX);
    enum proa_status status = choose(&maker);
    if (status == PROA_OK)
        status = make_runs(&maker);
    if (status == PROA_OK && made.size > IMAGES_MAX)
        status = proa_fail(err, PROA_LIMIT, 0,
                           "the initial memory is larger than its limit");
    if (status == PROA_OK && !wants_bytes)
        status = make_order(&maker);
    if (status == PROA_OK && made.order == NULL)
        status = fill(&maker);
    if (status != PROA_OK) {
        proa_images_deinit(&made);
        return status;
    }
    *images = made;
    return PROA_OK;
}

enum proa_status proa_images_make(const struct proa_wasm_module *module,
                                  struct proa_arena *arena,
                                  struct proa_images *images,
                                  struct proa_error *err)
{
    return make(module, arena, true, images, err);
}

enum proa_status proa_images_plan(const struct proa_wasm_module *module,
                                  struct proa_arena *arena,
                                  struct proa_images *images,
                                  struct proa_error *err)
{
    return make(module, arena, false, images, err);
}

void proa_images_put(const struct proa_images *images,
                     const struct proa_wasm_module *module,
                     struct proa_sink *sink)
{
    uint32_t next = 0;

    if (images->order == NULL) {
        proa_sink_put(sink, images->bytes.bytes, images->bytes.size);
        return;
    }
    for (uint32_t i = 0; i < images->run_count; i++) {
        const struct proa_artifact_image *run = &images->runs[i];
        uint64_t at = run->address;
        uint64_t end = run->address + run->size;
        while (next < images->order_count) {
            const struct proa_wasm_data *data =
                &module->datas[images->order[next]];
            uint64_t address = 0;
            struct proa_cursor offset = data->offset;
            (void)constant_offset(
                offset, module->memories[data->memory_index].limits.is_64,
                &address);
            if (data->memory_index != run->memory || address >= end)
                break;
            proa_sink_put_zeros(sink, address - at);
            proa_sink_put(sink, data->bytes, data->size);
            at = address + data->size;
            next++;
        }
        proa_sink_put_zeros(sink, end - at);
    }
}

void proa_images_deinit(struct proa_images *images)
{
    proa_buffer_deinit(&images->bytes);
}
