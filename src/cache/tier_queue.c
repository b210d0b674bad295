/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/tier_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/tier_work.h"
#include "runtime/tier.h"

struct item {
    struct item *next;
    struct proa_module *module; /* owned, as is what follows */
    char *name;
    uint8_t *bytes;
    struct proa_job job;
};

struct proa_tier_queue {
    struct proa_tier_queue_options options;
    struct proa_tier_counts counts;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct item *first;
    struct item **end;
    uint32_t count;
    bool has_thread; /* from the first module on: a server confines itself
                        before that, and its threads inherit it */
    bool is_ending;
    int stop_fd; /* owned; readable when a compiler must end */
};

static void item_free(struct item *item)
{
    proa_module_release(item->module);
    free(item->name);
    free(item->bytes);
    free(item);
}

/* NULL: it is time to end. */
static struct item *take(struct proa_tier_queue *queue)
{
    struct item *item = NULL;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_ending)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    if (!queue->is_ending) {
        item = queue->first;
        queue->first = item->next;
        queue->count--;
        if (queue->first == NULL)
            queue->end = &queue->first;
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    return item;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void work(struct proa_tier_queue *queue, struct item *item)
{
    struct proa_error err = { 0 };
    uint64_t start_ns = now_ns();
    enum proa_status status = PROA_OK;

    /* Another version of the same bytes may have brought it. */
    if (!proa_module_can_improve(item->module))
        return;
    status =
        proa_tier_work(&item->job, queue->options.engine, item->module, &err);
    const struct proa_tier_end end = {
        .name = item->name,
        .status = status,
        .err = &err,
        .ns = now_ns() - start_ns,
    };
    if (status != PROA_OK && !proa_tier_pause(queue->stop_fd, 0))
        return; /* it was given up: nobody's fault */
    atomic_fetch_add(
        status == PROA_OK ? &queue->counts.count : &queue->counts.failures, 1);
    atomic_fetch_add(&queue->counts.ns, end.ns);
    if (queue->options.end != NULL)
        queue->options.end(queue->options.env, &end);
}

static void *run(void *argument)
{
    struct proa_tier_queue *queue = argument;
    struct item *item;

    while ((item = take(queue)) != NULL) {
        work(queue, item);
        item_free(item);
    }
    return NULL;
}

/* Signals are for the threads that run guests. */
static bool start(struct proa_tier_queue *queue)
{
    sigset_t all;
    sigset_t before;
    int code;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&queue->thread, NULL, run, queue);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

enum proa_status
proa_tier_queue_create(const struct proa_tier_queue_options *options,
                       struct proa_tier_queue **queue, struct proa_error *err)
{
    struct proa_tier_queue *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    made->options = *options;
    made->end = &made->first;
    (void)pthread_mutex_init(&made->mutex, NULL);
    (void)pthread_cond_init(&made->changed, NULL);
    made->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (made->stop_fd < 0) {
        (void)pthread_cond_destroy(&made->changed);
        (void)pthread_mutex_destroy(&made->mutex);
        free(made);
        return proa_fail(err, PROA_IO, 0, "no descriptor to end a compiler");
    }
    *queue = made;
    return PROA_OK;
}

void proa_tier_queue_destroy(struct proa_tier_queue *queue)
{
    static const uint64_t one = 1;

    if (queue == NULL)
        return;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_ending = true;
    (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
    (void)!write(queue->stop_fd, &one, sizeof one);
    if (queue->has_thread)
        (void)pthread_join(queue->thread, NULL);
    while (queue->first != NULL) {
        struct item *next = queue->first->next;
        item_free(queue->first);
        queue->first = next;
    }
    (void)close(queue->stop_fd);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

/* Half of the machine: the rest answers requests. */
static uint32_t thread_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores > 2 ? (uint32_t)cores / 2 : 1;
}

static enum proa_status item_fill(struct proa_tier_queue *queue,
                                  struct item *item, const char *name,
                                  const uint8_t *bytes, size_t size,
                                  const struct proa_compile_options *options,
                                  struct proa_error *err)
{
    struct proa_compile_options quiet = *options;

    quiet.progress = NULL;
    quiet.warn = NULL;
    if (quiet.thread_count_max == 0)
        quiet.thread_count_max = thread_count();
    item->name = strdup(name);
    item->bytes = malloc(size + 1);
    if (item->name == NULL || item->bytes == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    memcpy(item->bytes, bytes, size);
    enum proa_status status =
        proa_job_init(&item->job, item->bytes, size, &quiet, err);
    item->job.stop_fd = &queue->stop_fd;
    return status;
}

enum proa_status proa_tier_queue_add(struct proa_tier_queue *queue,
                                     struct proa_module *module,
                                     const char *name, const uint8_t *bytes,
                                     size_t size,
                                     const struct proa_compile_options *options,
                                     struct proa_error *err)
{
    struct item *item;
    enum proa_status status;

    if (!proa_module_can_improve(module))
        return PROA_OK;
    item = calloc(1, sizeof *item);
    if (item == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    item->module = proa_module_retain(module);
    status = item_fill(queue, item, name, bytes, size, options, err);
    (void)pthread_mutex_lock(&queue->mutex);
    if (status == PROA_OK && queue->count >= PROA_TIER_QUEUE_MAX)
        status = proa_fail(err, PROA_LIMIT, 0, "too many modules wait");
    if (status == PROA_OK && !queue->has_thread) {
        queue->has_thread = start(queue);
        if (!queue->has_thread)
            status = proa_fail(err, PROA_IO, 0, "no thread to compile in");
    }
    if (status == PROA_OK) {
        *queue->end = item;
        queue->end = &item->next;
        queue->count++;
        (void)pthread_cond_signal(&queue->changed);
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    if (status != PROA_OK)
        item_free(item);
    return status;
}

const struct proa_tier_counts *
proa_tier_queue_counts(const struct proa_tier_queue *queue)
{
    return &queue->counts;
}
