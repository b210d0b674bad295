/*
 * A module is loaded, instantiated and called; it calls back, traps and exits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

enum deed { ANSWER, TRAP, EXIT, BOTH, NEST, CALL_AFTER_TRAP };

struct host {
    struct test_world *world;
    uint32_t depth;
    uint32_t called;
    enum deed does;
};

static uint32_t on_call(struct proa_call *call, uint32_t argument)
{
    struct host *host = proa_call_env(call);
    struct proa_error err = { 0 };
    int32_t value = 1;
    char text[400];

    host->called++;
    switch (host->does) {
    case ANSWER:
        break;
    case TRAP:
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        proa_call_trap(call, text);
        break;
    case EXIT:
        proa_call_exit(call, 42);
        break;
    case BOTH:
        proa_call_trap(call, "first");
        proa_call_exit(call, 42);
        break;
    case CALL_AFTER_TRAP:
        proa_call_trap(call, "first");
        CHECK_EQ(test_invoke(host->world, "inc", &value, &err), PROA_USAGE);
        break;
    case NEST:
        if (host->depth-- == 0) {
            CHECK_EQ(test_invoke(host->world, "trap", &value, &err), PROA_TRAP);
            host->does = ANSWER;
            return argument;
        }
        value = (int32_t)argument;
        CHECK_EQ(test_invoke(host->world, "call", &value, &err), PROA_OK);
        return (uint32_t)value + 1;
    }
    return argument * 2;
}

static void test_calls(struct test_world *world, struct host *host)
{
    struct proa_error err = { 0 };
    int32_t value = 41;

    CHECK_EQ(test_invoke(world, "inc", &value, &err), PROA_OK);
    CHECK_EQ(value, 42);
    CHECK_EQ(test_invoke(world, "call", &value, &err), PROA_OK);
    CHECK_EQ(value, 84);
    value = 4096;
    CHECK_EQ(test_invoke(world, "load", &value, &err), PROA_OK);
    CHECK_EQ(value, 'h' | 'i' << 8);
    CHECK_EQ(host->called, 1);
    /* The host function itself, and the guest's export of it. */
    value = 3;
    CHECK_EQ(test_invoke(world, "f", &value, &err), PROA_OK);
    CHECK_EQ(value, 6);
    CHECK_EQ(test_export(world, "f").of.func == world->import.of.func, 1);
    CHECK_EQ(test_export(world, "inc").of.func ==
                 test_export(world, "inc").of.func,
             1);
    host->does = NEST;
    host->depth = 100;
    value = 5;
    CHECK_EQ(test_invoke(world, "call", &value, &err), PROA_OK);
    CHECK_EQ(value, 105);
    CHECK_EQ(err.status, PROA_OK);
}

static const struct {
    enum deed does;
    enum proa_status status;
    const char *text;
} ends[] = {
    { EXIT, PROA_EXIT, "exit with code 42" },
    { BOTH, PROA_TRAP, "first" },
    { CALL_AFTER_TRAP, PROA_TRAP, "first" },
};

static void test_ends(struct test_world *world, struct host *host)
{
    static const char *const names[] = { "call", "f" };
    struct proa_error err = { 0 };
    int32_t value = 1;

    for (int i = 0; i < 6; i++) {
        host->does = ends[i / 2].does;
        err = (struct proa_error){ 0 };
        value = 9;
        CHECK_EQ(test_invoke(world, names[i % 2], &value, &err),
                 ends[i / 2].status);
        CHECK_EQ(strcmp(err.text, ends[i / 2].text), 0);
        CHECK_EQ(value, 9); /* untouched */
        CHECK_EQ(proa_store_exit_code(world->store), 42);
    }
    host->does = TRAP;
    err = (struct proa_error){ 0 };
    CHECK_EQ(test_invoke(world, "call", &value, &err), PROA_TRAP);
    CHECK_EQ(strlen(err.text), 160);
    CHECK_EQ(
        strcmp(proa_store_backtrace(world->store), "  0: ca?ll (function 3)\n"),
        0);
    host->does = ANSWER;
}

static const struct {
    const char *name;
    const char *message;
    const char *backtrace; /* its beginning */
} traps[] = {
    { "trap", "unreachable", "  0: trap (function 1)\n" },
    { "load", "out of bounds memory access", "  0: function 4\n" },
    { "recurse", "call stack exhausted",
      "  0: recurse (function 5)\n  1: recurse (function 5)\n" },
};

static void test_traps(struct test_world *world)
{
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        struct proa_error err = { 0 };
        int32_t value = 65536 - 3; /* the last byte is outside */
        CHECK_EQ(test_invoke(world, traps[i].name, &value, &err), PROA_TRAP);
        CHECK_EQ(strcmp(err.text, traps[i].message), 0);
        const char *text = proa_store_backtrace(world->store);
        CHECK_EQ(strncmp(text, traps[i].backtrace, strlen(traps[i].backtrace)),
                 0);
    }
    CHECK_EQ(strstr(proa_store_backtrace(world->store), "63: recurse") != NULL,
             1);
    CHECK_EQ(strstr(proa_store_backtrace(world->store), "64: ") == NULL, 1);
    for (int i = 0; i < 10000; i++) {
        struct proa_error err = { 0 };
        int32_t value = -1 - i;
        CHECK_EQ(test_invoke(world, i % 2 != 0 ? "trap" : "load", &value, &err),
                 PROA_TRAP);
    }
}

static void test_interrupt(struct test_world *world)
{
    struct proa_error err = { 0 };
    int32_t value = 0;

    proa_store_interrupt(world->store);
    CHECK_EQ(test_invoke(world, "spin", &value, &err), PROA_TRAP);
    CHECK_EQ(strcmp(err.text, "interrupt"), 0);
}

/* An instance that fails leaves the store and the others usable. */
static void test_failed_instances(struct test_world *world)
{
    static const struct test_module options[] = {
        { .init = test_init_trap, .memory_min = 1, .import_type = 1 },
        { .memory_min = 3, .import_type = 1 },
        { .memory_min = 1, .import_type = 0 },
        { .memory_min = 1, .import_type = 2 },
    };
    static const enum proa_status statuses[] = { PROA_TRAP, PROA_LIMIT,
                                                 PROA_UNLINKABLE,
                                                 PROA_UNLINKABLE };
    int32_t value = 1;

    for (int i = 0; i < 4; i++) {
        struct test_module option = options[i];
        struct proa_error err = { 0 };
        struct proa_instance *instance = world->instance;
        option.cpu_features = "";
        struct proa_module *module = test_module_load(world->engine, &option);
        CHECK_EQ(proa_instance_create(world->store, module, &world->import, 1,
                                      &instance, &err),
                 statuses[i]);
        CHECK_EQ(instance == world->instance, 1); /* untouched */
        CHECK_EQ(proa_instance_create(world->store, module, NULL, 0, &instance,
                                      &(struct proa_error){ 0 }),
                 PROA_USAGE);
        proa_module_release(module);
        if (i == 2)
            CHECK_EQ(strcmp(err.text,
                            "incompatible import type for env.f: expected "
                            "func, given func (param i32) (result i32)"),
                     0);
    }
    CHECK_EQ(test_invoke(world, "inc", &value, &(struct proa_error){ 0 }),
             PROA_OK);
}

int main(void)
{
    struct test_world world;
    struct host host = { .world = &world };
    /* Two memories of one page fit, a third of three does not. */
    const struct proa_store_options options = { .memory_bytes_max = 4 * 65536,
                                                .stack_bytes = 1 << 20 };
    struct proa_extern found = { .of.func = NULL };

    test_world_init(&world, &options, (proa_host_fn)on_call, &host);
    CHECK_EQ(proa_instance_export(world.instance, "none", &found), false);
    CHECK_EQ(found.of.func == NULL, 1); /* untouched */
    test_calls(&world, &host);
    test_ends(&world, &host);
    test_traps(&world);
    test_interrupt(&world);
    test_failed_instances(&world);
    test_world_deinit(&world);
    return 0;
}
