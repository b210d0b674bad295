/*
 * The shortest program that embeds proa: compile a module, call a function.
 *
 *     cc add.c -lproa && ./a.out        prints "2 + 3 = 5"
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "proa/compile.h"
#include "proa/store.h"

/* (module (func (export "add") (param i32 i32) (result i32)
 *   local.get 0  local.get 1  i32.add)) */
static const uint8_t wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01,
    0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07,
    0x07, 0x01, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00, 0x0a, 0x09, 0x01,
    0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b,
};

/* Instantiate the module in a store of its own and call "add". */
static enum proa_status add(struct proa_engine *engine,
                            struct proa_module *module, int32_t a, int32_t b,
                            struct proa_error *err)
{
    struct proa_store *store;
    struct proa_instance *instance;
    struct proa_extern found;
    union proa_value args[] = { { .i32 = a }, { .i32 = b } };
    union proa_value result;

    enum proa_status status = proa_store_create(engine, NULL, &store, err);
    if (status != PROA_OK)
        return status;
    status = proa_instance_create(store, module, NULL, 0, &instance, err);
    if (status == PROA_OK && proa_instance_export(instance, "add", &found))
        status = proa_func_call(found.of.func, args, &result, err);
    if (status == PROA_OK)
        (void)printf("%d + %d = %d\n", a, b, result.i32);
    proa_store_destroy(store); /* the instance goes with it */
    return status;
}

int main(void)
{
    struct proa_error err = { 0 };
    struct proa_engine *engine;
    struct proa_module *module;

    if (proa_engine_create(&engine, &err) != PROA_OK) {
        (void)fprintf(stderr, "add: %s\n", err.text);
        return 1;
    }
    enum proa_status status =
        proa_module_compile(engine, wasm, sizeof wasm, NULL, &module, &err);
    if (status == PROA_OK) {
        status = add(engine, module, 2, 3, &err);
        proa_module_release(module);
    }
    proa_engine_destroy(engine);
    if (status != PROA_OK)
        (void)fprintf(stderr, "add: %s: %s\n", proa_status_name(status),
                      err.text);
    return status == PROA_OK ? 0 : 1;
}
