/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/module.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "platform/cpu.h"
#include "platform/guest.h"
#include "platform/map.h"
#include "runtime/engine.h"

/* Offsets of code have 32 bits; images and names come on top. */
static const uint64_t file_bytes_max = (uint64_t)16 * 1024 * 1024 * 1024;

void (*proa_module_code(const struct proa_module *module,
                        uint32_t offset))(void)
{
    const uint8_t *address =
        module->base + module->artifact.text_offset + offset;
    void (*code)(void);

    /* C has no cast from data to code; the bits are the same. */
    static_assert(sizeof code == sizeof address, "flat address space");
    memcpy(&code, &address, sizeof code);
    return code;
}

void (*proa_module_function(const struct proa_module *module,
                            const struct proa_artifact_function *function))(
    void)
{
    if (module->slots == NULL || function->record == PROA_ARTIFACT_NONE)
        return proa_module_code(module, function->code);
    return proa_module_code(module,
                            module->artifact.entries + 8 * function->record);
}

static enum proa_status check_cpu(const struct proa_artifact *artifact,
                                  struct proa_error *err)
{
    const char *feature = artifact->cpu_features;

    if ((uint32_t)artifact->arch != proa_guest_machine())
        return proa_fail(err, PROA_INCOMPATIBLE, 0,
                         "the artifact was compiled for another processor");
    while (*feature != '\0') {
        char name[32];
        size_t size = strcspn(feature, ",");
        if (size >= sizeof name)
            return proa_fail(err, PROA_INCOMPATIBLE, 0,
                             "the artifact needs an unknown CPU feature");
        memcpy(name, feature, size);
        name[size] = '\0';
        if (size > 0 && !proa_cpu_has(name))
            return proa_fail(err, PROA_INCOMPATIBLE, 0,
                             "the artifact needs the CPU feature %s, which "
                             "this machine lacks",
                             name);
        feature += size;
        feature += *feature == ',';
    }
    return PROA_OK;
}

static enum proa_status resolve_signatures(struct proa_module *module,
                                           struct proa_error *err)
{
    const struct proa_artifact *artifact = &module->artifact;
    uint64_t *signatures = proa_arena_array(
        artifact->arena, artifact->type_count, sizeof *signatures);

    if (signatures == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");
    for (uint32_t i = 0; i < artifact->type_count; i++) {
        signatures[i] = artifact->types[i].signature;
        if (signatures[i] != 0)
            continue;
        enum proa_status status = proa_engine_signature(
            module->engine, &artifact->types[i].type, &signatures[i], err);
        if (status != PROA_OK)
            return status;
    }
    module->signatures = signatures;
    return PROA_OK;
}

static int compare_exports(const void *a, const void *b, void *env)
{
    const struct proa_exporttype *exports = env;

    return strcmp(exports[*(const uint32_t *)a].name,
                  exports[*(const uint32_t *)b].name);
}

static enum proa_status sort_exports(struct proa_module *module,
                                     struct proa_error *err)
{
    const struct proa_artifact *artifact = &module->artifact;
    uint32_t *sorted = proa_arena_array(artifact->arena, artifact->export_count,
                                        sizeof *sorted);

    if (sorted == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");
    for (uint32_t i = 0; i < artifact->export_count; i++)
        sorted[i] = i;
    qsort_r(sorted, artifact->export_count, sizeof *sorted, compare_exports,
            (void *)artifact->exports);
    module->exports_by_name = sorted;
    return PROA_OK;
}

uint32_t proa_module_find_export(const struct proa_module *module,
                                 const char *name)
{
    const struct proa_artifact *artifact = &module->artifact;
    uint32_t low = 0;
    uint32_t high = artifact->export_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t index = module->exports_by_name[middle];
        int order = strcmp(name, artifact->exports[index].name);
        if (order == 0)
            return index;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return PROA_ARTIFACT_NONE;
}

static enum proa_status module_open(struct proa_module *module, int fd,
                                    struct proa_error *err)
{
    struct stat stat;

    module->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (module->fd < 0 || fstat(module->fd, &stat) != 0)
        return proa_fail(err, PROA_IO, 0, "cannot read an artifact: %s",
                         strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return proa_fail(err, PROA_IO, 0, "an artifact must be a file");
    if (stat.st_size <= 0)
        return proa_fail(err, PROA_MALFORMED, 0, "empty file");
    if ((uint64_t)stat.st_size > file_bytes_max)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "too large for an artifact: %lld bytes",
                         (long long)stat.st_size);
    module->base = proa_map_file(module->fd, (uint64_t)stat.st_size);
    if (module->base == NULL)
        return proa_fail(err, PROA_IO, 0, "cannot map an artifact: %s",
                         strerror(errno));
    module->size = (uint64_t)stat.st_size;
    return PROA_OK;
}

static enum proa_status open_slots(struct proa_module *module,
                                   struct proa_error *err)
{
    const struct proa_artifact *artifact = &module->artifact;
    uint64_t size = (uint64_t)artifact->slot_count * sizeof *module->slots;
    uint8_t *slots = module->base + artifact->slots_offset;
    uint64_t text = (uintptr_t)module->base + artifact->text_offset;

    if (artifact->slot_count == 0)
        return PROA_OK;
    if (!proa_map_overlay(slots, proa_map_round(size), module->fd,
                          artifact->slots_offset))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");
    module->slots = (void *)slots;
    for (uint32_t i = 0; i < artifact->slot_count; i++) {
        const struct proa_artifact_function *function =
            &artifact->functions[artifact->imported_function_count + i];
        atomic_init(&module->slots[i], text + function->code);
        module->is_partial = module->is_partial || function->code_size == 0;
    }
    return PROA_OK;
}

static enum proa_status module_start(struct proa_module *module,
                                     struct proa_error *err)
{
    struct proa_artifact *artifact = &module->artifact;
    enum proa_status status = check_cpu(artifact, err);

    if (status == PROA_OK)
        status = resolve_signatures(module, err);
    if (status == PROA_OK)
        status = sort_exports(module, err);
    if (status == PROA_OK)
        status = open_slots(module, err);
    if (status != PROA_OK)
        return status;
    uint8_t *text = module->base + artifact->text_offset;
    if (!proa_map_executable(text, proa_map_round(artifact->text_size)))
        return proa_fail(err, PROA_IO, 0, "cannot make code executable: %s",
                         strerror(errno));
    module->code = proa_code_add(text, artifact->text_size, module);
    if (module->code == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");
    return PROA_OK;
}

static void module_destroy(struct proa_module *module)
{
    proa_code_remove(module->code);
    proa_module_release(module->better);
    proa_module_release(module->some);
    proa_artifact_deinit(&module->artifact);
    proa_map_release(module->base, module->size);
    if (module->fd >= 0)
        (void)close(module->fd);
    proa_engine_unuse(module->engine);
    free(module);
}

enum proa_status proa_module_load_fd(struct proa_engine *engine, int fd,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    struct proa_module *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a module");
    atomic_init(&made->owner_count, 1);
    made->engine = engine;
    made->fd = -1;
    proa_engine_use(engine);
    enum proa_status status = module_open(made, fd, err);
    if (status == PROA_OK)
        status =
            proa_artifact_read(made->base, made->size, &made->artifact, err);
    if (status == PROA_OK)
        status = module_start(made, err);
    if (status != PROA_OK) {
        module_destroy(made);
        return status;
    }
    *module = made;
    return PROA_OK;
}

enum proa_status proa_module_load(struct proa_engine *engine, const char *path,
                                  struct proa_module **module,
                                  struct proa_error *err)
{
    /* A pipe that no one writes to must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return proa_fail(err, PROA_IO, 0, "cannot open %.200s: %s", path,
                         strerror(errno));
    enum proa_status status = proa_module_load_fd(engine, fd, module, err);
    (void)close(fd);
    return status;
}

struct proa_module *proa_module_retain(struct proa_module *module)
{
    atomic_fetch_add(&module->owner_count, 1);
    return module;
}

void proa_module_release(struct proa_module *module)
{
    if (module != NULL && atomic_fetch_sub(&module->owner_count, 1) == 1)
        module_destroy(module);
}

uint32_t proa_module_import_count(const struct proa_module *module)
{
    return module->artifact.import_count;
}

struct proa_importtype proa_module_import(const struct proa_module *module,
                                          uint32_t import_index)
{
    assert(import_index < module->artifact.import_count);
    return module->artifact.imports[import_index];
}

uint32_t proa_module_export_count(const struct proa_module *module)
{
    return module->artifact.export_count;
}

struct proa_exporttype proa_module_export(const struct proa_module *module,
                                          uint32_t export_index)
{
    assert(export_index < module->artifact.export_count);
    return module->artifact.exports[export_index];
}
