/*
 * Code that is replaced while it runs: the same results, the same state, and
 * backtraces through both tiers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/tier.h"

#include <sched.h>

#include "../check.h"
#include "platform/code.h"
#include "proa/compile.h"
#include "proa/engine.h"
#include "proa/store.h"
#include "runtime/module.h"
#include "runtime/store.h"
#include "scratch.h"

/*
 * (module
 *   (import "h" "swap" (func $swap (result i32)))
 *   (table funcref (elem $divide))
 *   (global $calls (mut i32) (i32.const 0))
 *   (type $binary (func (param i32 i32) (result i32)))
 *   (func $divide (param i32 i32) (result i32)
 *     (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
 *     (i32.div_s (local.get 0) (local.get 1)))
 *   (func (export "run") (param i32 i32) (result i32)
 *     (local $sum i32)
 *     (local.set $sum (call $divide (local.get 0) (i32.const 2)))
 *     (local.set $sum (i32.add (local.get $sum)
 *       (call_indirect (type $binary) (local.get 0) (i32.const 2) (i32.const
 * 0)))) (loop $again (br_if $again (call $swap))) (local.set $sum (i32.add
 * (local.get $sum) (call_indirect (type $binary) (local.get 0) (i32.const 2)
 * (i32.const 0)))) (i32.add (local.get $sum) (call $divide (local.get 0)
 * (local.get 1)))) (func (export "calls") (result i32) (global.get $calls))
 *   (export "divide" (func $divide)))
 */
/* clang-format off */
static const uint8_t wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0b, 0x02, 0x60,
    0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x00, 0x01, 0x7f, 0x02, 0x0a, 0x01,
    0x01, 0x68, 0x04, 0x73, 0x77, 0x61, 0x70, 0x00, 0x01, 0x03, 0x04, 0x03,
    0x00, 0x00, 0x01, 0x04, 0x05, 0x01, 0x70, 0x01, 0x01, 0x01, 0x06, 0x06,
    0x01, 0x7f, 0x01, 0x41, 0x00, 0x0b, 0x07, 0x18, 0x03, 0x03, 0x72, 0x75,
    0x6e, 0x00, 0x02, 0x05, 0x63, 0x61, 0x6c, 0x6c, 0x73, 0x00, 0x03, 0x06,
    0x64, 0x69, 0x76, 0x69, 0x64, 0x65, 0x00, 0x01, 0x09, 0x07, 0x01, 0x00,
    0x41, 0x00, 0x0b, 0x01, 0x01, 0x0a, 0x4e, 0x03, 0x0e, 0x00, 0x23, 0x00,
    0x41, 0x01, 0x6a, 0x24, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6d, 0x0b, 0x38,
    0x01, 0x01, 0x7f, 0x20, 0x00, 0x41, 0x02, 0x10, 0x01, 0x21, 0x02, 0x20,
    0x02, 0x20, 0x00, 0x41, 0x02, 0x41, 0x00, 0x11, 0x00, 0x00, 0x6a, 0x21,
    0x02, 0x03, 0x40, 0x10, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x02, 0x20, 0x00,
    0x41, 0x02, 0x41, 0x00, 0x11, 0x00, 0x00, 0x6a, 0x21, 0x02, 0x20, 0x02,
    0x20, 0x00, 0x20, 0x01, 0x10, 0x01, 0x6a, 0x0b, 0x04, 0x00, 0x23, 0x00,
    0x0b, 0x00, 0x3b, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x0f, 0x02, 0x00,
    0x04, 0x73, 0x77, 0x61, 0x70, 0x01, 0x06, 0x64, 0x69, 0x76, 0x69, 0x64,
    0x65, 0x02, 0x0e, 0x04, 0x00, 0x00, 0x01, 0x00, 0x02, 0x01, 0x02, 0x03,
    0x73, 0x75, 0x6d, 0x03, 0x00, 0x04, 0x09, 0x01, 0x00, 0x06, 0x62, 0x69,
    0x6e, 0x61, 0x72, 0x79, 0x07, 0x08, 0x01, 0x00, 0x05, 0x63, 0x61, 0x6c,
    0x6c, 0x73,
};
/* clang-format on */

/* Another module of the same shape. */
static uint8_t other_wasm[sizeof wasm];

struct world {
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_module *better; /* what the swap installs; NULL: waits for it */
    struct proa_store *store;
    struct proa_instance *instance;
};

static struct proa_module *compile(struct proa_engine *engine,
                                   const uint8_t *bytes, enum proa_tier tier)
{
    const struct proa_compile_options options = { .cache_dir = "",
                                                  .tier = tier };
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_module_compile(engine, bytes, sizeof wasm, &options, &module,
                                 &err),
             PROA_OK);
    return module;
}

/* The guest calls it until it gives 0. */
static uint32_t swap(struct proa_call *call)
{
    const struct world *world = proa_call_env(call);
    struct proa_error err = { 0 };

    if (world->better != NULL)
        CHECK_EQ(proa_module_improve(world->module, world->better, &err),
                 PROA_OK);
    (void)sched_yield();
    return proa_module_can_improve(world->module);
}

static void instantiate(struct world *world)
{
    static const enum proa_valtype result = PROA_I32;
    static const struct proa_functype type = { .results = &result,
                                               .result_count = 1 };
    struct proa_extern import = { .kind = PROA_KIND_FUNC };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_store_create(world->engine, NULL, &world->store, &err),
             PROA_OK);
    CHECK_EQ(proa_func_create(world->store, &type, (proa_host_fn)swap, world,
                              &import.of.func, &err),
             PROA_OK);
    CHECK_EQ(proa_instance_create(world->store, world->module, &import, 1,
                                  &world->instance, &err),
             PROA_OK);
}

static struct world make_world(void)
{
    struct world world = { 0 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&world.engine, &err), PROA_OK);
    world.module = compile(world.engine, wasm, PROA_TIER_BASELINE);
    return world;
}

static void end_world(const struct world *world)
{
    proa_store_destroy(world->store);
    proa_module_release(world->module);
    proa_module_release(world->better);
    proa_engine_destroy(world->engine);
}

static enum proa_status call(const struct world *world, const char *name,
                             uint32_t a, uint32_t b, uint32_t *result)
{
    const union proa_value args[2] = { { .u32 = a }, { .u32 = b } };
    struct proa_extern found;
    union proa_value value = { 0 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_instance_export(world->instance, name, &found), 1);
    enum proa_status status = proa_func_call(found.of.func, args, &value, &err);
    *result = value.u32;
    return status;
}

/* Whose code a frame of the last trap was in. */
static const void *frame_owner(const struct world *world, uint32_t frame)
{
    const void *owner = NULL;

    CHECK_EQ(frame < world->store->guest.frame_count, 1);
    CHECK_EQ(proa_code_find(world->store->guest.frames[frame] - 1, &owner), 1);
    return owner;
}

static void a_program_goes_on_with_better_code(void)
{
    struct world world = make_world();
    uint32_t result;

    instantiate(&world);
    world.better = compile(world.engine, wasm, PROA_TIER_OPTIMIZED);
    CHECK_EQ(proa_module_can_improve(world.module), 1);
    CHECK_EQ(call(&world, "divide", 1, 0, &result), PROA_TRAP);
    CHECK_EQ(frame_owner(&world, 0) == world.module, 1);
    CHECK_EQ(call(&world, "run", 20, 5, &result), PROA_OK);
    CHECK_EQ(result, 10 + 10 + 10 + 4);
    CHECK_EQ(proa_module_can_improve(world.module), 0);
    CHECK_EQ(call(&world, "calls", 0, 0, &result), PROA_OK);
    CHECK_EQ(result, 5);
    CHECK_EQ(call(&world, "divide", 1, 0, &result), PROA_TRAP);
    CHECK_EQ(frame_owner(&world, 0) == world.better, 1);
    end_world(&world);
}

static void a_backtrace_goes_through_both(void)
{
    struct world world = make_world();
    uint32_t result;

    instantiate(&world);
    world.better = compile(world.engine, wasm, PROA_TIER_OPTIMIZED);
    CHECK_EQ(call(&world, "run", 20, 0, &result), PROA_TRAP);
    CHECK_EQ(strcmp(proa_store_backtrace(world.store),
                    "  0: divide (function 1)\n  1: run (function 2)\n"),
             0);
    CHECK_EQ(frame_owner(&world, 0) == world.better, 1);
    CHECK_EQ(frame_owner(&world, 1) == world.module, 1);
    end_world(&world);
}

static void a_new_instance_begins_with_it(void)
{
    struct world world = make_world();
    struct proa_error err = { 0 };
    uint32_t result;

    world.better = compile(world.engine, wasm, PROA_TIER_OPTIMIZED);
    CHECK_EQ(proa_module_improve(world.module, world.better, &err), PROA_OK);
    instantiate(&world);
    CHECK_EQ(call(&world, "divide", 1, 0, &result), PROA_TRAP);
    CHECK_EQ(frame_owner(&world, 0) == world.better, 1);
    end_world(&world);
}

static void only_better_code_of_the_same_module(void)
{
    struct world world = make_world();
    struct world stranger = make_world();
    struct proa_module *same = compile(world.engine, wasm, PROA_TIER_BASELINE);
    struct proa_module *other =
        compile(world.engine, other_wasm, PROA_TIER_OPTIMIZED);
    struct proa_error err = { 0 };

    world.better = compile(world.engine, wasm, PROA_TIER_OPTIMIZED);
    CHECK_EQ(proa_module_improve(world.module, same, &err), PROA_USAGE);
    CHECK_EQ(proa_module_improve(world.module, other, &err), PROA_USAGE);
    CHECK_EQ(proa_module_improve(world.better, same, &err), PROA_USAGE);
    CHECK_EQ(proa_module_improve(stranger.module, world.better, &err),
             PROA_USAGE);
    CHECK_EQ(proa_module_can_improve(world.better), 0);
    /* Once is enough. */
    CHECK_EQ(proa_module_improve(world.module, world.better, &err), PROA_OK);
    CHECK_EQ(proa_module_improve(world.module, world.better, &err), PROA_OK);
    proa_module_release(same);
    proa_module_release(other);
    end_world(&world);
    end_world(&stranger);
}

static void it_comes_by_itself(void)
{
    const struct proa_compile_options options = { .cache_dir =
                                                      scratch_path("cache"),
                                                  .tier = PROA_TIER_AUTO };
    struct proa_tier_up *tier_up = NULL;
    struct world world = { 0 };
    struct proa_error err = { 0 };
    uint32_t result;

    CHECK_EQ(proa_engine_create(&world.engine, &err), PROA_OK);
    CHECK_EQ(proa_module_compile(world.engine, wasm, sizeof wasm, &options,
                                 &world.module, &err),
             PROA_OK);
    instantiate(&world);
    CHECK_EQ(proa_tier_up_start(world.engine, world.module, wasm, sizeof wasm,
                                &options, 0, &tier_up, &err),
             PROA_OK);
    CHECK_EQ(tier_up != NULL, 1);
    /* Ends only when the code was replaced. */
    CHECK_EQ(call(&world, "run", 20, 5, &result), PROA_OK);
    CHECK_EQ(result, 10 + 10 + 10 + 4);
    proa_tier_up_stop(tier_up);
    end_world(&world);

    /* And the next one begins with it. */
    world = (struct world){ 0 };
    CHECK_EQ(proa_engine_create(&world.engine, &err), PROA_OK);
    CHECK_EQ(proa_module_compile(world.engine, wasm, sizeof wasm, &options,
                                 &world.module, &err),
             PROA_OK);
    CHECK_EQ(proa_module_can_improve(world.module), 0);
    CHECK_EQ(proa_tier_up_start(world.engine, world.module, wasm, sizeof wasm,
                                &options, 0, &tier_up, &err),
             PROA_OK);
    CHECK_EQ(tier_up == NULL, 1);
    proa_tier_up_stop(tier_up);
    end_world(&world);
}

static void a_compiler_that_hangs_is_stopped(void)
{
    struct proa_compile_options options = { .cache_dir = "" };
    struct proa_tier_up *tier_up = NULL;
    struct world world = make_world();
    struct proa_error err = { 0 };

    scratch_write("compiler", "#!/bin/sh\nexec sleep 1000\n", 0700);
    options.compiler_path = scratch_path("compiler");
    CHECK_EQ(proa_tier_up_start(world.engine, world.module, wasm, sizeof wasm,
                                &options, 0, &tier_up, &err),
             PROA_OK);
    proa_tier_up_stop(tier_up);
    CHECK_EQ(proa_module_can_improve(world.module), 1);
    end_world(&world);
}

int main(void)
{
    scratch_make();
    memcpy(other_wasm, wasm, sizeof wasm);
    other_wasm[sizeof wasm - 1] ^= 1; /* in a name */
    a_program_goes_on_with_better_code();
    a_backtrace_goes_through_both();
    a_new_instance_begins_with_it();
    only_better_code_of_the_same_module();
    it_comes_by_itself();
    a_compiler_that_hangs_is_stopped();
    return 0;
}
