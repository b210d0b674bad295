/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/tier.h"

#include <string.h>

#include "base/fail.h"
#include "runtime/module.h"

enum { SHA256_BYTES = 32 };

bool proa_module_can_improve(const struct proa_module *module)
{
    return module->slots != NULL && atomic_load(&module->better) == NULL;
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

enum proa_status proa_module_improve(struct proa_module *module,
                                     struct proa_module *better,
                                     struct proa_error *err)
{
    const struct proa_artifact *artifact = &better->artifact;
    uint32_t imported = artifact->imported_function_count;
    uint64_t text = (uintptr_t)better->base + artifact->text_offset;
    struct proa_module *none = NULL;

    if (module->slots == NULL || better->slots != NULL ||
        module->engine != better->engine ||
        !is_same(&module->artifact, artifact))
        return proa_fail(err, PROA_USAGE, 0,
                         "this is no better code of the same module");
    if (!atomic_compare_exchange_strong(&module->better, &none, better))
        return PROA_OK; /* it has some already */
    (void)proa_module_retain(better);
    for (uint32_t i = 0; i < module->artifact.slot_count; i++)
        atomic_store_explicit(&module->slots[i],
                              text + artifact->functions[imported + i].code,
                              memory_order_release);
    return PROA_OK;
}
