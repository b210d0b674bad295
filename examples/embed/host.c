/*
 * What a host gives a guest and keeps from it: a host function, a view of the
 * guest's memory, a memory limit, a trap, and an interrupt from another thread.
 *
 *     cc host.c -lproa -lpthread && ./a.out
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <stdio.h>

#include "proa/compile.h"
#include "proa/store.h"

/*
 * (module
 *   (import "env" "log" (func $log (param i32 i32)))
 *   (memory (export "memory") 1)
 *   (data (i32.const 16) "hello from the guest")
 *   (func (export "greet") i32.const 16 i32.const 20 call $log)
 *   (func (export "grow") (param i32) (result i32)
 *     local.get 0 memory.grow)
 *   (func (export "divide") (param i32 i32) (result i32)
 *     local.get 0 local.get 1 i32.div_s)
 *   (func (export "spin") (loop br 0)))
 */
static const uint8_t wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x14, 0x04, 0x60,
    0x02, 0x7f, 0x7f, 0x00, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x02, 0x0b, 0x01, 0x03, 0x65, 0x6e,
    0x76, 0x03, 0x6c, 0x6f, 0x67, 0x00, 0x00, 0x03, 0x05, 0x04, 0x01, 0x02,
    0x03, 0x01, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x29, 0x05, 0x06, 0x6d,
    0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x05, 0x67, 0x72, 0x65, 0x65,
    0x74, 0x00, 0x01, 0x04, 0x67, 0x72, 0x6f, 0x77, 0x00, 0x02, 0x06, 0x64,
    0x69, 0x76, 0x69, 0x64, 0x65, 0x00, 0x03, 0x04, 0x73, 0x70, 0x69, 0x6e,
    0x00, 0x04, 0x0a, 0x21, 0x04, 0x08, 0x00, 0x41, 0x10, 0x41, 0x14, 0x10,
    0x00, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x40, 0x00, 0x0b, 0x07, 0x00, 0x20,
    0x00, 0x20, 0x01, 0x6d, 0x0b, 0x07, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b,
    0x0b, 0x0b, 0x1a, 0x01, 0x00, 0x41, 0x10, 0x0b, 0x14, 0x68, 0x65, 0x6c,
    0x6c, 0x6f, 0x20, 0x66, 0x72, 0x6f, 0x6d, 0x20, 0x74, 0x68, 0x65, 0x20,
    0x67, 0x75, 0x65, 0x73, 0x74,
};

/* env.log(address, size): text in the guest's memory. */
static void log_text(struct proa_call *call, uint32_t address, uint32_t size)
{
    const char *text = proa_call_memory(call, address, size);
    FILE *out = proa_call_env(call);

    if (text == NULL) {
        proa_call_trap(call, "env.log: text outside the memory");
        return;
    }
    (void)fprintf(out, "guest says: %.*s\n", (int)size, text);
}

static enum proa_status instantiate(struct proa_store *store,
                                    struct proa_module *module,
                                    struct proa_instance **instance,
                                    struct proa_error *err)
{
    const enum proa_valtype params[] = { PROA_I32, PROA_I32 };
    const struct proa_functype type = { .params = params, .param_count = 2 };
    struct proa_extern import = { .kind = PROA_KIND_FUNC };

    enum proa_status status = proa_func_create(
        store, &type, (proa_host_fn)log_text, stdout, &import.of.func, err);
    if (status == PROA_OK)
        status = proa_instance_create(store, module, &import, 1, instance, err);
    return status;
}

/* Call an export and print what came of it. */
static void call(struct proa_instance *instance, const char *name, int32_t a,
                 int32_t b)
{
    struct proa_error err = { 0 };
    struct proa_extern found;
    union proa_value args[] = { { .i32 = a }, { .i32 = b } };
    union proa_value result = { .i32 = 0 };

    if (!proa_instance_export(instance, name, &found))
        return;
    if (proa_func_call(found.of.func, args, &result, &err) == PROA_OK)
        (void)printf("%s: %d\n", name, result.i32);
    else
        (void)printf("%s: %s: %s\n", name, proa_status_name(err.status),
                     err.text);
}

static void *interrupt(void *store)
{
    proa_store_interrupt(store);
    return NULL;
}

static void show(struct proa_store *store, struct proa_instance *instance)
{
    pthread_t thread;

    call(instance, "greet", 0, 0);
    call(instance, "grow", 10, 0);   /* 1: the pages before */
    call(instance, "grow", 100, 0);  /* -1: over the store's limit */
    call(instance, "divide", 7, 0);  /* a trap */
    call(instance, "divide", 42, 6); /* the instance lives on */
    if (pthread_create(&thread, NULL, interrupt, store) == 0) {
        call(instance, "spin", 0, 0); /* ended from the other thread */
        (void)pthread_join(thread, NULL);
    }
}

int main(void)
{
    const struct proa_store_options limits = { .memory_bytes_max = 1 << 20 };
    struct proa_error err = { 0 };
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    struct proa_store *store = NULL;
    struct proa_instance *instance;

    enum proa_status status = proa_engine_create(&engine, &err);
    if (status == PROA_OK)
        status =
            proa_module_compile(engine, wasm, sizeof wasm, NULL, &module, &err);
    if (status == PROA_OK)
        status = proa_store_create(engine, &limits, &store, &err);
    if (status == PROA_OK)
        status = instantiate(store, module, &instance, &err);
    if (status == PROA_OK)
        show(store, instance);
    else
        (void)fprintf(stderr, "host: %s: %s\n", proa_status_name(status),
                      err.text);
    proa_store_destroy(store);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return status == PROA_OK ? 0 : 1;
}
