/*
 * Slots of the module of fixture_module.h, and a fresh instance to compare
 * them with.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FIXTURE_SLOT_H
#define PROA_TESTS_FIXTURE_SLOT_H

#include "fixture.h"
#include "runtime/memory.h"
#include "runtime/pool.h"
#include "runtime/table.h"

enum test_deed { TEST_ANSWER, TEST_TRAP, TEST_EXIT };

/* What the host function works on. */
struct test_host {
    enum test_deed does;
    uint32_t factor;
    uint32_t called;
};

static inline uint32_t test_host_fn(struct proa_call *call, uint32_t argument)
{
    struct test_host *host = proa_call_env(call);

    host->called++;
    if (host->does == TEST_TRAP)
        proa_call_trap(call, "of the host");
    if (host->does == TEST_EXIT)
        proa_call_exit(call, 9);
    return argument * host->factor;
}

static inline enum proa_status test_link(void *env, struct proa_store *store,
                                         struct proa_extern *imports,
                                         struct proa_error *err)
{
    const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };

    imports[0].kind = PROA_KIND_FUNC;
    return proa_func_create(store, &type, (proa_host_fn)test_host_fn, env,
                            &imports[0].of.func, err);
}

/* A slot, and beside it an instance as it is made every time. */
struct test_pair {
    struct proa_engine *engine;
    struct proa_module *module;
    struct test_host host;
    struct proa_slot *slot;
    struct proa_store *fresh_store;
    struct proa_instance *fresh;
};

/* `init` may be NULL; the other instance is prepared by it as well. */
static inline void test_pair_prepare(struct test_pair *pair,
                                     const struct test_module *module,
                                     proa_slot_init init,
                                     const char *const *init_may_call)
{
    const struct proa_slot_options options = { .link = test_link,
                                               .link_env = &pair->host,
                                               .init = init,
                                               .init_may_call = init_may_call };
    struct proa_error err = { 0 };
    struct proa_extern import;

    *pair = (struct test_pair){ .host = { TEST_ANSWER, 2, 0 } };
    CHECK_EQ(proa_engine_create(&pair->engine, &err), PROA_OK);
    pair->module = test_module_load(pair->engine, module);
    CHECK_EQ(proa_slot_create(pair->engine, pair->module, &options, &pair->slot,
                              &err),
             PROA_OK);
    CHECK_EQ(proa_store_create(pair->engine, NULL, &pair->fresh_store, &err),
             PROA_OK);
    CHECK_EQ(test_link(&pair->host, pair->fresh_store, &import, &err), PROA_OK);
    CHECK_EQ(proa_instance_create(pair->fresh_store, pair->module, &import, 1,
                                  &pair->fresh, &err),
             PROA_OK);
    if (init != NULL)
        CHECK_EQ(init(NULL, pair->fresh_store, pair->fresh, &err), PROA_OK);
}

static inline void test_pair_init(struct test_pair *pair,
                                  const struct test_module *module)
{
    test_pair_prepare(pair, module, NULL, NULL);
}

static inline void test_pair_deinit(struct test_pair *pair)
{
    proa_slot_destroy(pair->slot);
    proa_store_destroy(pair->fresh_store);
    proa_module_release(pair->module);
    proa_engine_destroy(pair->engine);
}

static inline enum proa_status test_slot_call(struct proa_instance *instance,
                                              const char *name, int32_t *value)
{
    struct proa_extern found = { .of.func = NULL };
    union proa_value values[1] = { { .i32 = *value } };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_instance_export(instance, name, &found), true);
    enum proa_status status =
        proa_func_call(found.of.func, values, values, &err);
    *value = values[0].i32;
    return status;
}

/* A reference as a number that is the same in all instances. */
static inline long test_reference(const struct proa_instance *instance,
                                  const void *reference)
{
    for (uint32_t i = 0; i < TEST_FUNCTIONS; i++) {
        if (reference != NULL && reference == proa_instance_func(instance, i))
            return (long)i + 1;
    }
    return reference == NULL ? 0 : -1;
}

static inline void test_check_table(const struct proa_instance *instance,
                                    const struct proa_instance *fresh,
                                    uint32_t index)
{
    const struct proa_table *table = instance->tables[index];
    const struct proa_table *other = fresh->tables[index];
    const uint8_t *rows = table->entries;
    uint64_t size = table->reservation_size == 0
                        ? table->count_max * table->row_size
                        : table->committed_size;

    CHECK_EQ(table->count, other->count);
    for (uint64_t i = 0; i < table->count; i++)
        CHECK_EQ(test_reference(instance, proa_table_reference(table, i)),
                 test_reference(fresh, proa_table_reference(other, i)));
    for (uint64_t i = table->count * table->row_size; i < size; i++)
        CHECK_EQ(rows[i], 0);
}

static inline void test_check_memory(struct proa_instance *instance,
                                     const struct proa_instance *fresh)
{
    const struct proa_memory *memory = instance->memories[0];
    const struct proa_memory *other = fresh->memories[0];
    int32_t past = (int32_t)memory->size;

    CHECK_EQ(memory->size, other->size);
    CHECK_EQ(memcmp(memory->base, other->base, memory->size), 0);
    CHECK_EQ(instance->store->memory_bytes, fresh->store->memory_bytes);
    CHECK_EQ(test_slot_call(instance, "load", &past), PROA_TRAP);
}

static inline void test_check_fresh(struct proa_instance *instance,
                                    const struct proa_instance *fresh)
{
    const struct proa_store *store = instance->store;

    CHECK_EQ(store->guest.pending, 0);
    CHECK_EQ(store->guest.interrupt, 0);
    CHECK_EQ(store->guest.frame_count, 0);
    CHECK_EQ(proa_store_exit_code(store), 0);
    CHECK_EQ(strcmp(proa_store_backtrace(store), ""), 0);
    CHECK_EQ(store->trap_text[0], '\0');
    test_check_memory(instance, fresh);
    test_check_table(instance, fresh, 0);
    test_check_table(instance, fresh, 1);
    CHECK_EQ(instance->globals[0]->value->i32, fresh->globals[0]->value->i32);
    CHECK_EQ(test_reference(instance, instance->globals[1]->value->funcref),
             test_reference(fresh, fresh->globals[1]->value->funcref));
    for (int i = 0; i < 2; i++)
        CHECK_EQ(instance->data_is_dropped[i], fresh->data_is_dropped[i]);
    CHECK_EQ(instance->elem_is_dropped[0], fresh->elem_is_dropped[0]);
}

#endif
