/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "runtime/call.h"
#include "runtime/store.h"
#include "runtime/trap.h"

struct proa_functype proa_func_type(const struct proa_func *func)
{
    return *func->type;
}

enum proa_status proa_func_call(struct proa_func *func,
                                const union proa_value *args,
                                union proa_value *results,
                                struct proa_error *err)
{
    struct proa_store *store = func->store;
    proa_guest_adapter adapter;

    if (store->guest.pending != 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "the guest was ended by this host function");
    if (func->trampoline == NULL) /* a host function */
        return proa_call_host(func, args, results, err);
    /* The record keeps code as data; C has no cast between them. */
    memcpy(&adapter, &func->trampoline, sizeof adapter);
    uint32_t trap = proa_guest_enter(&store->guest, adapter, func->code,
                                     func->context, args, results);
    return trap == 0 ? PROA_OK : proa_trap_status(store, trap, err);
}
