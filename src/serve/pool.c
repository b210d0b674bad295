/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

struct worker {
    struct proa_pool *pool;
    uint32_t index;
    pthread_t thread;
};

struct proa_pool {
    struct proa_pool_options options;
    pthread_mutex_t lock; /* guards the queue */
    pthread_cond_t filled;
    struct proa_http_exchange *first;
    struct proa_http_exchange *last;
    uint32_t queue_count;
    uint32_t idle_count; /* workers that wait */
    bool is_ending;
    uint32_t worker_count; /* whose thread was started */
    struct worker workers[];
};

static struct proa_http_exchange *take(struct proa_pool *pool)
{
    struct proa_http_exchange *exchange = pool->first;

    if (exchange == NULL)
        return NULL;
    pool->first = exchange->queue_next;
    if (pool->first == NULL)
        pool->last = NULL;
    pool->queue_count--;
    return exchange;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct proa_pool *pool = worker->pool;

    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->is_ending) {
        struct proa_http_exchange *exchange = take(pool);
        if (exchange == NULL) {
            pool->idle_count++;
            (void)pthread_cond_wait(&pool->filled, &pool->lock);
            pool->idle_count--;
            continue;
        }
        (void)pthread_mutex_unlock(&pool->lock);
        pool->options.answer(pool->options.env, worker->index, exchange);
        (void)pthread_mutex_lock(&pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

enum proa_status proa_pool_create(const struct proa_pool_options *options,
                                  struct proa_pool **pool,
                                  struct proa_error *err)
{
    struct proa_pool *made = calloc(
        1, sizeof *made + options->worker_count * sizeof made->workers[0]);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the workers");
    made->options = *options;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->filled, NULL);
    for (uint32_t i = 0; i < options->worker_count; i++) {
        struct worker *worker = &made->workers[i];
        worker->pool = made;
        worker->index = i;
        int result = pthread_create(&worker->thread, NULL, work, worker);
        if (result != 0) {
            proa_pool_destroy(made);
            return proa_fail(err, PROA_IO, 0, "no thread for worker %u: %s", i,
                             strerror(result));
        }
        made->worker_count++;
    }
    *pool = made;
    return PROA_OK;
}

bool proa_pool_submit(struct proa_pool *pool,
                      struct proa_http_exchange *exchange)
{
    bool has_room;

    (void)pthread_mutex_lock(&pool->lock);
    /* The queue is for those that find no worker idle. */
    has_room =
        !pool->is_ending &&
        pool->queue_count < pool->idle_count + pool->options.queue_count_max;
    if (has_room) {
        exchange->queue_next = NULL;
        if (pool->last == NULL)
            pool->first = exchange;
        else
            pool->last->queue_next = exchange;
        pool->last = exchange;
        pool->queue_count++;
        (void)pthread_cond_signal(&pool->filled);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return has_room;
}

void proa_pool_destroy(struct proa_pool *pool)
{
    struct proa_http_exchange *exchange;

    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    (void)pthread_cond_broadcast(&pool->filled);
    (void)pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->worker_count; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    while ((exchange = take(pool)) != NULL)
        pool->options.refuse(pool->options.env, exchange);
    (void)pthread_cond_destroy(&pool->filled);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
