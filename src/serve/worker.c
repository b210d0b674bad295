/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/worker.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/service.h"

/* The time to wait of those in the queue is looked at so often. */
enum { LOOK_NS = 50 * 1000 * 1000 };

/*
 * Buffers of a request or two are given back to the system and faulted in again
 * by the next, which costs more than all that is done with them.
 */
enum { KEPT_BYTES_MAX = 4 << 20, KEPT_PIECE_BYTES_MAX = 1 << 20 };

static uint64_t turn(void *env)
{
    struct proa_worker *worker = env;
    uint64_t again_ns = proa_tasks_turn(worker->tasks);

    if (worker->admission.count == 0)
        return again_ns;
    proa_service_admit(worker);
    /* Those have run up to where they wait. */
    again_ns = proa_tasks_turn(worker->tasks);
    if (worker->admission.count > 0) {
        uint64_t look_ns = proa_http_now_ns() + LOOK_NS;
        again_ns = look_ns < again_ns ? look_ns : again_ns;
    }
    return again_ns;
}

enum proa_status proa_worker_init(struct proa_worker *worker,
                                  struct proa_http_server_options *options,
                                  struct proa_error *err)
{
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_PIECE_BYTES_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
    proa_admission_init(&worker->admission, &worker->service->total);
    worker->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    if (worker->stop_fd < 0)
        return proa_fail(err, PROA_IO, 0, "eventfd: %s", strerror(errno));
    options->env = worker;
    options->stop_fd = worker->stop_fd;
    options->turn = turn;
    return proa_http_server_create(options, &worker->server, err);
}

static void run(struct proa_worker *worker)
{
    worker->tasks = proa_tasks_create();
    worker->slots = proa_slots_create();
    if (worker->tasks == NULL || worker->slots == NULL)
        worker->status =
            proa_fail(&worker->err, PROA_NOMEM, 0, "no memory for a worker");
    else
        worker->status = proa_http_server_run(worker->server, &worker->err);
    /* Guests whose clients are gone, or whose time to drain is over. */
    proa_tasks_destroy(worker->tasks);
    proa_slots_destroy(worker->slots);
}

static void *work(void *argument)
{
    struct proa_worker *worker = argument;
    const uint64_t one = 1;

    run(worker);
    (void)!write(worker->ended_fd, &one, sizeof one);
    return NULL;
}

enum proa_status proa_worker_start(struct proa_worker *worker, int ended_fd,
                                   struct proa_error *err)
{
    worker->ended_fd = ended_fd;
    int result = pthread_create(&worker->thread, NULL, work, worker);
    if (result != 0)
        return proa_fail(err, PROA_IO, 0, "no thread for worker %u: %s",
                         worker->index, strerror(result));
    worker->is_started = true;
    return PROA_OK;
}

void proa_worker_stop(struct proa_worker *worker)
{
    const uint64_t one = 1;

    (void)!write(worker->stop_fd, &one, sizeof one);
}

enum proa_status proa_worker_join(struct proa_worker *worker,
                                  struct proa_error *err)
{
    if (!worker->is_started)
        return PROA_OK;
    (void)pthread_join(worker->thread, NULL);
    worker->is_started = false;
    if (worker->status == PROA_OK)
        return PROA_OK;
    return proa_fail(err, worker->status, 0, "%s", worker->err.text);
}

void proa_worker_deinit(struct proa_worker *worker)
{
    proa_http_server_destroy(worker->server);
    if (worker->stop_fd >= 0)
        (void)close(worker->stop_fd);
}
