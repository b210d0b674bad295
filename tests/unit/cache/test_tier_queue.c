/*
 * Modules that wait for better code: all get it, or the word why not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/tier_queue.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "cache/compiler.h"
#include "platform/fiber_state.h"
#include "platform/poll.h"
#include "platform/slice.h"
#include "platform/thread.h"
#include "proa/engine.h"
#include "proa/store.h"
#include "runtime/tier.h"
#include "scratch.h"

/* (module (func (export "f") (result i32) (i32.const 7))) */
static const uint8_t wasm[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00,
                                0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01,
                                0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05,
                                0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x06,
                                0x01, 0x04, 0x00, 0x41, 0x07, 0x0b };

/* What the queue told. */
struct told {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char names[64];
    enum proa_status status; /* of the last whole */
    uint32_t count;          /* of wholes */
    uint32_t part_functions;
};

static void end(void *env, const struct proa_tier_end *what)
{
    struct told *told = env;

    (void)pthread_mutex_lock(&told->mutex);
    if (what->function_count != 0) {
        told->part_functions += what->function_count;
    } else {
        (void)strncat(told->names, what->name, 8);
        told->status = what->status;
        told->count++;
    }
    CHECK_EQ(what->status == PROA_OK || what->err->text[0] != '\0', 1);
    (void)pthread_cond_signal(&told->changed);
    (void)pthread_mutex_unlock(&told->mutex);
}

static void wait_for(struct told *told, uint32_t count)
{
    (void)pthread_mutex_lock(&told->mutex);
    while (told->count < count)
        (void)pthread_cond_wait(&told->changed, &told->mutex);
    (void)pthread_mutex_unlock(&told->mutex);
}

struct world {
    struct told told;
    struct proa_engine *engine;
    struct proa_tier_queue *queue;
    struct proa_module *module;
};

static struct proa_module *compile(struct proa_engine *engine,
                                   enum proa_tier tier)
{
    const struct proa_compile_options options = { .cache_dir = "",
                                                  .tier = tier };
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(
        proa_module_compile(engine, wasm, sizeof wasm, &options, &module, &err),
        PROA_OK);
    return module;
}

static void begin_world(struct world *world)
{
    struct proa_error err = { 0 };

    *world = (struct world){ .told = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                                       .changed = PTHREAD_COND_INITIALIZER } };
    CHECK_EQ(proa_engine_create(&world->engine, &err), PROA_OK);
    world->module = compile(world->engine, PROA_TIER_BASELINE);
    CHECK_EQ(proa_tier_queue_create(
                 &(struct proa_tier_queue_options){
                     .engine = world->engine, .end = end, .env = &world->told },
                 &world->queue, &err),
             PROA_OK);
}

static void end_world(struct world *world)
{
    proa_tier_queue_destroy(world->queue);
    proa_module_release(world->module);
    proa_engine_destroy(world->engine);
}

static void add(const struct world *world, struct proa_module *module,
                const char *name, const char *compiler)
{
    const struct proa_compile_options options = { .cache_dir = "",
                                                  .compiler_path = compiler };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_tier_queue_add(world->queue, module, name, wasm, sizeof wasm,
                                 &options, &err),
             PROA_OK);
}

static void all_get_better_code_in_order(void)
{
    struct world world;

    begin_world(&world);
    struct proa_module *second = compile(world.engine, PROA_TIER_BASELINE);
    struct proa_module *best = compile(world.engine, PROA_TIER_OPTIMIZED);
    const struct proa_tier_counts *counts = proa_tier_queue_counts(world.queue);
    add(&world, world.module, "a", NULL);
    add(&world, best, "b", NULL); /* has it already */
    add(&world, second, "c", NULL);
    wait_for(&world.told, 2);
    CHECK_EQ(strcmp(world.told.names, "ac"), 0);
    CHECK_EQ(world.told.status, PROA_OK);
    CHECK_EQ(proa_module_can_improve(world.module), 0);
    CHECK_EQ(proa_module_can_improve(second), 0);
    CHECK_EQ(atomic_load(&counts->count), 2);
    CHECK_EQ(atomic_load(&counts->failures), 0);
    CHECK_EQ(atomic_load(&counts->ns) > 0, 1);
    proa_module_release(second);
    proa_module_release(best);
    end_world(&world);
}

static void one_that_fails_is_told_and_changes_nothing(void)
{
    struct world world;

    begin_world(&world);
    scratch_write("compiler", "#!/bin/sh\nkill -9 $$\n", 0700);
    add(&world, world.module, "a", scratch_path("compiler"));
    wait_for(&world.told, 1);
    CHECK_EQ(world.told.status, PROA_COMPILER);
    CHECK_EQ(proa_module_can_improve(world.module), 1);
    CHECK_EQ(atomic_load(&proa_tier_queue_counts(world.queue)->failures), 1);
    end_world(&world);
}

/* Neither the compiler that works nor what waits behind it is waited for. */
static void the_end_waits_for_nothing(void)
{
    struct world world;

    begin_world(&world);
    scratch_write("compiler", "#!/bin/sh\nexec sleep 1000\n", 0700);
    add(&world, world.module, "a", scratch_path("compiler"));
    add(&world, world.module, "b", scratch_path("compiler"));
    end_world(&world);
    CHECK_EQ(world.told.count, 0);
}

/*
 * (module (func (export "f") (result i32) (local i32)
 *   (loop (br_if 0 (i32.lt_u
 *     (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
 *     (i32.const 1000000))))
 *   (local.get 0)))
 */
static const uint8_t looping[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01,
    0x60, 0x00, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01,
    0x01, 0x66, 0x00, 0x00, 0x0a, 0x19, 0x01, 0x17, 0x01, 0x01, 0x7f,
    0x03, 0x40, 0x20, 0x00, 0x41, 0x01, 0x6a, 0x22, 0x00, 0x41, 0xc0,
    0x84, 0x3d, 0x49, 0x0d, 0x00, 0x0b, 0x20, 0x00, 0x0b
};

/* Makes only what is hot, and is never done with anything else. */
static void write_slow_compiler(void)
{
    char text[PROA_COMPILER_PATH_MAX + 128];
    char path[PROA_COMPILER_PATH_MAX];
    struct proa_error err = { 0 };

    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_OK);
    (void)snprintf(text, sizeof text,
                   "#!/bin/sh\ncase \"$*\" in *--functions*) exec %s \"$@\" ;;"
                   " esac\nexec sleep 1000\n",
                   path);
    scratch_write("slow", text, 0700);
}

/* The function f of an instance. */
static struct proa_func *find_f(struct proa_store *store,
                                struct proa_module *module)
{
    struct proa_instance *instance = NULL;
    struct proa_extern found;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_instance_create(store, module, NULL, 0, &instance, &err),
             PROA_OK);
    CHECK_EQ(proa_instance_export(instance, "f", &found), 1);
    return found.of.func;
}

/* Where the compiler is at the whole of one, another one's heat is seen to. */
static void what_is_hot_waits_for_no_whole(void)
{
    const struct proa_compile_options options = { .cache_dir = "",
                                                  .tier = PROA_TIER_BASELINE };
    const uint64_t hour_ns = 3600000000000;
    struct proa_slice slice = { 0 };
    struct proa_store *store = NULL;
    struct proa_module *busy = NULL;
    struct proa_error err = { 0 };
    struct proa_func *f;
    struct world world;

    begin_world(&world);
    write_slow_compiler();
    CHECK_EQ(proa_module_compile(world.engine, looping, sizeof looping,
                                 &options, &busy, &err),
             PROA_OK);
    CHECK_EQ(proa_store_create(world.engine, NULL, &store, &err), PROA_OK);
    f = find_f(store, busy);
    const struct proa_tier_counts *counts = proa_tier_queue_counts(world.queue);
    add(&world, world.module, "a", scratch_path("slow"));
    CHECK_EQ(proa_tier_queue_add(
                 world.queue, busy, "b", looping, sizeof looping,
                 &(struct proa_compile_options){
                     .cache_dir = "", .compiler_path = scratch_path("slow") },
                 &err),
             PROA_OK);
    proa_slice_add(&slice, proa_thread_prepare());
    proa_slice_begin(&slice, proa_clock_now() + hour_ns);
    while (proa_module_some_count(busy) == 0) {
        union proa_value value;

        CHECK_EQ(proa_func_call(f, NULL, &value, &err), PROA_OK);
        CHECK_EQ(value.i32, 1000000);
    }
    proa_slice_begin(&slice, 0);
    proa_slice_remove(&slice);
    while (atomic_load(&counts->parts_ns) == 0)
        (void)sched_yield();
    CHECK_EQ(atomic_load(&counts->parts), 1);
    CHECK_EQ(atomic_load(&counts->functions), 1);
    CHECK_EQ(atomic_load(&counts->count), 0);
    CHECK_EQ(proa_module_has_some(busy, 0), 1);
    CHECK_EQ(proa_module_some_count(world.module), 0);
    proa_store_destroy(store);
    proa_module_release(busy);
    end_world(&world);
    CHECK_EQ(world.told.part_functions, 1);
}

int main(void)
{
    scratch_make();
    what_is_hot_waits_for_no_whole();
    all_get_better_code_in_order();
    one_that_fails_is_told_and_changes_nothing();
    the_end_waits_for_nothing();
    return 0;
}
