/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/engine.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/abi.h"
#include "base/arena.h"
#include "base/fail.h"
#include "platform/signal.h"

/* A type of more parameters and results than a signature can write out. */
struct wide_type {
    struct wide_type *next; /* of the bucket */
    struct proa_functype type;
    uint64_t hash;
    uint64_t signature;
};

enum { BUCKET_COUNT = 4096 };

/* Wide types stay until the engine ends; so much memory they may take. */
static const size_t arena_bytes_max = (size_t)256 * 1024 * 1024;

/* Signatures that are written out have a top digit of 0. */
static const uint64_t wide_mark = (uint64_t)1 << 60;

struct proa_engine {
    pthread_mutex_t lock;
    atomic_uint user_count;
    struct proa_arena *arena;
    uint64_t wide_count;
    struct wide_type *buckets[BUCKET_COUNT];
};

enum proa_status proa_engine_create(struct proa_engine **engine,
                                    struct proa_error *err)
{
    if (!proa_signal_install())
        return proa_fail(err, PROA_IO, 0, "cannot install signal handlers");
    struct proa_engine *made = calloc(1, sizeof *made);
    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for an engine");
    made->arena = proa_arena_create(arena_bytes_max);
    if (made->arena == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        proa_arena_destroy(made->arena);
        free(made);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for an engine");
    }
    *engine = made;
    return PROA_OK;
}

void proa_engine_destroy(struct proa_engine *engine)
{
    if (engine == NULL)
        return;
    assert(atomic_load(&engine->user_count) == 0);
    (void)pthread_mutex_destroy(&engine->lock);
    proa_arena_destroy(engine->arena);
    free(engine);
}

void proa_engine_use(struct proa_engine *engine)
{
    atomic_fetch_add(&engine->user_count, 1);
}

void proa_engine_unuse(struct proa_engine *engine)
{
    unsigned before = atomic_fetch_sub(&engine->user_count, 1);

    assert(before > 0);
    (void)before;
}

/* FNV-1a over the codes. */
static uint64_t hash_types(uint64_t hash, const enum proa_valtype *types,
                           uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)types[i]) * 0x100000001b3;
    return hash * 0x100000001b3;
}

static uint64_t hash_type(const struct proa_functype *type)
{
    uint64_t hash =
        hash_types(0xcbf29ce484222325, type->params, type->param_count);

    return hash_types(hash, type->results, type->result_count);
}

static bool is_same(const enum proa_valtype *a, const enum proa_valtype *b,
                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

bool proa_functype_equal(const struct proa_functype *a,
                         const struct proa_functype *b)
{
    return a->param_count == b->param_count &&
           a->result_count == b->result_count &&
           is_same(a->params, b->params, a->param_count) &&
           is_same(a->results, b->results, a->result_count);
}

static const enum proa_valtype *copy_types(struct proa_arena *arena,
                                           const enum proa_valtype *types,
                                           uint32_t count)
{
    enum proa_valtype *copy = proa_arena_array(arena, count, sizeof *types);

    if (copy != NULL && count > 0)
        memcpy(copy, types, count * sizeof *types);
    return copy;
}

/* NULL: no memory. Under the lock. */
static struct wide_type *wide_find(struct proa_engine *engine,
                                   const struct proa_functype *type)
{
    uint64_t hash = hash_type(type);
    struct wide_type **bucket = &engine->buckets[hash % BUCKET_COUNT];

    for (struct wide_type *wide = *bucket; wide != NULL; wide = wide->next) {
        if (wide->hash == hash && proa_functype_equal(&wide->type, type))
            return wide;
    }
    struct wide_type *wide = proa_arena_alloc(engine->arena, sizeof *wide);
    if (wide == NULL)
        return NULL;
    wide->type = *type;
    wide->type.params =
        copy_types(engine->arena, type->params, type->param_count);
    wide->type.results =
        copy_types(engine->arena, type->results, type->result_count);
    if (wide->type.params == NULL || wide->type.results == NULL)
        return NULL;
    wide->hash = hash;
    wide->signature = wide_mark | engine->wide_count++;
    wide->next = *bucket;
    *bucket = wide;
    return wide;
}

enum proa_status proa_engine_signature(struct proa_engine *engine,
                                       const struct proa_functype *type,
                                       uint64_t *signature,
                                       struct proa_error *err)
{
    uint64_t narrow = proa_signature_narrow(type);

    if (narrow != 0) {
        *signature = narrow;
        return PROA_OK;
    }
    (void)pthread_mutex_lock(&engine->lock);
    const struct wide_type *wide = wide_find(engine, type);
    (void)pthread_mutex_unlock(&engine->lock);
    if (wide == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a function type");
    *signature = wide->signature;
    return PROA_OK;
}
