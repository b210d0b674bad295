/*
 * What fits an import and what does not, with both types in the message.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/match.h"

#include "fixture.h"

static const uint64_t none = UINT64_MAX;

static struct proa_importtype memory_type(uint64_t min, uint64_t max,
                                          bool is_64)
{
    return (struct proa_importtype){ .module = "env",
                                     .name = "x",
                                     .kind = PROA_KIND_MEMORY,
                                     .type.memory = { { min, max, is_64 } } };
}

static struct proa_importtype table_type(enum proa_valtype element,
                                         uint64_t min, uint64_t max)
{
    return (struct proa_importtype){ .module = "env",
                                     .name = "x",
                                     .kind = PROA_KIND_TABLE,
                                     .type.table = { element,
                                                     { min, max, false } } };
}

static struct proa_importtype global_type(enum proa_valtype type,
                                          bool is_mutable)
{
    return (struct proa_importtype){ .module = "env",
                                     .name = "x",
                                     .kind = PROA_KIND_GLOBAL,
                                     .type.global = { type, is_mutable } };
}

static struct proa_importtype func_type(uint32_t params, uint32_t results)
{
    return (struct proa_importtype){ .module = "env",
                                     .name = "x",
                                     .kind = PROA_KIND_FUNC,
                                     .type.func = { test_i32s, test_i32s,
                                                    params, results } };
}

/* text: NULL when it fits; "": a text that is not looked at. */
static void check(struct proa_store *store, const struct proa_extern *given,
                  struct proa_importtype wanted, const char *text)
{
    struct proa_error err = { 0 };
    enum proa_status status = proa_match_import(store, &wanted, given, &err);

    CHECK_EQ(status, text == NULL ? PROA_OK : PROA_UNLINKABLE);
    if (text == NULL || text[0] == '\0')
        return;
    static const char start[] = "incompatible import type for env.x: ";
    CHECK_EQ(strncmp(err.text, start, sizeof start - 1), 0);
    if (strcmp(err.text + sizeof start - 1, text) != 0)
        fprintf(stderr, "%s\n", err.text);
    CHECK_EQ(strcmp(err.text + sizeof start - 1, text), 0);
}

static void check_memories(struct proa_store *store)
{
    struct proa_extern given = { .kind = PROA_KIND_MEMORY };
    struct proa_error err = { 0 };
    const struct proa_memorytype type = { { 2, 4, false } };
    const struct proa_memorytype open = { { 2, none, false } };
    const struct proa_memorytype wide = { { 1, 2, true } };

    CHECK_EQ(proa_memory_create(store, type, &given.of.memory, &err), PROA_OK);
    check(store, &given, memory_type(2, 4, false), NULL);
    check(store, &given, memory_type(0, none, false), NULL);
    check(store, &given, memory_type(1, 5, false), NULL);
    check(store, &given, memory_type(3, 4, false),
          "expected memory 3 4, given memory 2 4");
    check(store, &given, memory_type(2, 3, false), "");
    check(store, &given, memory_type(2, 4, true),
          "expected memory i64 2 4, given memory 2 4");
    CHECK_EQ(proa_memory_create(store, open, &given.of.memory, &err), PROA_OK);
    check(store, &given, memory_type(2, none, false), NULL);
    check(store, &given, memory_type(2, 65536, false),
          "expected memory 2 65536, given memory 2");
    CHECK_EQ(proa_memory_create(store, wide, &given.of.memory, &err), PROA_OK);
    check(store, &given, memory_type(1, 2, true), NULL);
    check(store, &given, memory_type(1, 2, false), "");
}

static void check_tables(struct proa_store *store)
{
    struct proa_extern given = { .kind = PROA_KIND_TABLE };
    struct proa_error err = { 0 };
    const struct proa_tabletype type = { PROA_FUNCREF, { 2, 4, false } };

    CHECK_EQ(proa_table_create(store, type, &given.of.table, &err), PROA_OK);
    check(store, &given, table_type(PROA_FUNCREF, 2, 4), NULL);
    check(store, &given, table_type(PROA_FUNCREF, 3, 4), "");
    check(store, &given, table_type(PROA_FUNCREF, 2, 3), "");
    check(store, &given, table_type(PROA_EXTERNREF, 2, none),
          "expected table 2 externref, given table 2 4 funcref");
    check(store, &given, memory_type(0, none, false),
          "expected memory 0, given table 2 4 funcref");
}

static void check_globals(struct proa_store *store)
{
    struct proa_extern given = { .kind = PROA_KIND_GLOBAL };
    struct proa_error err = { 0 };
    const struct proa_globaltype type = { PROA_I64, true };
    const struct proa_globaltype fixed = { PROA_I64, false };
    const union proa_value value = { .i64 = -5 };

    CHECK_EQ(proa_global_create(store, type, value, &given.of.global, &err),
             PROA_OK);
    check(store, &given, global_type(PROA_I64, true), NULL);
    check(store, &given, global_type(PROA_I64, false),
          "expected global i64, given global (mut i64)");
    check(store, &given, global_type(PROA_I32, true), "");
    CHECK_EQ(
        proa_global_set(given.of.global, (union proa_value){ .i64 = 7 }, &err),
        PROA_OK);
    CHECK_EQ(proa_global_get(given.of.global).i64, 7);
    CHECK_EQ(proa_global_create(store, fixed, value, &given.of.global, &err),
             PROA_OK);
    check(store, &given, global_type(PROA_I64, false), NULL);
    check(store, &given, global_type(PROA_I64, true), "");
    CHECK_EQ(
        proa_global_set(given.of.global, (union proa_value){ .i64 = 7 }, &err),
        PROA_USAGE);
    CHECK_EQ(proa_global_get(given.of.global).i64, -5);
}

static void on_call(void)
{
}

static void check_funcs(struct proa_store *store, struct proa_store *other)
{
    struct proa_extern given = { .kind = PROA_KIND_FUNC };
    struct proa_error err = { 0 };
    struct proa_importtype wanted = func_type(2, 1);

    CHECK_EQ(proa_func_create(store, &wanted.type.func, on_call, NULL,
                              &given.of.func, &err),
             PROA_OK);
    check(store, &given, func_type(2, 1), NULL);
    check(store, &given, func_type(2, 0),
          "expected func (param i32 i32), given func (param i32 i32) (result "
          "i32)");
    check(store, &given, func_type(20, 20), ""); /* cut, not overrun */
    wanted = func_type(20, 2);
    CHECK_EQ(proa_func_create(store, &wanted.type.func, on_call, NULL,
                              &given.of.func, &err),
             PROA_OK);
    check(store, &given, func_type(20, 2), NULL);
    check(store, &given, func_type(19, 2), "");
    CHECK_EQ(proa_match_import(other, &wanted, &given, &err), PROA_USAGE);
}

int main(void)
{
    struct proa_engine *engine;
    struct proa_store *store;
    struct proa_store *other;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    CHECK_EQ(proa_store_create(engine, NULL, &store, &err), PROA_OK);
    CHECK_EQ(proa_store_create(engine, NULL, &other, &err), PROA_OK);
    check_memories(store);
    check_tables(store);
    check_globals(store);
    check_funcs(store, other);
    proa_store_destroy(store);
    proa_store_destroy(other);
    proa_engine_destroy(engine);
    return 0;
}
