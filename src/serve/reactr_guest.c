/*
 * One request, one instance of a Reactr module.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/log.h"
#include "serve/memfile.h"
#include "serve/reactr.h"

enum {
    STDERR_BYTES_MAX = 64 * 1024,
    LOG_BYTES_MAX = 1 << 20,
    TABLE_COUNT = PROA_WASI_TABLE_COUNT + 1,
};

/* One run of the guest. What is not there yet is NULL or -1. */
struct run {
    const struct proa_guest_host *host;
    const struct proa_function *function;
    struct proa_reactr reactr;
    struct proa_store *store;
    struct proa_wasi *wasi;
    struct proa_extern *imports;
    int stderr_fd; /* what it prints, on both streams */
};

static enum proa_status link_imports(struct run *run,
                                     struct proa_buffer *missing,
                                     struct proa_error *err)
{
    const struct proa_function_settings *settings = &run->function->settings;
    const struct proa_module *module = run->function->module;
    const struct proa_store_options store_options = {
        .memory_bytes_max = settings->memory_bytes_max,
    };
    const struct proa_wasi_options wasi_options = {
        .args = &settings->program_name,
        .arg_count = 1,
        .env = settings->env,
        .env_count = settings->env_count,
        .preopens = settings->preopens,
        .preopen_count = settings->preopen_count,
        .stdin_fd = run->host->null_fd,
        .stdout_fd = run->stderr_fd,
        .stderr_fd = run->stderr_fd,
    };
    struct proa_host_table tables[TABLE_COUNT];
    enum proa_status status =
        proa_store_create(run->host->engine, &store_options, &run->store, err);

    if (status == PROA_OK)
        status = proa_wasi_create(&wasi_options, &run->wasi, err);
    if (status != PROA_OK)
        return status;
    run->imports = calloc((size_t)proa_module_import_count(module) + 1,
                          sizeof *run->imports);
    if (run->imports == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the imports");
    proa_wasi_tables(run->wasi, tables);
    tables[PROA_WASI_TABLE_COUNT] = proa_reactr_table(&run->reactr);
    return proa_host_link(run->store, module, tables, TABLE_COUNT,
                          run->host->trap_missing, run->imports, missing, err);
}

static void open_run(struct run *run, const struct proa_guest_host *host,
                     const struct proa_function *function)
{
    *run = (struct run){ .host = host, .function = function, .stderr_fd = -1 };
    proa_reactr_init(&run->reactr, function->settings.response_bytes_max);
}

static void close_run(struct run *run)
{
    proa_store_destroy(run->store);
    proa_wasi_destroy(run->wasi);
    free(run->imports);
    if (run->stderr_fd >= 0)
        (void)close(run->stderr_fd);
    proa_reactr_deinit(&run->reactr);
}

static enum proa_status call(struct run *run, struct proa_error *err)
{
    struct proa_module *module = run->function->module;
    struct proa_instance *instance = NULL;
    enum proa_status status =
        proa_instance_create(run->store, module, run->imports,
                             proa_module_import_count(module), &instance, err);

    if (status != PROA_OK)
        return status;
    atomic_fetch_add(&run->function->stats->instances, 1);
    return proa_reactr_call(&run->reactr, run->store, instance, err);
}

static void log_output(struct run *run, struct proa_buffer *log)
{
    uint64_t all = run->stderr_fd < 0 ? 0 : proa_memfile_size(run->stderr_fd);
    size_t size = all < STDERR_BYTES_MAX ? (size_t)all : STDERR_BYTES_MAX;
    struct proa_error err = { 0 };
    char *text = size == 0 ? NULL : malloc(size);

    if (text != NULL &&
        proa_memfile_read(run->stderr_fd, 0, text, size, &err) == PROA_OK)
        proa_log_lines("guest: ", (struct proa_http_text){ text, size }, log);
    free(text);
}

/* What the run came to, as a status: 0 when its answer stands. */
static uint16_t judge(struct run *run, enum proa_status status, bool is_late,
                      const char *text, struct proa_buffer *log)
{
    struct proa_stats *stats = run->function->stats;
    const char *why = "the guest failed";
    uint16_t answer = 500;
    char line[700];

    if (status == PROA_OK)
        return 0;
    if (is_late) {
        why = "the guest ran out of time";
        atomic_fetch_add(&stats->timeouts, 1);
        answer = 504;
    } else if (status == PROA_TRAP) {
        why = "the guest trapped";
        proa_stats_trap(stats, text);
    } else if (status == PROA_EXIT) {
        why = "the guest ended";
        atomic_fetch_add(&stats->exits, 1);
    } else if (status == PROA_NOMEM) {
        answer = 503;
    } else if (status == PROA_MALFORMED) {
        answer = 502;
    }
    (void)snprintf(line, sizeof line, "%.200s: %s: %s",
                   run->function->settings.name, why, text);
    proa_log_lines("proa: ", proa_http_text_of(line), log);
    if (status == PROA_TRAP)
        proa_log_lines(
            "proa:     ", proa_http_text_of(proa_store_backtrace(run->store)),
            log);
    return answer;
}

static uint16_t answer_status(struct run *run,
                              const struct proa_guest_request *request,
                              struct proa_buffer *log)
{
    struct proa_watchdog *watchdog = run->host->watchdog;
    uint64_t deadline_ns =
        request->exchange->start_ns + run->function->settings.timeout_ns;
    struct proa_error err = { 0 };
    bool is_late = false;
    enum proa_status status =
        proa_memfile_output(STDERR_BYTES_MAX, &run->stderr_fd, &err);

    if (status == PROA_OK)
        status = link_imports(run, NULL, &err);
    if (status == PROA_OK) {
        proa_watchdog_begin(watchdog, request->slot_index, run->store,
                            deadline_ns);
        status = call(run, &err);
        is_late = proa_watchdog_end(watchdog, request->slot_index);
    }
    log_output(run, log);
    if (status == PROA_OK)
        status = proa_reactr_finish(&run->reactr, &err);
    return judge(run, status, is_late, err.text, log);
}

void proa_reactr_answer(const struct proa_guest_host *host,
                        const struct proa_guest_request *request)
{
    struct proa_buffer log;
    struct run run;

    proa_buffer_init(&log, LOG_BYTES_MAX);
    open_run(&run, host, request->function);
    run.reactr.exchange = request->exchange;
    run.reactr.match = request->match;
    run.reactr.trace = request->trace;
    run.reactr.log = &log;
    uint16_t answer = answer_status(&run, request, &log);
    if (answer != 0)
        proa_http_response_error(&request->exchange->response, answer);
    close_run(&run);
    proa_log_write(&log);
    proa_buffer_deinit(&log);
}

enum proa_status proa_reactr_guest_check(const struct proa_guest_host *host,
                                         const struct proa_function *function,
                                         struct proa_buffer *missing,
                                         struct proa_error *err)
{
    enum proa_status status = proa_reactr_check(function->module, err);
    struct run run;

    if (status != PROA_OK)
        return status;
    open_run(&run, host, function);
    status = link_imports(&run, missing, err);
    close_run(&run);
    return status;
}
