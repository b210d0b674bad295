/*
 * The hot functions first: found by samples, compiled alone, installed; what
 * they call and was not compiled is reached all the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/tier_work.h"

#include "../check.h"
#include "cache/heat.h"
#include "platform/code.h"
#include "proa/engine.h"
#include "proa/store.h"
#include "runtime/module.h"
#include "runtime/store.h"
#include "runtime/tier.h"

/*
 * (module
 *   (func $f (export "f") (result i32) (i32.add (call $g) (i32.const 1)))
 *   (func $g (export "g") (result i32)
 *     (nop) 200 times (i32.div_s (i32.const 1) (i32.const 0))))
 */
static const uint8_t head[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
                                0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f, 0x03,
                                0x03, 0x02, 0x00, 0x00, 0x07, 0x09, 0x02, 0x01,
                                0x66, 0x00, 0x00, 0x01, 0x67, 0x00, 0x01, 0x0a,
                                0xda, 0x01, 0x02, 0x07, 0x00, 0x10, 0x01, 0x41,
                                0x01, 0x6a, 0x0b, 0xcf, 0x01, 0x00 };
static const uint8_t tail[] = { 0x41, 0x01, 0x41, 0x00, 0x6d, 0x0b };
enum { NOPS = 200, WASM_SIZE = sizeof head + NOPS + sizeof tail };
static uint8_t wasm[WASM_SIZE];

static const int never_stop = -1;

struct world {
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_store *store;
    struct proa_instance *instance;
    struct proa_job job;
};

static void begin_world(struct world *world)
{
    struct proa_compile_options options = { .cache_dir = "",
                                            .tier = PROA_TIER_BASELINE };
    struct proa_error err = { 0 };

    *world = (struct world){ 0 };
    CHECK_EQ(proa_engine_create(&world->engine, &err), PROA_OK);
    CHECK_EQ(proa_module_compile(world->engine, wasm, sizeof wasm, &options,
                                 &world->module, &err),
             PROA_OK);
    CHECK_EQ(proa_store_create(world->engine, NULL, &world->store, &err),
             PROA_OK);
    CHECK_EQ(proa_instance_create(world->store, world->module, NULL, 0,
                                  &world->instance, &err),
             PROA_OK);
    CHECK_EQ(proa_job_init(&world->job, wasm, sizeof wasm, &options, &err),
             PROA_OK);
    world->job.stop_fd = &never_stop;
}

static void end_world(const struct world *world)
{
    proa_store_destroy(world->store);
    proa_module_release(world->module);
    proa_engine_destroy(world->engine);
}

/* Call f, which traps in g; whose code the two frames were in. */
static void call_f(const struct world *world, const void *owners[2])
{
    struct proa_extern found;
    union proa_value value;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_instance_export(world->instance, "f", &found), 1);
    CHECK_EQ(proa_func_call(found.of.func, NULL, &value, &err), PROA_TRAP);
    CHECK_EQ(strcmp(proa_store_backtrace(world->store),
                    "  0: g (function 1)\n  1: f (function 0)\n"),
             0);
    CHECK_EQ(world->store->guest.frame_count >= 2, 1);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(proa_code_find(world->store->guest.frames[i] - 1, &owners[i]),
                 1);
}

static void what_is_not_there_is_reached(void)
{
    struct world world;
    struct proa_error err = { 0 };
    const void *owners[2];

    begin_world(&world);
    call_f(&world, owners);
    CHECK_EQ(owners[0] == world.module && owners[1] == world.module, 1);
    CHECK_EQ(
        proa_tier_work_some(&world.job, world.engine, world.module, "0", &err),
        PROA_OK);
    CHECK_EQ(world.module->some != NULL, 1);
    CHECK_EQ(proa_module_can_improve(world.module), 1);
    call_f(&world, owners);
    CHECK_EQ(owners[0] == world.module, 1);
    CHECK_EQ(owners[1] == world.module->some, 1);
    CHECK_EQ(proa_tier_work(&world.job, world.engine, world.module, &err),
             PROA_OK);
    call_f(&world, owners);
    CHECK_EQ(owners[0] == world.module->better, 1);
    CHECK_EQ(owners[1] == world.module->better, 1);
    end_world(&world);
}

static void some_functions_are_no_module(void)
{
    struct world world;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };

    begin_world(&world);
    CHECK_EQ(
        proa_tier_work_some(&world.job, world.engine, world.module, "1", &err),
        PROA_OK);
    CHECK_EQ(proa_module_can_improve(world.module->some), 0);
    CHECK_EQ(proa_instance_create(world.store, world.module->some, NULL, 0,
                                  &instance, &err),
             PROA_USAGE);
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_module_improve(world.module, world.module->some, &err),
             PROA_USAGE);
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_module_improve_some(world.module, world.module, &err),
             PROA_OK); /* it has some */
    end_world(&world);
}

/* Add `count` samples at an offset in a function. */
static void add(struct proa_sampler *sampler, const struct world *world,
                uint32_t function, uint32_t offset, uint32_t count)
{
    const struct proa_artifact *artifact = &world->module->artifact;

    while (count-- > 0)
        atomic_store(&sampler->pcs[atomic_fetch_add(&sampler->count, 1)],
                     (uintptr_t)world->module->base + artifact->text_offset +
                         artifact->functions[function].code + offset);
}

static void the_hottest_come_first(void)
{
    static struct proa_sampler sampler;
    struct world world;
    char text[PROA_HEAT_TEXT_SIZE];

    begin_world(&world);
    CHECK_EQ(proa_heat_text(world.module, &sampler, text), 0);
    add(&sampler, &world, 0, 3, 10);
    CHECK_EQ(proa_heat_text(world.module, &sampler, text), 0); /* too few */
    add(&sampler, &world, 1, 0, 20);
    CHECK_EQ(proa_heat_text(world.module, &sampler, text), 1);
    CHECK_EQ(strcmp(text, "1,0"), 0);
    add(&sampler, &world, 1, 1, 1000);
    CHECK_EQ(proa_heat_text(world.module, &sampler, text), 1);
    CHECK_EQ(strcmp(text, "1"), 0); /* the other is not worth it */
    /* What is no code of it does not count. */
    atomic_store(&sampler.count, 20);
    for (int i = 0; i < 20; i++)
        atomic_store(&sampler.pcs[i], (uintptr_t)&sampler);
    CHECK_EQ(proa_heat_text(world.module, &sampler, text), 0);
    end_world(&world);
}

static void a_thread_is_asked_where_it_is(void)
{
    static struct proa_sampler sampler;
    static struct proa_sampler second;
    volatile uint32_t turns = 0;

    CHECK_EQ(proa_sampler_start(&sampler), 1);
    CHECK_EQ(proa_sampler_start(&second), 0);
    while (atomic_load(&sampler.count) < 3) {
        turns++;
        proa_sampler_ask(&sampler);
    }
    proa_sampler_stop(&sampler);
    CHECK_EQ(atomic_load(&sampler.pcs[0]) != 0, 1);
    CHECK_EQ(proa_sampler_start(&second), 1);
    proa_sampler_stop(&second);
}

int main(void)
{
    memcpy(wasm, head, sizeof head);
    memset(wasm + sizeof head, 0x01, NOPS);
    memcpy(wasm + sizeof head + NOPS, tail, sizeof tail);
    what_is_not_there_is_reached();
    some_functions_are_no_module();
    the_hottest_come_first();
    a_thread_is_asked_where_it_is();
    return 0;
}
