/*
 * The hot functions first: found by samples, compiled alone, installed; what
 * they call and was not compiled is reached all the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/tier_work.h"

#include "../check.h"
#include "cache/heat.h"
#include "platform/code.h"
#include "platform/sample.h"
#include "proa/engine.h"
#include "proa/store.h"
#include "runtime/module.h"
#include "runtime/store.h"
#include "runtime/tier.h"
#include "scratch.h"

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
             PROA_USAGE);
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_module_improve_some(world.module, world.module->some, &err),
             PROA_OK); /* it has it: nothing happens */
    CHECK_EQ(proa_module_some_count(world.module), 1);
    end_world(&world);
}

/* One part after the other: each calls what the other has. */
static void parts_call_each_other(void)
{
    struct world world;
    struct proa_error err = { 0 };
    const void *owners[2];
    char *text;

    begin_world(&world);
    CHECK_EQ(proa_heat_text_of_parts(world.module) == NULL, 1);
    CHECK_EQ(
        proa_tier_work_some(&world.job, world.engine, world.module, "0", &err),
        PROA_OK);
    CHECK_EQ(proa_module_has_some(world.module, 0), 1);
    CHECK_EQ(proa_module_has_some(world.module, 1), 0);
    CHECK_EQ(
        proa_tier_work_some(&world.job, world.engine, world.module, "1", &err),
        PROA_OK);
    CHECK_EQ(proa_module_some_count(world.module), 2);
    text = proa_heat_text_of_parts(world.module);
    CHECK_EQ(strcmp(text, "0,1"), 0);
    free(text);
    call_f(&world, owners);
    CHECK_EQ(owners[0] == world.module->some, 1);
    CHECK_EQ(owners[1] == world.module->some->some, 1);
    CHECK_EQ(proa_tier_work(&world.job, world.engine, world.module, &err),
             PROA_OK);
    call_f(&world, owners);
    CHECK_EQ(owners[0] == world.module->better, 1);
    CHECK_EQ(owners[1] == world.module->better, 1);
    end_world(&world);
}

static void parts_are_kept_until_the_whole_is_there(void)
{
    struct world worlds[3];
    struct proa_error err = { 0 };
    const char *folder;

    scratch_make();
    folder = scratch_path("cache");
    for (int i = 0; i < 3; i++) {
        begin_world(&worlds[i]);
        worlds[i].job.options.cache_dir = folder;
    }
    CHECK_EQ(proa_tier_work_some(&worlds[0].job, worlds[0].engine,
                                 worlds[0].module, "0", &err),
             PROA_OK);
    CHECK_EQ(proa_tier_work_some(&worlds[0].job, worlds[0].engine,
                                 worlds[0].module, "1", &err),
             PROA_OK);
    proa_tier_load_some(&worlds[1].job, worlds[1].engine, worlds[1].module);
    CHECK_EQ(proa_module_some_count(worlds[1].module), 2);
    CHECK_EQ(proa_module_has_some(worlds[1].module, 0), 1);
    CHECK_EQ(proa_tier_work(&worlds[0].job, worlds[0].engine, worlds[0].module,
                            &err),
             PROA_OK);
    proa_tier_load_some(&worlds[2].job, worlds[2].engine, worlds[2].module);
    CHECK_EQ(proa_module_some_count(worlds[2].module), 0);
    for (int i = 0; i < 3; i++)
        end_world(&worlds[i]);
}

/* Note `count` samples at an offset in a function. */
static void note(struct proa_heat *heat, uint32_t function, uint32_t offset,
                 uint32_t count)
{
    const struct proa_artifact *artifact = &heat->module->artifact;

    while (count-- > 0)
        CHECK_EQ(proa_heat_note(heat, (uintptr_t)heat->module->base +
                                          artifact->text_offset +
                                          artifact->functions[function].code +
                                          offset),
                 1);
}

static void the_hottest_come_first(void)
{
    static const struct {
        uint32_t counts[2]; /* of samples, by function */
        uint32_t elsewhere;
        const char *text; /* NULL: nothing */
    } cases[] = {
        { { 0, 0 }, 0, NULL },
        { { 10, 0 }, 0, NULL }, /* too few */
        { { 10, 20 }, 0, "1,0" },
        { { 1, 1000 }, 0, "1" },   /* the other is not worth it */
        { { 0, 0 }, 1000, NULL },  /* what is no code of it does not count */
        { { 20, 0 }, 1000, NULL }, /* hardly any of all time */
        { { 40, 0 }, 1000, "0" },
    };
    char text[PROA_HEAT_TEXT_SIZE];
    struct proa_heat heat;
    struct world world;

    begin_world(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool found;

        CHECK_EQ(proa_heat_init(&heat, world.module), 1);
        note(&heat, 0, 3, cases[i].counts[0]);
        note(&heat, 1, 1, cases[i].counts[1]);
        for (uint32_t n = 0; n < cases[i].elsewhere; n++)
            CHECK_EQ(proa_heat_note(&heat, (uintptr_t)&heat), 0);
        found = proa_heat_take(&heat, 1 << 20, text);
        CHECK_EQ(found, cases[i].text != NULL);
        if (found && cases[i].text != NULL)
            CHECK_EQ(strcmp(text, cases[i].text), 0);
        /* Never again. */
        CHECK_EQ(proa_heat_take(&heat, 1 << 20, text), 0);
        proa_heat_deinit(&heat);
    }
    end_world(&world);
}

static void a_batch_is_bounded_and_what_is_old_fades(void)
{
    char text[PROA_HEAT_TEXT_SIZE];
    struct proa_heat heat;
    struct world world;

    begin_world(&world);
    CHECK_EQ(proa_heat_init(&heat, world.module), 1);
    note(&heat, 0, 0, 1000);
    note(&heat, 1, 0, 1000);
    CHECK_EQ(proa_heat_take(&heat, 1, text), 1); /* one at least */
    CHECK_EQ(strchr(text, ',') == NULL, 1);
    CHECK_EQ(proa_heat_take(&heat, 1, text), 1);
    CHECK_EQ(proa_heat_take(&heat, 1, text), 0);
    proa_heat_deinit(&heat);
    CHECK_EQ(proa_heat_init(&heat, world.module), 1);
    note(&heat, 0, 0, 200);
    proa_heat_fade(&heat);
    CHECK_EQ(heat.counts[0], 100);
    CHECK_EQ(heat.all, 100);
    proa_heat_fade(&heat); /* too few to forget any */
    CHECK_EQ(heat.counts[0], 100);
    proa_heat_deinit(&heat);
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
    parts_call_each_other();
    parts_are_kept_until_the_whole_is_there();
    the_hottest_come_first();
    a_batch_is_bounded_and_what_is_old_fades();
    a_thread_is_asked_where_it_is();
    return 0;
}
