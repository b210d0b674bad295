/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/watchdog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "http/server.h"

/*
 * An interrupt that comes just before a guest waits in a system call, or
 * between two calls into it, may be without effect: so it comes again.
 */
enum { AGAIN_NS = 20 * 1000 * 1000, NS_PER_SECOND = 1000000000 };

struct slot {
    struct proa_store *store; /* NULL: no guest runs */
    uint64_t next_ns;
    bool is_interrupted;
};

struct proa_watchdog {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    pthread_t thread;
    bool is_ending;
    bool stops_all;
    uint64_t wake_ns; /* when the thread looks next; UINT64_MAX: never */
    uint32_t slot_count;
    struct slot slots[];
};

/* Interrupt what is due; @return when the next one is. */
static uint64_t look(struct proa_watchdog *watchdog, uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;

    for (uint32_t i = 0; i < watchdog->slot_count; i++) {
        struct slot *slot = &watchdog->slots[i];
        if (slot->store == NULL)
            continue;
        if (slot->next_ns <= now_ns || watchdog->stops_all) {
            slot->is_interrupted = true;
            slot->next_ns = now_ns + AGAIN_NS;
            proa_store_interrupt(slot->store);
        }
        if (slot->next_ns < next_ns)
            next_ns = slot->next_ns;
    }
    return next_ns;
}

static void *watch(void *argument)
{
    struct proa_watchdog *watchdog = argument;

    (void)pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->is_ending) {
        watchdog->wake_ns = look(watchdog, proa_http_now_ns());
        if (watchdog->wake_ns == UINT64_MAX) {
            (void)pthread_cond_wait(&watchdog->changed, &watchdog->lock);
            continue;
        }
        struct timespec until = {
            .tv_sec = (time_t)(watchdog->wake_ns / NS_PER_SECOND),
            .tv_nsec = (long)(watchdog->wake_ns % NS_PER_SECOND),
        };
        (void)pthread_cond_timedwait(&watchdog->changed, &watchdog->lock,
                                     &until);
    }
    (void)pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

enum proa_status proa_watchdog_create(uint32_t slot_count,
                                      struct proa_watchdog **watchdog,
                                      struct proa_error *err)
{
    struct proa_watchdog *made =
        calloc(1, sizeof *made + slot_count * sizeof made->slots[0]);
    pthread_condattr_t attributes;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a watchdog");
    made->slot_count = slot_count;
    made->wake_ns = UINT64_MAX;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&made->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    int result = pthread_create(&made->thread, NULL, watch, made);
    if (result != 0) {
        (void)pthread_cond_destroy(&made->changed);
        (void)pthread_mutex_destroy(&made->lock);
        free(made);
        return proa_fail(err, PROA_IO, 0, "no thread: %s", strerror(result));
    }
    *watchdog = made;
    return PROA_OK;
}

void proa_watchdog_destroy(struct proa_watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    (void)pthread_mutex_lock(&watchdog->lock);
    watchdog->is_ending = true;
    (void)pthread_cond_signal(&watchdog->changed);
    (void)pthread_mutex_unlock(&watchdog->lock);
    (void)pthread_join(watchdog->thread, NULL);
    (void)pthread_cond_destroy(&watchdog->changed);
    (void)pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}

void proa_watchdog_begin(struct proa_watchdog *watchdog, uint32_t slot_index,
                         struct proa_store *store, uint64_t deadline_ns)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    watchdog->slots[slot_index] =
        (struct slot){ .store = store, .next_ns = deadline_ns };
    /* Deadlines mostly come in order: then the thread need not wake. */
    if (deadline_ns < watchdog->wake_ns || watchdog->stops_all)
        (void)pthread_cond_signal(&watchdog->changed);
    (void)pthread_mutex_unlock(&watchdog->lock);
}

bool proa_watchdog_end(struct proa_watchdog *watchdog, uint32_t slot_index)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    bool is_interrupted = watchdog->slots[slot_index].is_interrupted;
    watchdog->slots[slot_index] = (struct slot){ 0 };
    (void)pthread_mutex_unlock(&watchdog->lock);
    return is_interrupted;
}

void proa_watchdog_stop_all(struct proa_watchdog *watchdog)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    watchdog->stops_all = true;
    (void)pthread_cond_signal(&watchdog->changed);
    (void)pthread_mutex_unlock(&watchdog->lock);
}
