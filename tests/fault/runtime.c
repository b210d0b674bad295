/*
 * From an engine to a trap and its backtrace, with every allocation failing
 * once: an answer each time, nothing leaks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../unit/runtime/fixture.h"
#include "fail.h"
#include "proa/pool.h"
#include "runtime/memory.h"

static uint32_t on_call(struct proa_call *call, uint32_t argument)
{
    (void)call;
    return argument + 1;
}

static enum proa_status call_export(struct proa_instance *instance,
                                    const char *name, struct proa_error *err)
{
    struct proa_extern found = { .of.func = NULL };
    union proa_value value = { .i32 = 1 };

    CHECK_EQ(proa_instance_export(instance, name, &found), true);
    return proa_func_call(found.of.func, &value, &value, err);
}

/* What may fail softly: the text is "", the guest gets -1. */
static void use_instance(struct proa_store *store,
                         struct proa_instance *instance)
{
    struct proa_error err = { 0 };

    CHECK_EQ(call_export(instance, "trap", &err), PROA_TRAP);
    const char *text = proa_store_backtrace(store);
    CHECK_EQ(fail_has_come || text[0] != '\0', true);
    uint64_t old = proa_memory_grow(instance->memories[0], 1);
    CHECK_EQ(fail_has_come || old == 1, true);
}

static enum proa_status run_in_store(struct proa_store *store,
                                     struct proa_module *module,
                                     struct proa_error *err)
{
    const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };
    const struct proa_functype wide = { test_i32s, test_i32s, 20, 1 };
    struct proa_extern import = { .kind = PROA_KIND_FUNC };
    struct proa_instance *instance = NULL;
    struct proa_func *func = NULL;
    enum proa_status status = proa_func_create(
        store, &type, (proa_host_fn)on_call, NULL, &import.of.func, err);

    if (status == PROA_OK)
        status = proa_func_create(store, &wide, (proa_host_fn)on_call, NULL,
                                  &func, err);
    if (status == PROA_OK)
        status =
            proa_instance_create(store, module, &import, 1, &instance, err);
    if (status == PROA_OK)
        status = call_export(instance, "inc", err);
    if (status == PROA_OK)
        status = call_export(instance, "f", err);
    if (status == PROA_OK)
        use_instance(store, instance);
    return status;
}

static enum proa_status link_import(void *env, struct proa_store *store,
                                    struct proa_extern *imports,
                                    struct proa_error *err)
{
    const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };

    imports[0].kind = PROA_KIND_FUNC;
    return proa_func_create(store, &type, (proa_host_fn)on_call, env,
                            &imports[0].of.func, err);
}

/* Two uses, of which the second finds what is left of the first. */
static enum proa_status run_in_slot(struct proa_engine *engine,
                                    struct proa_module *module,
                                    struct proa_error *err)
{
    const struct proa_slot_options options = { .link = link_import };
    struct proa_instance *instance = NULL;
    struct proa_slot *slot = NULL;
    enum proa_status status =
        proa_slot_create(engine, module, &options, &slot, err);

    for (int i = 0; i < 2 && status == PROA_OK; i++) {
        status = proa_slot_begin(slot, &instance, err);
        if (status == PROA_OK) {
            use_instance(proa_slot_store(slot), instance);
            status = call_export(instance, "inc", err);
        }
        proa_slot_end(slot);
    }
    proa_slot_destroy(slot);
    return status;
}

static enum proa_status run(int fd, struct proa_error *err)
{
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    struct proa_store *store = NULL;
    enum proa_status status = proa_engine_create(&engine, err);

    if (status == PROA_OK)
        status = proa_module_load_fd(engine, fd, &module, err);
    if (status == PROA_OK)
        status = proa_store_create(engine, NULL, &store, err);
    if (status == PROA_OK)
        status = run_in_store(store, module, err);
    proa_store_destroy(store);
    if (status == PROA_OK)
        status = run_in_slot(engine, module, err);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return status;
}

int main(void)
{
    int fd = test_module_file(NULL);

    for (long n = 0;; n++) {
        struct proa_error err = { 0 };
        fail_after(n);
        enum proa_status status = run(fd, &err);
        CHECK_EQ(status, err.status);
        if (!fail_has_come) {
            CHECK_EQ(status, PROA_OK);
            CHECK_EQ(n > 20, true); /* the failures do reach the engine */
            break;
        }
        CHECK_EQ(status == PROA_OK || status == PROA_NOMEM || status == PROA_IO,
                 true);
    }
    (void)close(fd);
    return 0;
}
