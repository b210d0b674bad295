/*
 * One benchmark of Sightglass: a WASI command that also imports bench.start
 * and bench.end and is timed between them.
 * https://github.com/bytecodealliance/sightglass
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../file.h"
#include "host/link.h"
#include "proa/compile.h"
#include "proa/store.h"
#include "wasi/wasi.h"

enum { IMPORTS_MAX = 256 };

static const char usage[] =
    "usage: sightglass-run [--time] [-O LEVEL] FILE\n"
    "Runs in the current folder, which is the guest's folder too. --time\n"
    "prints the nanoseconds between bench.start and bench.end to stderr.\n";

struct bench {
    struct timespec start;
    struct timespec end;
};

struct arguments {
    const char *file;
    int opt_level; /* as in struct proa_compile_options */
    bool is_timed;
};

static void bench_start(struct proa_call *call)
{
    struct bench *bench = proa_call_env(call);

    clock_gettime(CLOCK_MONOTONIC, &bench->start);
}

static void bench_end(struct proa_call *call)
{
    struct bench *bench = proa_call_env(call);

    clock_gettime(CLOCK_MONOTONIC, &bench->end);
}

static const struct proa_host_row bench_rows[] = {
    { "bench", "start", ":", (proa_host_fn)bench_start },
    { "bench", "end", ":", (proa_host_fn)bench_end },
};

static long long bench_ns(const struct bench *bench)
{
    return (long long)(bench->end.tv_sec - bench->start.tv_sec) * 1000000000 +
           (bench->end.tv_nsec - bench->start.tv_nsec);
}

static enum proa_status run_start(struct proa_store *store,
                                  struct proa_module *module,
                                  struct proa_wasi *wasi, struct bench *bench,
                                  struct proa_error *err)
{
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT + 1];
    struct proa_extern imports[IMPORTS_MAX];
    struct proa_instance *instance;
    struct proa_extern start;
    enum proa_status status;

    if (proa_module_import_count(module) > IMPORTS_MAX)
        return PROA_LIMIT;
    proa_wasi_tables(wasi, tables);
    tables[PROA_WASI_TABLE_COUNT] = (struct proa_host_table){
        .rows = bench_rows,
        .row_count = sizeof bench_rows / sizeof bench_rows[0],
        .env = bench,
    };
    status = proa_host_link(store, module, tables, PROA_WASI_TABLE_COUNT + 1,
                            false, imports, NULL, err);
    if (status == PROA_OK)
        status = proa_instance_create(store, module, imports,
                                      proa_module_import_count(module),
                                      &instance, err);
    if (status != PROA_OK)
        return status;
    if (!proa_instance_export(instance, "_start", &start) ||
        start.kind != PROA_KIND_FUNC)
        return PROA_USAGE;
    return proa_func_call(start.of.func, NULL, NULL, err);
}

static enum proa_status run_module(struct proa_engine *engine,
                                   struct proa_module *module,
                                   const struct arguments *arguments,
                                   struct proa_error *err)
{
    const struct proa_wasi_preopen preopen = { .host_path = ".",
                                               .guest_path = "." };
    const struct proa_wasi_options options = {
        .args = &arguments->file,
        .arg_count = 1,
        .preopens = &preopen,
        .preopen_count = 1,
        .stdin_fd = STDIN_FILENO,
        .stdout_fd = STDOUT_FILENO,
        .stderr_fd = STDERR_FILENO,
    };
    struct bench bench = { 0 };
    struct proa_store *store = NULL;
    struct proa_wasi *wasi = NULL;
    enum proa_status status;

    status = proa_wasi_create(&options, &wasi, err);
    if (status == PROA_OK)
        status = proa_store_create(engine, NULL, &store, err);
    if (status == PROA_OK)
        status = run_start(store, module, wasi, &bench, err);
    if (status == PROA_EXIT && proa_store_exit_code(store) == 0)
        status = PROA_OK;
    if (status == PROA_OK && arguments->is_timed)
        fprintf(stderr, "%lld\n", bench_ns(&bench));
    proa_store_destroy(store);
    proa_wasi_destroy(wasi);
    return status;
}

static enum proa_status run(const struct arguments *arguments,
                            struct proa_error *err)
{
    struct proa_compile_options options = { .opt_level = arguments->opt_level };
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    enum proa_status status;
    size_t size = 0;
    uint8_t *bytes = file_read(arguments->file, &size);

    if (bytes == NULL)
        return PROA_IO;
    status = proa_engine_create(&engine, err);
    if (status == PROA_OK)
        status =
            proa_module_compile(engine, bytes, size, &options, &module, err);
    free(bytes);
    if (status == PROA_OK)
        status = run_module(engine, module, arguments, err);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return status;
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--time") == 0)
            arguments->is_timed = true;
        else if (strcmp(argv[i], "-O") == 0 && i + 1 < argc)
            arguments->opt_level = atoi(argv[++i]) + 1;
        else
            return false;
    }
    arguments->file = i + 1 == argc ? argv[i] : NULL;
    return arguments->file != NULL;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    struct proa_error err = { 0 };
    enum proa_status status;

    if (!read_arguments(argc, argv, &arguments)) {
        fputs(usage, stderr);
        return 2;
    }
    status = run(&arguments, &err);
    if (status != PROA_OK)
        fprintf(stderr, "sightglass-run: %s: %s: %s\n", arguments.file,
                proa_status_name(status), err.text);
    return status == PROA_OK ? 0 : 1;
}
