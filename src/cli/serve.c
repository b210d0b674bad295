/*
 * proa serve: a program answers HTTP requests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/serve.h"

#include <signal.h>
#include <string.h>

#include "cli/load.h"
#include "cli/sandbox.h"

struct settings {
    struct proa_load_settings load;
    struct proa_sandbox_settings sandbox;
    const char *address;
    const char *argv0;
    uint32_t worker_count;
    uint32_t queue_max;
    uint32_t connections_max;
    uint64_t timeout_ns;
    uint64_t drain_ns;
    uint64_t body_max;
    uint64_t response_max;
    uint64_t memory_max;
    bool allow_missing;
    bool is_quiet;
};

static const struct proa_option options[] = {
    { "addr", 0, PROA_OPTION_TEXT, "HOST:PORT",
      offsetof(struct settings, address),
      "Where to listen; 127.0.0.1:8080 unless given. Port 0 takes a free one.",
      NULL },
    PROA_SANDBOX_OPTIONS(struct settings),
    { "argv0", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, argv0),
      "What the program sees as its own name.", NULL },
    { "workers", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, worker_count),
      "How many requests are worked on at once; two a core unless given.",
      NULL },
    { "max-queue", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, queue_max),
      "How many requests may wait for a worker, 256 unless given; more are "
      "answered 503.",
      NULL },
    { "max-connections", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, connections_max),
      "How many connections may be open; 1000 unless given.", NULL },
    { "timeout", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, timeout_ns),
      "The most that a request may take, waiting included; 30s unless given.",
      NULL },
    { "drain", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, drain_ns),
      "How long requests may still take after SIGTERM; 30s unless given.",
      NULL },
    { "max-body", 0, PROA_OPTION_BYTES, "BYTES",
      offsetof(struct settings, body_max),
      "The largest body of a request; 8M unless given.", NULL },
    { "max-response", 0, PROA_OPTION_BYTES, "BYTES",
      offsetof(struct settings, response_max),
      "The largest response; 32M unless given.", NULL },
    { "max-memory", 0, PROA_OPTION_BYTES, "BYTES",
      offsetof(struct settings, memory_max),
      "The most that all memories of one instance may hold; 512M unless given.",
      NULL },
    { "allow-missing-imports", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, allow_missing),
      "Functions that the program imports and proa does not have trap when "
      "they are called.",
      NULL },
    { "quiet", 0, PROA_OPTION_FLAG, NULL, offsetof(struct settings, is_quiet),
      "No line in the log for each request.", NULL },
    { "allow-precompiled", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.allow_precompiled),
      "Serve FILE also when it is compiled code under another name than .proa. "
      "Such code runs unchecked: only for what proa compile made.",
      NULL },
    { "no-cache", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.no_cache),
      "Compile even if it was compiled before, and keep nothing.", NULL },
    PROA_LOAD_OPTIONS(struct settings),
};

static enum proa_status serve(const struct settings *settings,
                              struct proa_engine *engine,
                              struct proa_module *module,
                              struct proa_error *err)
{
    struct proa_sandbox sandbox;
    enum proa_status status;

    status = proa_sandbox_init(&settings->sandbox, &sandbox, err);
    if (status != PROA_OK)
        return status;
    const struct proa_serve_options serve_options = {
        .address = settings->address,
        .worker_count = settings->worker_count,
        .queue_count_max = settings->queue_max,
        .connection_count_max = settings->connections_max,
        .timeout_ns = settings->timeout_ns,
        .drain_ns = settings->drain_ns,
        .body_bytes_max = settings->body_max,
        .response_bytes_max = settings->response_max,
        .memory_bytes_max = settings->memory_max,
        .preopens = sandbox.preopens,
        .preopen_count = sandbox.preopen_count,
        .env = (const char *const *)sandbox.env,
        .env_count = sandbox.env_count,
        .program_name = settings->argv0,
        .trap_missing = settings->allow_missing,
        .is_quiet = settings->is_quiet,
    };
    status = proa_serve_run(engine, module, &serve_options, err);
    proa_sandbox_deinit(&sandbox);
    return status;
}

static int serve_command(const void *data, const struct proa_operands *operands)
{
    const struct settings *settings = data;
    const char *file = operands->items[0];
    struct proa_input input = { .fd = -1 };
    struct proa_engine *engine = NULL;
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };
    enum proa_status status;

    (void)signal(SIGPIPE, SIG_IGN);
    status = proa_input_read(file, &input, &err);
    if (status == PROA_OK)
        status = proa_engine_create(&engine, &err);
    if (status == PROA_OK)
        status =
            proa_load_module(&input, &settings->load, engine, &module, &err);
    proa_input_deinit(&input);
    if (status == PROA_OK)
        status = serve(settings, engine, module, &err);
    proa_module_release(module);
    proa_engine_destroy(engine);
    return status == PROA_OK ? PROA_CLI_OK : proa_cli_fail(file, &err);
}

const struct proa_command proa_command_serve = {
    .name = "serve",
    .operands = "FILE|-",
    .summary = "Answer HTTP requests with a program.",
    .text =
        "Listen for HTTP requests and start the program afresh for each, in "
        "the CGI convention: the request is told in its environment, the body "
        "is its standard input, and what it prints is the response: fields "
        "such as Content-Type, an empty line, the body.\n\n"
        "SIGTERM or SIGINT ends it after the requests that are under way; a "
        "second one at once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = 1,
    .run = serve_command,
};
