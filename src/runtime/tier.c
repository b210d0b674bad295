/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/tier.h"

#include <pthread.h>
#include <string.h>

#include "base/fail.h"
#include "runtime/module.h"

enum { SHA256_BYTES = 32 };

/* Held while code is installed: seldom, and not for long. */
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;

bool proa_module_can_improve(const struct proa_module *module)
{
    return module->slots != NULL && !module->is_partial &&
           atomic_load(&module->better) == NULL;
}

/* Code of `b` finds in a context of `a` what it expects there. */
static bool is_same(const struct proa_artifact *a,
                    const struct proa_artifact *b)
{
    if (a->function_count != b->function_count ||
        a->imported_function_count != b->imported_function_count ||
        a->type_count != b->type_count || a->counts_fuel != b->counts_fuel ||
        memcmp(a->module_sha256, b->module_sha256, SHA256_BYTES) != 0 ||
        memcmp(&a->layout, &b->layout, sizeof a->layout) != 0)
        return false;
    for (uint32_t i = 0; i < a->function_count; i++)
        if (a->functions[i].type != b->functions[i].type ||
            a->functions[i].record != b->functions[i].record)
            return false;
    return true;
}

static enum proa_status no_better(struct proa_error *err)
{
    return proa_fail(err, PROA_USAGE, 0,
                     "this is no better code of the same module");
}

/* The address of an own function's code. */
static uint64_t code_of(const struct proa_module *module, uint32_t own)
{
    const struct proa_artifact *artifact = &module->artifact;

    return (uintptr_t)module->base + artifact->text_offset +
           artifact->functions[artifact->imported_function_count + own].code;
}

static void set_slot(struct proa_module *module, uint32_t own, uint64_t code)
{
    atomic_store_explicit(&module->slots[own], code, memory_order_release);
}

/* Where the module's own code looks, and that of its parts. */
static void set_slot_everywhere(struct proa_module *module, uint32_t own,
                                uint64_t code)
{
    set_slot(module, own, code);
    for (struct proa_module *some = atomic_load(&module->some); some != NULL;
         some = atomic_load(&some->some))
        set_slot(some, own, code);
}

enum proa_status proa_module_improve(struct proa_module *module,
                                     struct proa_module *better,
                                     struct proa_error *err)
{
    if (module->slots == NULL || module->is_partial || better->slots != NULL ||
        module->engine != better->engine ||
        !is_same(&module->artifact, &better->artifact))
        return no_better(err);
    (void)pthread_mutex_lock(&install_lock);
    if (atomic_load(&module->better) == NULL) { /* it has none already */
        atomic_store(&module->better, proa_module_retain(better));
        for (uint32_t i = 0; i < module->artifact.slot_count; i++)
            set_slot_everywhere(module, i, code_of(better, i));
    }
    (void)pthread_mutex_unlock(&install_lock);
    return PROA_OK;
}

uint32_t proa_module_some_count(const struct proa_module *module)
{
    uint32_t count = 0;

    for (const struct proa_module *some = atomic_load(&module->some);
         some != NULL; some = atomic_load(&some->some))
        count++;
    return count;
}

bool proa_module_has_some(const struct proa_module *module, uint32_t function)
{
    for (const struct proa_module *some = atomic_load(&module->some);
         some != NULL; some = atomic_load(&some->some))
        if (some->artifact.functions[function].code_size != 0)
            return true;
    return false;
}

static bool has_part(const struct proa_module *module,
                     const struct proa_module *part)
{
    for (const struct proa_module *some = atomic_load(&module->some);
         some != NULL; some = atomic_load(&some->some))
        if (some == part)
            return true;
    return false;
}

/* A thunk of `some` comes here, and must find code before it is reached. */
static void install_some(struct proa_module *module, struct proa_module *some)
{
    const struct proa_artifact *artifact = &some->artifact;
    const struct proa_artifact_function *own =
        artifact->functions + artifact->imported_function_count;

    for (uint32_t i = 0; i < artifact->slot_count; i++)
        set_slot(some, i,
                 own[i].code_size != 0 ? code_of(some, i)
                                       : atomic_load(&module->slots[i]));
    atomic_store(&some->some, atomic_load(&module->some));
    atomic_store(&module->some, proa_module_retain(some));
    for (uint32_t i = 0; i < artifact->slot_count; i++)
        if (own[i].code_size != 0)
            set_slot_everywhere(module, i, code_of(some, i));
}

enum proa_status proa_module_improve_some(struct proa_module *module,
                                          struct proa_module *some,
                                          struct proa_error *err)
{
    if (module->slots == NULL || module->is_partial || some->slots == NULL ||
        module->engine != some->engine || module == some ||
        !is_same(&module->artifact, &some->artifact))
        return no_better(err);
    (void)pthread_mutex_lock(&install_lock);
    /* Unless it has better already, or enough. */
    if (atomic_load(&module->better) == NULL && !has_part(module, some) &&
        proa_module_some_count(module) < PROA_TIER_SOME_MAX)
        install_some(module, some);
    (void)pthread_mutex_unlock(&install_lock);
    return PROA_OK;
}
