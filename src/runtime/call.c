/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "platform/poll.h"
#include "runtime/engine.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/store.h"
#include "runtime/trap.h"

/* System V: what goes in registers, after the context. */
enum { INT_REGISTERS = 5, FLOAT_REGISTERS = 8 };

static bool is_float(enum proa_valtype type)
{
    return type == PROA_F32 || type == PROA_F64;
}

/* How many of a function's arguments lie on the stack. */
static uint64_t stack_words(const struct proa_functype *type)
{
    uint64_t ints = type->result_count > 1;
    uint64_t floats = 0;

    for (uint32_t i = 0; i < type->param_count; i++) {
        if (is_float(type->params[i]))
            floats++;
        else
            ints++;
    }
    return (ints > INT_REGISTERS ? ints - INT_REGISTERS : 0) +
           (floats > FLOAT_REGISTERS ? floats - FLOAT_REGISTERS : 0);
}

static bool has_v128(const enum proa_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (types[i] == PROA_V128)
            return true;
    }
    return false;
}

static enum proa_status copy_type(struct proa_store *store,
                                  const struct proa_functype *type,
                                  const struct proa_functype **copy,
                                  struct proa_error *err)
{
    struct proa_functype *made = proa_store_alloc(store, 1, sizeof *made, err);
    uint64_t count = (uint64_t)type->param_count + type->result_count;
    enum proa_valtype *codes =
        proa_store_alloc(store, count, sizeof *codes, err);

    if (made == NULL || codes == NULL)
        return PROA_NOMEM;
    *made = *type;
    made->params = codes;
    made->results = codes + type->param_count;
    if (type->param_count > 0)
        memcpy(codes, type->params, type->param_count * sizeof *codes);
    if (type->result_count > 0)
        memcpy(codes + type->param_count, type->results,
               type->result_count * sizeof *codes);
    *copy = made;
    return PROA_OK;
}

enum proa_status proa_func_create(struct proa_store *store,
                                  const struct proa_functype *type,
                                  proa_host_fn fn, void *env,
                                  struct proa_func **func,
                                  struct proa_error *err)
{
    const struct proa_functype *own_type;
    uint64_t signature;

    if (has_v128(type->params, type->param_count) ||
        has_v128(type->results, type->result_count))
        return proa_fail(err, PROA_USAGE, 0,
                         "a host function has no v128 parameters or results");
    enum proa_status status =
        proa_engine_signature(store->engine, type, &signature, err);
    if (status == PROA_OK)
        status = copy_type(store, type, &own_type, err);
    if (status != PROA_OK)
        return status;
    struct proa_func *made = proa_store_alloc(store, 1, sizeof *made, err);
    struct proa_call *call = proa_store_alloc(store, 1, sizeof *call, err);
    if (made == NULL || call == NULL)
        return PROA_NOMEM;
    call->head.fn = fn;
    call->head.guest = &store->guest;
    call->head.stack_words = stack_words(type);
    call->store = store;
    call->env = env;
    made->code = call->head.stack_words > 0 ? proa_guest_host_call_stack
                                            : proa_guest_host_call;
    made->context = call;
    made->signature = signature;
    made->type = own_type;
    made->store = store;
    *func = made;
    return PROA_OK;
}

const struct proa_call *proa_call_of(const struct proa_func *func)
{
    if (func->code != proa_guest_host_call &&
        func->code != proa_guest_host_call_stack)
        return NULL;
    return func->context;
}

struct proa_call *proa_call_bind(const struct proa_call *call,
                                 struct proa_instance *instance,
                                 struct proa_error *err)
{
    struct proa_call *bound =
        proa_store_alloc(call->store, 1, sizeof *bound, err);

    if (bound != NULL) {
        *bound = *call;
        bound->instance = instance;
    }
    return bound;
}

/* A value as the 64 bits of a register or a word of the stack. */
static uint64_t value_bits(const union proa_value *value,
                           enum proa_valtype type)
{
    return type == PROA_I32 || type == PROA_F32 ? value->u32 : value->u64;
}

struct placing {
    struct proa_guest_invoke *invoke;
    uint64_t *stack;
    uint32_t ints;
    uint32_t floats;
    uint32_t words;
};

static void place_int(struct placing *placing, uint64_t bits)
{
    if (placing->ints < INT_REGISTERS)
        placing->invoke->ints[placing->ints++] = bits;
    else
        placing->stack[placing->words++] = bits;
}

static void place_float(struct placing *placing, uint64_t bits)
{
    if (placing->floats < FLOAT_REGISTERS)
        placing->invoke->floats[placing->floats++] = bits;
    else
        placing->stack[placing->words++] = bits;
}

static void place_args(struct proa_guest_invoke *invoke, uint64_t *stack,
                       const struct proa_functype *type,
                       const union proa_value *args, union proa_value *results)
{
    struct placing placing = { .invoke = invoke, .stack = stack };

    for (uint32_t i = 0; i < type->param_count; i++) {
        uint64_t bits = value_bits(&args[i], type->params[i]);
        if (is_float(type->params[i]))
            place_float(&placing, bits);
        else
            place_int(&placing, bits);
    }
    if (type->result_count > 1)
        place_int(&placing, (uint64_t)(uintptr_t)results);
    invoke->stack = stack;
    invoke->stack_words = placing.words;
}

enum proa_status proa_call_host(struct proa_func *func,
                                const union proa_value *args,
                                union proa_value *results,
                                struct proa_error *err)
{
    const struct proa_functype *type = func->type;
    const struct proa_call *call = proa_call_of(func);
    struct proa_guest_invoke invoke = { 0 };

    assert(call != NULL);
    uint64_t words = call->head.stack_words;
    uint64_t *stack = calloc(words + 1, sizeof *stack);
    union proa_value *many =
        calloc((size_t)type->result_count + 1, sizeof *many);
    if (stack == NULL || many == NULL) {
        free(stack);
        free(many);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a call");
    }
    place_args(&invoke, stack, type, args, many);
    uint32_t trap = proa_guest_enter(&func->store->guest, proa_guest_call_host,
                                     func->code, func->context, NULL, &invoke);
    if (trap == 0 && type->result_count == 1)
        results[0].u64 = is_float(type->results[0]) ? invoke.float_result
                                                    : invoke.int_result;
    else if (trap == 0 && type->result_count > 1)
        memcpy(results, many, type->result_count * sizeof *many);
    free(stack);
    free(many);
    return trap == 0 ? PROA_OK : proa_trap_status(func->store, trap, err);
}

void *proa_call_env(const struct proa_call *call)
{
    return call->env;
}

struct proa_instance *proa_call_instance(const struct proa_call *call)
{
    return call->instance;
}

void *proa_call_memory(const struct proa_call *call, uint64_t address,
                       uint64_t size)
{
    if (call->instance == NULL || call->instance->memory_count == 0)
        return NULL;
    const struct proa_memory *memory = call->instance->memories[0];
    if (address > memory->size || size > memory->size - address)
        return NULL;
    return memory->base + address;
}

/* The first reason counts. */
void proa_call_trap(struct proa_call *call, const char *text)
{
    struct proa_store *store = call->store;

    if (store->guest.pending != 0)
        return;
    size_t size = strnlen(text, PROA_TRAP_TEXT_MAX);
    memcpy(store->trap_text, text, size);
    store->trap_text[size] = '\0';
    store->guest.pending = PROA_TRAP_HOST;
}

void proa_call_exit(struct proa_call *call, uint32_t exit_code)
{
    struct proa_store *store = call->store;

    if (store->guest.pending != 0)
        return;
    store->exit_code = exit_code;
    store->guest.pending = PROA_TRAP_EXIT;
}

bool proa_call_interrupted(const struct proa_call *call)
{
    return atomic_load(&call->store->guest.interrupt) != 0;
}

static bool is_interrupted(const void *call)
{
    return proa_call_interrupted(call);
}

int proa_call_wait(const struct proa_call *call, struct proa_wait *wait)
{
    const struct proa_store_options *options = &call->store->limits;

    if (options->wait != NULL)
        return options->wait(options->wait_env, call->store, wait);
    return proa_poll(wait->fds, wait->count, wait->deadline_ns, is_interrupted,
                     call);
}
