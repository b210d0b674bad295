/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/server.h"
#include "platform/slice.h"
#include "serve/admin.h"
#include "serve/confine.h"
#include "serve/heed.h"
#include "serve/log.h"
#include "serve/reactr.h"
#include "serve/reload.h"
#include "serve/service.h"
#include "serve/supervise.h"
#include "serve/usage_log.h"

enum {
    NS_PER_MS = 1000000,
    MISSING_BYTES_MAX = 1 << 20,
    HEAD_BYTES_MAX = 1 << 20,
    CONFINED_BYTES_MAX = 1 << 10,
};

/* The process's own side of a server. */
struct process {
    struct proa_service service;
    struct proa_admin *admin; /* NULL: none is wanted */
    char *blame;              /* the caller's */
    struct proa_confined confined;
    struct proa_heed heed;
    bool has_slices;
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

uint32_t proa_serve_worker_count(const struct proa_serve_options *options)
{
    long core_count = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->worker_count != 0)
        return options->worker_count;
    return core_count < 1 ? 1 : (uint32_t)core_count;
}

static void set_defaults(struct proa_serve_options *options)
{
    if (options->address == NULL)
        options->address = PROA_SERVE_ADDRESS;
    if (options->program_name == NULL)
        options->program_name = "proa";
    options->worker_count = proa_serve_worker_count(options);
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

    if (options->worker_count > PROA_SERVE_WORKERS_MAX)
        return proa_fail(err, PROA_USAGE, 0, "more than %d workers",
                         PROA_SERVE_WORKERS_MAX);
    if (options->body_bytes_max > bytes_max ||
        options->response_bytes_max > bytes_max)
        return proa_fail(err, PROA_USAGE, 0,
                         "a limit for bodies is above 1 TiB");
    if (options->line_bytes_max > HEAD_BYTES_MAX ||
        options->head_bytes_max > HEAD_BYTES_MAX)
        return proa_fail(err, PROA_USAGE, 0,
                         "a limit for request lines or heads is above 1 MiB");
    if (options->tls_key_path != NULL && options->tls_certificate_path == NULL)
        return proa_fail(err, PROA_USAGE, 0, "--tls-key needs --tls-cert FILE");
    if (options->usage_key_path != NULL && options->usage_path == NULL)
        return proa_fail(err, PROA_USAGE, 0, "--usage-key needs --usage FILE");
    if (options->timeout_ns > ns_max || options->drain_ns > ns_max ||
        options->drain_delay_ns > ns_max)
        return proa_fail(err, PROA_USAGE, 0, "a time is above 30 days");
    return PROA_OK;
}

/* --- what is served ----------------------------------------------------- */

enum proa_status proa_serve_plan(const struct proa_serve_options *options,
                                 struct proa_plan *plan, struct proa_error *err)
{
    struct stat state;
    enum proa_status status = PROA_OK;

    if (options->plan != NULL)
        return options->plan(options->plan_env, plan, err);
    if (options->path != NULL && stat(options->path, &state) == 0 &&
        S_ISDIR(state.st_mode))
        status = proa_plan_add_folder(plan, options->path, err);
    else if (options->path != NULL)
        status = proa_plan_add(plan,
                               &(struct proa_function_settings){
                                   .route = "/", .path = options->path },
                               err);
    for (uint32_t i = 0; i < options->route_count && status == PROA_OK; i++)
        status = proa_plan_add_route(plan, options->routes[i], err);
    return status;
}

static enum proa_status load_module(void *env, const char *path,
                                    bool counts_fuel,
                                    struct proa_module **module,
                                    struct proa_error *err)
{
    struct proa_service *service = env;

    return service->options.load(service->options.load_env,
                                 service->host.engine, path, counts_fuel,
                                 module, err);
}

static enum proa_status check_function(void *env,
                                       const struct proa_function *function,
                                       struct proa_error *err)
{
    struct proa_service *service = env;
    struct proa_buffer missing, lines;

    proa_buffer_init(&missing, MISSING_BYTES_MAX);
    proa_buffer_init(&lines, MISSING_BYTES_MAX);
    enum proa_status status =
        function->abi == PROA_ABI_REACTR
            ? proa_reactr_guest_check(&service->host, function, &missing, err)
            : proa_guest_check(&service->host, function, &missing, err);
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

/* One line, and the function of before goes on if there is one. */
static bool tell_bad(void *env, const char *path, const struct proa_error *err)
{
    struct proa_service *service = env;
    struct proa_buffer line;
    char text[sizeof err->text + PROA_APP_BLAME_SIZE];

    atomic_fetch_add(&service->metrics.reload_failures, 1);
    (void)snprintf(text, sizeof text,
                   "%.500s: %s; what was served before stays", path, err->text);
    proa_buffer_init(&line, 4 * sizeof text);
    proa_log_lines("proa: ", proa_http_text_of(text), &line);
    proa_log_write(&line);
    proa_buffer_deinit(&line);
    return true;
}

static enum proa_status make_app(struct proa_service *service,
                                 struct proa_app *previous,
                                 struct proa_app **app,
                                 char blame[PROA_APP_BLAME_SIZE],
                                 struct proa_error *err)
{
    const struct proa_serve_options *options = &service->options;
    const struct proa_function_settings defaults = {
        .abi = options->abi,
        .init = options->init,
        .entry = options->entry,
        .timeout_ns = options->timeout_ns,
        .cpu_ns_max = options->cpu_ns_max,
        .fuel = options->fuel,
        .memory_bytes_max = options->memory_bytes_max,
        .body_bytes_max = options->body_bytes_max,
        .response_bytes_max = options->response_bytes_max,
        .admission = { .running_max = options->running_count_max,
                       .waiting_max = options->queue_count_max },
        .program_name = options->program_name,
        .env = options->env,
        .env_count = options->env_count,
        .preopens = options->preopens,
        .preopen_count = options->preopen_count,
    };
    const struct proa_app_options app_options = {
        .defaults = &defaults,
        .load = load_module,
        .check = check_function,
        .env = service,
        .metrics = &service->metrics,
        .goes_on = previous != NULL ? tell_bad : NULL,
        .previous = previous,
        .hashes = service->usage != NULL,
    };
    struct proa_plan plan;
    enum proa_status status = proa_plan_init(&plan, err);

    blame[0] = '\0';
    if (status != PROA_OK)
        return status;
    status = proa_serve_plan(options, &plan, err);
    if (status == PROA_OK)
        return proa_app_create(&plan, &app_options, app, blame, err);
    if (options->path != NULL)
        (void)snprintf(blame, PROA_APP_BLAME_SIZE, "%s", options->path);
    proa_plan_deinit(&plan);
    return status;
}

/* --- start and end ------------------------------------------------------ */

/* What was not taken is as it was, and fetched again at the next time. */
static void take_fetched(struct proa_service *service)
{
    int fd = atomic_exchange(&service->fetched_fd, -1);
    struct proa_error err = { 0 };

    if (fd < 0)
        return;
    if (service->options.take(service->options.load_env, fd, &err) != PROA_OK)
        (void)tell_bad(service, "what was fetched", &err);
    (void)close(fd);
}

static struct proa_app *make_next(void *env)
{
    struct proa_service *service = env;

    take_fetched(service);
    struct proa_app *previous = proa_service_app(service), *app = NULL;
    char blame[PROA_APP_BLAME_SIZE];
    struct proa_error err = { 0 };

    if (make_app(service, previous, &app, blame, &err) != PROA_OK)
        (void)tell_bad(service, blame, &err);
    proa_app_release(previous);
    return app;
}

static void on_reload(void *env, int fetched_fd)
{
    struct process *process = env;
    struct proa_service *service = &process->service;

    if (fetched_fd >= 0) {
        int previous_fd = atomic_exchange(&service->fetched_fd, fetched_fd);
        if (previous_fd >= 0)
            (void)close(previous_fd);
    }
    struct proa_error err = { 0 };
    struct proa_buffer line;
    enum proa_status status =
        proa_http_server_reload(service->workers[0].server, &err);

    proa_reload_request(service->reload);
    proa_buffer_init(&line, 2 * sizeof err.text);
    proa_log_lines("proa: ",
                   proa_http_text_of(status == PROA_OK
                                         ? "the certificate was read again"
                                         : err.text),
                   &line);
    if (service->options.tls_certificate_path != NULL)
        proa_log_write(&line);
    proa_buffer_deinit(&line);
}

/* So that the file may have been renamed. */
static void on_reopen(void *env)
{
    const struct process *process = env;
    const struct proa_service *service = &process->service;
    struct proa_error err = { 0 };
    struct proa_buffer line;

    if (service->usage == NULL ||
        proa_usage_log_reopen(service->usage, &err) == PROA_OK)
        return;
    proa_buffer_init(&line, 2 * sizeof err.text);
    proa_log_lines("proa: ", proa_http_text_of(err.text), &line);
    proa_log_write(&line);
    proa_buffer_deinit(&line);
}

/* Who watches shall see the server that takes over. */
static void on_yield(void *env)
{
    const struct process *process = env;

    proa_admin_leave(process->admin);
}

static void set_ms(uint32_t *ms, uint64_t ns)
{
    if (ns != 0)
        *ms = ns < NS_PER_MS ? 1 : (uint32_t)(ns / NS_PER_MS);
}

static void set_limits(const struct proa_serve_options *options,
                       struct proa_http_server_limits *limits)
{
    limits->request.body_bytes_max = options->body_bytes_max;
    limits->response_bytes_max = options->response_bytes_max;
    limits->connection_count_max = options->connection_count_max;
    set_ms(&limits->drain_ms_max, options->drain_ns);
    set_ms(&limits->head_ms_max, options->head_ns_max);
    set_ms(&limits->body_ms_max, options->body_ns_max);
    set_ms(&limits->write_ms_max, options->write_ns_max);
    set_ms(&limits->idle_ms_max, options->idle_ns_max);
    if (options->line_bytes_max != 0)
        limits->request.line_bytes_max = (uint32_t)options->line_bytes_max;
    if (options->head_bytes_max != 0)
        limits->request.head_bytes_max = (uint32_t)options->head_bytes_max;
}

static enum proa_status open_workers(struct proa_service *service,
                                     struct proa_error *err)
{
    const struct proa_serve_options *options = &service->options;
    struct proa_http_server_options server_options = {
        .address = options->address,
        .more_addresses = options->more_addresses,
        .more_address_count = options->more_address_count,
        .connection_count = &service->connection_count,
        .keeps_idle = &service->is_yielding,
        .reads_proxy_header = options->reads_proxy_header,
        .tls_certificate_path = options->tls_certificate_path,
        .tls_key_path = options->tls_key_path,
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT,
        .handle = proa_service_handle,
        .takes_pieces = true,
        .log = proa_service_log,
        .reload_fd = -1,
    };

    set_limits(options, &server_options.limits);
    service->workers = calloc(options->worker_count, sizeof *service->workers);
    if (service->workers == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the workers");
    for (uint32_t i = 0; i < options->worker_count; i++) {
        struct proa_worker *worker = &service->workers[i];
        worker->service = service;
        worker->index = i;
        service->worker_count++;
        enum proa_status status =
            proa_worker_init(worker, &server_options, err);
        if (status != PROA_OK)
            return status;
        server_options.twin = service->workers[0].server;
    }
    return PROA_OK;
}

static enum proa_status open_all(struct process *process,
                                 struct proa_error *err)
{
    struct proa_service *service = &process->service;
    const char *admin_address = service->options.admin_address;
    enum proa_status status = PROA_OK;

    if (service->options.usage_path != NULL)
        status = proa_usage_log_open(service->options.usage_path,
                                     service->options.usage_key_path,
                                     &service->usage, err);
    if (status == PROA_OK)
        status = open_workers(service, err);

    if (status == PROA_OK && admin_address != NULL)
        status =
            proa_admin_create(service, admin_address, &process->admin, err);
    /* All that listens does; no thread has begun, and no module was read. */
    if (status == PROA_OK)
        status = proa_confine_server(&service->options, &process->confined,
                                     process->blame, err);
    if (status == PROA_OK)
        status = make_app(service, NULL, &service->app, process->blame, err);
    if (status == PROA_OK)
        status = proa_reload_create(
            &(struct proa_reload_options){ .service = service,
                                           .make = make_next,
                                           .env = service,
                                           .watches =
                                               service->options.watches },
            &service->reload, err);
    if (status == PROA_OK && process->admin != NULL)
        status = proa_admin_start(process->admin, err);
    process->has_slices = status == PROA_OK;
    if (process->has_slices)
        proa_slice_start();
    return status;
}

static void close_all(struct process *process)
{
    struct proa_service *service = &process->service;

    atomic_store(&service->is_ready, false);
    proa_reload_destroy(service->reload);
    proa_admin_destroy(process->admin);
    /* The first one's keys are those of all. */
    for (uint32_t i = service->worker_count; i > 0; i--)
        proa_worker_deinit(&service->workers[i - 1]);
    free(service->workers);
    if (process->has_slices)
        proa_slice_stop();
}

static bool announce_confinement(const struct process *process)
{
    struct proa_buffer line;

    proa_buffer_init(&line, CONFINED_BYTES_MAX);
    proa_confined_write(&process->confined, &line);
    bool is_told =
        printf("%.*s\n", (int)line.size, (const char *)line.bytes) >= 0;
    proa_buffer_deinit(&line);
    return is_told;
}

/* A line for each address: "listening on http://127.0.0.1:8080". */
static bool announce(const struct process *process)
{
    const struct proa_service *service = &process->service;
    const char *scheme =
        service->options.tls_certificate_path != NULL ? "https://" : "http://";
    uint32_t count = proa_http_server_address_count(service->workers[0].server);

    for (uint32_t i = 0; i < count; i++) {
        const char *address =
            proa_http_server_address_at(service->workers[0].server, i);
        bool is_path = strncmp(address, "unix:", 5) == 0;
        if (printf("listening on %s%s\n", is_path ? "" : scheme, address) < 0)
            return false;
    }
    if (process->admin != NULL &&
        printf("admin on http://%s\n", proa_admin_address(process->admin)) < 0)
        return false;
    if (!announce_confinement(process))
        return false;
    return fflush(stdout) == 0;
}

static enum proa_status run_workers(struct process *process,
                                    struct proa_error *err)
{
    struct proa_service *service = &process->service;
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; i < service->worker_count && status == PROA_OK; i++)
        status = proa_worker_start(&service->workers[i], process->heed.ended_fd,
                                   err);
    if (status == PROA_OK)
        proa_heed_run(&process->heed);
    else
        proa_heed_stop(&process->heed);
    for (uint32_t i = 0; i < service->worker_count; i++) {
        struct proa_error own = { 0 };
        enum proa_status result = proa_worker_join(&service->workers[i], &own);
        if (result != PROA_OK && status == PROA_OK) {
            status = result;
            *err = own;
        }
    }
    return status;
}

static enum proa_status serve(struct process *process, struct proa_error *err)
{
    enum proa_status status = open_all(process, err);

    const struct proa_supervised *above = process->service.options.supervised;
    bool is_again = above != NULL && !above->is_first;

    /* Who comes from now on is taken, if a moment later. */
    atomic_store(&process->service.is_ready, status == PROA_OK);
    if (status == PROA_OK && (!is_again || above->is_successor) &&
        !announce(process) && !is_again)
        status =
            proa_fail(err, PROA_IO, 0, "standard output: %s", strerror(errno));
    if (status == PROA_OK && above != NULL)
        proa_supervised_ready(above);
    if (status == PROA_OK)
        status = run_workers(process, err);
    close_all(process);
    return status;
}

static enum proa_status serve_with_signals(struct process *process,
                                           struct proa_error *err)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction previous_pipe, previous_size;
    int *null_fd = &process->service.host.null_fd;
    enum proa_status status = proa_heed_open(&process->heed, err);

    *null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (status == PROA_OK && *null_fd < 0)
        status = proa_fail(err, PROA_IO, 0, "/dev/null: %s", strerror(errno));
    (void)sigaction(SIGPIPE, &ignore, &previous_pipe);
    /* A file that may grow no more is an error of who writes it. */
    (void)sigaction(SIGXFSZ, &ignore, &previous_size);
    if (status == PROA_OK)
        status = serve(process, err);
    (void)sigaction(SIGPIPE, &previous_pipe, NULL);
    (void)sigaction(SIGXFSZ, &previous_size, NULL);
    proa_heed_close(&process->heed);
    if (*null_fd >= 0)
        (void)close(*null_fd);
    return status;
}

enum proa_status proa_serve_run(struct proa_engine *engine,
                                const struct proa_serve_options *options,
                                char blame[PROA_SERVE_BLAME_SIZE],
                                struct proa_error *err)
{
    struct process process = {
        .service = { .options = *options,
                     .host = { .engine = engine,
                               .null_fd = -1,
                               .trap_missing = options->trap_missing },
                     .fetched_fd = -1 },
        .blame = blame,
    };
    struct proa_service *service = &process.service;
    enum proa_status status;

    blame[0] = '\0';
    process.heed = (struct proa_heed){ .service = service,
                                       .reload = on_reload,
                                       .reopen = on_reopen,
                                       .yield = on_yield,
                                       .env = &process };
    set_defaults(&service->options);
    status = check_options(&service->options, err);
    if (status != PROA_OK)
        return status;
    (void)pthread_mutex_init(&service->app_lock, NULL);
    proa_metrics_init(&service->metrics);
    service->metrics.tier_ups = options->tier_ups;
    proa_trace_source_init(&service->traces);
    service->none_stats = proa_metrics_stats(&service->metrics, "(none)");
    service->file_stats = proa_metrics_stats(&service->metrics, "(files)");
    service->total.memory_bytes_max = service->options.total_memory_bytes_max;
    service->limit = proa_limit_create(PROA_LIMIT_CLIENTS_DEFAULT);
    if (service->none_stats == NULL || service->file_stats == NULL ||
        service->limit == NULL)
        status = proa_fail(err, PROA_NOMEM, 0, "no memory for counters");
    if (status == PROA_OK)
        status = serve_with_signals(&process, err);
    proa_app_release(service->app);
    proa_limit_destroy(service->limit);
    proa_usage_log_close(service->usage);
    if (atomic_load(&service->fetched_fd) >= 0)
        (void)close(atomic_load(&service->fetched_fd));
    proa_metrics_deinit(&service->metrics);
    (void)pthread_mutex_destroy(&service->app_lock);
    return status;
}
