/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/module.h"

#include <pthread.h>
#include <stdlib.h>

#include "artifact/write.h"
#include "base/fail.h"
#include "base/sha256.h"
#include "compile/link.h"
#include "compile/plan.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

enum { THREADS_MAX = 64 };

/* Partitions are taken by threads in the plan's order; each object has its own
 * place, so the result does not depend on who was faster. */
struct work {
    const struct proa_compile_request *request;
    const struct proa_module_plan *plan;
    struct proa_buffer *objects; /* by partition */
    pthread_mutex_t mutex;       /* guards what follows */
    uint32_t next;               /* into plan->order */
    uint64_t done_bytes;
    enum proa_status status;
    struct proa_error *err;
};

/* The next partition to compile; false when there is none left. */
static bool take(struct work *work, uint32_t *partition)
{
    bool found = false;

    pthread_mutex_lock(&work->mutex);
    if (work->status == PROA_OK && work->next < work->plan->partition_count) {
        *partition = work->plan->order[work->next++];
        found = true;
    }
    pthread_mutex_unlock(&work->mutex);
    return found;
}

static void finish(struct work *work, uint32_t partition,
                   enum proa_status status, const struct proa_error *err)
{
    const struct proa_compile_request *request = work->request;

    pthread_mutex_lock(&work->mutex);
    work->done_bytes += work->plan->partition_bytes[partition];
    if (status != PROA_OK && work->status == PROA_OK) {
        work->status = status;
        *work->err = *err;
    }
    if (status == PROA_OK && request->progress != NULL)
        request->progress(request->progress_env, work->done_bytes,
                          work->plan->all_bytes);
    pthread_mutex_unlock(&work->mutex);
}

static void *run_worker(void *argument)
{
    struct work *work = argument;
    uint32_t partition;

    while (take(work, &partition)) {
        const struct proa_partition *part = &work->plan->partitions[partition];
        struct proa_codegen_options options = work->request->codegen;
        struct proa_error err = { 0 };
        enum proa_status status;

        options.opt_level = part->level;
        status = proa_codegen_partition(&work->plan->codegen, part, &options,
                                        &work->objects[partition], &err);
        finish(work, partition, status, &err);
    }
    return NULL;
}

static void run_all(struct work *work)
{
    pthread_t threads[THREADS_MAX];
    pthread_attr_t attributes;
    uint32_t wanted = work->request->thread_count;
    uint32_t started = 0;

    if (wanted > THREADS_MAX)
        wanted = THREADS_MAX;
    if (wanted > work->plan->partition_count)
        wanted = work->plan->partition_count;
    /* LLVM recurses over deep expressions; its own tools use 8 MiB and more. */
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)64 << 20);
    while (started < wanted && pthread_create(&threads[started], &attributes,
                                              run_worker, work) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    if (started == 0) /* no threads to be had: do it here */
        (void)run_worker(work);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static enum proa_status
write_artifact(const struct proa_compile_request *request,
               const struct proa_module_plan *plan,
               const struct proa_linked *linked, struct proa_buffer *artifact,
               struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    enum proa_status status =
        proa_sha256(request->bytes, request->size, digest, err);

    if (status != PROA_OK)
        return status;
    struct proa_artifact_source source = {
        .module = plan->codegen.module,
        .arch = request->arch,
        .cpu_features = request->artifact_features,
        .producer = request->producer,
        .module_sha256 = digest,
        .text = linked->text.bytes,
        .text_size = linked->text.size,
        .rodata = linked->rodata.bytes,
        .rodata_size = linked->rodata.size,
        .code = linked->code,
        .code_size = linked->code_size,
        .tail = linked->tail,
        .records = plan->codegen.records,
        .record_count = plan->codegen.record_count,
        .trampolines = linked->trampolines,
        .init = linked->init,
        .has_slots = request->function_count != 0,
        .entries = linked->thunks,
        .counts_fuel = request->codegen.counts_fuel,
        .images = plan->images.runs,
        /* What is not whole makes no instance. */
        .image_count =
            request->function_count == 0 ? plan->images.run_count : 0,
        .image_bytes = plan->images.bytes.bytes,
        .image_bytes_size =
            request->function_count == 0 ? plan->images.bytes.size : 0,
        .data_in_image = plan->images.in_image,
    };
    return proa_artifact_write(&source, artifact, err);
}

static enum proa_status
link_and_write(const struct proa_compile_request *request,
               const struct proa_module_plan *plan,
               const struct proa_buffer *objects, struct proa_buffer *artifact,
               struct proa_error *err)
{
    const struct proa_wasm_module *module = plan->codegen.module;
    struct proa_linked linked;
    const struct proa_link_request link = {
        .objects = objects,
        .object_count = plan->partition_count,
        .function_count = module->function_count,
        .imported_function_count = module->imported_function_count,
        .type_count = module->type_count,
        .has_thunks = request->function_count != 0,
    };
    enum proa_status status = proa_link(&link, module->arena, &linked, err);

    if (status != PROA_OK)
        return status;
    status = write_artifact(request, plan, &linked, artifact, err);
    proa_linked_deinit(&linked);
    return status;
}

static enum proa_status compile_plan(const struct proa_compile_request *request,
                                     const struct proa_module_plan *plan,
                                     struct proa_buffer *artifact,
                                     struct proa_error *err)
{
    uint32_t count = plan->partition_count;
    struct proa_buffer *objects = calloc(count, sizeof *objects);
    struct work work = {
        .request = request, .plan = plan, .objects = objects, .err = err
    };

    if (objects == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to compile");
    for (uint32_t i = 0; i < count; i++)
        proa_buffer_init(&objects[i], (size_t)1 << 30);
    pthread_mutex_init(&work.mutex, NULL);
    run_all(&work);
    pthread_mutex_destroy(&work.mutex);
    if (work.status == PROA_OK)
        work.status = link_and_write(request, plan, objects, artifact, err);
    for (uint32_t i = 0; i < count; i++)
        proa_buffer_deinit(&objects[i]);
    free(objects);
    return work.status;
}

enum proa_status proa_compile_module(const struct proa_compile_request *request,
                                     struct proa_buffer *artifact,
                                     struct proa_error *err)
{
    const struct proa_plan_wish wish = {
        .opt_level = request->codegen.opt_level,
        .functions = request->functions,
        .function_count = request->function_count,
        .hot = request->hot,
        .hot_count = request->hot_count,
    };
    struct proa_wasm_module module;
    struct proa_module_plan plan;
    enum proa_status status =
        proa_wasm_decode(request->bytes, request->size, &module, err);

    if (status != PROA_OK)
        return status;
    status = proa_wasm_validate(&module, err);
    if (status == PROA_OK) {
        status =
            proa_module_plan_make(&module, &wish, module.arena, &plan, err);
        if (status == PROA_OK) {
            status = compile_plan(request, &plan, artifact, err);
            proa_module_plan_deinit(&plan);
        }
    }
    proa_wasm_module_deinit(&module);
    return status;
}
