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
 * bytes with any number of threads; and few, so that their code is written
 * from the processor's cache. */
enum { CHUNK_BYTES = 64 * 1024, THREADS_MAX = 16, TEXT_MAX = 1 << 30 };

/* As docs/formats/artifact.md has it. */
enum { SLOT_BYTES = 8, ENTRY_BYTES = 8, PAGE_BYTES = 4096 };

struct part {
    struct proa_chunk chunk;
    uint32_t first; /* functions [first, end) */
    uint32_t end;
    bool is_done; /* it can be put */
};

struct work {
    struct proa_wasm_module *module;
    struct part *parts;
    uint32_t part_count;
    uint32_t *code; /* by function index; first from the part's text */
    uint32_t *code_size;
    struct proa_sink *sink; /* of who puts, as is text_size */
    uint64_t text_size;     /* put so far */
    uint32_t slots;         /* text offset; before the text: it wraps round */
    pthread_mutex_t mutex;  /* guards what follows */
    uint32_t next;
    uint32_t put_next; /* the first part that was not put */
    bool is_putting;   /* some thread is */
    uint32_t spare_count;
    struct spare {
        struct proa_buffer text;
        struct proa_buffer calls;
    } spares[THREADS_MAX]; /* memory of parts that were put */
    uint32_t failed;       /* the first part that failed */
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

/* What a thread has for all its parts. */
struct worker {
    struct proa_emit emit;
    struct proa_validator *validator;
};

static enum proa_status emit_part(struct work *work, struct worker *worker,
                                  struct part *part, struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (worker->validator == NULL)
        worker->validator = proa_validator_create(work->module, err);
    if (worker->validator == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to compile");
    worker->emit.err = err;
    reserve_text(work, part);
    for (uint32_t i = part->first; status == PROA_OK && i < part->end; i++) {
        status = proa_emit_function(&worker->emit, &part->chunk,
                                    worker->validator, i, &work->code[i], err);
        work->code_size[i] = (uint32_t)part->chunk.text.size - work->code[i];
    }
    return status;
}

/* Where the address of a function's best code will be. */
static uint32_t slot_of(const struct work *work, uint32_t function)
{
    return work->slots +
           SLOT_BYTES * (function - work->module->imported_function_count);
}

/* The text in `chunk` begins at `base` of the whole. */
static void patch_calls(const struct work *work, struct proa_chunk *chunk,
                        uint32_t base)
{
    const struct proa_call_site *sites = (const void *)chunk->calls.bytes;
    size_t count = chunk->calls.size / sizeof *sites;
    struct proa_asm as;

    proa_asm_open(&as, &chunk->text);
    for (size_t i = 0; i < count; i++)
        proa_asm_patch(&as, sites[i].at,
                       slot_of(work, sites[i].function) - base);
}

/* Behind what was put. Each text begins at a multiple of 16. */
static void put_chunk(struct work *work, struct proa_chunk *chunk)
{
    if (work->text_size + chunk->text.size > TEXT_MAX) {
        work->sink->is_full = true;
        return;
    }
    patch_calls(work, chunk, (uint32_t)work->text_size);
    proa_sink_put(work->sink, chunk->text.bytes, chunk->text.size);
    proa_sink_put_zeros(work->sink, -chunk->text.size & 15);
    work->text_size += (chunk->text.size + 15) & ~(size_t)15;
}

static void close_chunk(struct proa_chunk *chunk)
{
    proa_buffer_deinit(&chunk->text);
    proa_buffer_deinit(&chunk->calls);
}

/* Under the mutex: the next part's chunk has its memory. */
static void keep_spare(struct work *work, struct proa_chunk *chunk)
{
    if (work->spare_count == THREADS_MAX) {
        close_chunk(chunk);
        return;
    }
    proa_buffer_clear(&chunk->text);
    proa_buffer_clear(&chunk->calls);
    work->spares[work->spare_count++] =
        (struct spare){ chunk->text, chunk->calls };
    chunk->text = (struct proa_buffer){ 0 };
    chunk->calls = (struct proa_buffer){ 0 };
}

static void take_spare(struct work *work, struct proa_chunk *chunk)
{
    if (work->spare_count == 0)
        return;
    struct spare *spare = &work->spares[--work->spare_count];
    chunk->text = spare->text;
    chunk->calls = spare->calls;
}

/*
 * Under the mutex, which is let go meanwhile: put the parts that are next and
 * done, unless another thread does. So no more of the text is in memory than
 * the threads are apart.
 */
static void put_done(struct work *work)
{
    if (work->is_putting)
        return;
    work->is_putting = true;
    while (work->put_next < work->part_count &&
           work->parts[work->put_next].is_done) {
        struct part *part = &work->parts[work->put_next];
        pthread_mutex_unlock(&work->mutex);
        for (uint32_t i = part->first; i < part->end; i++)
            work->code[i] += (uint32_t)work->text_size;
        put_chunk(work, &part->chunk);
        pthread_mutex_lock(&work->mutex);
        keep_spare(work, &part->chunk);
        work->put_next++;
    }
    work->is_putting = false;
}

/* Under the mutex. */
static void end_part(struct work *work, struct part *part,
                     enum proa_status status, const struct proa_error *err)
{
    if (status == PROA_OK) {
        part->is_done = true;
        put_done(work);
        return;
    }
    /* All before it were begun, so this is the module's first. */
    if (work->status == PROA_OK || part->first < work->failed) {
        work->failed = part->first;
        work->status = status;
        *work->err = *err;
    }
}

static void *run_worker(void *argument)
{
    struct work *work = argument;
    struct worker worker = { 0 };

    pthread_mutex_lock(&work->mutex);
    while (work->status == PROA_OK && work->next < work->part_count) {
        struct proa_error err = { 0 };
        struct part *part = &work->parts[work->next++];
        take_spare(work, &part->chunk);
        pthread_mutex_unlock(&work->mutex);
        enum proa_status status = emit_part(work, &worker, part, &err);
        pthread_mutex_lock(&work->mutex);
        end_part(work, part, status, &err);
    }
    pthread_mutex_unlock(&work->mutex);
    proa_emit_deinit(&worker.emit);
    proa_validator_destroy(worker.validator);
    return NULL;
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
    bool counts_fuel;
    uint32_t thread_count;
    enum proa_status status; /* of making the text */
    struct proa_error *err;  /* its */
    struct proa_artifact_source source;
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

/* The pages before the text. */
static uint32_t slots_bytes(const struct proa_wasm_module *module)
{
    uint32_t bytes =
        SLOT_BYTES * (module->function_count - module->imported_function_count);

    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
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
    work->slots = (uint32_t)-slots_bytes(module);
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
                                &whole->source.init, err);
    proa_emit_deinit(&emit);
    return status;
}

/* For each record a jump through the slot. */
static void put_entries(struct whole *whole, struct proa_sink *sink)
{
    const struct proa_wasm_module *module = &whole->module;
    uint32_t entries = (uint32_t)whole->work.text_size;
    uint32_t at = entries;

    whole->source.entries = entries;
    whole->source.text_size =
        entries + (uint64_t)ENTRY_BYTES * whole->record_count;
    for (uint32_t i = module->imported_function_count;
         i < module->function_count; i++) {
        uint8_t entry[ENTRY_BYTES] = { 0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc };
        if (whole->records[i] == PROA_ARTIFACT_NONE)
            continue;
        uint32_t here = entries + ENTRY_BYTES * whole->records[i];
        uint32_t distance = slot_of(&whole->work, i) - (here + 6);
        memcpy(entry + 2, &distance, sizeof distance);
        proa_sink_put_zeros(sink, here - at);
        proa_sink_put(sink, entry, sizeof entry);
        at = here + ENTRY_BYTES;
    }
    proa_sink_put_zeros(sink, whole->source.text_size - at);
}

/* Trampolines and init behind the functions, then the entries. */
static enum proa_status put_rest(struct whole *whole, struct proa_sink *sink)
{
    uint32_t base = (uint32_t)whole->work.text_size;
    enum proa_status status = emit_rest(whole, whole->err);

    if (status != PROA_OK)
        return status;
    put_chunk(&whole->work, &whole->rest);
    for (uint32_t i = 0; i < whole->module.type_count; i++)
        whole->trampolines[i] += base;
    whole->source.init += base;
    if (whole->work.text_size + (uint64_t)ENTRY_BYTES * whole->record_count >
        TEXT_MAX)
        return proa_fail(whole->err, PROA_LIMIT, 0,
                         "the compiled code is larger than its limit");
    put_entries(whole, sink);
    return PROA_OK;
}

/* The functions are compiled while what is done of them is put. */
static void put_text(void *env, struct proa_sink *sink)
{
    struct whole *whole = env;

    whole->work.sink = sink;
    pthread_mutex_init(&whole->work.mutex, NULL);
    run_all(&whole->work, whole->thread_count);
    pthread_mutex_destroy(&whole->work.mutex);
    whole->status = whole->work.status;
    if (whole->status == PROA_OK)
        whole->status = put_rest(whole, sink);
    if (whole->status != PROA_OK)
        sink->is_full = true;
}

static void put_images(void *env, struct proa_sink *sink)
{
    const struct whole *whole = env;

    proa_images_put(&whole->images, &whole->module, sink);
}

static enum proa_status
write_artifact(const struct proa_baseline_request *request, struct whole *whole,
               struct proa_sink *artifact, struct proa_error *err)
{
    struct proa_error unwritten = { 0 };

    whole->err = err;
    whole->thread_count = request->thread_count;
    whole->source = (struct proa_artifact_source){
        .module = &whole->module,
        .arch = PROA_ARCH_X86_64,
        .cpu_features = PROA_BASELINE_FEATURES,
        .producer = request->producer,
        .module_sha256 = request->sha256,
        .code = whole->work.code,
        .code_size = whole->work.code_size,
        .tail = whole->tail,
        .records = whole->records,
        .record_count = whole->record_count,
        .trampolines = whole->trampolines,
        .has_slots = true,
        .slots_first = true,
        .counts_fuel = request->counts_fuel,
        .images = whole->images.runs,
        .image_count = whole->images.run_count,
        .image_bytes_size = whole->images.size,
        .data_in_image = whole->images.in_image,
        .put_text = put_text,
        .put_images = put_images,
        .env = whole,
    };
    enum proa_status status =
        proa_artifact_put(&whole->source, artifact, &unwritten);
    /* Why there is no text says more than that it was not put. */
    if (whole->status != PROA_OK)
        return whole->status;
    if (status != PROA_OK)
        *err = unwritten;
    return status;
}

static enum proa_status
compile_decoded(const struct proa_baseline_request *request,
                struct whole *whole, struct proa_sink *artifact,
                struct proa_error *err)
{
    enum proa_status status = proa_wasm_validate_parts(&whole->module, err);

    if (status == PROA_OK)
        status = prepare(whole, err);
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
    for (uint32_t i = 0; i < whole.work.spare_count; i++) {
        proa_buffer_deinit(&whole.work.spares[i].text);
        proa_buffer_deinit(&whole.work.spares[i].calls);
    }
    proa_images_deinit(&whole.images);
    proa_wasm_module_deinit(&whole.module);
    return status;
}
