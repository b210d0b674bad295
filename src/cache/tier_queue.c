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
#include "cache/heat.h"
#include "cache/tier_work.h"
#include "platform/code.h"
#include "platform/sample.h"
#include "runtime/tier.h"

/*
 * Two threads: one compiles modules whole, the busiest first, else in the order
 * in which they came; the other looks where time is spent, and compiles what is
 * hot of the busiest one at once, so that it need not wait for the whole of
 * another.
 */
static const uint64_t sample_ns = 1000000;
static const uint64_t watch_ns = 50000000;
static const uint64_t rest_min_ns = 50000000;
static const uint64_t rest_max_ns = 1000000000;
enum { BATCH_BYTES_MAX = 128 << 10 };

struct item {
    struct item *next;
    struct proa_module *module; /* owned, as is what follows */
    char *name;
    uint8_t *bytes;
    struct proa_job job; /* of the thread that compiles it whole */
    /* Guarded by the queue's mutex. */
    uint32_t user_count; /* threads that work at it, and the list */
    uint32_t busy;       /* samples in its code; older ones count less */
    bool is_taken;       /* to be compiled whole */
    /* Of the thread that looks for heat. */
    struct proa_job hot_job;
    struct proa_heat heat;
    bool has_heat;
    bool has_failed;
};

struct proa_tier_queue {
    struct proa_tier_queue_options options;
    struct proa_tier_counts counts;
    struct proa_sampler sampler;
    pthread_t thread;
    pthread_t hot_thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct item *first; /* those that are not done */
    struct item **end;
    uint32_t count;
    bool has_thread; /* from the first module on: a server confines itself
                        before that, and its threads inherit it */
    bool has_hot_thread;
    bool is_ending;
    int stop_fd; /* owned; readable when a compiler must end */
};

static void item_free(struct item *item)
{
    if (item->has_heat)
        proa_heat_deinit(&item->heat);
    proa_module_release(item->module);
    free(item->name);
    free(item->bytes);
    free(item);
}

/* The mutex is held. */
static void unlink_item(struct proa_tier_queue *queue, struct item *item)
{
    struct item **link = &queue->first;

    while (*link != item)
        link = &(*link)->next;
    *link = item->next;
    if (queue->end == &item->next)
        queue->end = link;
    queue->count--;
}

/* Whoever leaves a module last that is done frees it. */
static void leave(struct proa_tier_queue *queue, struct item *item,
                  bool is_done)
{
    bool is_last;

    (void)pthread_mutex_lock(&queue->mutex);
    if (is_done) {
        unlink_item(queue, item);
        item->user_count--;
    }
    is_last = --item->user_count == 0;
    (void)pthread_mutex_unlock(&queue->mutex);
    if (is_last)
        item_free(item);
}

/* The busiest that waits, of those the first. The mutex is held. */
static struct item *choose(struct proa_tier_queue *queue)
{
    struct item *best = NULL;

    for (struct item *item = queue->first; item != NULL; item = item->next)
        if (!item->is_taken && (best == NULL || item->busy > best->busy))
            best = item;
    return best;
}

/* NULL: it is time to end. */
static struct item *take(struct proa_tier_queue *queue)
{
    struct item *item = NULL;

    (void)pthread_mutex_lock(&queue->mutex);
    while ((item = choose(queue)) == NULL && !queue->is_ending)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    if (queue->is_ending)
        item = NULL;
    if (item != NULL) {
        item->is_taken = true;
        item->user_count++;
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
        leave(queue, item, true);
    }
    return NULL;
}

/* Nothing to look at: until there is. False: it is time to end. */
static bool wait_for_modules(struct proa_tier_queue *queue)
{
    bool goes_on;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_ending)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    goes_on = !queue->is_ending;
    (void)pthread_mutex_unlock(&queue->mutex);
    return goes_on;
}

/* A sample goes to the module whose code it lies in. The mutex is held. */
static void note(struct proa_tier_queue *queue, uintptr_t pc)
{
    const void *owner = NULL;
    struct item *item = queue->first;

    if (!proa_code_find(pc, &owner) || owner == NULL)
        return;
    while (item != NULL && !proa_heat_is_of(item->module, owner))
        item = item->next;
    if (item == NULL)
        return;
    if (!item->has_heat)
        item->has_heat = proa_heat_init(&item->heat, item->module);
    if (item->has_heat)
        (void)proa_heat_note(&item->heat, pc);
    item->busy++;
}

/* The busiest with something hot, as its user; NULL: there is none. */
static struct item *find_hot(struct proa_tier_queue *queue,
                             char functions[PROA_HEAT_TEXT_SIZE])
{
    uint32_t count = atomic_load(&queue->sampler.count);
    struct item *best = NULL;

    (void)pthread_mutex_lock(&queue->mutex);
    for (struct item *item = queue->first; item != NULL; item = item->next) {
        item->busy /= 2;
        if (item->has_heat)
            proa_heat_fade(&item->heat);
    }
    for (uint32_t i = 0; i < count && i < PROA_SAMPLES_MAX; i++)
        note(queue, atomic_load(&queue->sampler.pcs[i]));
    for (struct item *item = queue->first; item != NULL; item = item->next)
        if (item->has_heat && !item->has_failed && item->busy > 0 &&
            (best == NULL || item->busy > best->busy))
            best = item;
    if (best != NULL &&
        !proa_heat_take(&best->heat, BATCH_BYTES_MAX, functions))
        best = NULL;
    if (best != NULL)
        best->user_count++;
    (void)pthread_mutex_unlock(&queue->mutex);
    return best;
}

/* False: it is time to end. */
static bool watch(struct proa_tier_queue *queue)
{
    uint64_t start = now_ns();

    proa_sampler_clear(&queue->sampler);
    while (now_ns() - start < watch_ns) {
        if (!proa_tier_pause(queue->stop_fd, sample_ns))
            return false;
        proa_sampler_ask(&queue->sampler);
    }
    return true;
}

/* False: that module gets no more parts. The whole is on its way. */
static bool work_some(struct proa_tier_queue *queue, struct item *item,
                      const char *functions)
{
    struct proa_error err = { 0 };
    uint64_t start_ns = now_ns();
    enum proa_status status = proa_tier_work_some(
        &item->hot_job, queue->options.engine, item->module, functions, &err);
    const struct proa_tier_end end = {
        .name = item->name,
        .function_count = proa_heat_count_text(functions),
        .status = status,
        .err = &err,
        .ns = now_ns() - start_ns,
    };

    if (status != PROA_OK)
        return false;
    atomic_fetch_add(&queue->counts.parts, 1);
    atomic_fetch_add(&queue->counts.functions, end.function_count);
    atomic_fetch_add(&queue->counts.parts_ns, end.ns);
    if (queue->options.end != NULL)
        queue->options.end(queue->options.env, &end);
    return true;
}

static void *run_hot(void *argument)
{
    struct proa_tier_queue *queue = argument;
    char functions[PROA_HEAT_TEXT_SIZE];
    uint64_t rest_ns = rest_min_ns;

    while (wait_for_modules(queue) && watch(queue)) {
        struct item *item = find_hot(queue, functions);

        if (item == NULL) {
            if (!proa_tier_pause(queue->stop_fd, rest_ns))
                break;
            rest_ns = rest_ns < rest_max_ns ? rest_ns * 2 : rest_max_ns;
            continue;
        }
        rest_ns = rest_min_ns;
        item->has_failed = !work_some(queue, item, functions);
        leave(queue, item, false);
    }
    return NULL;
}

/* Signals are for the threads that run guests. */
static bool start(struct proa_tier_queue *queue)
{
    sigset_t all;
    sigset_t before;
    bool is_started;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = pthread_create(&queue->thread, NULL, run, queue) == 0;
    /* Without heat all goes on, in another order. */
    if (is_started && proa_sampler_start_fibers(&queue->sampler)) {
        queue->has_hot_thread =
            pthread_create(&queue->hot_thread, NULL, run_hot, queue) == 0;
        if (!queue->has_hot_thread)
            proa_sampler_stop(&queue->sampler);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
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
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
    (void)!write(queue->stop_fd, &one, sizeof one);
    if (queue->has_thread)
        (void)pthread_join(queue->thread, NULL);
    if (queue->has_hot_thread) {
        (void)pthread_join(queue->hot_thread, NULL);
        proa_sampler_stop(&queue->sampler);
    }
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
    item->hot_job = item->job;
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
    item->user_count = 1;
    item->module = proa_module_retain(module);
    status = item_fill(queue, item, name, bytes, size, options, err);
    if (status == PROA_OK)
        proa_tier_load_some(&item->job, queue->options.engine, module);
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
        (void)pthread_cond_broadcast(&queue->changed);
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
