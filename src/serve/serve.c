/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/server.h"
#include "serve/guest.h"
#include "serve/log.h"
#include "serve/pool.h"

enum {
    NS_PER_MS = 1000000,
    WORKERS_PER_CORE = 2,
    WORKER_COUNT_MAX = 4096,
    LOG_LINE_BYTES_MAX = 64 * 1024,
    MISSING_BYTES_MAX = 1 << 20,
};

struct service {
    struct proa_serve_options options;
    struct proa_guest_plan plan;
    struct proa_pool *pool;
    struct proa_http_server *server;
    int signal_fd;
};

static void default_u32(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void default_u64(uint64_t *value, uint64_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void set_defaults(struct proa_serve_options *options)
{
    long core_count = sysconf(_SC_NPROCESSORS_ONLN);

    if (core_count < 1)
        core_count = 1;
    if (options->address == NULL)
        options->address = "127.0.0.1:8080";
    if (options->program_name == NULL)
        options->program_name = "proa";
    default_u32(&options->worker_count,
                (uint32_t)core_count * WORKERS_PER_CORE);
    default_u32(&options->queue_count_max, 256);
    default_u32(&options->connection_count_max, 1000);
    default_u64(&options->timeout_ns, (uint64_t)30000 * NS_PER_MS);
    default_u64(&options->drain_ns, (uint64_t)30000 * NS_PER_MS);
    default_u64(&options->body_bytes_max, 8 << 20);
    default_u64(&options->response_bytes_max, 32 << 20);
    default_u64(&options->memory_bytes_max, 512 << 20);
}

/* What is beyond reason would overflow a sum somewhere: say so instead. */
static enum proa_status check_options(const struct proa_serve_options *options,
                                      struct proa_error *err)
{
    const uint64_t bytes_max = (uint64_t)1 << 40;
    const uint64_t ns_max = (uint64_t)86400 * 30 * 1000 * NS_PER_MS;

    if (options->worker_count > WORKER_COUNT_MAX)
        return proa_fail(err, PROA_USAGE, 0, "more than %d workers",
                         WORKER_COUNT_MAX);
    if (options->body_bytes_max > bytes_max ||
        options->response_bytes_max > bytes_max)
        return proa_fail(err, PROA_USAGE, 0,
                         "a limit for bodies is above 1 TiB");
    if (options->timeout_ns > ns_max || options->drain_ns > ns_max)
        return proa_fail(err, PROA_USAGE, 0, "a time is above 30 days");
    return PROA_OK;
}

/* --- requests ----------------------------------------------------------- */

static void refuse(struct proa_http_exchange *exchange)
{
    proa_http_response_error(&exchange->response, 503);
    /* Without memory for this field the answer is still right. */
    (void)proa_http_response_add(&exchange->response,
                                 proa_http_text_of("Retry-After"),
                                 proa_http_text_of("1"));
    proa_http_exchange_respond(exchange);
}

static void on_request(void *env, struct proa_http_exchange *exchange)
{
    struct service *service = env;

    if (!proa_pool_submit(service->pool, exchange))
        refuse(exchange);
}

static void on_answer(void *env, uint32_t worker_index,
                      struct proa_http_exchange *exchange)
{
    struct service *service = env;
    uint64_t deadline_ns = exchange->start_ns + service->options.timeout_ns;

    /* Its time is over, or its client went away, before it was its turn. */
    if (proa_http_now_ns() >= deadline_ns ||
        atomic_load(&exchange->is_abandoned)) {
        refuse(exchange);
        return;
    }
    proa_guest_answer(&service->plan, worker_index, exchange);
    proa_http_exchange_respond(exchange);
}

static void on_log(void *env, const struct proa_http_log_entry *entry)
{
    struct service *service = env;
    struct proa_buffer line;

    if (service->options.is_quiet)
        return;
    proa_buffer_init(&line, LOG_LINE_BYTES_MAX);
    proa_log_access_line(entry, (int64_t)time(NULL), &line);
    proa_log_write(&line);
    proa_buffer_deinit(&line);
}

/* --- start and end ------------------------------------------------------ */

static enum proa_status open_server(struct service *service,
                                    struct proa_error *err)
{
    const struct proa_serve_options *options = &service->options;
    struct proa_http_server_options server_options = {
        .address = options->address,
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT,
        .handle = on_request,
        .log = on_log,
        .env = service,
        .stop_fd = service->signal_fd,
    };
    struct proa_http_server_limits *limits = &server_options.limits;

    limits->request.body_bytes_max = options->body_bytes_max;
    limits->response_bytes_max = options->response_bytes_max;
    limits->connection_count_max = options->connection_count_max;
    limits->drain_ms_max = (uint32_t)(options->drain_ns / NS_PER_MS);
    return proa_http_server_create(&server_options, &service->server, err);
}

static enum proa_status open_all(struct service *service,
                                 struct proa_error *err)
{
    const struct proa_pool_options pool_options = {
        .worker_count = service->options.worker_count,
        .queue_count_max = service->options.queue_count_max,
        .answer = on_answer,
        .env = service,
    };
    enum proa_status status;

    service->plan.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (service->plan.null_fd < 0)
        return proa_fail(err, PROA_IO, 0, "/dev/null: %s", strerror(errno));
    status = proa_watchdog_create(service->options.worker_count,
                                  &service->plan.watchdog, err);
    if (status == PROA_OK)
        status = proa_pool_create(&pool_options, &service->pool, err);
    if (status == PROA_OK)
        status = open_server(service, err);
    return status;
}

static void close_all(struct service *service)
{
    /* Guests whose clients are gone, or whose time to drain is over. */
    if (service->plan.watchdog != NULL)
        proa_watchdog_stop_all(service->plan.watchdog);
    proa_pool_destroy(service->pool);
    proa_http_server_destroy(service->server);
    proa_watchdog_destroy(service->plan.watchdog);
    if (service->plan.null_fd >= 0)
        (void)close(service->plan.null_fd);
}

static enum proa_status serve(struct service *service, struct proa_error *err)
{
    enum proa_status status = open_all(service, err);

    if (status == PROA_OK &&
        (printf("listening on http://%s\n",
                proa_http_server_address(service->server)) < 0 ||
         fflush(stdout) != 0))
        status =
            proa_fail(err, PROA_IO, 0, "standard output: %s", strerror(errno));
    if (status == PROA_OK)
        status = proa_http_server_run(service->server, err);
    close_all(service);
    return status;
}

static enum proa_status check_guest(const struct service *service,
                                    struct proa_error *err)
{
    struct proa_buffer missing, lines;

    proa_buffer_init(&missing, MISSING_BYTES_MAX);
    proa_buffer_init(&lines, MISSING_BYTES_MAX);
    enum proa_status status = proa_guest_check(&service->plan, &missing, err);
    if (status == PROA_UNLINKABLE) {
        proa_log_lines("proa: missing import: ",
                       (struct proa_http_text){ (const char *)missing.bytes,
                                                missing.size },
                       &lines);
        proa_log_write(&lines);
    }
    proa_buffer_deinit(&missing);
    proa_buffer_deinit(&lines);
    return status;
}

/*
 * SIGTERM and SIGINT become readable on a descriptor: blocked before a thread
 * is started, so that none of them ever gets one.
 */
static enum proa_status serve_with_signals(struct service *service,
                                           struct proa_error *err)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction previous_pipe;
    sigset_t wanted, previous;

    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGINT);
    service->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (service->signal_fd < 0)
        return proa_fail(err, PROA_IO, 0, "signalfd: %s", strerror(errno));
    (void)pthread_sigmask(SIG_BLOCK, &wanted, &previous);
    (void)sigaction(SIGPIPE, &ignore, &previous_pipe);
    enum proa_status status = serve(service, err);
    (void)sigaction(SIGPIPE, &previous_pipe, NULL);
    (void)close(service->signal_fd);
    (void)pthread_sigmask(SIG_SETMASK, &previous, NULL);
    return status;
}

enum proa_status proa_serve_run(struct proa_engine *engine,
                                struct proa_module *module,
                                const struct proa_serve_options *options,
                                struct proa_error *err)
{
    struct service service = {
        .options = *options,
        .plan = { .engine = engine, .module = module, .null_fd = -1 },
        .signal_fd = -1,
    };
    enum proa_status status;

    set_defaults(&service.options);
    service.plan.options = &service.options;
    status = check_options(&service.options, err);
    if (status == PROA_OK)
        status = check_guest(&service, err);
    if (status == PROA_OK)
        status = serve_with_signals(&service, err);
    return status;
}
