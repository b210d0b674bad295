/*
 * Ruby as a slot: the interpreter has started before the first use, and a use
 * evaluates a line. Its exports are those of @ruby/wasm-wasi, whose strings and
 * lists are pairs of address and size.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BENCH_SLOTS_RUBY_H
#define PROA_BENCH_SLOTS_RUBY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proa/pool.h"

/* What it asks while it starts; most of it fails or is empty. */
static const char *const ruby_may_call[] = {
    "wasi_snapshot_preview1.clock_time_get",
    "wasi_snapshot_preview1.random_get",
    "wasi_snapshot_preview1.environ_get",
    "wasi_snapshot_preview1.environ_sizes_get",
    "wasi_snapshot_preview1.fd_fdstat_get",
    "wasi_snapshot_preview1.fd_fdstat_set_flags",
    "wasi_snapshot_preview1.fd_filestat_get",
    "wasi_snapshot_preview1.fd_prestat_get",
    "wasi_snapshot_preview1.fd_seek",
    "wasi_snapshot_preview1.fd_write",
    "wasi_snapshot_preview1.path_filestat_get",
    "wasi_snapshot_preview1.path_open",
    "canonical_abi.resource_new_rb-abi-value",
    "rb-js-abi-host.rb_wasm_throw_prohibit_rewind_exception",
    NULL,
};

static uint32_t ruby_random(struct proa_call *call, uint32_t at, uint32_t size)
{
    void *bytes = proa_call_memory(call, at, size);

    if (bytes == NULL)
        return 21; /* fault */
    memset(bytes, 42, size);
    return 0;
}

static uint32_t ruby_clock(struct proa_call *call, uint32_t clock,
                           uint64_t precision, uint32_t at)
{
    void *bytes = proa_call_memory(call, at, 8);

    (void)clock;
    (void)precision;
    if (bytes == NULL)
        return 21;
    memset(bytes, 1, 8);
    return 0;
}

/* A handle is the value itself. */
static uint32_t ruby_handle(struct proa_call *call, uint32_t value)
{
    (void)call;
    return value;
}

static proa_host_fn ruby_function(const char *name)
{
    if (strcmp(name, "random_get") == 0)
        return (proa_host_fn)ruby_random;
    if (strcmp(name, "clock_time_get") == 0)
        return (proa_host_fn)ruby_clock;
    if (strncmp(name, "resource_", 9) == 0)
        return (proa_host_fn)ruby_handle;
    return NULL;
}

static struct proa_extern ruby_find(struct proa_instance *instance,
                                    const char *name)
{
    struct proa_extern found;

    if (!proa_instance_export(instance, name, &found)) {
        fprintf(stderr, "bench_slots: Ruby has no %s\n", name);
        exit(1);
    }
    return found;
}

static uint32_t ruby_call(struct proa_instance *instance, const char *name,
                          const uint32_t *words, uint32_t count)
{
    struct proa_func *func = ruby_find(instance, name).of.func;
    union proa_value args[4] = { 0 };
    union proa_value result = { 0 };
    struct proa_error err = { 0 };

    for (uint32_t i = 0; i < count; i++)
        args[i].u32 = words[i];
    if (proa_func_call(func, args, &result, &err) != PROA_OK) {
        fprintf(stderr, "bench_slots: %s: %s\n", name, err.text);
        exit(1);
    }
    return result.u32;
}

/* Memory in the guest. */
static uint32_t ruby_put(struct proa_instance *instance, const void *bytes,
                         uint32_t size)
{
    const uint32_t words[] = { 0, 0, 4, size };
    uint32_t at = ruby_call(instance, "cabi_realloc", words, 4);
    struct proa_memory *memory = ruby_find(instance, "memory").of.memory;

    memcpy(proa_memory_data(memory) + at, bytes, size);
    return at;
}

static uint32_t ruby_eval(struct proa_instance *instance, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);
    const uint32_t words[] = { ruby_put(instance, text, size), size };
    uint32_t pair[2];
    uint32_t at = ruby_call(instance,
                            "rb-eval-string-protect: func(str: "
                            "string) -> tuple<handle<rb-abi-value>, "
                            "s32>",
                            words, 2);

    memcpy(pair, proa_memory_data(ruby_find(instance, "memory").of.memory) + at,
           sizeof pair);
    if (pair[1] != 0) {
        fprintf(stderr, "bench_slots: Ruby raised %u\n", pair[1]);
        exit(1);
    }
    return pair[0];
}

static enum proa_status ruby_start(void *env, struct proa_store *store,
                                   struct proa_instance *instance,
                                   struct proa_error *err)
{
    static const char *const args[] = { "ruby.wasm", "-EUTF-8", "-e_=0" };
    uint32_t list[6];

    (void)store;
    (void)err;
    (void)ruby_call(instance, "_initialize", NULL, 0);
    for (uint32_t i = 0; i < 3; i++) {
        list[2 * i + 1] = (uint32_t)strlen(args[i]);
        list[2 * i] = ruby_put(instance, args[i], list[2 * i + 1] + 1);
    }
    const uint32_t words[] = { ruby_put(instance, list, sizeof list), 3 };
    (void)ruby_call(instance, "ruby-init: func(args: list<string>) -> ()",
                    words, 2);
    (void)ruby_eval(instance, env); /* so that it has run once */
    return PROA_OK;
}

#endif
