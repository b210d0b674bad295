/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "spectest.h"

#include <string.h>

/* The suite checks no output: printing does nothing. */
static void print(struct proa_call *call)
{
    (void)call;
}

static void print_i32(struct proa_call *call, int32_t a)
{
    (void)call;
    (void)a;
}

static void print_i64(struct proa_call *call, int64_t a)
{
    (void)call;
    (void)a;
}

static void print_f32(struct proa_call *call, float a)
{
    (void)call;
    (void)a;
}

static void print_f64(struct proa_call *call, double a)
{
    (void)call;
    (void)a;
}

static void print_i32_f32(struct proa_call *call, int32_t a, float b)
{
    (void)call;
    (void)a;
    (void)b;
}

static void print_f64_f64(struct proa_call *call, double a, double b)
{
    (void)call;
    (void)a;
    (void)b;
}

static const struct {
    const char *name;
    proa_host_fn fn;
    uint32_t param_count;
    enum proa_valtype params[2];
} functions[] = {
    { "print", (proa_host_fn)print, 0, { 0 } },
    { "print_i32", (proa_host_fn)print_i32, 1, { PROA_I32 } },
    { "print_i64", (proa_host_fn)print_i64, 1, { PROA_I64 } },
    { "print_f32", (proa_host_fn)print_f32, 1, { PROA_F32 } },
    { "print_f64", (proa_host_fn)print_f64, 1, { PROA_F64 } },
    { "print_i32_f32", (proa_host_fn)print_i32_f32, 2, { PROA_I32, PROA_F32 } },
    { "print_f64_f64", (proa_host_fn)print_f64_f64, 2, { PROA_F64, PROA_F64 } },
};

static const struct {
    const char *name;
    enum proa_valtype type;
    union proa_value value;
} globals[] = {
    { "global_i32", PROA_I32, { .i32 = 666 } },
    { "global_i64", PROA_I64, { .i64 = 666 } },
    { "global_f32", PROA_F32, { .f32 = 666.6F } },
    { "global_f64", PROA_F64, { .f64 = 666.6 } },
};

static const struct {
    const char *name;
    bool is_64;
} tables[] = { { "table", false }, { "table64", true } };

static struct proa_extern *add(struct spectest *spectest, const char *name,
                               enum proa_kind kind)
{
    struct proa_extern *added = &spectest->externs[spectest->count];

    spectest->names[spectest->count++] = name;
    added->kind = kind;
    return added;
}

enum proa_status spectest_init(struct spectest *spectest,
                               struct proa_store *store, struct proa_error *err)
{
    enum proa_status status = PROA_OK;
    struct proa_memorytype memory = { .limits = { .min = 1, .max = 2 } };

    *spectest = (struct spectest){ 0 };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        struct proa_functype type = { .params = functions[i].params,
                                      .param_count = functions[i].param_count };

        if (status == PROA_OK)
            status = proa_func_create(
                store, &type, functions[i].fn, NULL,
                &add(spectest, functions[i].name, PROA_KIND_FUNC)->of.func,
                err);
    }
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        struct proa_globaltype type = { .type = globals[i].type };

        if (status == PROA_OK)
            status = proa_global_create(
                store, type, globals[i].value,
                &add(spectest, globals[i].name, PROA_KIND_GLOBAL)->of.global,
                err);
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct proa_tabletype type = {
            .element = PROA_FUNCREF,
            .limits = { .min = 10, .max = 20, .is_64 = tables[i].is_64 },
        };

        if (status == PROA_OK)
            status = proa_table_create(
                store, type,
                &add(spectest, tables[i].name, PROA_KIND_TABLE)->of.table, err);
    }
    if (status == PROA_OK)
        status = proa_memory_create(
            store, memory,
            &add(spectest, "memory", PROA_KIND_MEMORY)->of.memory, err);
    return status;
}

bool spectest_find(const struct spectest *spectest, const char *name,
                   struct proa_extern *found)
{
    for (uint32_t i = 0; i < spectest->count; i++) {
        if (strcmp(spectest->names[i], name) == 0) {
            *found = spectest->externs[i];
            return true;
        }
    }
    return false;
}
