/*
 * One request, one instance of a Reactr module.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "host/link.h"
#include "serve/guest_io.h"
#include "serve/init.h"
#include "serve/log.h"
#include "serve/reactr.h"

enum {
    LOG_BYTES_MAX = 1 << 20,
    TABLE_COUNT = PROA_WASI_TABLE_COUNT + 1,
};

/* One run of the guest. What is not there yet is NULL. */
struct run {
    const struct proa_guest_host *host;
    const struct proa_guest_request *request; /* NULL for a check */
    const struct proa_function *function;
    struct proa_reactr reactr;
    struct proa_guest_io io; /* what it prints, on both streams, is logged */
    struct proa_slots_use use;
    struct proa_slots_entry *slot; /* in use until the run is closed */
    struct proa_store *store;      /* the slot's; a check owns it */
    struct proa_wasi *wasi;
    struct proa_wasi *first_wasi; /* before the slot's first use */
};

static enum proa_status make_wasi(struct run *run, struct proa_error *err)
{
    const struct proa_function_settings *settings = &run->function->settings;
    struct proa_wasi_options options = {
        .args = &settings->program_name,
        .arg_count = 1,
        .env = settings->env,
        .env_count = settings->env_count,
        .preopens = settings->preopens,
        .preopen_count = settings->preopen_count,
    };

    proa_guest_io_offer(&run->io, run->host->null_fd, true, &options);
    return proa_wasi_create(&options, &run->wasi, err);
}

static enum proa_status link_all(struct run *run, struct proa_store *store,
                                 struct proa_extern *imports,
                                 struct proa_buffer *missing,
                                 struct proa_error *err)
{
    struct proa_host_table tables[TABLE_COUNT];

    proa_wasi_tables(run->first_wasi != NULL ? run->first_wasi : run->wasi,
                     tables);
    tables[PROA_WASI_TABLE_COUNT] = proa_reactr_table(&run->reactr);
    return proa_host_link(store, run->function->module, tables, TABLE_COUNT,
                          run->host->trap_missing, imports, missing, err);
}

static enum proa_status link_imports(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    struct run *run = env;
    enum proa_status status =
        proa_init_link(run->function, run->host->null_fd, &run->io, &run->use,
                       &run->first_wasi, err);

    if (status != PROA_OK)
        return status;
    return link_all(run, store, imports, NULL, err);
}

static void open_run(struct run *run, const struct proa_guest_host *host,
                     const struct proa_function *function)
{
    *run = (struct run){ .host = host, .function = function };
    proa_reactr_init(&run->reactr, function->settings.response_bytes_max);
    proa_guest_io_init(&run->io);
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
    proa_reactr_deinit(&run->reactr);
}

static enum proa_status call(struct run *run, struct proa_error *err)
{
    struct proa_instance *instance = NULL;
    enum proa_status status = make_wasi(run, err);

    if (status != PROA_OK)
        return status;
    run->use = (struct proa_slots_use){
        .engine = run->host->engine,
        .function = run->function,
        .task = run->request->task,
        .link = link_imports,
        .link_env = run,
        .envs = { run->wasi, &run->reactr },
    };
    status = proa_slots_begin(run->request->slots, &run->use, &run->slot,
                              &instance, err);
    if (run->slot != NULL)
        run->store = proa_slots_store(run->slot);
    if (status != PROA_OK)
        return status;
    atomic_fetch_add(&run->function->stats->instances, 1);
    run->reactr.is_started = run->function->init != NULL;
    return proa_reactr_call(&run->reactr, run->store, instance, err);
}

/* What the run came to, as a status: 0 when its answer stands. */
static uint16_t judge(struct run *run, enum proa_status status,
                      const char *text, struct proa_buffer *log)
{
    struct proa_stats *stats = run->function->stats;
    const char *why = "the guest failed";
    uint16_t answer = 500;
    char line[700];

    if (status == PROA_OK)
        return 0;
    if (run->request->task->is_late) {
        why = run->request->task->is_spent
                  ? "the guest ran out of processor time"
                  : "the guest ran out of time";
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

/* Bodies are handed over, not read and written. */
static void tell_use(struct run *run, enum proa_status status,
                     const struct proa_error *err)
{
    const struct proa_http_exchange *exchange = run->request->exchange;
    struct proa_guest_use *use = run->request->use;

    proa_guest_tell_use(run->store, run->wasi, status, err, use);
    use->usage.bytes_in += exchange->request->body.size;
    use->usage.bytes_out += exchange->response.body.size;
}

static uint16_t answer_status(struct run *run, struct proa_buffer *log)
{
    struct proa_error err = { 0 };
    uint16_t refusal =
        proa_guest_io_read_body(run->request->exchange, run->request->task,
                                run->function->settings.body_bytes_max);

    if (refusal != 0)
        return refusal;
    enum proa_status status = call(run, &err);
    proa_guest_io_log(&run->io, log);
    if (run->store != NULL)
        tell_use(run, status, &err);
    if (status == PROA_OK)
        status = proa_reactr_finish(&run->reactr, &err);
    return judge(run, status, err.text, log);
}

void proa_reactr_answer(const struct proa_guest_host *host,
                        const struct proa_guest_request *request)
{
    struct proa_buffer log;
    struct run run;

    proa_buffer_init(&log, LOG_BYTES_MAX);
    open_run(&run, host, request->function);
    run.request = request;
    run.reactr.exchange = request->exchange;
    run.reactr.match = request->match;
    run.reactr.trace = request->trace;
    run.reactr.log = &log;
    uint16_t answer = answer_status(&run, &log);
    if (answer != 0)
        proa_http_response_error(&request->exchange->response, answer);
    close_run(&run);
    proa_log_write(&log);
    proa_buffer_deinit(&log);
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
    struct proa_extern *imports =
        calloc((size_t)proa_module_import_count(module) + 1, sizeof *imports);
    enum proa_status status =
        imports == NULL
            ? proa_fail(err, PROA_NOMEM, 0, "no memory for the imports")
            : proa_store_create(run->host->engine, &options, &run->store, err);

    if (status == PROA_OK)
        status = make_wasi(run, err);
    if (status == PROA_OK)
        status = link_all(run, run->store, imports, missing, err);
    free(imports);
    return status;
}

enum proa_status proa_reactr_guest_check(const struct proa_guest_host *host,
                                         const struct proa_function *function,
                                         struct proa_buffer *missing,
                                         struct proa_error *err)
{
    enum proa_status status = proa_reactr_check(function->module, err);
    struct run run;

    if (status == PROA_OK)
        status = proa_init_check(function, err);
    if (status != PROA_OK)
        return status;
    open_run(&run, host, function);
    status = check_imports(&run, missing, err);
    close_run(&run);
    return status;
}
