/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/guest.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "host/link.h"
#include "serve/cgi_env.h"
#include "serve/cgi_response.h"
#include "serve/guest_io.h"
#include "serve/init.h"
#include "serve/log.h"

enum {
    ENV_BYTES_MAX = 1 << 20,
    LOG_BYTES_MAX = 1 << 20,
    PAGE_BYTES = 64 * 1024,
    TRAP_EXIT_CODE = 134, /* proa run ends with it */
};

/* One run of the guest. What is not there yet is NULL. */
struct run {
    const struct proa_guest_host *host;
    const struct proa_guest_request *request; /* NULL for a check */
    const struct proa_function *function;
    struct proa_http_exchange *exchange; /* the request's */
    struct proa_arena *arena;
    struct proa_cgi_env env;
    struct proa_guest_io io;
    struct proa_slots_use use;
    struct proa_slots_entry *slot; /* in use until the run is closed */
    struct proa_store *store;      /* the slot's; a check owns it */
    struct proa_wasi *wasi;
    struct proa_wasi *first_wasi; /* before the slot's first use */
};

/* Its name, and what stands behind that in the configuration. */
static const char *const *make_args(const struct run *run)
{
    const struct proa_function_settings *settings = &run->function->settings;
    const char **args = proa_arena_array(
        run->arena, (size_t)settings->arg_count + 1, sizeof *args);

    if (args == NULL)
        return NULL;
    args[0] = settings->program_name;
    for (uint32_t i = 0; i < settings->arg_count; i++)
        args[i + 1] = settings->args[i];
    return args;
}

static enum proa_status make_wasi(struct run *run, struct proa_error *err)
{
    const struct proa_function_settings *options = &run->function->settings;
    const char *const *args =
        options->arg_count == 0 ? &options->program_name : make_args(run);

    if (args == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the arguments");
    struct proa_wasi_options wasi_options = {
        .args = args,
        .arg_count = options->arg_count + 1,
        .env = run->env.items,
        .env_count = run->env.count,
        .preopens = options->preopens,
        .preopen_count = options->preopen_count,
    };

    proa_guest_io_offer(&run->io, run->host->null_fd, false, &wasi_options);
    return proa_wasi_create(&wasi_options, &run->wasi, err);
}

static enum proa_status link_imports(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    struct run *run = env;
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT];
    enum proa_status status =
        proa_init_link(run->function, run->host->null_fd, &run->io, &run->use,
                       &run->first_wasi, err);

    if (status != PROA_OK)
        return status;
    proa_wasi_tables(run->first_wasi != NULL ? run->first_wasi : run->wasi,
                     tables);
    return proa_host_link(store, run->function->module, tables,
                          PROA_WASI_TABLE_COUNT, run->host->trap_missing,
                          imports, NULL, err);
}

static enum proa_status run_guest(struct run *run, struct proa_error *err)
{
    struct proa_instance *instance = NULL;
    const char *entry = proa_init_entry(run->function);
    struct proa_extern start;
    enum proa_status status = make_wasi(run, err);

    if (status != PROA_OK)
        return status;
    run->use = (struct proa_slots_use){
        .engine = run->host->engine,
        .function = run->function,
        .task = run->request->task,
        .link = link_imports,
        .link_env = run,
        .envs = { run->wasi },
    };
    status = proa_slots_begin(run->request->slots, &run->use, &run->slot,
                              &instance, err);
    if (run->slot != NULL)
        run->store = proa_slots_store(run->slot);
    if (status != PROA_OK)
        return status;
    atomic_fetch_add(&run->function->stats->instances, 1);
    /* proa_guest_check() saw it. */
    if (!proa_instance_export(instance, entry, &start))
        return proa_fail(err, PROA_USAGE, 0, "the module has no %.100s", entry);
    return proa_func_call(start.of.func, NULL, NULL, err);
}

/* --- the answer --------------------------------------------------------- */

static void log_failure(struct run *run, const char *text,
                        struct proa_buffer *log)
{
    const struct proa_http_request *request = run->exchange->request;
    char line[700];
    int size =
        snprintf(line, sizeof line, "%.*s %.*s: %s",
                 request->method.size < 20 ? (int)request->method.size : 20,
                 request->method.bytes,
                 request->path.size < 200 ? (int)request->path.size : 200,
                 request->path.bytes, text);

    if (size > 0)
        proa_log_lines("proa: ", proa_http_text_of(line), log);
}

void proa_guest_tell_use(const struct proa_store *store,
                         const struct proa_wasi *wasi, enum proa_status status,
                         const struct proa_error *err,
                         struct proa_guest_use *use)
{
    use->status = status;
    use->usage.fuel = proa_store_fuel_spent(store);
    use->usage.memory_bytes = proa_store_memory_bytes(store);
    proa_wasi_moved(wasi, &use->usage.bytes_in, &use->usage.bytes_out);
    if (status == PROA_EXIT)
        use->exit_code = (int)(proa_store_exit_code(store) & 0xff);
    if (status != PROA_TRAP)
        return;
    use->exit_code = TRAP_EXIT_CODE;
    (void)snprintf(use->trap, sizeof use->trap, "%.79s", err->text);
}

static void log_backtrace(struct run *run, struct proa_buffer *log)
{
    const char *frames = proa_store_backtrace(run->store);

    proa_log_lines("proa:     ", proa_http_text_of(frames), log);
}

/*
 * What the run came to, as a status: 0 when the guest ended well and its output
 * may be read.
 */
static uint16_t judge(struct run *run, enum proa_status status,
                      const struct proa_error *err, struct proa_buffer *log)
{
    char text[sizeof err->text + 40];
    uint16_t answer = 500;

    if (run->store != NULL)
        proa_guest_tell_use(run->store, run->wasi, status, err,
                            run->request->use);
    /* The client's fault, and it was ended for that. */
    if (run->exchange->refusal != 0)
        return run->exchange->refusal;
    if (status == PROA_OK ||
        (status == PROA_EXIT && proa_store_exit_code(run->store) == 0))
        return 0;
    if (run->request->task->is_late) {
        (void)snprintf(text, sizeof text, "the guest ran out of %s",
                       run->request->task->is_spent ? "processor time"
                                                    : "time");
        answer = 504;
        atomic_fetch_add(&run->function->stats->timeouts, 1);
    } else if (status == PROA_EXIT) {
        atomic_fetch_add(&run->function->stats->exits, 1);
        (void)snprintf(text, sizeof text, "the guest exited with code %u",
                       proa_store_exit_code(run->store));
    } else if (status == PROA_TRAP) {
        proa_stats_trap(run->function->stats, err->text);
        (void)snprintf(text, sizeof text, "the guest trapped: %s", err->text);
    } else {
        (void)snprintf(text, sizeof text, "the guest did not start: %s",
                       err->text);
        if (status == PROA_NOMEM)
            answer = 503;
    }
    log_failure(run, text, log);
    if (status == PROA_TRAP)
        log_backtrace(run, log);
    return answer;
}

static uint16_t answer_status(struct run *run, struct proa_buffer *log)
{
    const struct proa_function_settings *settings = &run->function->settings;
    const struct proa_cgi_source source = {
        .exchange = run->exchange,
        .match = run->request->match,
        .trace = run->request->trace,
        .operator_env = settings->env,
        .operator_env_count = settings->env_count,
    };
    struct proa_error err = { 0 };
    uint16_t answer;

    answer = proa_cgi_env_make(&source, run->arena, &run->env);
    if (answer != 0)
        return answer;
    enum proa_status status = run_guest(run, &err);
    proa_guest_io_log(&run->io, log);
    answer = judge(run, status, &err, log);
    if (answer != 0)
        return answer;
    err = (struct proa_error){ 0 };
    status = proa_guest_io_finish(&run->io, &err);
    if (status == PROA_OK)
        return 0;
    log_failure(run, err.text, log);
    return status == PROA_MALFORMED ? 502 : 500;
}

static void close_run(struct run *run)
{
    if (run->slot != NULL)
        proa_slots_end(run->request->slots, run->slot);
    else
        proa_store_destroy(run->store);
    proa_wasi_destroy(run->wasi);
    proa_wasi_destroy(run->first_wasi);
    proa_guest_io_deinit(&run->io);
    proa_arena_destroy(run->arena);
}

void proa_guest_answer(const struct proa_guest_host *host,
                       const struct proa_guest_request *request)
{
    struct proa_http_exchange *exchange = request->exchange;
    struct run run = {
        .host = host,
        .request = request,
        .function = request->function,
        .exchange = exchange,
    };
    struct proa_buffer log;
    uint16_t answer = 503;

    proa_buffer_init(&log, LOG_BYTES_MAX);
    proa_guest_io_init(&run.io);
    proa_guest_io_open(&run.io, exchange, request->task);
    run.io.body_bytes_max = run.function->settings.body_bytes_max;
    run.io.response_bytes_max = run.function->settings.response_bytes_max;
    run.arena = proa_arena_create(ENV_BYTES_MAX);
    if (run.arena != NULL)
        answer = answer_status(&run, &log);
    if (answer != 0 && exchange->is_begun)
        exchange->is_cut = true;
    else if (answer != 0)
        proa_http_response_error(&exchange->response, answer);
    close_run(&run);
    proa_log_write(&log);
    proa_buffer_deinit(&log);
}

/* --- before the first request ------------------------------------------- */

static enum proa_status check_exports(const struct proa_function *function,
                                      struct proa_error *err)
{
    uint64_t bytes_max = function->settings.memory_bytes_max;

    for (uint32_t i = 0; i < proa_module_export_count(function->module); i++) {
        struct proa_exporttype export = proa_module_export(function->module, i);
        if (export.kind == PROA_KIND_MEMORY &&
            export.type.memory.limits.min > bytes_max / PAGE_BYTES)
            return proa_fail(
                err, PROA_LIMIT, 0,
                "the module wants %llu pages of memory, more than %llu bytes",
                (unsigned long long)export.type.memory.limits.min,
                (unsigned long long)bytes_max);
    }
    return proa_init_check(function, err);
}

/* In a store of its own: without a request there is no worker's slot. */
static enum proa_status check_imports(struct run *run,
                                      struct proa_buffer *missing,
                                      struct proa_error *err)
{
    const struct proa_module *module = run->function->module;
    const struct proa_store_options options = {
        .memory_bytes_max = run->function->settings.memory_bytes_max,
    };
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT];
    enum proa_status status =
        proa_store_create(run->host->engine, &options, &run->store, err);

    if (status == PROA_OK)
        status = make_wasi(run, err);
    if (status != PROA_OK)
        return status;
    struct proa_extern *imports = proa_arena_array(
        run->arena, (size_t)proa_module_import_count(module) + 1,
        sizeof *imports);
    if (imports == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the imports");
    proa_wasi_tables(run->wasi, tables);
    return proa_host_link(run->store, module, tables, PROA_WASI_TABLE_COUNT,
                          run->host->trap_missing, imports, missing, err);
}

enum proa_status proa_guest_check(const struct proa_guest_host *host,
                                  const struct proa_function *function,
                                  struct proa_buffer *missing,
                                  struct proa_error *err)
{
    struct run run = { .host = host, .function = function };
    enum proa_status status = check_exports(function, err);

    if (status != PROA_OK)
        return status;
    proa_guest_io_init(&run.io);
    run.arena = proa_arena_create(ENV_BYTES_MAX);
    status = run.arena == NULL ? proa_fail(err, PROA_NOMEM, 0, "no memory")
                               : check_imports(&run, missing, err);
    close_run(&run);
    return status;
}
