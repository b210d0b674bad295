/*
 * Imports by name. The module and the store are only what linking sees of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/link.h"

#include <string.h>

#include "../check.h"

struct proa_module {
    const struct proa_importtype *imports;
    uint32_t import_count;
};

/* What was created, in order. */
struct proa_func {
    proa_host_fn fn;
    void *env;
    const struct proa_functype *type;
};

struct proa_store {
    struct proa_func funcs[8];
    uint32_t func_count;
    uint32_t func_count_max; /* then there is no more memory */
};

struct proa_call {
    void *env;
    char trap[161];
};

uint32_t proa_module_import_count(const struct proa_module *module)
{
    return module->import_count;
}

struct proa_importtype proa_module_import(const struct proa_module *module,
                                          uint32_t import_index)
{
    return module->imports[import_index];
}

enum proa_status proa_func_create(struct proa_store *store,
                                  const struct proa_functype *type,
                                  proa_host_fn fn, void *env,
                                  struct proa_func **func,
                                  struct proa_error *err)
{
    (void)err;
    if (store->func_count == store->func_count_max)
        return PROA_NOMEM;
    *func = &store->funcs[store->func_count++];
    **func = (struct proa_func){ fn, env, type };
    return PROA_OK;
}

void *proa_call_env(const struct proa_call *call)
{
    return call->env;
}

void proa_call_trap(struct proa_call *call, const char *text)
{
    snprintf(call->trap, sizeof call->trap, "%s", text);
}

static void one(void)
{
}

static void two(void)
{
}

static const struct proa_host_row rows_a[] = {
    { "env", "one", "iI:f", one },
    { "env", "two", ":", two },
};
static const struct proa_host_row rows_b[] = {
    { "other", "one", "F:r", two },
};
static int env_a, env_b;
static const struct proa_host_table tables[] = {
    { rows_a, 2, &env_a },
    { rows_b, 1, &env_b },
};

static const enum proa_valtype i32_i64[] = { PROA_I32, PROA_I64 };
static const enum proa_valtype f32[] = { PROA_F32 };
static const enum proa_valtype f64[] = { PROA_F64 };
static const enum proa_valtype ref[] = { PROA_EXTERNREF };
static const enum proa_valtype v128[] = { PROA_V128 };

#define FUNC(module, name, params, param_count, results, result_count)         \
    {                                                                          \
        module, name, PROA_KIND_FUNC,                                          \
        {                                                                      \
            .func = { params, results, param_count, result_count }             \
        }                                                                      \
    }

static const struct proa_importtype good[] = {
    FUNC("other", "one", f64, 1, ref, 1),
    FUNC("env", "two", NULL, 0, NULL, 0),
    FUNC("env", "one", i32_i64, 2, f32, 1),
};

static const struct proa_importtype bad[] = {
    FUNC("env", "one", i32_i64, 1, f32, 1), /* a parameter less */
    FUNC("env", "two", NULL, 0, NULL, 0),   /* the only one that is there */
    FUNC("env", "One", i32_i64, 2, f32, 1), /* another name */
    FUNC("x\x1b[31m", "y\n", NULL, 0, v128, 1),
    { "env", "memory", PROA_KIND_MEMORY, { .memory = { { 1, 2, true } } } },
    { "env",
      "table",
      PROA_KIND_TABLE,
      { .table = { PROA_FUNCREF, { 3, UINT64_MAX, false } } } },
    { "env", "global", PROA_KIND_GLOBAL, { .global = { PROA_I64, true } } },
    { "env", "two", PROA_KIND_GLOBAL, { .global = { PROA_F32, false } } },
};

static const char bad_text[] =
    "env.one (func (param i32) (result f32)), but the host has (func (param "
    "i32 i64) (result f32))\n"
    "env.One (func (param i32 i64) (result f32))\n"
    "x?[31m.y? (func (result v128))\n"
    "env.memory (memory i64 1 2)\n"
    "env.table (table 3 funcref)\n"
    "env.global (global (mut i64))\n"
    "env.two (global f32), but the host has (func)\n";

static void test_good(void)
{
    struct proa_module module = { good, 3 };
    struct proa_store store = { .func_count_max = 8 };
    struct proa_extern imports[3] = { 0 };
    struct proa_error err = { 0 };

    CHECK_EQ(
        proa_host_link(&store, &module, tables, 2, false, imports, NULL, &err),
        PROA_OK);
    CHECK_EQ(imports[0].of.func->fn == two, 1);
    CHECK_EQ(imports[0].of.func->env == &env_b, 1);
    CHECK_EQ(imports[1].of.func->fn == two, 1);
    CHECK_EQ(imports[1].of.func->env == &env_a, 1);
    CHECK_EQ(imports[2].of.func->fn == one, 1);
    CHECK_EQ(imports[2].kind, PROA_KIND_FUNC);
}

static void test_bad_ones_are_all_told(void)
{
    struct proa_module module = { bad, 8 };
    struct proa_store store = { .func_count_max = 8 };
    struct proa_extern imports[8] = { { .kind = PROA_KIND_TABLE } };
    struct proa_buffer missing;
    struct proa_error err = { 0 };

    proa_buffer_init(&missing, 4096);
    CHECK_EQ(proa_host_link(&store, &module, tables, 2, false, imports,
                            &missing, &err),
             PROA_UNLINKABLE);
    CHECK_EQ(missing.size, strlen(bad_text));
    CHECK_EQ(memcmp(missing.bytes, bad_text, missing.size), 0);
    CHECK_EQ(
        strncmp(err.text, "7 unknown imports, the first is env.one (func", 45),
        0);
    CHECK_EQ(imports[0].kind, PROA_KIND_TABLE);
    CHECK_EQ(store.func_count, 0);
    proa_buffer_deinit(&missing);
    err = (struct proa_error){ 0 };
    module = (struct proa_module){ bad + 6, 1 };
    CHECK_EQ(
        proa_host_link(&store, &module, tables, 2, true, imports, NULL, &err),
        PROA_UNLINKABLE);
    CHECK_EQ(strcmp(err.text, "unknown import env.global (global (mut i64))"),
             0);
}

/* A function that is not there, or has another type, can be one that traps. */
static void test_trap_missing(void)
{
    struct proa_module module = { bad + 1, 2 };
    struct proa_store store = { .func_count_max = 8 };
    struct proa_extern imports[2] = { 0 };
    struct proa_error err = { 0 };
    struct proa_call call = { 0 };

    CHECK_EQ(
        proa_host_link(&store, &module, tables, 2, true, imports, NULL, &err),
        PROA_OK);
    CHECK_EQ(imports[0].of.func->fn == two, 1);
    call.env = imports[1].of.func->env;
    ((void (*)(struct proa_call *))imports[1].of.func->fn)(&call);
    CHECK_EQ(strcmp(call.trap, "call of the missing import One"), 0);
    module = (struct proa_module){ bad, 1 };
    CHECK_EQ(
        proa_host_link(&store, &module, tables, 2, true, imports, NULL, &err),
        PROA_OK);
    call.env = imports[0].of.func->env;
    ((void (*)(struct proa_call *))imports[0].of.func->fn)(&call);
    CHECK_EQ(strcmp(call.trap, "call of the missing import one"), 0);
}

static void test_no_memory_for_a_function(void)
{
    struct proa_module module = { good, 3 };
    struct proa_store store = { .func_count_max = 2 };
    struct proa_extern imports[3] = { { .kind = PROA_KIND_TABLE } };
    struct proa_error err = { 0 };

    CHECK_EQ(
        proa_host_link(&store, &module, tables, 2, false, imports, NULL, &err),
        PROA_NOMEM);
    CHECK_EQ(imports[0].kind, PROA_KIND_TABLE);
}

static void test_no_imports(void)
{
    struct proa_module module = { NULL, 0 };
    struct proa_store store = { 0 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_host_link(&store, &module, NULL, 0, false, NULL, NULL, &err),
             PROA_OK);
}

int main(void)
{
    test_good();
    test_bad_ones_are_all_told();
    test_trap_missing();
    test_no_memory_for_a_function();
    test_no_imports();
    return 0;
}
