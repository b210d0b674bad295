/*
 * https://webassembly.github.io/spec/core/exec/modules.html#instantiation
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/instance.h"

#include <string.h>

#include "base/fail.h"
#include "platform/map.h"
#include "runtime/builtin.h"
#include "runtime/call.h"
#include "runtime/match.h"
#include "runtime/memory.h"
#include "runtime/module.h"
#include "runtime/store.h"
#include "runtime/table.h"
#include "runtime/trap.h"

/* An array of the context. */
static void *at(const struct proa_instance *instance, uint32_t offset)
{
    return (uint8_t *)instance->context + offset;
}

struct proa_func *proa_instance_func(const struct proa_instance *instance,
                                     uint32_t function_index)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    uint32_t record = artifact->functions[function_index].record;
    struct proa_func *funcs = at(instance, artifact->layout.funcs);

    return record == PROA_ARTIFACT_NONE ? NULL : &funcs[record];
}

static void func_fill(const struct proa_instance *instance,
                      uint32_t function_index, struct proa_func *func)
{
    const struct proa_module *module = instance->module;
    const struct proa_artifact_function *function =
        &module->artifact.functions[function_index];
    const struct proa_artifact_type *type =
        &module->artifact.types[function->type];
    void (*trampoline)(void) = proa_module_code(module, type->trampoline);

    func->code = proa_module_function(module, function);
    func->context = instance->context;
    func->signature = module->signatures[function->type];
    func->tail = function->tail == PROA_ARTIFACT_NONE
                     ? NULL
                     : proa_module_code(module, function->tail);
    func->type = &type->type;
    memcpy(&func->trampoline, &trampoline, sizeof trampoline);
    func->store = instance->store;
}

/*
 * A host function gets a call of its own for each instance, so that it knows
 * who called it.
 */
static enum proa_status bind_func(struct proa_instance *instance,
                                  uint32_t function_index,
                                  struct proa_func *given,
                                  struct proa_error *err)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    struct proa_import_slot *slots = at(instance, artifact->layout.imports);
    struct proa_import_slot *slot = &slots[function_index];
    const struct proa_call *call = proa_call_of(given);

    slot->code = given->code;
    slot->context = given->context;
    slot->tail = given->tail;
    if (call != NULL) {
        slot->context = proa_call_bind(call, instance, err);
        if (slot->context == NULL)
            return PROA_NOMEM;
    }
    instance->imported_funcs[function_index] = given;
    struct proa_func *record = proa_instance_func(instance, function_index);
    if (record != NULL) {
        *record = *given;
        record->context = slot->context;
    }
    return PROA_OK;
}

static enum proa_status bind_imports(struct proa_instance *instance,
                                     const struct proa_extern *imports,
                                     struct proa_error *err)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    union proa_value **values = at(instance, artifact->layout.imported_globals);
    uint32_t funcs = 0;
    uint32_t tables = 0;
    uint32_t memories = 0;
    uint32_t globals = 0;
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; i < artifact->import_count && status == PROA_OK; i++) {
        switch (imports[i].kind) {
        case PROA_KIND_FUNC:
            status = bind_func(instance, funcs++, imports[i].of.func, err);
            break;
        case PROA_KIND_TABLE:
            instance->tables[tables++] = imports[i].of.table;
            break;
        case PROA_KIND_MEMORY:
            instance->memories[memories++] = imports[i].of.memory;
            break;
        case PROA_KIND_GLOBAL:
            values[globals] = imports[i].of.global->value;
            instance->globals[globals++] = imports[i].of.global;
            break;
        }
    }
    return status;
}

static enum proa_status make_memories(struct proa_instance *instance,
                                      struct proa_error *err)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    struct proa_memory_slot *slots = at(instance, artifact->layout.memories);

    for (uint32_t i = 0; i < artifact->memory_count; i++) {
        if (i >= artifact->imported_memory_count) {
            enum proa_status status =
                proa_memory_create(instance->store, artifact->memories[i],
                                   &instance->memories[i], err);
            if (status != PROA_OK)
                return status;
        }
        slots[i].base = instance->memories[i]->base;
        slots[i].size = &instance->memories[i]->size;
    }
    for (uint32_t i = 0; i < artifact->image_count; i++) {
        const struct proa_artifact_image *image = &artifact->images[i];
        uint8_t *base = instance->memories[image->memory]->base;
        if (!proa_map_overlay(base + image->address, image->size,
                              instance->module->fd, image->offset))
            return proa_fail(err, PROA_NOMEM, 0, "cannot map a memory image");
    }
    return PROA_OK;
}

static enum proa_status make_tables(struct proa_instance *instance,
                                    struct proa_error *err)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    struct proa_table_slot *slots = at(instance, artifact->layout.tables);

    for (uint32_t i = 0; i < artifact->table_count; i++) {
        if (i >= artifact->imported_table_count) {
            enum proa_status status =
                proa_table_create(instance->store, artifact->tables[i].type,
                                  &instance->tables[i], err);
            if (status != PROA_OK)
                return status;
        }
        slots[i].entries = instance->tables[i]->entries;
        slots[i].count = &instance->tables[i]->count;
    }
    return PROA_OK;
}

/* Own globals live in the context; their values are set by init. */
static enum proa_status make_globals(struct proa_instance *instance,
                                     struct proa_error *err)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    uint32_t imported = artifact->imported_global_count;
    uint32_t count = artifact->global_count - imported;
    union proa_value *values = at(instance, artifact->layout.globals);
    struct proa_global *made =
        proa_store_alloc(instance->store, count, sizeof *made, err);

    if (made == NULL)
        return PROA_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        made[i].store = instance->store;
        made[i].type = artifact->globals[imported + i];
        made[i].value = &values[i];
        instance->globals[imported + i] = &made[i];
    }
    return PROA_OK;
}

static void make_records(struct proa_instance *instance)
{
    const struct proa_artifact *artifact = &instance->module->artifact;

    for (uint32_t i = artifact->imported_function_count;
         i < artifact->function_count; i++) {
        struct proa_func *record = proa_instance_func(instance, i);
        if (record != NULL)
            func_fill(instance, i, record);
    }
}

/* An instance with nothing in it, in the store's list. */
static enum proa_status instance_alloc(struct proa_store *store,
                                       struct proa_module *module,
                                       struct proa_instance **instance,
                                       struct proa_error *err)
{
    const struct proa_artifact *artifact = &module->artifact;
    struct proa_instance *made = proa_store_alloc(store, 1, sizeof *made, err);

    if (made == NULL)
        return PROA_NOMEM;
    made->guest = &store->guest;
    made->store = store;
    made->memory_count = artifact->memory_count;
    made->context = proa_store_alloc(store, 1, artifact->layout.size, err);
    made->memories =
        proa_store_alloc(store, artifact->memory_count, sizeof(void *), err);
    made->tables =
        proa_store_alloc(store, artifact->table_count, sizeof(void *), err);
    made->globals =
        proa_store_alloc(store, artifact->global_count, sizeof(void *), err);
    made->imported_funcs = proa_store_alloc(
        store, artifact->imported_function_count, sizeof(void *), err);
    made->data_is_dropped =
        proa_store_alloc(store, artifact->data_count, sizeof(bool), err);
    made->elem_is_dropped =
        proa_store_alloc(store, artifact->elem_count, sizeof(bool), err);
    if (made->context == NULL || made->memories == NULL ||
        made->tables == NULL || made->globals == NULL ||
        made->imported_funcs == NULL || made->data_is_dropped == NULL ||
        made->elem_is_dropped == NULL)
        return PROA_NOMEM;
    made->context->builtins = proa_builtin_table();
    made->context->signatures = module->signatures;
    made->context->stack_limit = store->guest.stack_limit;
    made->context->instance = made;
    made->context->fuel = &store->fuel;
    made->module = proa_module_retain(module);
    made->next = store->instances;
    store->instances = made;
    *instance = made;
    return PROA_OK;
}

static enum proa_status check_imports(struct proa_store *store,
                                      const struct proa_artifact *artifact,
                                      const struct proa_extern *imports,
                                      uint32_t import_count,
                                      struct proa_error *err)
{
    if (import_count != artifact->import_count)
        return proa_fail(err, PROA_USAGE, 0,
                         "the module has %u imports, %u were given",
                         artifact->import_count, import_count);
    for (uint32_t i = 0; i < import_count; i++) {
        enum proa_status status =
            proa_match_import(store, &artifact->imports[i], &imports[i], err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status
proa_instance_prepare(struct proa_store *store, struct proa_module *module,
                      const struct proa_extern *imports, uint32_t import_count,
                      struct proa_instance **instance, struct proa_error *err)
{
    const struct proa_artifact *artifact = &module->artifact;
    struct proa_instance *made = NULL;
    enum proa_status status =
        check_imports(store, artifact, imports, import_count, err);

    if (status == PROA_OK && module->is_partial)
        status = proa_fail(err, PROA_USAGE, 0,
                           "this code is only of some of the functions");
    if (status == PROA_OK && store->limits.fuel != 0 && !artifact->counts_fuel)
        status = proa_fail(err, PROA_USAGE, 0,
                           "fuel is limited, but this code was compiled "
                           "without counting it");
    if (status == PROA_OK && store->guest.pending != 0)
        status = proa_fail(err, PROA_USAGE, 0,
                           "the guest was ended by this host function");
    if (status == PROA_OK)
        status = instance_alloc(store, module, &made, err);
    if (status == PROA_OK)
        status = bind_imports(made, imports, err);
    if (status == PROA_OK)
        status = make_memories(made, err);
    if (status == PROA_OK)
        status = make_tables(made, err);
    if (status == PROA_OK)
        status = make_globals(made, err);
    if (status != PROA_OK)
        return status;
    make_records(made);
    *instance = made;
    return PROA_OK;
}

enum proa_status proa_instance_start(struct proa_instance *instance,
                                     struct proa_error *err)
{
    const struct proa_module *module = instance->module;
    uint32_t trap =
        proa_guest_enter(&instance->store->guest, proa_guest_call_plain,
                         proa_module_code(module, module->artifact.init),
                         instance->context, NULL, NULL);

    return trap == 0 ? PROA_OK : proa_trap_status(instance->store, trap, err);
}

enum proa_status
proa_instance_create(struct proa_store *store, struct proa_module *module,
                     const struct proa_extern *imports, uint32_t import_count,
                     struct proa_instance **instance, struct proa_error *err)
{
    struct proa_instance *made = NULL;
    enum proa_status status =
        proa_instance_prepare(store, module, imports, import_count, &made, err);

    if (status == PROA_OK)
        status = proa_instance_start(made, err);
    if (status == PROA_OK)
        *instance = made;
    return status;
}

void proa_instance_release_all(struct proa_instance *instances)
{
    while (instances != NULL) {
        struct proa_instance *next = instances->next;
        proa_module_release(instances->module);
        instances = next;
    }
}

bool proa_instance_export(struct proa_instance *instance, const char *name,
                          struct proa_extern *found)
{
    const struct proa_artifact *artifact = &instance->module->artifact;
    uint32_t export_index = proa_module_find_export(instance->module, name);

    if (export_index == PROA_ARTIFACT_NONE)
        return false;
    uint32_t index = artifact->export_indexes[export_index];
    switch (artifact->exports[export_index].kind) {
    case PROA_KIND_FUNC:
        found->of.func = index < artifact->imported_function_count
                             ? instance->imported_funcs[index]
                             : proa_instance_func(instance, index);
        break;
    case PROA_KIND_TABLE:
        found->of.table = instance->tables[index];
        break;
    case PROA_KIND_MEMORY:
        found->of.memory = instance->memories[index];
        break;
    case PROA_KIND_GLOBAL:
        found->of.global = instance->globals[index];
        break;
    }
    found->kind = artifact->exports[export_index].kind;
    return true;
}
