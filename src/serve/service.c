/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/service.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/files.h"
#include "serve/log.h"
#include "serve/reactr.h"
#include "serve/usage_log.h"

enum {
    LOG_LINE_BYTES_MAX = 64 * 1024,
    /* What a client has sent already is here within this. */
    REST_NS_MAX = 20 * 1000 * 1000,
};

/* What a request is about; the exchange's handler_data until its answer. */
struct job {
    struct proa_task task;               /* first: found by its address */
    struct proa_admission_ticket ticket; /* in the queue while it `waits` */
    bool waits;
    uint64_t task_start_ns;
    struct proa_worker *worker;
    struct proa_http_exchange *exchange;
    struct proa_app *app;                 /* owned */
    const struct proa_function *function; /* NULL: a file */
    struct proa_route_match match;
    struct proa_files_file file; /* owned; -1: none */
    struct proa_trace trace;
    struct proa_guest_use use;
};

void proa_service_set_app(struct proa_service *service,
                          struct proa_app *app_take)
{
    struct proa_app *before;

    (void)pthread_mutex_lock(&service->app_lock);
    before = service->app;
    service->app = app_take;
    (void)pthread_mutex_unlock(&service->app_lock);
    proa_app_release(before);
}

struct proa_app *proa_service_app(struct proa_service *service)
{
    struct proa_app *app;

    (void)pthread_mutex_lock(&service->app_lock);
    app = proa_app_retain(service->app);
    (void)pthread_mutex_unlock(&service->app_lock);
    return app;
}

static void end_job(struct job *job)
{
    if (job == NULL)
        return;
    if (job->file.fd >= 0)
        (void)close(job->file.fd);
    proa_app_release(job->app);
    free(job);
}

/* What the log tells of a request; it outlives the job. */
struct note {
    struct proa_stats *stats;
    char trace[PROA_TRACE_SIZE];
};

static_assert(sizeof(struct note) <=
                  sizeof(((struct proa_http_exchange *)0)->handler_note),
              "a note lies in the exchange");

static struct note *note_of(struct proa_http_exchange *exchange)
{
    return (struct note *)exchange->handler_note;
}

static void respond(struct proa_http_exchange *exchange)
{
    proa_stats_answer(note_of(exchange)->stats, exchange->response.status,
                      proa_http_now_ns() - exchange->start_ns);
    exchange->changed = NULL;
    end_job(exchange->handler_data);
    exchange->handler_data = NULL;
    proa_http_exchange_respond(exchange);
}

static void add_field(struct proa_http_exchange *exchange, const char *name,
                      const char *value)
{
    /* Without memory for this field the answer is still right. */
    (void)proa_http_response_add(&exchange->response, proa_http_text_of(name),
                                 proa_http_text_of(value));
}

/* Answer at once with a status. */
static void refuse(struct proa_http_exchange *exchange, uint16_t status)
{
    proa_http_response_error(&exchange->response, status);
    if (status == 503)
        add_field(exchange, "Retry-After", "1");
    if (status == 405)
        add_field(exchange, "Allow", "GET, HEAD");
    respond(exchange);
}

/* To the same path with "/" behind it, which is a folder's. */
static void redirect(struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    struct proa_buffer where;

    proa_buffer_init(&where, request->head.size + 16);
    (void)proa_buffer_append(&where, request->path.bytes, request->path.size);
    (void)proa_buffer_append(&where, "/", 1);
    if (request->query.size > 0) {
        (void)proa_buffer_append(&where, "?", 1);
        (void)proa_buffer_append(&where, request->query.bytes,
                                 request->query.size);
    }
    proa_http_response_error(&exchange->response, where.is_full ? 503 : 308);
    if (!where.is_full)
        (void)proa_http_response_add(
            &exchange->response, proa_http_text_of("Location"),
            (struct proa_http_text){ (const char *)where.bytes, where.size });
    proa_buffer_deinit(&where);
    respond(exchange);
}

static bool is_read(const struct proa_http_request *request)
{
    return proa_http_text_equals(request->method, "GET") ||
           proa_http_text_equals(request->method, "HEAD");
}

/*
 * A route that names the whole path comes first, then a file, then the longest
 * route above. True when the exchange was answered here.
 */
static bool find_target(struct job *job, struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    int public_fd = proa_app_public_fd(job->app);
    enum proa_files_found found = PROA_FILES_NONE;

    job->function = proa_app_find(job->app, request->path, &job->match);
    if (public_fd < 0 || (job->function != NULL && job->match.is_whole))
        return false;
    if (job->function != NULL && !is_read(request))
        return false;
    found = proa_files_open(public_fd, request->path, &job->file);
    if (found == PROA_FILES_NONE)
        return false;
    job->function = NULL;
    if (!is_read(request)) {
        refuse(exchange, 405);
        return true;
    }
    if (found == PROA_FILES_FOLDER) {
        redirect(exchange);
        return true;
    }
    return false;
}

/* Of any size, as it takes no memory. */
static void answer_file(struct job *job, struct proa_http_exchange *exchange)
{
    struct proa_error err = { 0 };
    enum proa_status status = proa_files_answer(
        &job->file, exchange->request, UINT64_MAX, &exchange->response, &err);

    if (status != PROA_OK) {
        (void)fprintf(stderr, "proa: %s\n", err.text);
        proa_http_response_error(&exchange->response,
                                 status == PROA_NOMEM ? 503 : 500);
    }
    respond(exchange);
}

/* --- on a fiber ----------------------------------------------------------- */

/*
 * A guest that answers before it read its request: in HTTP/2 what is wrong with
 * the rest is the stream's error, which an answer that came first would hide.
 */
static void await_rest(struct proa_task *task,
                       const struct proa_http_exchange *exchange)
{
    uint64_t until_ns = proa_http_now_ns() + REST_NS_MAX;

    if (exchange->request->version_major != 2 || exchange->is_begun ||
        exchange->continues)
        return;
    while (exchange->body_is_open && exchange->refusal == 0 &&
           proa_http_now_ns() < until_ns)
        if (!proa_task_park(task, until_ns))
            return;
}

static void run(struct proa_task *task)
{
    struct job *job = (struct job *)task;
    const struct proa_guest_host *host = &job->worker->service->host;
    const struct proa_guest_request request = {
        .exchange = job->exchange,
        .function = job->function,
        .match = &job->match,
        .trace = &job->trace,
        .slots = job->worker->slots,
        .task = task,
        .use = &job->use,
    };

    if (job->function->abi == PROA_ABI_REACTR)
        proa_reactr_answer(host, &request);
    else
        proa_guest_answer(host, &request);
    await_rest(task, job->exchange);
}

/* Whoever of them has one that waits may begin it. */
static void wake_all(const struct proa_service *service)
{
    for (uint32_t i = 0; i < service->worker_count; i++)
        proa_http_server_wake(service->workers[i].server);
}

/* One that never began a guest leaves no record: it used nothing. */
static void record(const struct proa_service *service, struct job *job)
{
    struct proa_usage *usage = &job->use.usage;

    if (service->usage == NULL || usage->memory_bytes == 0)
        return;
    usage->cpu_ns = job->task.cpu_ns;
    usage->wall_ns = proa_http_now_ns() - job->task_start_ns;
    if (!proa_usage_log_write(service->usage, job->function, &job->trace,
                              job->exchange->response.status, &job->use))
        atomic_fetch_add(&job->function->stats->lost_records, 1);
}

static void finished(struct proa_task *task)
{
    struct job *job = (struct job *)task;
    struct proa_worker *worker = job->worker;

    atomic_fetch_sub(&job->function->stats->running, 1);
    proa_stats_use(job->function->stats, task->cpu_ns, task->memory_bytes);
    atomic_fetch_add(&job->function->stats->fuel, job->use.usage.fuel);
    record(worker->service, job);
    if (proa_admission_leave(&worker->admission, &job->function->gate))
        wake_all(worker->service);
    respond(job->exchange);
}

static void reject(struct job *job)
{
    atomic_fetch_add(&job->function->stats->rejected, 1);
    refuse(job->exchange, 503);
}

static void leave_queue(struct job *job)
{
    job->waits = false;
    job->exchange->changed = NULL;
    atomic_fetch_sub(&job->function->stats->queued, 1);
}

/* The client went away: nobody waits for what the guest does. */
static void changed(struct proa_http_exchange *exchange)
{
    struct job *job = exchange->handler_data;

    bool ends = atomic_load(&exchange->is_abandoned) || exchange->refusal != 0;

    if (!job->waits && ends)
        proa_task_end(&job->task);
    else if (!job->waits)
        proa_task_wake(&job->task);
    if (!job->waits || !ends)
        return;
    proa_admission_withdraw(&job->worker->admission, &job->ticket);
    leave_queue(job);
    reject(job);
}

static void start(struct job *job)
{
    struct proa_stats *stats = job->function->stats;

    job->task.run = run;
    job->task.finished = finished;
    job->task.cpu_ns_max = job->function->settings.cpu_ns_max;
    job->task.counts_cpu =
        job->task.cpu_ns_max != 0 || job->worker->service->usage != NULL;
    job->task_start_ns = proa_http_now_ns();
    job->exchange->changed = changed;
    atomic_fetch_add(&stats->running, 1);
    if (proa_tasks_start(job->worker->tasks, &job->task))
        return;
    job->exchange->changed = NULL;
    atomic_fetch_sub(&stats->running, 1);
    if (proa_admission_leave(&job->worker->admission, &job->function->gate))
        wake_all(job->worker->service);
    reject(job);
}

/* --- who may run ---------------------------------------------------------- */

/* True, and 429 is answered, when the client comes more often than it may. */
static bool is_too_often(struct job *job)
{
    struct proa_service *service = job->worker->service;
    const struct proa_admission_limits *limits = &job->function->gate.limits;
    char seconds[12];

    if (limits->rate_interval_ns == 0)
        return false;
    uint64_t key = proa_limit_key(service->limit, job->exchange->client_address,
                                  (uintptr_t)job->function->stats);
    uint64_t ns =
        proa_limit_take(service->limit, key, limits, job->exchange->start_ns);
    if (ns == 0)
        return false;
    atomic_fetch_add(&service->metrics.limited, 1);
    proa_http_response_error(&job->exchange->response, 429);
    (void)snprintf(seconds, sizeof seconds, "%u", proa_limit_seconds(ns));
    add_field(job->exchange, "Retry-After", seconds);
    respond(job->exchange);
    return true;
}

static void enter(struct job *job)
{
    uint64_t start_ns = job->exchange->start_ns;

    if (is_too_often(job))
        return;
    const struct proa_http_request *request = job->exchange->request;
    uint64_t size = job->exchange->body_is_open && request->has_length
                        ? request->length
                        : request->body.size;
    if (size > job->function->settings.body_bytes_max) {
        refuse(job->exchange, 413);
        return;
    }
    job->task.deadline_ns = start_ns + job->function->settings.timeout_ns;
    switch (proa_admission_enter(&job->worker->admission, &job->function->gate,
                                 &job->ticket, start_ns,
                                 job->task.deadline_ns)) {
    case PROA_ADMISSION_ADMIT:
        start(job);
        break;
    case PROA_ADMISSION_QUEUE:
        job->waits = true;
        job->exchange->changed = changed;
        atomic_fetch_add(&job->function->stats->queued, 1);
        break;
    default:
        reject(job);
        break;
    }
}

static struct job *job_of(struct proa_admission_ticket *ticket)
{
    return (struct job *)(void *)((uint8_t *)ticket -
                                  offsetof(struct job, ticket));
}

void proa_service_admit(struct proa_worker *worker)
{
    enum proa_admission_answer answer;
    struct proa_admission_ticket *ticket;

    while ((ticket = proa_admission_next(&worker->admission, proa_http_now_ns(),
                                         &answer)) != NULL) {
        struct job *job = job_of(ticket);
        leave_queue(job);
        if (answer == PROA_ADMISSION_ADMIT)
            start(job);
        else
            reject(job);
    }
}

void proa_service_handle(void *env, struct proa_http_exchange *exchange)
{
    struct proa_worker *worker = env;
    struct proa_service *service = worker->service;
    struct job *job = calloc(1, sizeof *job);
    struct note *note = note_of(exchange);

    *note = (struct note){ .stats = service->none_stats };
    if (job == NULL) {
        refuse(exchange, 503);
        return;
    }
    job->worker = worker;
    job->exchange = exchange;
    job->file.fd = -1;
    job->app = proa_service_app(service);
    exchange->handler_data = job;
    proa_trace_make(&service->traces, exchange->request, &job->trace);
    memcpy(note->trace, job->trace.parent, sizeof note->trace);
    /* Of the server as a whole; only OPTIONS asks for it. */
    if (proa_http_text_equals(exchange->request->path, "*")) {
        exchange->response.status = 204;
        respond(exchange);
        return;
    }
    if (find_target(job, exchange))
        return;
    if (job->function == NULL && job->file.fd < 0) {
        refuse(exchange, 404);
        return;
    }
    note->stats =
        job->function != NULL ? job->function->stats : service->file_stats;
    if (job->function == NULL)
        answer_file(job, exchange);
    else
        enter(job);
}

void proa_service_log(void *env, const struct proa_http_log_entry *entry)
{
    const struct proa_worker *worker = env;
    struct proa_service *service = worker->service;
    const struct note *note = entry->note;
    struct proa_buffer line;

    if (note == NULL)
        atomic_fetch_add(&service->metrics.refused, 1);
    if (service->options.is_quiet)
        return;
    proa_buffer_init(&line, LOG_LINE_BYTES_MAX);
    if (!service->options.logs_json)
        proa_log_access_line(entry, (int64_t)time(NULL), &line);
    else if (note == NULL || note->trace[0] == '\0')
        proa_log_access_json(entry, (int64_t)time(NULL), NULL, NULL, &line);
    else
        proa_log_access_json(entry, (int64_t)time(NULL), note->stats->name,
                             note->trace, &line);
    proa_log_write(&line);
    proa_buffer_deinit(&line);
}
