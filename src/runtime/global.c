/*
 * https://webassembly.github.io/spec/core/exec/runtime.html#global-instances
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "runtime/store.h"
#include "runtime/table.h"

enum proa_status proa_global_create(struct proa_store *store,
                                    struct proa_globaltype type,
                                    union proa_value value,
                                    struct proa_global **global,
                                    struct proa_error *err)
{
    struct proa_global *made = proa_store_alloc(store, 1, sizeof *made, err);
    union proa_value *place = proa_store_alloc(store, 1, sizeof *place, err);

    if (made == NULL || place == NULL)
        return PROA_NOMEM;
    *place = value;
    made->store = store;
    made->type = type;
    made->value = place;
    *global = made;
    return PROA_OK;
}

struct proa_globaltype proa_global_type(const struct proa_global *global)
{
    return global->type;
}

union proa_value proa_global_get(const struct proa_global *global)
{
    return *global->value;
}

enum proa_status proa_global_set(struct proa_global *global,
                                 union proa_value value, struct proa_error *err)
{
    if (!global->type.is_mutable)
        return proa_fail(err, PROA_USAGE, 0, "the global is immutable");
    *global->value = value;
    return PROA_OK;
}
