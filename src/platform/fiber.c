/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "platform/fiber_offsets.h"
#include "platform/map.h"
#include "platform/sanitizer.h"
#include "platform/thread.h"

enum {
    GUARD_SIZE = 64 * 1024,
    STACK_SIZE = 64 * 1024,
    IDLE_COUNT_MAX = 64,
#if PROA_SANITIZED
    STACK_FACTOR = 4,
#else
    STACK_FACTOR = 1,
#endif
};

/* It lies at the top of its own stack. */
struct proa_fiber {
    void *sp; /* while it does not run */
    struct proa_fiber_pool *pool;
    struct proa_fiber *next; /* idle */
    void (*fn)(void *arg);
    void *arg;
    uint8_t *map; /* the guard, then the stack */
    enum proa_fiber_state state;
    struct proa_sanitizer_stack sanitizer;
};

struct proa_fiber_pool {
    struct proa_fiber *idle;
    uint32_t idle_count;
    uint32_t idle_count_max;
    uint32_t used_count;
    uint64_t stack_size;
};

/* Of this thread; initial-exec: a signal handler reads it. */
static _Thread_local struct {
    struct proa_fiber *fiber; /* that runs; NULL: none */
    void *sp;                 /* of the scheduler, while a fiber runs */
    struct proa_sanitizer_stack sanitizer;
} here __attribute__((tls_model("initial-exec")));

/* Assembly. */
void proa_fiber_swap(void **from, void *to);
void proa_fiber_begin(void);
/* Called by it. */
void proa_fiber_run(struct proa_fiber *fiber);

struct proa_fiber *proa_fiber_current(void)
{
    return here.fiber;
}

struct proa_fiber_pool *
proa_fiber_pool_create(const struct proa_fiber_options *options)
{
    const struct proa_fiber_options none = { 0 };
    struct proa_fiber_pool *pool = calloc(1, sizeof *pool);

    if (options == NULL)
        options = &none;
    if (pool == NULL || proa_thread_prepare() == 0) {
        free(pool);
        return NULL;
    }
    pool->stack_size = proa_map_round(
        options->stack_bytes != 0 ? options->stack_bytes : STACK_SIZE);
    pool->stack_size *= STACK_FACTOR;
    pool->idle_count_max =
        options->idle_count_max != 0 ? options->idle_count_max : IDLE_COUNT_MAX;
    return pool;
}

/* The structure goes with it. */
static void fiber_unmap(struct proa_fiber *fiber)
{
    proa_map_release(fiber->map, GUARD_SIZE + fiber->pool->stack_size);
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
    free(pool);
}

static struct proa_fiber *fiber_map(struct proa_fiber_pool *pool)
{
    const uint64_t size = GUARD_SIZE + pool->stack_size;
    uint8_t *map = proa_map_reserve_stack(size);

    if (map == NULL)
        return NULL;
    if (!proa_map_commit(map + GUARD_SIZE, pool->stack_size)) {
        proa_map_release(map, size);
        return NULL;
    }
    uint8_t *top = map + size - sizeof(struct proa_fiber);
    top -= (uintptr_t)top % 64;
    struct proa_fiber *fiber = (struct proa_fiber *)(void *)top;
    *fiber = (struct proa_fiber){ .pool = pool, .map = map };
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
    uint8_t *low = fiber->map + GUARD_SIZE;
    proa_sanitizer_stack_begin(&fiber->sanitizer, low,
                               (size_t)((uint8_t *)(void *)fiber - low));
    fiber_prepare(fiber);
    return fiber;
}

enum proa_fiber_state proa_fiber_resume(struct proa_fiber *fiber,
                                        uint64_t slice_end_ns)
{
    (void)slice_end_ns;
    assert(here.fiber == NULL);
    here.fiber = fiber;
    proa_sanitizer_leave(&here.sanitizer, &fiber->sanitizer);
    proa_fiber_swap(&here.sp, fiber->sp);
    proa_sanitizer_arrive(&here.sanitizer, NULL);
    here.fiber = NULL;
    enum proa_fiber_state state = fiber->state;
    if (state == PROA_FIBER_FINISHED)
        fiber_give_back(fiber);
    return state;
}

static void fiber_stop(struct proa_fiber *fiber, enum proa_fiber_state state)
{
    fiber->state = state;
    proa_sanitizer_leave(state == PROA_FIBER_FINISHED ? NULL
                                                      : &fiber->sanitizer,
                         &here.sanitizer);
    proa_fiber_swap(&fiber->sp, here.sp);
    proa_sanitizer_arrive(&fiber->sanitizer, &here.sanitizer);
}

void proa_fiber_park(void)
{
    assert(here.fiber != NULL);
    fiber_stop(here.fiber, PROA_FIBER_PARKED);
}

void proa_fiber_run(struct proa_fiber *fiber)
{
    proa_sanitizer_arrive(&fiber->sanitizer, &here.sanitizer);
    fiber->fn(fiber->arg);
    fiber_stop(fiber, PROA_FIBER_FINISHED);
}
