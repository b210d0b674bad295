/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "platform/fiber_offsets.h"
#include "platform/fiber_state.h"
#include "platform/map.h"
#include "platform/thread.h"

enum {
    STACK_SIZE = 64 * 1024,
    IDLE_COUNT_MAX = 64,
    ABOVE_SIZE = PROA_FIBER_LEAVE_SIZE + PROA_FIBER_CONTEXT_SIZE,
    STACK_FACTOR = PROA_SANITIZED ? 4 : 1,
};

struct proa_fiber_pool {
    struct proa_fiber *idle;
    uint32_t idle_count;
    uint32_t idle_count_max;
    uint32_t used_count;
    uint64_t stack_size;
};

_Thread_local struct proa_fiber_thread proa_fiber_here;

/* Assembly. */
void proa_fiber_swap(void **from, void *to);
void proa_fiber_begin(void);
/* Called by it. */
void proa_fiber_run(struct proa_fiber *fiber);

struct proa_fiber *proa_fiber_current(void)
{
    return proa_fiber_here.fiber;
}

struct proa_fiber_pool *
proa_fiber_pool_create(const struct proa_fiber_options *options)
{
    const struct proa_fiber_options none = { 0 };
    struct proa_fiber_pool *pool = calloc(1, sizeof *pool);

    if (options == NULL)
        options = &none;
    int thread = proa_thread_prepare();
    if (pool == NULL || thread == 0) {
        free(pool);
        return NULL;
    }
    pool->stack_size = proa_map_round(
        options->stack_bytes != 0 ? options->stack_bytes : STACK_SIZE);
    pool->stack_size *= STACK_FACTOR;
    pool->idle_count_max =
        options->idle_count_max != 0 ? options->idle_count_max : IDLE_COUNT_MAX;
    if (proa_fiber_here.pool_count == 0 &&
        !proa_slice_add(&proa_fiber_here.slice, thread)) {
        free(pool);
        return NULL;
    }
    proa_fiber_here.pool_count++;
    return pool;
}

static uint64_t map_size(const struct proa_fiber_pool *pool)
{
    return PROA_FIBER_GUARD_SIZE + pool->stack_size + ABOVE_SIZE;
}

/* The structure goes with it. */
static void fiber_unmap(struct proa_fiber *fiber)
{
    proa_map_release(fiber->map, map_size(fiber->pool));
}

void proa_fiber_pool_destroy(struct proa_fiber_pool *pool)
{
    if (pool == NULL)
        return;
    assert(pool->used_count == 0);
    while (pool->idle != NULL) {
        struct proa_fiber *fiber = pool->idle;

        pool->idle = fiber->next;
        fiber_unmap(fiber);
    }
    if (--proa_fiber_here.pool_count == 0)
        proa_slice_remove(&proa_fiber_here.slice);
    free(pool);
}

static struct proa_fiber *fiber_map(struct proa_fiber_pool *pool)
{
    const uint64_t size = map_size(pool);
    uint8_t *map = proa_map_stack(size, PROA_FIBER_GUARD_SIZE);

    if (map == NULL)
        return NULL;
    uint8_t *top = map + size - ABOVE_SIZE - sizeof(struct proa_fiber);
    top -= (uintptr_t)top % 64;
    struct proa_fiber *fiber = (struct proa_fiber *)(void *)top;
    *fiber = (struct proa_fiber){
        .pool = pool,
        .map = map,
        .context = map + size - PROA_FIBER_CONTEXT_SIZE,
    };
    return fiber;
}

static void fiber_give_back(struct proa_fiber *fiber)
{
    struct proa_fiber_pool *pool = fiber->pool;

    pool->used_count--;
    proa_sanitizer_stack_end(&fiber->sanitizer);
    if (pool->idle_count == pool->idle_count_max) {
        fiber_unmap(fiber);
        return;
    }
    fiber->next = pool->idle;
    pool->idle = fiber;
    pool->idle_count++;
}

/* As if it had called proa_fiber_swap() at its beginning. */
static void fiber_prepare(struct proa_fiber *fiber)
{
    uint8_t *sp = (uint8_t *)(void *)fiber - PROA_FIBER_FRAME_SIZE;
    uint64_t *words = (uint64_t *)(void *)sp;

    for (int i = 0; i < PROA_FIBER_FRAME_SIZE / 8; i++)
        words[i] = 0;
    /* As the ABI says they are at a program's beginning. */
    words[PROA_FIBER_MXCSR / 8] = UINT64_C(0x037f00001f80);
    words[PROA_FIBER_RBX / 8] = (uintptr_t)fiber;
    words[PROA_FIBER_RIP / 8] = (uintptr_t)proa_fiber_begin;
    fiber->sp = sp;
}

struct proa_fiber *proa_fiber_create(struct proa_fiber_pool *pool,
                                     void (*fn)(void *arg), void *arg)
{
    struct proa_fiber *fiber = pool->idle;

    if (fiber != NULL) {
        pool->idle = fiber->next;
        pool->idle_count--;
    } else {
        fiber = fiber_map(pool);
    }
    if (fiber == NULL)
        return NULL;
    pool->used_count++;
    fiber->fn = fn;
    fiber->arg = arg;
    uint8_t *low = fiber->map + PROA_FIBER_GUARD_SIZE;
    proa_sanitizer_stack_begin(&fiber->sanitizer, low,
                               (size_t)((uint8_t *)(void *)fiber - low));
    fiber_prepare(fiber);
    return fiber;
}

enum proa_fiber_state proa_fiber_resume(struct proa_fiber *fiber,
                                        uint64_t slice_end_ns)
{
    assert(proa_fiber_here.fiber == NULL);
    proa_fiber_here.fiber = fiber;
    proa_slice_begin(&proa_fiber_here.slice, slice_end_ns);
    proa_sanitizer_leave(&proa_fiber_here.sanitizer, &fiber->sanitizer);
    proa_fiber_swap(&proa_fiber_here.sp, fiber->sp);
    proa_sanitizer_arrive(&proa_fiber_here.sanitizer, NULL);
    proa_fiber_here.fiber = NULL;
    proa_slice_begin(&proa_fiber_here.slice, 0);
    enum proa_fiber_state state = fiber->state;
    if (state == PROA_FIBER_FINISHED)
        fiber_give_back(fiber);
    return state;
}

void proa_fiber_stop(struct proa_fiber *fiber, enum proa_fiber_state state)
{
    fiber->state = state;
    proa_sanitizer_leave(state == PROA_FIBER_FINISHED ? NULL
                                                      : &fiber->sanitizer,
                         &proa_fiber_here.sanitizer);
    proa_fiber_swap(&fiber->sp, proa_fiber_here.sp);
    proa_sanitizer_arrive(&fiber->sanitizer, &proa_fiber_here.sanitizer);
}

void proa_fiber_park(void)
{
    assert(proa_fiber_here.fiber != NULL);
    proa_fiber_stop(proa_fiber_here.fiber, PROA_FIBER_PARKED);
}

void proa_fiber_run(struct proa_fiber *fiber)
{
    proa_sanitizer_arrive(&fiber->sanitizer, &proa_fiber_here.sanitizer);
    fiber->fn(fiber->arg);
    proa_fiber_stop(fiber, PROA_FIBER_FINISHED);
}
