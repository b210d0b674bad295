/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/slots.h"

#include "check.h"
#include "proa/compile.h"
#include "proa/engine.h"
#include "proa/fuel.h"

enum { IDLE_COUNT_MAX = 64, PAGE_BYTES = 65536 }; /* as in slots.c */

/* (module (memory (export "memory") 1) (func (export "_start"))) */
static const uint8_t wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04,
    0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05, 0x03,
    0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d,
    0x6f, 0x72, 0x79, 0x02, 0x00, 0x06, 0x5f, 0x73, 0x74, 0x61,
    0x72, 0x74, 0x00, 0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b,
};

static struct proa_engine *engine;
static struct proa_module *module;
static struct proa_stats stats;

/* One use, from its begin to its end. */
struct use {
    struct proa_slots_use asked;
    struct proa_task task;
    struct proa_slots_entry *entry;
    struct proa_instance *instance;
};

static enum proa_status link_nothing(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    (void)env;
    (void)store;
    (void)imports;
    (void)err;
    return PROA_OK;
}

static enum proa_status begin(struct proa_slots *slots,
                              const struct proa_function *function,
                              struct use *use)
{
    struct proa_error err = { 0 };

    *use = (struct use){ .asked = { .engine = engine,
                                    .function = function,
                                    .link = link_nothing } };
    use->asked.task = &use->task;
    return proa_slots_begin(slots, &use->asked, &use->entry, &use->instance,
                            &err);
}

static struct proa_function function_with(uint64_t pages)
{
    return (struct proa_function){
        .settings = { .memory_bytes_max = pages * PAGE_BYTES },
        .module = module,
        .stats = &stats,
    };
}

/* Begin and end: how many were made for it. */
static unsigned long long made_by(struct proa_slots *slots,
                                  const struct proa_function *function)
{
    unsigned long long before = stats.cold_starts;
    struct use use;

    CHECK_EQ(begin(slots, function, &use), PROA_OK);
    CHECK_EQ(use.task.store == proa_slots_store(use.entry), true);
    CHECK_EQ(use.task.store != NULL, true);
    proa_slots_end(slots, use.entry);
    CHECK_EQ(use.task.store == NULL, true);
    CHECK_EQ(use.task.memory_bytes, PAGE_BYTES);
    return stats.cold_starts - before;
}

static void one_is_used_again(void)
{
    struct proa_slots *slots = proa_slots_create();
    struct proa_function function = function_with(16);

    CHECK_EQ(made_by(slots, &function), 1);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(made_by(slots, &function), 0);
    proa_slots_destroy(slots);
    proa_slots_destroy(NULL);
    proa_slots_end(NULL, NULL);
}

/* What is in use is nobody else's; the latest one that ended comes first. */
static void two_at_once_are_two(void)
{
    struct proa_slots *slots = proa_slots_create();
    struct proa_function function = function_with(16);
    struct use first, second, third;
    unsigned long long before = stats.cold_starts;

    CHECK_EQ(begin(slots, &function, &first), PROA_OK);
    CHECK_EQ(begin(slots, &function, &second), PROA_OK);
    CHECK_EQ(stats.cold_starts - before, 2);
    CHECK_EQ(first.entry != second.entry, true);
    CHECK_EQ(first.instance != second.instance, true);
    proa_slots_end(slots, first.entry);
    proa_slots_end(slots, second.entry);
    CHECK_EQ(begin(slots, &function, &third), PROA_OK);
    CHECK_EQ(third.entry == second.entry, true);
    CHECK_EQ(stats.cold_starts - before, 2);
    proa_slots_end(slots, third.entry);
    proa_slots_destroy(slots);
}

/* A slot made with other limits is not taken. */
static void limits_part_them(void)
{
    struct proa_slots *slots = proa_slots_create();
    struct proa_function small = function_with(16), large = function_with(32);

    CHECK_EQ(made_by(slots, &small), 1);
    CHECK_EQ(made_by(slots, &large), 1);
    CHECK_EQ(made_by(slots, &small), 0);
    CHECK_EQ(made_by(slots, &large), 0);
    proa_slots_destroy(slots);
}

/* Only so many idle ones are kept, and the longest idle goes. */
static void few_are_kept(void)
{
    static struct use uses[IDLE_COUNT_MAX + 6];
    const int count = IDLE_COUNT_MAX + 6;
    struct proa_slots *slots = proa_slots_create();
    struct proa_function many = function_with(16), other = function_with(32);

    CHECK_EQ(made_by(slots, &other), 1);
    for (int i = 0; i < count; i++)
        CHECK_EQ(begin(slots, &many, &uses[i]), PROA_OK);
    for (int i = 0; i < count; i++)
        proa_slots_end(slots, uses[i].entry);
    unsigned long long before = stats.cold_starts;
    for (int i = 0; i < count; i++)
        CHECK_EQ(begin(slots, &many, &uses[i]), PROA_OK);
    CHECK_EQ(stats.cold_starts - before, 6);
    for (int i = 0; i < count; i++)
        proa_slots_end(slots, uses[i].entry);
    CHECK_EQ(made_by(slots, &other), 1);
    proa_slots_destroy(slots);
}

/* Each use has the fuel anew; code that does not count gets none. */
static void fuel_is_given(void)
{
    const struct proa_compile_options options = { .tier = PROA_TIER_BASELINE,
                                                  .cache_dir = "",
                                                  .counts_fuel = true };
    struct proa_slots *slots = proa_slots_create();
    struct proa_function function = function_with(16);
    struct proa_module *counting = NULL;
    struct proa_error err = { 0 };
    struct use use;

    function.settings.fuel = 1000;
    CHECK_EQ(begin(slots, &function, &use) != PROA_OK, true);
    proa_slots_end(slots, use.entry);
    CHECK_EQ(proa_module_compile(engine, wasm, sizeof wasm, &options, &counting,
                                 &err),
             PROA_OK);
    function.module = counting;
    for (int i = 0; i < 3; i++) {
        struct proa_extern start;
        CHECK_EQ(begin(slots, &function, &use), PROA_OK);
        CHECK_EQ(proa_store_fuel_left(use.task.store), 1000);
        CHECK_EQ(proa_instance_export(use.instance, "_start", &start), true);
        CHECK_EQ(proa_func_call(start.of.func, NULL, NULL, &err), PROA_OK);
        CHECK_EQ(proa_store_fuel_left(use.task.store), 999);
        proa_slots_end(slots, use.entry);
    }
    proa_slots_destroy(slots);
    proa_module_release(counting);
}

int main(void)
{
    const struct proa_compile_options options = { .tier = PROA_TIER_BASELINE,
                                                  .cache_dir = "" };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    CHECK_EQ(
        proa_module_compile(engine, wasm, sizeof wasm, &options, &module, &err),
        PROA_OK);
    one_is_used_again();
    two_at_once_are_two();
    limits_part_them();
    few_are_kept();
    fuel_is_given();
    proa_module_release(module);
    proa_engine_destroy(engine);
    return 0;
}
