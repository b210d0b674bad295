/*
 * The module of fixture_module.h as a file, loaded, and in a store.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FIXTURE_H
#define PROA_TESTS_FIXTURE_H

#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"
#include "fixture_module.h"
#include "proa/store.h"
#include "runtime/instance.h"
#include "runtime/module.h"
#include "runtime/store.h"

/* The module in a file without a name; NULL: the usual one. */
static inline int test_module_file(const struct test_module *options)
{
    const struct test_module usual = { .memory_min = 1,
                                       .import_type = 1,
                                       .cpu_features = "" };
    struct proa_buffer out;

    test_module_source(options != NULL ? options : &usual, &out);
    int fd = memfd_create("module", MFD_CLOEXEC);
    CHECK_EQ(fd >= 0, 1);
    CHECK_EQ(write(fd, out.bytes, out.size), (ssize_t)out.size);
    proa_buffer_deinit(&out);
    return fd;
}

static inline struct proa_module *
test_module_load(struct proa_engine *engine, const struct test_module *options)
{
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };
    int fd = test_module_file(options);

    if (proa_module_load_fd(engine, fd, &module, &err) != PROA_OK)
        fprintf(stderr, "%s\n", err.text);
    CHECK_EQ(err.status, PROA_OK);
    (void)close(fd);
    return module;
}

/* An engine, its module, a store and one instance with a host function. */
struct test_world {
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_store *store;
    struct proa_extern import;
    struct proa_instance *instance;
};

static inline void test_world_init(struct test_world *world,
                                   const struct proa_store_options *options,
                                   proa_host_fn fn, void *env)
{
    const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&world->engine, &err), PROA_OK);
    world->module = test_module_load(world->engine, NULL);
    CHECK_EQ(proa_store_create(world->engine, options, &world->store, &err),
             PROA_OK);
    world->import.kind = PROA_KIND_FUNC;
    CHECK_EQ(proa_func_create(world->store, &type, fn, env,
                              &world->import.of.func, &err),
             PROA_OK);
    CHECK_EQ(proa_instance_create(world->store, world->module, &world->import,
                                  1, &world->instance, &err),
             PROA_OK);
}

static inline void test_world_deinit(struct test_world *world)
{
    proa_store_destroy(world->store);
    proa_module_release(world->module);
    proa_engine_destroy(world->engine);
}

static inline struct proa_extern test_export(const struct test_world *world,
                                             const char *name)
{
    struct proa_extern found = { .of.func = NULL };

    CHECK_EQ(proa_instance_export(world->instance, name, &found), true);
    return found;
}

/* Call an exported function with one i32; the result goes back to *value. */
static inline enum proa_status test_invoke(const struct test_world *world,
                                           const char *name, int32_t *value,
                                           struct proa_error *err)
{
    union proa_value values[1] = { { .i32 = *value } };
    enum proa_status status =
        proa_func_call(test_export(world, name).of.func, values, values, err);

    *value = values[0].i32;
    return status;
}

#endif
