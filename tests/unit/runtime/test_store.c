/*
 * The limits of a store, and what happens when the machine has no more.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/resource.h>

#include "fixture.h"
#include "runtime/memory.h"
#include "runtime/table.h"

enum { PAGE = PROA_PAGE_SIZE };

static const uint64_t none = UINT64_MAX;

static struct proa_engine *engine;

static struct proa_store *store_with(uint64_t memory_bytes_max,
                                     uint64_t table_elements_max)
{
    const struct proa_store_options options = {
        .memory_bytes_max = memory_bytes_max,
        .table_elements_max = table_elements_max,
        .stack_bytes = 1, /* raised to what is useful */
    };
    struct proa_store *store = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_store_create(engine, &options, &store, &err), PROA_OK);
    return store;
}

static enum proa_status memory_of(struct proa_store *store, uint64_t min,
                                  uint64_t max, bool is_64,
                                  struct proa_memory **memory)
{
    const struct proa_memorytype type = { { min, max, is_64 } };
    struct proa_error err = { 0 };
    enum proa_status status = proa_memory_create(store, type, memory, &err);

    CHECK_EQ(err.status, status);
    return status;
}

/* Tables count like memories, but for 256 KiB of what is no memory. */
static void test_objects(void)
{
    const uint64_t rows = (uint64_t)4 * PAGE / sizeof(struct proa_table_entry);
    const struct proa_tabletype small = { PROA_FUNCREF, { 1, none, false } };
    const struct proa_tabletype large = { PROA_FUNCREF,
                                          { 2 * rows, none, false } };
    struct proa_store *store = store_with((uint64_t)16 * PAGE, 0);
    struct proa_memory *memory = NULL;
    struct proa_table *table = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(memory_of(store, 8, none, false, &memory), PROA_OK);
    CHECK_EQ(proa_table_create(store, small, &table, &err), PROA_OK);
    CHECK_EQ(proa_table_grow(table, NULL, 2 * rows), 1); /* half of it free */
    CHECK_EQ(proa_memory_grow(memory, 4), none);
    CHECK_EQ(proa_memory_grow(memory, 3), 8);
    CHECK_EQ(proa_table_grow(table, NULL, rows), none);
    proa_store_destroy(store);

    store = store_with((uint64_t)16 * PAGE, 0);
    CHECK_EQ(memory_of(store, 16, none, false, &memory), PROA_OK);
    CHECK_EQ(proa_table_create(store, large, &table, &err), PROA_LIMIT);
    proa_store_destroy(store);
}

static const struct {
    uint64_t limit; /* of the store, in pages; 0: the default */
    uint64_t min;
    uint64_t max;
    bool is_64;
    enum proa_status status;
    uint64_t grown; /* pages that it can grow by at most */
} memories[] = {
    { 0, 0, 0, false, PROA_OK, 0 },
    { 0, 1, 1, false, PROA_OK, 0 },
    { 0, 1, 3, false, PROA_OK, 2 },
    { 4, 1, none, false, PROA_OK, 3 },
    { 4, 4, none, false, PROA_OK, 0 },
    { 4, 5, none, false, PROA_LIMIT, 0 },
    { 4, 1, none, true, PROA_OK, 3 },
    { 4, 5, none, true, PROA_LIMIT, 0 },
    { 0, 65537, none, true, PROA_LIMIT, 0 }, /* 4 GiB each */
    { 0, none, none, true, PROA_LIMIT, 0 },
    { 0, (uint64_t)1 << 48, none, true, PROA_LIMIT, 0 },
};

static void test_memory_limits(void)
{
    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
        struct proa_store *store = store_with(memories[i].limit * PAGE, 0);
        struct proa_memory *memory = NULL;
        CHECK_EQ(memory_of(store, memories[i].min, memories[i].max,
                           memories[i].is_64, &memory),
                 memories[i].status);
        if (memory != NULL) {
            CHECK_EQ(proa_memory_grow(memory, memories[i].grown + 1), none);
            CHECK_EQ(proa_memory_grow(memory, memories[i].grown),
                     memories[i].min);
            CHECK_EQ(proa_memory_grow(memory, 1), none);
            CHECK_EQ(proa_memory_size(memory),
                     (memories[i].min + memories[i].grown) * PAGE);
        }
        proa_store_destroy(store);
    }
}

/* All memories of a store share its limit. */
static void test_shared_limit(void)
{
    struct proa_store *store = store_with(10 * PAGE, 0);
    struct proa_memory *a = NULL;
    struct proa_memory *b = NULL;

    CHECK_EQ(memory_of(store, 4, none, false, &a), PROA_OK);
    CHECK_EQ(memory_of(store, 7, none, false, &b), PROA_LIMIT);
    CHECK_EQ(memory_of(store, 4, none, false, &b), PROA_OK);
    CHECK_EQ(proa_memory_grow(a, 3), none);
    CHECK_EQ(proa_memory_grow(a, 2), 4);
    CHECK_EQ(proa_memory_grow(b, 1), none);
    CHECK_EQ(proa_memory_grow(b, 0), 4);
    proa_store_destroy(store);
}

static enum proa_status table_of(struct proa_store *store, uint64_t min,
                                 uint64_t max, struct proa_table **table)
{
    const struct proa_tabletype type = { PROA_FUNCREF, { min, max, false } };
    struct proa_error err = { 0 };

    return proa_table_create(store, type, table, &err);
}

static void test_table_limits(void)
{
    struct proa_store *store = store_with(0, 1000);
    struct proa_table *table = NULL;

    CHECK_EQ(table_of(store, 1001, none, &table), PROA_LIMIT);
    CHECK_EQ(table_of(store, none, none, &table), PROA_LIMIT);
    CHECK_EQ(table == NULL, true);
    CHECK_EQ(table_of(store, 0, 0, &table), PROA_OK);
    CHECK_EQ(proa_table_grow(table, NULL, 1), none);
    CHECK_EQ(table_of(store, 1, none, &table), PROA_OK);
    CHECK_EQ(proa_table_grow(table, NULL, 1000), none);
    CHECK_EQ(proa_table_grow(table, NULL, 999), 1);
    CHECK_EQ(proa_table_size(table), 1000);
    proa_table_set(table, 0, 1000, NULL);
    proa_store_destroy(store);
}

static void set_address_space(uint64_t bytes)
{
    struct rlimit limit;

    CHECK_EQ(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
    CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

static uint64_t address_space_used(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    CHECK_EQ(file != NULL && fscanf(file, "%llu", &pages) == 1, true);
    (void)fclose(file);
    return pages * 4096;
}

/* No address space: an answer, and the store can still be ended. */
static void test_no_memory(void)
{
    const uint64_t room = (uint64_t)16 * 1024 * 1024;
    const struct proa_store_options large = { .stack_bytes = room * 4 };
    const struct proa_tabletype type = { PROA_FUNCREF, { 1, none, false } };
    struct proa_store *store = store_with(0, 0);
    struct proa_store *other = NULL;
    struct proa_memory *memory = NULL;
    struct proa_table *table = NULL;
    struct proa_error errors[3] = { { 0 } };

    set_address_space(address_space_used() + room);
    enum proa_status of_memory = memory_of(store, 1, none, false, &memory);
    enum proa_status of_table =
        proa_table_create(store, type, &table, &errors[1]);
    enum proa_status of_store =
        proa_store_create(engine, &large, &other, &errors[2]);
    set_address_space(0);
    CHECK_EQ(of_memory, PROA_NOMEM);
    CHECK_EQ(of_table, PROA_NOMEM);
    CHECK_EQ(of_store, PROA_NOMEM);
    CHECK_EQ(memory == NULL && table == NULL && other == NULL, true);
    proa_store_destroy(store);
}

/* With no room to grow the guest gets -1, and may try again. */
static void test_no_memory_to_grow(void)
{
    struct proa_store *store = store_with(0, 0);
    struct proa_memory *memory = NULL;
    struct rlimit limit;

    CHECK_EQ(memory_of(store, 1, none, false, &memory), PROA_OK);
    CHECK_EQ(getrlimit(RLIMIT_DATA, &limit), 0);
    struct rlimit small = { .rlim_cur = 4096, .rlim_max = limit.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_DATA, &small), 0);
    uint64_t grown = proa_memory_grow(memory, 16384);
    CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
    CHECK_EQ(grown, none);
    CHECK_EQ(proa_memory_size(memory), PAGE);
    CHECK_EQ(proa_memory_grow(memory, 16384), 1);
    proa_store_destroy(store);
}

int main(void)
{
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    test_memory_limits();
    test_objects();
    test_shared_limit();
    test_table_limits();
    test_no_memory();
    test_no_memory_to_grow();
    proa_store_destroy(NULL);
    proa_engine_destroy(engine);
    return 0;
}
