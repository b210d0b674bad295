/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/service.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/files.h"
#include "serve/log.h"
#include "serve/reactr.h"

enum { LOG_LINE_BYTES_MAX = 64 * 1024 };

/* What a request is about; the exchange's handler_data until its answer. */
struct job {
    struct proa_app *app;                 /* owned */
    const struct proa_function *function; /* NULL: a file */
    struct proa_route_match match;
    struct proa_files_file file; /* owned; -1: none */
    struct proa_trace trace;
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

void proa_service_handle(void *env, struct proa_http_exchange *exchange)
{
    struct proa_service *service = env;
    struct job *job = calloc(1, sizeof *job);
    struct note *note = note_of(exchange);

    *note = (struct note){ .stats = service->none_stats };
    if (job == NULL) {
        refuse(exchange, 503);
        return;
    }
    job->file.fd = -1;
    job->app = proa_service_app(service);
    exchange->handler_data = job;
    proa_trace_make(&service->traces, exchange->request, &job->trace);
    memcpy(note->trace, job->trace.parent, sizeof note->trace);
    if (find_target(job, exchange))
        return;
    if (job->function == NULL && job->file.fd < 0) {
        refuse(exchange, 404);
        return;
    }
    note->stats =
        job->function != NULL ? job->function->stats : service->file_stats;
    atomic_fetch_add(&note->stats->queued, 1);
    if (!proa_pool_submit(service->pool, exchange))
        proa_service_refuse(service, exchange);
}

static void answer_file(const struct proa_service *service, struct job *job,
                        struct proa_http_exchange *exchange)
{
    struct proa_error err = { 0 };
    enum proa_status status = proa_files_answer(
        &job->file, exchange->request, service->options.response_bytes_max,
        &exchange->response, &err);

    if (status == PROA_OK)
        return;
    (void)fprintf(stderr, "proa: %s\n", err.text);
    proa_http_response_error(&exchange->response,
                             status == PROA_NOMEM ? 503 : 500);
}

void proa_service_answer(void *env, uint32_t worker_index,
                         struct proa_http_exchange *exchange)
{
    struct proa_service *service = env;
    struct job *job = exchange->handler_data;
    struct proa_stats *stats = note_of(exchange)->stats;
    uint64_t timeout_ns = job->function != NULL
                              ? job->function->settings.timeout_ns
                              : service->options.timeout_ns;

    /* Its time is over, or its client went away, before it was its turn. */
    if (proa_http_now_ns() >= exchange->start_ns + timeout_ns ||
        atomic_load(&exchange->is_abandoned)) {
        proa_service_refuse(service, exchange);
        return;
    }
    atomic_fetch_sub(&stats->queued, 1);
    atomic_fetch_add(&stats->running, 1);
    const struct proa_guest_request request = {
        .exchange = exchange,
        .function = job->function,
        .match = &job->match,
        .trace = &job->trace,
        .slot_index = worker_index,
    };
    if (job->function == NULL)
        answer_file(service, job, exchange);
    else if (job->function->abi == PROA_ABI_REACTR)
        proa_reactr_answer(&service->host, &request);
    else
        proa_guest_answer(&service->host, &request);
    atomic_fetch_sub(&stats->running, 1);
    respond(exchange);
}

void proa_service_refuse(void *env, struct proa_http_exchange *exchange)
{
    struct proa_stats *stats = note_of(exchange)->stats;

    (void)env;
    atomic_fetch_sub(&stats->queued, 1);
    atomic_fetch_add(&stats->rejected, 1);
    refuse(exchange, 503);
}

void proa_service_log(void *env, const struct proa_http_log_entry *entry)
{
    struct proa_service *service = env;
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
