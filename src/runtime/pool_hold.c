/*
 * Before a slot's first use: which host functions its instance may call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "runtime/call.h"
#include "runtime/instance.h"
#include "runtime/module.h"
#include "runtime/pool.h"
#include "runtime/store.h"

struct proa_call *proa_slot_call_of(const struct proa_instance *instance,
                                    uint32_t function_index)
{
    uint8_t *context = (uint8_t *)instance->context;
    void *slots = context + instance->module->artifact.layout.imports;

    return ((struct proa_import_slot *)slots)[function_index].context;
}

/* In the place of any host function: what it returns is lost, whatever its
 * type. */
static void refuse(struct proa_call *call)
{
    proa_call_trap(call, "");
}

static void refuse_by_name(struct proa_call *call)
{
    const struct proa_artifact *artifact = &call->instance->module->artifact;
    char text[PROA_TRAP_TEXT_MAX + 1];

    for (uint32_t i = 0; i < artifact->imported_function_count; i++) {
        if (proa_slot_call_of(call->instance, i) != call)
            continue;
        (void)snprintf(text, sizeof text,
                       "%.50s.%.50s may not be called before the first use",
                       artifact->imports[i].module, artifact->imports[i].name);
        proa_call_trap(call, text);
    }
}

static bool may_call(const struct proa_slot *slot,
                     const struct proa_importtype *import)
{
    const char *const *names = slot->options.init_may_call;
    size_t size = strlen(import->module);

    if (slot->options.init == NULL || names == NULL)
        return false;
    for (uint32_t i = 0; names[i] != NULL; i++) {
        if (strncmp(names[i], import->module, size) == 0 &&
            names[i][size] == '.' &&
            strcmp(names[i] + size + 1, import->name) == 0)
            return true;
    }
    return false;
}

/* A slot imports nothing but functions, so an import's index is its
 * function's. */
const proa_host_fn *proa_slot_hold(struct proa_slot *slot, bool says_which)
{
    const struct proa_artifact *artifact = &slot->module->artifact;
    uint32_t count = artifact->imported_function_count;
    proa_host_fn *held = proa_arena_array(slot->arena, count, sizeof *held);

    for (uint32_t i = 0; held != NULL && i < count; i++) {
        struct proa_call *call = proa_slot_call_of(slot->instance, i);

        held[i] = call->head.fn;
        if (!may_call(slot, &artifact->imports[i]))
            call->head.fn = says_which ? (proa_host_fn)refuse_by_name
                                       : (proa_host_fn)refuse;
    }
    return held;
}

void proa_slot_let_go(struct proa_slot *slot, const proa_host_fn *held)
{
    uint32_t count = slot->module->artifact.imported_function_count;

    for (uint32_t i = 0; i < count; i++)
        proa_slot_call_of(slot->instance, i)->head.fn = held[i];
}

enum proa_status proa_slot_call_export(void *name, struct proa_store *store,
                                       struct proa_instance *instance,
                                       struct proa_error *err)
{
    struct proa_extern found;

    (void)store;
    if (!proa_instance_export(instance, name, &found) ||
        found.kind != PROA_KIND_FUNC || proa_call_of(found.of.func) != NULL ||
        found.of.func->type->param_count != 0 ||
        found.of.func->type->result_count != 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "the module has no function %.100s of its own without "
                         "parameters and results",
                         (const char *)name);
    return proa_func_call(found.of.func, NULL, NULL, err);
}
