/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "runtime/call.h"
#include "runtime/store.h"
#include "runtime/trap.h"

/* So many parameters or results need no memory but the frame's. */
enum { VALUES_IN_FRAME = 16 };

struct proa_functype proa_func_type(const struct proa_func *func)
{
    return *func->type;
}

/* Only as wide as it was written: a wider load would have to wait for the
 * store. */
static inline void copy_value(union proa_value *to,
                              const union proa_value *from,
                              enum proa_valtype type)
{
    if (type == PROA_I32 || type == PROA_F32)
        to->u32 = from->u32;
    else if (type == PROA_V128)
        *to = *from;
    else
        to->u64 = from->u64;
}

static inline uint32_t call_with(struct proa_func *func,
                                 const union proa_value *args,
                                 union proa_value *results,
                                 union proa_value *values)
{
    const struct proa_functype *type = func->type;
    proa_guest_adapter adapter;

    /* The record keeps code as data; C has no cast between them. */
    memcpy(&adapter, &func->trampoline, sizeof adapter);
    for (uint32_t i = 0; i < type->param_count; i++)
        copy_value(&values[i], &args[i], type->params[i]);
    uint32_t trap = proa_guest_enter(&func->store->guest, adapter, func->code,
                                     func->context, values);
    if (trap == 0) {
        for (uint32_t i = 0; i < type->result_count; i++)
            copy_value(&results[i], &values[i], type->results[i]);
    }
    return trap;
}

enum proa_status proa_func_call(struct proa_func *func,
                                const union proa_value *args,
                                union proa_value *results,
                                struct proa_error *err)
{
    const struct proa_functype *type = func->type;
    union proa_value in_frame[VALUES_IN_FRAME];
    uint32_t count = type->param_count > type->result_count
                         ? type->param_count
                         : type->result_count;
    uint32_t trap;

    if (func->store->guest.pending != 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "the guest was ended by this host function");
    if (func->trampoline == NULL) /* a host function */
        return proa_call_host(func, args, results, err);
    if (count <= VALUES_IN_FRAME) {
        trap = call_with(func, args, results, in_frame);
    } else {
        union proa_value *values = calloc(count, sizeof *values);
        if (values == NULL)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for a call");
        trap = call_with(func, args, results, values);
        free(values);
    }
    return trap == 0 ? PROA_OK : proa_trap_status(func->store, trap, err);
}
