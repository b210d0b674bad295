/*
 * The account of a store: fuel, memory, time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proa/usage.h"

#include "fixture.h"
#include "runtime/store.h"

static struct proa_store *store_make(struct proa_engine *engine, uint64_t fuel)
{
    const struct proa_store_options options = { .fuel = fuel };
    struct proa_store *store = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_store_create(engine, &options, &store, &err), PROA_OK);
    return store;
}

static const struct {
    uint64_t given;
    int64_t used; /* by the code, which adds to the count */
    uint64_t spent;
    uint64_t left;
} counts[] = {
    { 0, 0, 0, UINT64_MAX },
    { 0, 5, 5, UINT64_MAX },
    { 10, 0, 0, 10 },
    { 10, 3, 3, 7 },
    { 10, 10, 10, 0 },
    { 10, 14, 10, 0 }, /* noticed late */
    { INT64_MAX, 1, 1, INT64_MAX - 1 },
    { UINT64_MAX, 1, 1, INT64_MAX - 1 },
};

static void test_fuel(struct proa_engine *engine)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct proa_store *store = store_make(engine, counts[i].given);
        store->fuel += counts[i].used;
        CHECK_EQ(proa_store_fuel_spent(store), counts[i].spent);
        CHECK_EQ(proa_store_fuel_left(store), counts[i].left);
        proa_store_fuel_set(store, 3);
        CHECK_EQ(proa_store_fuel_spent(store), 0);
        CHECK_EQ(proa_store_fuel_left(store), 3);
        proa_store_destroy(store);
    }
}

/* Where there is a limit, code that does not count is not run. */
static void test_refused(struct proa_engine *engine)
{
    const struct test_module options = { .memory_min = 1,
                                         .import_type = 1,
                                         .cpu_features = "" };
    struct proa_module *module = test_module_load(engine, &options);
    struct proa_store *store = store_make(engine, 1000);
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct proa_extern import = { .kind = PROA_KIND_FUNC };

    module->artifact.import_count = 0;
    CHECK_EQ(proa_instance_create(store, module, &import, 0, &instance, &err),
             PROA_USAGE);
    CHECK_EQ(strstr(err.text, "fuel") != NULL, true);
    CHECK_EQ(instance == NULL, true);
    proa_store_destroy(store);
    proa_module_release(module);
}

static void test_usage(struct proa_engine *engine)
{
    const struct proa_memorytype type = { { 2, 9, false } };
    struct proa_store *store = store_make(engine, 100);
    struct proa_memory *memory = NULL;
    struct proa_error err = { 0 };
    struct proa_usage usage;
    uint64_t cpu_ns;

    store->fuel += 7;
    proa_usage_begin(&usage, store);
    store->fuel += 11;
    CHECK_EQ(proa_memory_create(store, type, &memory, &err), PROA_OK);
    proa_usage_rest(&usage);
    cpu_ns = usage.cpu_ns;
    proa_usage_resume(&usage);
    proa_usage_end(&usage, store);
    CHECK_EQ(usage.fuel, 11);
    CHECK_EQ(usage.memory_bytes, proa_store_memory_bytes(store));
    CHECK_EQ(usage.memory_bytes >= 2 * 65536, true);
    CHECK_EQ(usage.cpu_ns >= cpu_ns, true);
    CHECK_EQ(usage.bytes_in + usage.bytes_out, 0);
    proa_store_destroy(store);
}

int main(void)
{
    struct proa_engine *engine = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    test_fuel(engine);
    test_refused(engine);
    test_usage(engine);
    proa_engine_destroy(engine);
    return 0;
}
