/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/store.h"

#include <assert.h>
#include <stdlib.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "proa/usage.h"
#include "runtime/engine.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/table.h"

static_assert((int)PROA_TRAP_MEMORY_BOUNDS == PROA_GUEST_TRAP_MEMORY_BOUNDS,
              "assembly");
static_assert((int)PROA_TRAP_STACK_OVERFLOW == PROA_GUEST_TRAP_STACK_OVERFLOW,
              "assembly");
static_assert((int)PROA_TRAP_OUT_OF_MEMORY == PROA_GUEST_TRAP_OUT_OF_MEMORY,
              "assembly");
static_assert((int)PROA_TRAP_INTERRUPT == PROA_GUEST_TRAP_INTERRUPT,
              "assembly");
static_assert(offsetof(struct proa_store, guest) == 0, "a guest is its store");

/* Contexts, records and host objects; memories and tables are apart. */
static const size_t arena_bytes_max = (size_t)1024 * 1024 * 1024;

static const struct proa_store_options defaults = {
    .memory_bytes_max = 0, /* each memory has a limit of its own */
    .table_elements_max = 10000000,
    .stack_bytes = (uint64_t)8 * 1024 * 1024,
};

/* Of objects, so that a limit in whole pages leaves that many to memories. */
static const uint64_t object_bytes_free = (uint64_t)256 * 1024;

static const uint64_t stack_bytes_min = (uint64_t)64 * 1024;

static bool owns(const struct proa_guest *guest, uintptr_t address)
{
    const struct proa_store *store = (const struct proa_store *)guest;

    return proa_memory_holds(store->memories, address);
}

enum proa_status proa_store_create(struct proa_engine *engine,
                                   const struct proa_store_options *options,
                                   struct proa_store **store,
                                   struct proa_error *err)
{
    struct proa_store *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a store");
    made->limits = options != NULL ? *options : defaults;
    if (made->limits.table_elements_max == 0)
        made->limits.table_elements_max = defaults.table_elements_max;
    if (made->limits.stack_bytes == 0)
        made->limits.stack_bytes = defaults.stack_bytes;
    if (made->limits.stack_bytes < stack_bytes_min)
        made->limits.stack_bytes = stack_bytes_min;
    made->arena = proa_arena_create(arena_bytes_max);
    if (made->arena == NULL ||
        !proa_guest_init(&made->guest, made->limits.stack_bytes, owns)) {
        proa_arena_destroy(made->arena);
        free(made);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a store's stack");
    }
    proa_store_fuel_set(made, made->limits.fuel);
    made->engine = engine;
    proa_engine_use(engine);
    *store = made;
    return PROA_OK;
}

void proa_store_destroy(struct proa_store *store)
{
    if (store == NULL)
        return;
    proa_guest_deinit(&store->guest);
    proa_memory_release_all(store->memories);
    proa_table_release_all(store->tables);
    proa_instance_release_all(store->instances);
    proa_arena_destroy(store->arena);
    free(store->backtrace);
    proa_engine_unuse(store->engine);
    free(store);
}

bool proa_store_has_room(const struct proa_store *store, uint64_t memory_bytes,
                         uint64_t object_bytes)
{
    uint64_t left = store->limits.memory_bytes_max;
    uint64_t objects = store->object_bytes;

    if (left == 0)
        return true;
    if (store->memory_bytes > left ||
        memory_bytes > left - store->memory_bytes ||
        object_bytes > UINT64_MAX - objects)
        return false;
    left -= store->memory_bytes + memory_bytes;
    objects += object_bytes;
    return objects <= object_bytes_free || objects - object_bytes_free <= left;
}

void *proa_store_alloc(struct proa_store *store, size_t count, size_t size,
                       struct proa_error *err)
{
    void *memory = NULL;

    if (size != 0 && count > SIZE_MAX / size) {
        proa_error_set(err, PROA_NOMEM, 0, "no memory for an instance");
        return NULL;
    }
    if (!proa_store_has_room(store, 0, count * size)) {
        proa_error_set(err, PROA_NOMEM, 0,
                       "an instance needs more than the store's memory");
        return NULL;
    }
    memory = proa_arena_array(store->arena, count, size);
    if (memory == NULL)
        proa_error_set(err, PROA_NOMEM, 0, "no memory for an instance");
    else
        store->object_bytes += count * size;
    store->made_count++;
    return memory;
}

uint64_t proa_store_memory_bytes(const struct proa_store *store)
{
    return store->memory_bytes + store->object_bytes;
}

void proa_store_interrupt(struct proa_store *store)
{
    proa_guest_interrupt(&store->guest);
}

uint32_t proa_store_exit_code(const struct proa_store *store)
{
    return store->exit_code;
}

/* Without a limit the count begins as low as it can. */
static uint64_t fuel_at_first(const struct proa_store *store)
{
    return store->limits.fuel != 0 ? store->limits.fuel : INT64_MAX;
}

void proa_store_fuel_set(struct proa_store *store, uint64_t fuel)
{
    store->limits.fuel = fuel < INT64_MAX ? fuel : INT64_MAX;
    store->fuel = -(int64_t)fuel_at_first(store);
}

/* What was spent above the limit, up to where it was noticed, nobody pays. */
uint64_t proa_store_fuel_spent(const struct proa_store *store)
{
    uint64_t left = store->fuel < 0 ? (uint64_t)-store->fuel : 0;

    return fuel_at_first(store) - left;
}

uint64_t proa_store_fuel_left(const struct proa_store *store)
{
    return store->limits.fuel == 0
               ? UINT64_MAX
               : store->limits.fuel - proa_store_fuel_spent(store);
}
