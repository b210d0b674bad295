/*
 * Slots: what is undone between uses, what is made anew, what is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture_slot.h"

static const struct test_module usual = { .memory_min = 1,
                                          .import_type = 1,
                                          .cpu_features = "" };

/* A start function that calls the host does so in each use, no other does. */
static void test_start(void)
{
    static const struct {
        const uint8_t *init;
        uint32_t calls;
        int32_t global;
    } cases[] = { { test_init_write, 0, 3 }, { test_init_call, 1, 14 } };

    for (int i = 0; i < 2; i++) {
        struct test_module module = usual;
        struct proa_instance *instance = NULL;
        struct proa_error err = { 0 };
        struct test_pair pair;

        module.init = cases[i].init;
        test_pair_init(&pair, &module);
        for (int n = 0; n < 3; n++) {
            pair.host.called = 0;
            CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
            CHECK_EQ(pair.host.called, cases[i].calls);
            CHECK_EQ(instance->globals[0]->value->i32, cases[i].global);
            CHECK_EQ(instance->memories[0]->base[5000], 1);
            instance->globals[0]->value->i32 = 99;
            proa_slot_end(pair.slot);
        }
        test_pair_deinit(&pair);
    }
}

/* The start function ends the use before it begins; the next one is well. */
static void test_start_ends(void)
{
    struct test_module module = usual;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct test_pair pair;

    module.init = test_init_call;
    test_pair_init(&pair, &module);
    pair.host.does = TEST_EXIT;
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_EXIT);
    CHECK_EQ(instance == NULL, true);
    CHECK_EQ(proa_store_exit_code(proa_slot_store(pair.slot)), 9);
    proa_slot_end(pair.slot);
    pair.host.does = TEST_ANSWER;
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
    test_check_fresh(instance, pair.fresh);
    proa_slot_end(pair.slot);
    test_pair_deinit(&pair);
}

static void test_env(void)
{
    struct test_host other = { TEST_ANSWER, 10, 0 };
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct test_pair pair;

    test_pair_init(&pair, &usual);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = { "call", "f" };
        CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
        for (int n = 0; n < 2; n++) {
            int32_t value = 4;
            CHECK_EQ(test_slot_call(instance, names[n], &value), PROA_OK);
            CHECK_EQ(value, i == 1 ? 40 : 8);
        }
        proa_slot_end(pair.slot);
        if (i == 0)
            proa_slot_replace_env(pair.slot, &pair.host, &other);
        if (i == 1)
            proa_slot_replace_env(pair.slot, &other, &pair.host);
        proa_slot_replace_env(pair.slot, &err, NULL); /* no one has it */
    }
    test_pair_deinit(&pair);
}

/* What the host makes in the store cannot be undone: then there is a new one,
 * linked again. */
static void test_host_makes(void)
{
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };
    struct proa_extern made;
    struct test_pair pair;

    test_pair_init(&pair, &usual);
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_USAGE);
    err = (struct proa_error){ 0 };
    CHECK_EQ(test_link(NULL, proa_slot_store(pair.slot), &made, &err), PROA_OK);
    proa_slot_end(pair.slot);
    CHECK_EQ(proa_slot_store(pair.slot) == NULL, true);
    proa_slot_replace_env(pair.slot, &pair.host, NULL);
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
    test_check_fresh(instance, pair.fresh);
    proa_slot_end(pair.slot);
    CHECK_EQ(proa_slot_store(pair.slot) != NULL, true);
    test_pair_deinit(&pair);
}

static enum proa_status link_memory(void *env, struct proa_store *store,
                                    struct proa_extern *imports,
                                    struct proa_error *err)
{
    const struct proa_memorytype type = { { 1, 1, false } };

    (void)env;
    imports[0].kind = PROA_KIND_MEMORY;
    return proa_memory_create(store, type, &imports[0].of.memory, err);
}

static enum proa_status link_fails(void *env, struct proa_store *store,
                                   struct proa_extern *imports,
                                   struct proa_error *err)
{
    (void)env;
    (void)store;
    (void)imports;
    err->status = PROA_IO;
    return PROA_IO;
}

static void test_refused(void)
{
    static const struct {
        proa_slot_link link;
        const uint8_t *init;
        enum proa_status status;
    } cases[] = {
        { NULL, NULL, PROA_UNLINKABLE },
        { link_memory, NULL, PROA_UNLINKABLE },
        { link_fails, NULL, PROA_IO },
        { test_link, test_init_trap, PROA_TRAP },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_slot_options options = { .link = cases[i].link };
        struct test_module option = usual;
        struct proa_engine *engine = NULL;
        struct proa_instance *instance = NULL;
        struct proa_slot *slot = NULL;
        struct proa_error err = { 0 };

        option.init = cases[i].init;
        CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
        struct proa_module *module = test_module_load(engine, &option);
        CHECK_EQ(proa_slot_create(engine, module, &options, &slot, &err),
                 PROA_OK);
        for (int n = 0; n < 2; n++) {
            err = (struct proa_error){ 0 };
            CHECK_EQ(proa_slot_begin(slot, &instance, &err), cases[i].status);
            CHECK_EQ(err.status, cases[i].status);
            CHECK_EQ(instance == NULL, true);
            proa_slot_end(slot);
        }
        proa_slot_destroy(slot);
        proa_module_release(module);
        proa_engine_destroy(engine);
    }
    proa_slot_destroy(NULL);
}

/* One use writes much, the others little: pages are not kept for ever. */
static void test_decay(void)
{
    const struct test_module module = {
        .memory_min = 40, .memory_max = 60, .import_type = 1, .cpu_features = ""
    };
    struct proa_instance *instance = NULL;
    struct proa_page_run run;
    struct proa_error err = { 0 };
    struct test_pair pair;
    uint64_t next;

    test_pair_init(&pair, &module);
    CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
    proa_slot_end(pair.slot);
    const struct proa_area *area = &pair.slot->memories[0].area;
    bool is_told =
        proa_pages_scan(area->base, 0, area->size, &run, 1, &next) >= 0;
    for (int i = 0; i < 300 && is_told; i++) {
        CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), PROA_OK);
        memset(area->base, 1, i == 0 ? area->size : 4096);
        CHECK_EQ(test_slot_call(instance, "recurse", &(int32_t){ 0 }),
                 PROA_TRAP);
        proa_slot_end(pair.slot);
        if (i == 0)
            CHECK_EQ(area->resident_size >= area->size, true);
    }
    CHECK_EQ(area->resident_size <= 64 * 4096, true);
    test_pair_deinit(&pair);
}

static uint32_t prepared;
static const char *prepared_by;

static enum proa_status prepare(void *env, struct proa_store *store,
                                struct proa_instance *instance,
                                struct proa_error *err)
{
    (void)env;
    prepared++;
    (void)store;
    instance->globals[0]->value->i32 = 5;
    if (prepared_by == NULL)
        return PROA_OK;
    struct proa_extern found;
    union proa_value values[1] = { { .i32 = 1 } };
    CHECK_EQ(proa_instance_export(instance, prepared_by, &found), true);
    return proa_func_call(found.of.func, values, values, err);
}

/* Once for all uses; nothing of the host gets in that is not named. */
static void test_prepared(void)
{
    static const char *const names[] = { "env.f", NULL };
    static const char *const others[] = { "en.v.f", "env", "env.", "env.ff",
                                          NULL };
    static const struct {
        const uint8_t *start;
        const char *calls;
        const char *const *may_call;
        enum proa_status status;
        const char *text;
        uint32_t called;
    } cases[] = {
        { NULL, NULL, NULL, PROA_OK, "", 0 },
        { NULL, "inc", NULL, PROA_OK, "", 0 },
        { NULL, "call", names, PROA_OK, "", 1 },
        { NULL, "f", names, PROA_OK, "", 1 },
        { test_init_call, "call", names, PROA_OK, "", 2 },
        { NULL, "call", NULL, PROA_TRAP,
          "env.f may not be called before the first use", 0 },
        { NULL, "call", others, PROA_TRAP,
          "env.f may not be called before the first use", 0 },
        { test_init_call, NULL, NULL, PROA_TRAP,
          "env.f may not be called before the first use", 0 },
        { NULL, "trap", NULL, PROA_TRAP, "unreachable", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_module module = usual;
        struct proa_instance *instance = NULL;
        struct test_pair pair;

        module.init = cases[i].start;
        test_pair_init(&pair, &module);
        pair.slot->options.init = prepare;
        pair.slot->options.init_may_call = cases[i].may_call;
        prepared_by = cases[i].calls;
        prepared = 0;
        pair.host.called = 0;
        for (int n = 0; n < 3; n++) {
            struct proa_error err = { 0 };
            int32_t value = 3;

            CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err),
                     cases[i].status);
            CHECK_EQ(strcmp(err.text, cases[i].text), 0);
            if (cases[i].status == PROA_OK) {
                CHECK_EQ(pair.host.called, cases[i].called + (uint32_t)n);
                CHECK_EQ(prepared, 1);
                CHECK_EQ(instance->globals[0]->value->i32, 5);
                instance->globals[0]->value->i32 = 99;
                CHECK_EQ(test_slot_call(instance, "call", &value), PROA_OK);
                CHECK_EQ(value, 6); /* its own function again */
            }
            proa_slot_end(pair.slot);
        }
        test_pair_deinit(&pair);
    }
}

/* By name; only what takes and gives nothing. */
static void test_prepared_by_name(void)
{
    static char trap[] = "trap", inc[] = "inc", none[] = "none", memory[] = "m";
    static const struct {
        char *name;
        enum proa_status status;
    } cases[] = { { trap, PROA_TRAP },
                  { inc, PROA_USAGE },
                  { none, PROA_USAGE },
                  { memory, PROA_USAGE } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_instance *instance = NULL;
        struct proa_error err = { 0 };
        struct test_pair pair;

        test_pair_init(&pair, &usual);
        pair.slot->options.init = proa_slot_call_export;
        pair.slot->options.init_env = cases[i].name;
        CHECK_EQ(proa_slot_begin(pair.slot, &instance, &err), cases[i].status);
        proa_slot_end(pair.slot);
        test_pair_deinit(&pair);
    }
}

int main(void)
{
    test_prepared();
    test_prepared_by_name();
    test_start();
    test_start_ends();
    test_env();
    test_host_makes();
    test_refused();
    test_decay();
    return 0;
}
