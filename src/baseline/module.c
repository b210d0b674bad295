/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/module.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/image.h"
#include "artifact/record.h"
#include "artifact/write.h"
#include "base/fail.h"
#include "baseline/function.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

/* Bytes of bodies in a chunk: fixed, so that the same module gives the same
 * bytes with any number of threads. */
enum { CHUNK_BYTES = 256 * 1024, THREADS_MAX = 16, TEXT_MAX = 1 << 30 };

/* As docs/formats/artifact.md has it. */
enum { SLOT_BYTES = 8, ENTRY_BYTES = 8, PAGE_BYTES = 4096 };

struct part {
    struct proa_chunk chunk;
    uint32_t first; /* functions [first, end) */
    uint32_t end;
    uint32_t base; /* where its text begins in the whole */
};

struct work {
    struct proa_wasm_module *module;
    struct part *parts;
    uint32_t part_count;
    uint32_t *code; /* by function index; first from the part's text */
    uint32_t *code_size;
    pthread_mutex_t mutex; /* guards what follows */
    uint32_t next;
    uint32_t failed; /* the first part that failed */
    enum proa_status status;
    struct proa_error *err;
};

/* Room for the usual: code is about twice as large as the bodies. What is not
 * used is not touched. */
static void reserve_text(const struct work *work, struct part *part)
{
    uint64_t bytes = 0;

    for (uint32_t i = part->first; i < part->end; i++)
        bytes += proa_cursor_left(&work->module->functions[i].body);
    bytes = bytes * 9 / 4;
    if (bytes < TEXT_MAX &&
        proa_buffer_reserve(&part->chunk.text, (size_t)bytes) != NULL)
        proa_buffer_clear(&part->chunk.text);
}

static enum proa_status emit_part(struct work *work, struct part *part,
                                  struct proa_error *err)
{
    struct proa_emit emit = { 0 };
    struct proa_validator *validator = proa_validator_create(work->module, err);
    enum proa_status status = PROA_OK;

    if (validator == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to compile");
    emit.err = err;
    reserve_text(work, part);
    for (uint32_t i = part->first; status == PROA_OK && i < part->end; i++) {
        status = proa_emit_function(&emit, &part->chunk, validator, i,
                                    &work->code[i], err);
        work->code_size[i] = (uint32_t)part->chunk.text.size - work->code[i];
    }
    proa_emit_deinit(&emit);
    proa_validator_destroy(validator);
    return status;
}

static void *run_worker(void *argument)
{
    struct work *work = argument;

    for (;;) {
        struct proa_error err = { 0 };
        struct part *part = NULL;
        pthread_mutex_lock(&work->mutex);
        if (work->status == PROA_OK && work->next < work->part_count)
            part = &work->parts[work->next++];
        pthread_mutex_unlock(&work->mutex);
        if (part == NULL)
            return NULL;
        enum proa_status status = emit_part(work, part, &err);
        if (status == PROA_OK)
            continue;
        pthread_mutex_lock(&work->mutex);
        /* All before it were begun, so this is the module's first. */
        if (work->status == PROA_OK || part->first < work->failed) {
            work->failed = part->first;
            work->status = status;
            *work->err = err;
        }
        pthread_mutex_unlock(&work->mutex);
    }
}

static void run_all(struct work *work, uint32_t thread_count)
{
    pthread_t threads[THREADS_MAX];
    uint32_t started = 0;

    if (thread_count > THREADS_MAX)
        thread_count = THREADS_MAX;
    if (thread_count > work->part_count)
        thread_count = work->part_count;
    while (started + 1 < thread_count &&
           pthread_create(&threads[started], NULL, run_worker, work) == 0)
        started++;
    (void)run_worker(work); /* this thread is one of them */
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static uint32_t count_parts(const struct proa_wasm_module *module,
                            struct part *parts)
{
    uint32_t next = module->imported_function_count;
    uint32_t count = 0;

    while (next < module->function_count) {
        uint64_t bytes = 0;
        uint32_t first = next;
        while (next < module->function_count && bytes < CHUNK_BYTES)
            bytes += proa_cursor_left(&module->functions[next++].body);
        if (parts != NULL) {
            parts[count].first = first;
            parts[count].end = next;
        }
        count++;
    }
    return count;
}

/* Everything that a compilation holds until its end. */
struct whole {
    struct proa_wasm_module module;
    struct proa_layout layout;
    uint32_t *records;
    uint32_t record_count;
    struct proa_images images;
    struct work work;
    struct proa_chunk rest; /* trampolines and init */
    uint32_t *trampolines;
    uint32_t *tail;
    uint32_t init;
    uint32_t rest_base; /* text offsets */
    uint32_t entries;
    uint32_t slots;
    uint32_t text_size;
    bool counts_fuel;
};

static void open_chunk(struct whole *whole, struct proa_chunk *chunk)
{
    chunk->module = &whole->module;
    chunk->layout = &whole->layout;
    chunk->records = whole->records;
    chunk->counts_fuel = whole->counts_fuel;
    proa_buffer_init(&chunk->text, TEXT_MAX);
    proa_buffer_init(&chunk->calls, TEXT_MAX);
}

static void close_chunk(struct proa_chunk *chunk)
{
    proa_buffer_deinit(&chunk->text);
    proa_buffer_deinit(&chunk->calls);
}

static enum proa_status prepare(struct whole *whole, struct proa_error *err)
{
    struct proa_wasm_module *module = &whole->module;
    struct work *work = &whole->work;
    uint32_t count = count_parts(module, NULL);

    whole->records =
        proa_records_make(module, module->arena, &whole->record_count);
    work->parts = proa_arena_array(module->arena, count, sizeof *work->parts);
    work->code = proa_arena_array(module->arena, module->function_count,
                                  sizeof *work->code);
    work->code_size = proa_arena_array(module->arena, module->function_count,
                                       sizeof *work->code_size);
    whole->tail = proa_arena_array(module->arena, module->function_count,
                                   sizeof *whole->tail);
    whole->trampolines = proa_arena_array(module->arena, module->type_count,
                                          sizeof *whole->trampolines);
    if (whole->records == NULL || work->parts == NULL || work->code == NULL ||
        work->code_size == NULL || whole->tail == NULL ||
        whole->trampolines == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to compile");
    whole->layout = proa_module_layout(module, whole->record_count);
    work->module = module;
    work->err = err;
    work->part_count = count_parts(module, work->parts);
    for (uint32_t i = 0; i < count; i++)
        open_chunk(whole, &work->parts[i].chunk);
    open_chunk(whole, &whole->rest);
    for (uint32_t i = 0; i < module->function_count; i++)
        whole->tail[i] = PROA_ARTIFACT_NONE;
    for (uint32_t i = 0; i < module->imported_function_count; i++)
        work->code[i] = PROA_ARTIFACT_NONE;
    return proa_images_plan(module, module->arena, &whole->images, err);
}

static enum proa_status emit_rest(struct whole *whole, struct proa_error *err)
{
    struct proa_emit emit = { .err = err };
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; status == PROA_OK && i < whole->module.type_count; i++)
        status = proa_emit_trampoline(&emit, &whole->rest, i,
                                      &whole->trampolines[i], err);
    if (status == PROA_OK)
        status = proa_emit_init(&emit, &whole->rest, whole->images.in_image,
                                &whole->init, err);
    proa_emit_deinit(&emit);
    return status;
}

/* Where the address of a function's best code will be. */
static uint32_t slot_of(const struct whole *whole, uint32_t function)
{
    return whole->slots +
           SLOT_BYTES * (function - whole->module.imported_function_count);
}

/* The text in `chunk` begins at `base` of the whole. */
static void patch_calls(const struct whole *whole, struct proa_chunk *chunk,
                        uint32_t base)
{
    const struct proa_call_site *sites = (const void *)chunk->calls.bytes;
    size_t count = chunk->calls.size / sizeof *sites;
    struct proa_asm as = { .code = &chunk->text };

    for (size_t i = 0; i < count; i++)
        proa_asm_patch(&as, sites[i].at,
                       slot_of(whole, sites[i].function) - base);
}

/* For each record a jump through the slot. */
static void put_entries(const struct whole *whole, struct proa_sink *sink)
{
    const struct proa_wasm_module *module = &whole->module;
    uint32_t at = whole->entries;

    for (uint32_t i = module->imported_function_count;
         i < module->function_count; i++) {
        uint8_t entry[ENTRY_BYTES] = { 0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc };
        if (whole->records[i] == PROA_ARTIFACT_NONE)
            continue;
        uint32_t here = whole->entries + ENTRY_BYTES * whole->records[i];
        uint32_t distance = slot_of(whole, i) - (here + 6);
        memcpy(entry + 2, &distance, sizeof distance);
        proa_sink_put_zeros(sink, here - at);
        proa_sink_put(sink, entry, sizeof entry);
        at = here + ENTRY_BYTES;
    }
    proa_sink_put_zeros(sink, whole->text_size - at);
}

static void put_chunk(const struct whole *whole, struct proa_chunk *chunk,
                      uint32_t base, struct proa_sink *sink)
{
    patch_calls(whole, chunk, base);
    proa_sink_put(sink, chunk->text.bytes, chunk->text.size);
    proa_sink_put_zeros(sink, -chunk->text.size & 15);
    close_chunk(chunk); /* not needed again, and there are many of them */
}

static void put_text(void *env, struct proa_sink *sink)
{
    struct whole *whole = env;
    struct work *work = &whole->work;

    for (uint32_t i = 0; i < work->part_count; i++)
        put_chunk(whole, &work->parts[i].chunk, work->parts[i].base, sink);
    put_chunk(whole, &whole->rest, whole->rest_base, sink);
    put_entries(whole, sink);
}

static void put_images(void *env, struct proa_sink *sink)
{
    const struct whole *whole = env;

    proa_images_put(&whole->images, &whole->module, sink);
}

/* Each text begins at a multiple of 16. */
static uint64_t place_text(uint64_t *size, const struct proa_buffer *text)
{
    uint64_t at = *size;

    *size += (text->size + 15) & ~(uint64_t)15;
    return at;
}

/* The parts' texts one behind the other, the entries behind all code, the slots
 * behind the text. */
static enum proa_status place(struct whole *whole, struct proa_error *err)
{
    struct work *work = &whole->work;
    uint64_t size = 0;

    for (uint32_t i = 0; i < work->part_count; i++)
        work->parts[i].base =
            (uint32_t)place_text(&size, &work->parts[i].chunk.text);
    whole->rest_base = (uint32_t)place_text(&size, &whole->rest.text);
    whole->entries = (uint32_t)size;
    size += (uint64_t)ENTRY_BYTES * whole->record_count;
    if (size > TEXT_MAX)
        return proa_fail(err, PROA_LIMIT, 0,
                         "the compiled code is larger than its limit");
    whole->text_size = (uint32_t)size;
    whole->slots = (uint32_t)(size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    for (uint32_t i = 0; i < work->part_count; i++)
        for (uint32_t k = work->parts[i].first; k < work->parts[i].end; k++)
            work->code[k] += work->parts[i].base;
    for (uint32_t i = 0; i < whole->module.type_count; i++)
        whole->trampolines[i] += whole->rest_base;
    whole->init += whole->rest_base;
    return PROA_OK;
}

static enum proa_status
write_artifact(const struct proa_baseline_request *request, struct whole *whole,
               struct proa_sink *artifact, struct proa_error *err)
{
    struct proa_artifact_source source = {
        .module = &whole->module,
        .arch = PROA_ARCH_X86_64,
        .cpu_features = PROA_BASELINE_FEATURES,
        .producer = request->producer,
        .module_sha256 = request->sha256,
        .text_size = whole->text_size,
        .code = whole->work.code,
        .code_size = whole->work.code_size,
        .tail = whole->tail,
        .records = whole->records,
        .record_count = whole->record_count,
        .trampolines = whole->trampolines,
        .init = whole->init,
        .has_slots = true,
        .counts_fuel = request->counts_fuel,
        .entries = whole->entries,
        .images = whole->images.runs,
        .image_count = whole->images.run_count,
        .image_bytes_size = whole->images.size,
        .data_in_image = whole->images.in_image,
        .put_text = put_text,
        .put_images = put_images,
        .env = whole,
    };
    return proa_artifact_put(&source, artifact, err);
}

static enum proa_status
compile_decoded(const struct proa_baseline_request *request,
                struct whole *whole, struct proa_sink *artifact,
                struct proa_error *err)
{
    enum proa_status status = proa_wasm_validate_parts(&whole->module, err);

    if (status == PROA_OK)
        status = prepare(whole, err);
    if (status == PROA_OK) {
        pthread_mutex_init(&whole->work.mutex, NULL);
        run_all(&whole->work, request->thread_count);
        pthread_mutex_destroy(&whole->work.mutex);
        status = whole->work.status;
    }
    if (status == PROA_OK)
        status = emit_rest(whole, err);
    if (status == PROA_OK)
        status = place(whole, err);
    if (status == PROA_OK)
        status = write_artifact(request, whole, artifact, err);
    return status;
}

enum proa_status
proa_baseline_compile(const struct proa_baseline_request *request,
                      struct proa_sink *artifact, struct proa_error *err)
{
    struct whole whole = { .counts_fuel = request->counts_fuel };
    enum proa_status status =
        proa_wasm_decode(request->bytes, request->size, &whole.module, err);

    if (status != PROA_OK)
        return status;
    status = compile_decoded(request, &whole, artifact, err);
    for (uint32_t i = 0; i < whole.work.part_count; i++)
        close_chunk(&whole.work.parts[i].chunk);
    close_chunk(&whole.rest);
    proa_images_deinit(&whole.images);
    proa_wasm_module_deinit(&whole.module);
    return status;
}
