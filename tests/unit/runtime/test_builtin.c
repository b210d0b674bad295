/*
 * Bounds of every builtin, at the edge and far beyond it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/builtin.h"

#include "fixture.h"
#include "runtime/memory.h"
#include "runtime/table.h"

enum { PAGE = PROA_PAGE_SIZE };

struct range_case {
    uint64_t to;
    uint64_t from;
    uint64_t size;
    bool is_good;
};

/* In a memory of one page. */
static const struct range_case memory_cases[] = {
    { 0, 0, 0, true },           { 0, 0, PAGE, true },
    { PAGE, PAGE, 0, true },     { PAGE - 1, 0, 1, true },
    { 0, PAGE - 1, 1, true },    { PAGE + 1, 0, 0, false },
    { 0, PAGE + 1, 0, false },   { PAGE, 0, 1, false },
    { 0, PAGE, 1, false },       { 0, 0, PAGE + 1, false },
    { 1, 0, UINT64_MAX, false }, { UINT64_MAX, 0, 1, false },
    { 0, UINT64_MAX, 1, false }, { UINT64_MAX, UINT64_MAX, UINT64_MAX, false },
};

static void test_memory_ranges(struct proa_context *context)
{
    size_t count = sizeof memory_cases / sizeof memory_cases[0];

    for (size_t i = 0; i < count; i++) {
        const struct range_case *c = &memory_cases[i];
        uint32_t trap = c->is_good ? PROA_TRAP_NONE : PROA_TRAP_MEMORY_BOUNDS;
        CHECK_EQ(
            proa_builtin_memory_copy(context, 0, 0, c->to, c->from, c->size),
            trap);
        if (c->from == 0)
            CHECK_EQ(
                proa_builtin_memory_fill(context, 0, c->to, 0x105, c->size),
                trap);
    }
    CHECK_EQ(context->instance->memories[0]->base[PAGE - 1], 5);
}

static const struct {
    uint64_t to;
    uint32_t from;
    uint32_t size;
    bool is_good;
} init_cases[] = {
    { 0, 0, 4, true },           { 0, 4, 0, true },
    { PAGE - 4, 0, 4, true },    { PAGE, 0, 0, true },
    { 0, 0, 5, false },          { 0, 5, 0, false },
    { 0, 4, 1, false },          { PAGE - 3, 0, 4, false },
    { PAGE + 1, 0, 0, false },   { UINT64_MAX, 0, 1, false },
    { 0, UINT32_MAX, 1, false }, { 0, 1, UINT32_MAX, false },
};

static void test_memory_init(struct proa_context *context)
{
    uint8_t *bytes = context->instance->memories[0]->base;
    size_t count = sizeof init_cases / sizeof init_cases[0];

    for (size_t i = 0; i < count; i++)
        CHECK_EQ(
            proa_builtin_memory_init(context, TEST_DATA, 0, init_cases[i].to,
                                     init_cases[i].from, init_cases[i].size),
            init_cases[i].is_good ? PROA_TRAP_NONE : PROA_TRAP_MEMORY_BOUNDS);
    CHECK_EQ(memcmp(bytes, "abcd", 4), 0);
    CHECK_EQ(memcmp(bytes + PAGE - 4, "abcd", 4), 0);
    CHECK_EQ(proa_builtin_memory_init(context, TEST_DATA, 0, 0, 1, 2), 0);
    CHECK_EQ(memcmp(bytes, "bccd", 4), 0);
    proa_builtin_data_drop(context, TEST_DATA);
    proa_builtin_data_drop(context, TEST_DATA);
    CHECK_EQ(proa_builtin_memory_init(context, TEST_DATA, 0, 0, 0, 0), 0);
    CHECK_EQ(proa_builtin_memory_init(context, TEST_DATA, 0, 0, 0, 1),
             PROA_TRAP_MEMORY_BOUNDS);
    /* One that is in an image is as good as dropped. */
    CHECK_EQ(proa_builtin_memory_init(context, 0, 0, 0, 0, 1),
             PROA_TRAP_MEMORY_BOUNDS);
}

static void test_memory_grow(struct proa_context *context)
{
    struct proa_memory *memory = context->instance->memories[0];
    uint8_t *base = memory->base;

    CHECK_EQ(proa_builtin_memory_grow(context, 0, 0), 1);
    CHECK_EQ(proa_builtin_memory_grow(context, 0, 3), UINT64_MAX);
    CHECK_EQ(proa_builtin_memory_grow(context, 0, UINT64_MAX), UINT64_MAX);
    CHECK_EQ(proa_builtin_memory_grow(context, 0, UINT64_MAX / PAGE + 2),
             UINT64_MAX);
    CHECK_EQ(memory->size, PAGE);
    CHECK_EQ(proa_builtin_memory_grow(context, 0, 1), 1);
    CHECK_EQ(memory->size, 2 * PAGE);
    CHECK_EQ(memory->base == base, true);
    CHECK_EQ(base[PAGE], 0);
    base[2 * PAGE - 1] = 1;
    CHECK_EQ(proa_builtin_memory_grow(context, 0, 1), 2);
    CHECK_EQ(proa_builtin_memory_grow(context, 0, 1), UINT64_MAX);
    CHECK_EQ(proa_memory_type(memory).limits.min, 3);
}

/* In tables of three and two elements. */
static const struct range_case table_cases[] = {
    { 0, 0, 0, true },           { 0, 0, 3, true },
    { 3, 3, 0, true },           { 1, 0, 2, true },
    { 0, 1, 2, true },           { 4, 0, 0, false },
    { 0, 4, 0, false },          { 0, 0, 4, false },
    { 3, 0, 1, false },          { 0, 3, 1, false },
    { UINT64_MAX, 0, 1, false }, { 0, UINT64_MAX, 1, false },
    { 1, 1, UINT64_MAX, false },
};

static void test_table_ranges(struct proa_context *context)
{
    struct proa_table *table = context->instance->tables[0];
    struct proa_func *func = proa_instance_func(context->instance, TEST_INC);
    const struct proa_table_entry *rows = table->entries;
    size_t count = sizeof table_cases / sizeof table_cases[0];

    for (size_t i = 0; i < count; i++) {
        const struct range_case *c = &table_cases[i];
        uint32_t trap = c->is_good ? PROA_TRAP_NONE : PROA_TRAP_TABLE_BOUNDS;
        CHECK_EQ(
            proa_builtin_table_copy(context, 0, 0, c->to, c->from, c->size),
            trap);
        if (c->from == 0)
            CHECK_EQ(proa_builtin_table_fill(context, 0, c->to, func, c->size),
                     trap);
    }
    CHECK_EQ(rows[2].code == func->code, true);
    CHECK_EQ(rows[2].context == func->context, true);
    CHECK_EQ(rows[2].signature, func->signature);
    CHECK_EQ(rows[2].func == func, true);
    CHECK_EQ(proa_builtin_table_fill(context, 0, 0, NULL, 3), 0);
    const struct proa_table_entry null = { 0 };
    CHECK_EQ(memcmp(&rows[2], &null, sizeof null), 0);
    /* Externrefs are one word a row. */
    int thing;
    CHECK_EQ(proa_builtin_table_fill(context, 1, 1, &thing, 1), 0);
    CHECK_EQ(proa_builtin_table_fill(context, 1, 1, &thing, 2),
             PROA_TRAP_TABLE_BOUNDS);
    CHECK_EQ(proa_builtin_table_copy(context, 1, 1, 0, 1, 1), 0);
    union proa_value value;
    CHECK_EQ(proa_table_get(context->instance->tables[1], 0, &value), true);
    CHECK_EQ(value.externref == &thing, true);
    CHECK_EQ(proa_table_get(context->instance->tables[1], 2, &value), false);
}

static void test_table_init(struct proa_context *context)
{
    struct proa_instance *instance = context->instance;
    const struct proa_table_entry *rows = instance->tables[0]->entries;
    struct proa_func *func = proa_instance_func(instance, TEST_INC);

    instance->globals[1]->value->funcref = func;
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 0, 0, 3), 0);
    CHECK_EQ(rows[0].func == func, true);
    CHECK_EQ(rows[1].func == NULL, true);
    CHECK_EQ(rows[2].func == func, true);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 0, 1, 3),
             PROA_TRAP_TABLE_BOUNDS);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 1, 0, 3),
             PROA_TRAP_TABLE_BOUNDS);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, UINT64_MAX, 0, 1),
             PROA_TRAP_TABLE_BOUNDS);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 0, UINT32_MAX, 1),
             PROA_TRAP_TABLE_BOUNDS);
    proa_builtin_elem_drop(context, TEST_ELEM);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 0, 0, 1),
             PROA_TRAP_TABLE_BOUNDS);
    CHECK_EQ(proa_builtin_table_init(context, TEST_ELEM, 0, 3, 0, 0), 0);
}

static void test_table_grow(struct proa_context *context)
{
    struct proa_table *table = context->instance->tables[0];
    struct proa_func *func = proa_instance_func(context->instance, TEST_INC);
    const void *entries = table->entries;

    CHECK_EQ(proa_builtin_table_grow(context, 0, func, 0), 3);
    CHECK_EQ(proa_builtin_table_grow(context, 0, func, 4998), UINT64_MAX);
    CHECK_EQ(proa_builtin_table_grow(context, 0, func, UINT64_MAX), UINT64_MAX);
    CHECK_EQ(proa_builtin_table_grow(context, 0, NULL, 1000), 3);
    CHECK_EQ(proa_builtin_table_grow(context, 0, func, 3997), 1003);
    CHECK_EQ(proa_builtin_table_grow(context, 0, NULL, 1), UINT64_MAX);
    CHECK_EQ(table->count, 5000);
    CHECK_EQ(table->entries == entries, true);
    CHECK_EQ(proa_table_reference(table, 1002) == NULL, true);
    CHECK_EQ(proa_table_reference(table, 1003) == func, true);
    CHECK_EQ(proa_table_reference(table, 4999) == func, true);
    /* Without a maximum of its own the store's limit holds. */
    CHECK_EQ(proa_builtin_table_grow(context, 1, NULL, 5998), 2);
    CHECK_EQ(proa_builtin_table_grow(context, 1, NULL, 1), UINT64_MAX);
}

/* Larger than a piece, either way, overlapping. */
static void test_long_copies(struct proa_context *context)
{
    static const uint64_t size = (uint64_t)40 * 1024 * 1024;
    struct proa_memory memory = { .base = malloc(size + 1), .size = size + 1 };
    struct proa_memory *before = context->instance->memories[0];

    CHECK_EQ(memory.base != NULL, true);
    context->instance->memories[0] = &memory;
    for (uint64_t i = 0; i < size; i++)
        memory.base[i] = (uint8_t)(i * 7 + i / 997);
    CHECK_EQ(proa_builtin_memory_copy(context, 0, 0, 1, 0, size), 0);
    for (uint64_t i = 0; i < size; i += 13)
        CHECK_EQ(memory.base[i + 1], (uint8_t)(i * 7 + i / 997));
    CHECK_EQ(proa_builtin_memory_copy(context, 0, 0, 0, 1, size), 0);
    for (uint64_t i = 0; i < size; i += 13)
        CHECK_EQ(memory.base[i], (uint8_t)(i * 7 + i / 997));
    CHECK_EQ(proa_builtin_memory_fill(context, 0, 1, 9, size), 0);
    for (uint64_t i = 1; i <= size; i += 13)
        CHECK_EQ(memory.base[i], 9);
    context->instance->memories[0] = before;
    free(memory.base);
}

/* An interrupt that comes while C works is not lost. */
static void test_interrupted_fill(struct test_world *world)
{
    struct proa_error err = { 0 };
    int32_t value = PAGE;

    CHECK_EQ(test_invoke(world, "fill", &value, &err), PROA_OK);
    CHECK_EQ(world->instance->memories[0]->base[PAGE - 1], 7);
    value = PAGE + 1;
    CHECK_EQ(test_invoke(world, "fill", &value, &err), PROA_OK);
    CHECK_EQ(value, PROA_TRAP_MEMORY_BOUNDS);
    proa_store_interrupt(world->store);
    CHECK_EQ(test_invoke(world, "fill", &value, &err), PROA_TRAP);
}

static uint32_t on_call(struct proa_call *call, uint32_t argument)
{
    (void)call;
    return argument;
}

int main(void)
{
    struct test_world world;
    const struct proa_store_options options = { .table_elements_max = 6000 };

    test_world_init(&world, &options, (proa_host_fn)on_call, NULL);
    struct proa_context *context = world.instance->context;
    test_interrupted_fill(&world);
    test_memory_ranges(context);
    test_memory_init(context);
    test_memory_grow(context);
    test_table_ranges(context);
    test_table_init(context);
    test_long_copies(context);
    test_world_deinit(&world);
    test_world_init(&world, &options, (proa_host_fn)on_call, NULL);
    test_table_grow(world.instance->context);
    test_world_deinit(&world);
    return 0;
}
