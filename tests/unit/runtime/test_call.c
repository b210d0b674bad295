/*
 * Host functions of every shape, called by the host through the same way in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

static uint64_t sum; /* of what the last function got, each by its place */

static void on_nothing(struct proa_call *call)
{
    CHECK_EQ(proa_call_instance(call) == NULL, true);
    CHECK_EQ(proa_call_memory(call, 0, 0) == NULL, true);
    sum = 1;
}

static int32_t on_i32(struct proa_call *call, int32_t a)
{
    (void)call;
    return -a;
}

static float on_f32(struct proa_call *call, float a)
{
    (void)call;
    return a / 2;
}

static double on_mixed(struct proa_call *call, int32_t a, double b, int64_t c,
                       float d, uint32_t e, uint64_t f, uint32_t g, float h)
{
    (void)call;
    return (double)a + 2 * b + 3 * (double)c + 4 * (double)d + 5 * (double)e +
           6 * (double)f + 7 * (double)g + 8 * (double)h;
}

static void on_floats(struct proa_call *call, float a, double b, float c,
                      double d, float e, double f, float g, double h, float i,
                      double j, float k)
{
    (void)call;
    sum = (uint64_t)((double)a + 2 * b + 3 * (double)c + 4 * d + 5 * (double)e +
                     6 * f + 7 * (double)g + 8 * h + 9 * (double)i + 10 * j +
                     11 * (double)k);
}

static void on_results(struct proa_call *call, int32_t a, int64_t b, int32_t c,
                       int32_t d, void *e, union proa_value *results)
{
    (void)call;
    results[0].i64 = b;
    results[1].i32 = a + c + d;
    results[2].externref = e;
}

static void on_late_results(struct proa_call *call, int32_t a, int32_t b,
                            int32_t c, int32_t d, int32_t e,
                            union proa_value *results)
{
    (void)call;
    results[0].f64 = 0.5;
    results[1].i32 = a + 2 * b + 3 * c + 4 * d + 5 * e;
    results[2].externref = NULL;
}

static void *on_references(struct proa_call *call, struct proa_func *a, void *b)
{
    CHECK_EQ(a == NULL, true);
    CHECK_EQ(*(const int *)proa_call_env(call), 17);
    return b;
}

#define I32 PROA_I32
#define I64 PROA_I64
#define F32 PROA_F32
#define F64 PROA_F64
#define EXT PROA_EXTERNREF

static struct proa_store *store;
static int env = 17;

static enum proa_status call(proa_host_fn fn, const enum proa_valtype *params,
                             uint32_t param_count,
                             const enum proa_valtype *results,
                             uint32_t result_count, union proa_value *values)
{
    const struct proa_functype type = { params, results, param_count,
                                        result_count };
    struct proa_error err = { 0 };
    struct proa_func *func = NULL;
    enum proa_status status =
        proa_func_create(store, &type, fn, &env, &func, &err);

    if (status != PROA_OK)
        return status;
    CHECK_EQ(proa_func_type(func).param_count, param_count);
    CHECK_EQ(proa_func_type(func).params != params || param_count == 0, true);
    return proa_func_call(func, values, values, &err);
}

static void test_few(void)
{
    static const enum proa_valtype one_i32[] = { I32 };
    static const enum proa_valtype one_f32[] = { F32 };
    static const enum proa_valtype refs[] = { PROA_FUNCREF, EXT };
    union proa_value values[3] = { { .i32 = 5 } };

    CHECK_EQ(call((proa_host_fn)on_nothing, NULL, 0, NULL, 0, NULL), PROA_OK);
    CHECK_EQ(sum, 1);
    CHECK_EQ(call((proa_host_fn)on_i32, one_i32, 1, one_i32, 1, values),
             PROA_OK);
    CHECK_EQ(values[0].i32, -5);
    values[0].f32 = 3;
    CHECK_EQ(call((proa_host_fn)on_f32, one_f32, 1, one_f32, 1, values),
             PROA_OK);
    CHECK_EQ(values[0].f32 == 1.5f, true);
    values[0].funcref = NULL;
    values[1].externref = &env;
    CHECK_EQ(call((proa_host_fn)on_references, refs, 2, refs + 1, 1, values),
             PROA_OK);
    CHECK_EQ(values[0].externref == &env, true);
}

static void test_many(void)
{
    static const enum proa_valtype mixed[] = { I32, F64, I64, F32,
                                               I32, I64, I32, F32 };
    static const enum proa_valtype floats[] = { F32, F64, F32, F64, F32, F64,
                                                F32, F64, F32, F64, F32 };
    union proa_value values[11] = {
        { .i32 = -1 }, { .f64 = 2 }, { .i64 = 3 }, { .f32 = 4 },
        { .i32 = 5 },  { .i64 = 6 }, { .i32 = 7 }, { .f32 = 8 },
    };

    CHECK_EQ(call((proa_host_fn)on_mixed, mixed, 8, floats + 1, 1, values),
             PROA_OK);
    CHECK_EQ((int)values[0].f64, -1 + 4 + 9 + 16 + 25 + 36 + 49 + 64);
    for (int i = 0; i < 11; i++) {
        if (i % 2 == 0)
            values[i].f32 = (float)(i + 1);
        else
            values[i].f64 = i + 1;
    }
    CHECK_EQ(call((proa_host_fn)on_floats, floats, 11, NULL, 0, values),
             PROA_OK);
    CHECK_EQ(sum, 506);
}

static void test_results(void)
{
    static const enum proa_valtype params[] = { I32, I64, I32, I32, EXT };
    static const enum proa_valtype ints[] = { I32, I32, I32, I32, I32 };
    static const enum proa_valtype results[] = { I64, I32, EXT };
    union proa_value values[5] = { { .i32 = 1 },
                                   { .i64 = INT64_MIN },
                                   { .i32 = 2 },
                                   { .i32 = 3 },
                                   { .externref = &env } };

    CHECK_EQ(call((proa_host_fn)on_results, params, 5, results, 3, values),
             PROA_OK);
    CHECK_EQ(values[0].i64 == INT64_MIN, true);
    CHECK_EQ(values[1].i32, 6);
    CHECK_EQ(values[2].externref == &env, true);
    for (int i = 0; i < 5; i++)
        values[i].i32 = i + 1;
    CHECK_EQ(call((proa_host_fn)on_late_results, ints, 5, results, 3, values),
             PROA_OK);
    CHECK_EQ(values[1].i32, 55);
}

static void test_refused(void)
{
    static const enum proa_valtype vector[] = { I32, PROA_V128 };

    CHECK_EQ(call((proa_host_fn)on_nothing, vector, 2, NULL, 0, NULL),
             PROA_USAGE);
    CHECK_EQ(call((proa_host_fn)on_nothing, NULL, 0, vector, 2, NULL),
             PROA_USAGE);
}

/* From within an instance: its first memory, to the last byte. */
static uint32_t on_memory(struct proa_call *caller, uint32_t argument)
{
    struct test_world *world = proa_call_env(caller);
    uint8_t *base = proa_memory_data(test_export(world, "m").of.memory);

    CHECK_EQ(proa_call_instance(caller) == world->instance, true);
    CHECK_EQ(proa_call_memory(caller, 0, 65536) == base, true);
    CHECK_EQ(proa_call_memory(caller, 65535, 1) == base + 65535, true);
    CHECK_EQ(proa_call_memory(caller, 65536, 0) == base + 65536, true);
    CHECK_EQ(proa_call_memory(caller, 65536, 1) == NULL, true);
    CHECK_EQ(proa_call_memory(caller, 65537, 0) == NULL, true);
    CHECK_EQ(proa_call_memory(caller, 1, UINT64_MAX) == NULL, true);
    CHECK_EQ(proa_call_memory(caller, UINT64_MAX, 2) == NULL, true);
    CHECK_EQ(proa_call_interrupted(caller), argument == 1);
    if (argument == 0) {
        proa_store_interrupt(world->store);
        CHECK_EQ(proa_call_interrupted(caller), true);
    }
    return 0;
}

static void test_within(void)
{
    struct test_world world;
    struct proa_error err = { 0 };
    int32_t value = 2;

    test_world_init(&world, NULL, (proa_host_fn)on_memory, &world);
    CHECK_EQ(test_invoke(&world, "call", &value, &err), PROA_OK);
    value = 0;
    CHECK_EQ(test_invoke(&world, "call", &value, &err), PROA_TRAP);
    CHECK_EQ(strcmp(err.text, "interrupt"), 0);
    value = 2;
    CHECK_EQ(test_invoke(&world, "call", &value, &err), PROA_OK);
    test_world_deinit(&world);
}

int main(void)
{
    struct proa_engine *engine;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    CHECK_EQ(proa_store_create(engine, NULL, &store, &err), PROA_OK);
    test_few();
    test_many();
    test_results();
    test_refused();
    test_within();
    proa_store_destroy(store);
    proa_engine_destroy(engine);
    return 0;
}
