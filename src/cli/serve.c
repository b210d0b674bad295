/*
 * proa serve: a program answers HTTP requests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/serve.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "cli/config.h"
#include "cli/fetch.h"
#include "cli/kept.h"
#include "cli/load.h"
#include "cli/sandbox.h"
#include "serve/log.h"
#include "serve/supervise.h"

struct settings {
    struct proa_load_settings load;
    struct proa_tier_queue *tier_ups; /* NULL: nothing is served yet */
    struct proa_sandbox_settings sandbox;
    const char *config;
    struct proa_list addresses;
    bool proxy_protocol;
    const char *tls_cert;
    const char *tls_key;
    const char *argv0;
    const char *abi;
    const char *init;
    const char *entry;
    const char *admin;
    const char *log_format;
    bool watches;
    struct proa_list routes;
    uint32_t worker_count;
    uint32_t running_max;
    uint32_t queue_max;
    uint32_t connections_max;
    uint64_t timeout_ns;
    uint64_t drain_ns;
    uint64_t drain_delay_ns;
    bool no_supervise;
    uint64_t body_max;
    uint64_t response_max;
    uint64_t memory_max;
    bool allow_missing;
    bool is_quiet;
    struct proa_list reload_from;
    const char *user;
    bool no_sandbox;
    uint64_t cpu_ns;
    uint64_t fuel;
    const char *usage;
    const char *usage_key;
    struct proa_kept kept;
    const char *path; /* the operand; NULL: none */
    const struct proa_sandbox *made;
    struct proa_cli_config first;
    struct proa_cli_config fresh; /* read again, in a process beside or later */
};

static const struct proa_option options[] = {
    { "config", 0, PROA_OPTION_FILE, "FILE", offsetof(struct settings, config),
      "Serve what this file says, in YAML; options stand before what it says "
      "for all functions. A FILE that ends in .yaml, or a FOLDER with a "
      "proa.yaml in it, is taken for one by itself.",
      NULL },
    { "addr", 0, PROA_OPTION_LIST, "HOST:PORT",
      offsetof(struct settings, addresses),
      "Where to listen; 127.0.0.1:8080 unless given. Port 0 takes a free one. "
      "Or unix:/PATH, or systemd for the sockets that it passes. May be given "
      "again.",
      NULL },
    { "proxy-protocol", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, proxy_protocol),
      "Every connection starts with a header of the PROXY protocol, which "
      "tells "
      "the client's address: only behind a proxy that sends it.",
      NULL },
    { "tls-cert", 0, PROA_OPTION_TEXT, "FILE",
      offsetof(struct settings, tls_cert),
      "Serve under TLS with the certificate, and its chain, in this PEM file.",
      NULL },
    { "tls-key", 0, PROA_OPTION_TEXT, "FILE",
      offsetof(struct settings, tls_key),
      "The certificate's key, as PEM; without this it is in the same file.",
      NULL },
    { "route", 0, PROA_OPTION_LIST, "ROUTE=FILE",
      offsetof(struct settings, routes),
      "Answer this path and all below it with the program in FILE; the longest "
      "route wins. May be given again.",
      NULL },
    { "abi", 0, PROA_OPTION_TEXT, "ABI", offsetof(struct settings, abi),
      "How programs are spoken to: wasi, a command in the CGI convention, or "
      "reactr, the run_e functions of Sat; seen from each program unless "
      "given.",
      "wasi reactr" },
    { "init", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, init),
      "Call this function of the program once, without a request; every "
      "request begins with what that left. _initialize, of a program that is "
      "no command, unless given; none for none.",
      NULL },
    { "entry", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, entry),
      "Call this function of the program for each request; _start unless "
      "given.",
      NULL },
    PROA_SANDBOX_OPTIONS(struct settings),
    { "argv0", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, argv0),
      "What the program sees as its own name.", NULL },
    { "workers", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, worker_count),
      "How many threads read, run and answer requests; one a core unless "
      "given.",
      NULL },
    { "max-running", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, running_max),
      "How many requests of one function may run at once, waiting ones "
      "included; as many as there are connections unless given.",
      NULL },
    { "max-queue", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, queue_max),
      "With --max-running: how many more may wait for their turn, 256 unless "
      "given; the rest is answered 503.",
      NULL },
    { "max-connections", 0, PROA_OPTION_COUNT, "COUNT",
      offsetof(struct settings, connections_max),
      "How many connections may be open; 1000 unless given.", NULL },
    { "timeout", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, timeout_ns),
      "The most that a request may take, waiting included; 30s unless given.",
      NULL },
    { "cpu-timeout", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, cpu_ns),
      "The most that a request may have a processor; what it waits does not "
      "count.",
      NULL },
    { "fuel", 0, PROA_OPTION_AMOUNT, "COUNT", offsetof(struct settings, fuel),
      "The most that a request may spend: an instruction costs 1, a byte or "
      "element of a bulk operation 1 more. The count is the same on every "
      "machine.",
      NULL },
    { "usage", 0, PROA_OPTION_FILE, "FILE", offsetof(struct settings, usage),
      "Add a record of what each request used to this file, a JSON object a "
      "line: time, memory, bytes read and written, and fuel with --fuel. - is "
      "the log.",
      NULL },
    { "usage-key", 0, PROA_OPTION_FILE, "KEY",
      offsetof(struct settings, usage_key),
      "Sign each record with this private Ed25519 key (PEM): its last member "
      "is the signature of the line without it.",
      NULL },
    { "drain", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, drain_ns),
      "How long requests may still take after SIGTERM; 30s unless given.",
      NULL },
    { "drain-delay", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, drain_delay_ns),
      "How long connections are still taken after SIGTERM, while /readyz says "
      "503 already; not at all unless given.",
      NULL },
    { "no-supervise", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, no_supervise),
      "Serve in this process. Otherwise it holds the sockets, and one below it "
      "serves, which is started again when it is killed.",
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
    { "admin", 0, PROA_OPTION_TEXT, "HOST:PORT",
      offsetof(struct settings, admin),
      "Listen here too, for /metrics (Prometheus), /healthz and /readyz; keep "
      "it from the public.",
      NULL },
    { "log-format", 0, PROA_OPTION_TEXT, "FORMAT",
      offsetof(struct settings, log_format),
      "How a request is told in the log: common (the default) or json.",
      "common json" },
    { "watch", 0, PROA_OPTION_FLAG, NULL, offsetof(struct settings, watches),
      "Take a new version of a program, as SIGHUP does, when its file or the "
      "folder changes. One that is bad is told in the log, and the one before "
      "stays.",
      NULL },
    { "reload-from", 0, PROA_OPTION_LIST, "FOLDER",
      offsetof(struct settings, reload_from),
      "A folder that modules of later versions may lie in, besides those that "
      "the server is confined to from the start. May be given again.",
      NULL },
    { "user", 0, PROA_OPTION_TEXT, "USER", offsetof(struct settings, user),
      "Become this user, a name, UID or UID:GID, once the addresses are open: "
      "for a server that root starts.",
      NULL },
    { "no-sandbox", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, no_sandbox),
      "Do not confine the server to its files and system calls: to find out "
      "whether that is what goes wrong.",
      NULL },
    { "quiet", 0, PROA_OPTION_FLAG, NULL, offsetof(struct settings, is_quiet),
      "No line in the log for each request.", NULL },
    { "allow-precompiled", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.allow_precompiled),
      "Serve FILE also when it is compiled code under another name than .proa. "
      "Such code runs unchecked: only for what proa compile made.",
      NULL },
    PROA_LOAD_NO_CACHE_OPTION(struct settings),
    PROA_LOAD_TIER_OPTION(
        struct settings,
        "Which code to serve with: baseline, made in milliseconds; optimized, "
        "made by LLVM; or auto (the default): optimized if it is in the cache, "
        "else baseline at once, and optimized code takes over as soon as it is "
        "made, one module after the other."),
    PROA_LOAD_OPTIONS(struct settings),
};

static enum proa_status prepare(void *env, const char *path,
                                struct proa_error *err)
{
    struct settings *settings = env;

    return proa_kept_add(&settings->kept, path, err);
}

static enum proa_status fetch(void *env, const struct proa_plan *plan,
                              pid_t server, int fd, struct proa_error *err)
{
    const struct settings *settings = env;
    const char **names = calloc((size_t)plan->count + 1, sizeof *names);
    uint32_t count = 0;

    if (names == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    for (uint32_t i = 0; i < plan->count; i++)
        if (proa_fetch_is_url(plan->items[i].path))
            names[count++] = plan->items[i].path;
    enum proa_status status =
        proa_kept_fetch(&settings->kept, names, count, server, fd, err);
    free((void *)names);
    return status;
}

static enum proa_status take(void *env, int fd, struct proa_error *err)
{
    struct settings *settings = env;

    return proa_kept_take(&settings->kept, fd, err);
}

static enum proa_status load(void *env, struct proa_engine *engine,
                             const char *path, bool counts_fuel,
                             struct proa_module **module,
                             struct proa_error *err)
{
    const struct settings *settings = env;
    struct proa_load_settings own = settings->load;
    const struct proa_kept_item *kept = proa_kept_find(&settings->kept, path);

    own.counts_fuel = counts_fuel;
    if (kept != NULL && kept->failure != NULL)
        return proa_fail(err, PROA_USAGE, 0, "%s", kept->failure);
    if (kept != NULL)
        return proa_load_and_queue(&kept->input, &own, engine,
                                   settings->tier_ups, module, err);
    if (!proa_plan_is_file(path))
        return proa_fail(err, PROA_USAGE, 0,
                         "it is fetched when the server starts, and at SIGHUP "
                         "if that is supervised");
    return proa_load_named(path, &own, engine, settings->tier_ups, module, err);
}

/* A line in the log. */
static void tier_up_end(void *env, const struct proa_tier_end *end)
{
    char text[sizeof end->err->text + 600];
    struct proa_buffer line;

    (void)env;
    if (end->function_count != 0)
        (void)snprintf(text, sizeof text,
                       "%.500s: optimized code of %u hot functions after %.3f "
                       "s",
                       end->name, end->function_count, (double)end->ns / 1e9);
    else if (end->status == PROA_OK)
        (void)snprintf(text, sizeof text, "%.500s: optimized code after %.3f s",
                       end->name, (double)end->ns / 1e9);
    else
        (void)snprintf(text, sizeof text, "%.500s: stays on baseline code: %s",
                       end->name, end->err->text);
    proa_buffer_init(&line, 4 * sizeof text);
    proa_log_lines("proa: ", proa_http_text_of(text), &line);
    proa_log_write(&line);
    proa_buffer_deinit(&line);
}

static bool read_abi(const char *word, enum proa_abi *abi)
{
    if (word == NULL)
        return true;
    if (strcmp(word, "wasi") == 0)
        *abi = PROA_ABI_WASI;
    else if (strcmp(word, "reactr") == 0)
        *abi = PROA_ABI_REACTR;
    else
        return false;
    return true;
}

/* What the options say for all functions. */
static struct proa_function_settings
given_settings(const struct settings *settings,
               const struct proa_sandbox *sandbox, enum proa_abi abi)
{
    return (struct proa_function_settings){
        .abi = abi,
        .init = settings->init,
        .entry = settings->entry,
        .timeout_ns = settings->timeout_ns,
        .cpu_ns_max = settings->cpu_ns,
        .fuel = settings->fuel,
        .memory_bytes_max = settings->memory_max,
        .body_bytes_max = settings->body_max,
        .response_bytes_max = settings->response_max,
        .program_name = settings->argv0,
        .env = (const char *const *)sandbox->env,
        .env_count = sandbox->env_count,
        .preopens = sandbox->preopen_count > 0 ? sandbox->preopens : NULL,
        .preopen_count = sandbox->preopen_count,
    };
}

static enum proa_status again(void *env, struct proa_serve_options *options,
                              struct proa_error *err);

static struct proa_serve_options
make_options(struct settings *settings, const struct proa_sandbox *sandbox)
{
    struct proa_serve_options made = {
        .routes = settings->routes.items,
        .route_count = settings->routes.count,
        .init = settings->init,
        .entry = settings->entry,
        .load = load,
        .load_env = settings,
        .prepare = prepare,
        .fetch = fetch,
        .take = take,
        .again = again,
        .tier_ups = proa_tier_queue_counts(settings->tier_ups),
        .reads_proxy_header = settings->proxy_protocol,
        .tls_certificate_path = settings->tls_cert,
        .tls_key_path = settings->tls_key,
        .worker_count = settings->worker_count,
        .running_count_max = settings->running_max,
        .queue_count_max = settings->queue_max,
        .connection_count_max = settings->connections_max,
        .timeout_ns = settings->timeout_ns,
        .cpu_ns_max = settings->cpu_ns,
        .fuel = settings->fuel,
        .usage_path = settings->usage,
        .usage_key_path = settings->usage_key,
        .drain_ns = settings->drain_ns,
        .drain_delay_ns = settings->drain_delay_ns,
        .body_bytes_max = settings->body_max,
        .response_bytes_max = settings->response_max,
        .memory_bytes_max = settings->memory_max,
        .preopens = sandbox->preopens,
        .preopen_count = sandbox->preopen_count,
        .env = (const char *const *)sandbox->env,
        .env_count = sandbox->env_count,
        .program_name = settings->argv0,
        .trap_missing = settings->allow_missing,
        .is_quiet = settings->is_quiet,
        .watches = settings->watches,
        .admin_address = settings->admin,
        .reload_folders = settings->reload_from.items,
        .reload_folder_count = settings->reload_from.count,
        .user = settings->user,
        .is_unconfined = settings->no_sandbox,
        .compiler_path = settings->load.compiler,
    };

    if (settings->addresses.count > 0) {
        made.address = settings->addresses.items[0];
        made.more_addresses = settings->addresses.items + 1;
        made.more_address_count = settings->addresses.count - 1;
    }
    return made;
}

/* Standard input can be read once, by one process. */
static bool is_supervised(const struct settings *settings,
                          const struct proa_config *config,
                          const struct proa_serve_options *asked)
{
    bool wants =
        !settings->no_supervise && (config == NULL || !config->is_unsupervised);

    if (config == NULL && asked->path != NULL && strcmp(asked->path, "-") == 0)
        return false;
    for (uint32_t i = 0; i < asked->route_count; i++) {
        const char *equals = strchr(asked->routes[i], '=');
        if (equals != NULL && strcmp(equals, "=-") == 0)
            return false;
    }
    for (uint32_t i = 0; config != NULL && i < config->function_count; i++)
        if (strcmp(config->functions[i].settings.path, "-") == 0)
            return false;
    return wants;
}

/* What the options and the configuration say together. @return an exit code */
static int read_all(struct settings *settings, struct proa_cli_config *config,
                    struct proa_serve_options *made)
{
    const char *log_format = settings->log_format;
    int code;

    *made = make_options(settings, settings->made);
    made->path = settings->path;
    if (log_format != NULL && strcmp(log_format, "json") != 0 &&
        strcmp(log_format, "common") != 0)
        return proa_cli_bad("--log-format %s: common or json", log_format);
    if (!read_abi(settings->abi, &made->abi))
        return proa_cli_bad("--abi %s: wasi or reactr", settings->abi);
    made->logs_json = log_format != NULL && strcmp(log_format, "json") == 0;
    if (settings->config != NULL)
        (void)snprintf(config->path, sizeof config->path, "%s",
                       settings->config);
    else if (settings->path != NULL)
        (void)proa_cli_config_find(config, settings->path);
    if (config->path[0] == '\0')
        return PROA_CLI_OK;
    if (settings->routes.count > 0)
        return proa_cli_bad("--route and %.200s: write the routes into the "
                            "file",
                            config->path);
    config->given = given_settings(settings, settings->made, made->abi);
    code = proa_cli_config_read(config);
    if (code != PROA_CLI_OK)
        return code;
    proa_cli_config_apply(config, made);
    if (log_format == NULL)
        made->logs_json = config->config->log_format == 2;
    return PROA_CLI_OK;
}

/* Once in a process: what was read before stays, as it may be in use. */
static enum proa_status again(void *env, struct proa_serve_options *made,
                              struct proa_error *err)
{
    struct settings *settings = env;
    const struct proa_supervised *supervised = made->supervised;

    int code = read_all(settings, &settings->fresh, made);
    made->supervised = supervised;
    return code == PROA_CLI_OK
               ? PROA_OK
               : proa_fail(err, PROA_USAGE, 0, "the configuration is bad");
}

static int fail(const struct proa_serve_options *made, const char *blame,
                const struct proa_error *err)
{
    struct proa_error told = *err;

    if (made->supervised == NULL || !made->supervised->is_successor)
        return proa_cli_fail(blame, err);
    told.status = PROA_OK;
    proa_error_set(&told, err->status, err->offset,
                   "%.700s; what was served before stays", err->text);
    return proa_cli_fail(blame, &told);
}

/* In a server that is supervised. */
static enum proa_status take_place(struct settings *settings,
                                   struct proa_serve_options *made,
                                   struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (!made->supervised->is_first)
        status = again(settings, made, err);
    return status == PROA_OK ? proa_supervised_open(made, err) : status;
}

static int run(struct settings *settings, struct proa_engine *engine,
               struct proa_serve_options *serve_options)
{
    char blame[PROA_SERVE_BLAME_SIZE];
    struct proa_error err = { 0 };
    int code = -1;

    if (is_supervised(settings, settings->first.config, serve_options) &&
        (proa_kept_share(&settings->kept, &err) != PROA_OK ||
         proa_supervise(serve_options, &code, &err) != PROA_OK))
        return proa_cli_fail(NULL, &err);
    if (code >= 0)
        return code;
    proa_kept_begin(&settings->kept);
    if (serve_options->supervised != NULL &&
        take_place(settings, serve_options, &err) != PROA_OK)
        return fail(serve_options, NULL, &err);
    if (proa_serve_run(engine, serve_options, blame, &err) != PROA_OK)
        return fail(serve_options, blame[0] != '\0' ? blame : NULL, &err);
    return PROA_CLI_OK;
}

static int serve(struct settings *settings, const char *path,
                 struct proa_engine *engine, const struct proa_sandbox *sandbox)
{
    struct proa_serve_options serve_options;

    settings->path = path;
    settings->made = sandbox;
    int code = read_all(settings, &settings->first, &serve_options);
    if (code == PROA_CLI_OK)
        code = run(settings, engine, &serve_options);
    proa_cli_config_deinit(&settings->fresh);
    proa_cli_config_deinit(&settings->first);
    return code;
}

static int serve_command(const void *data, const struct proa_operands *operands)
{
    /* Loading takes its settings as `void *`. */
    struct settings settings = *(const struct settings *)data;
    const char *path = operands->count > 0 ? operands->items[0] : NULL;
    struct proa_engine *engine = NULL;
    struct proa_sandbox sandbox;
    struct proa_error err = { 0 };
    int code;

    if (path == NULL && settings.routes.count == 0 && settings.config == NULL)
        return proa_cli_bad("serve what? a FILE, a FOLDER, --config or "
                            "--route; see: proa serve --help");
    if (path != NULL && settings.config != NULL)
        return proa_cli_bad("--config and '%.200s': one of them says what is "
                            "served",
                            path);
    (void)signal(SIGPIPE, SIG_IGN);
    if (proa_engine_create(&engine, &err) != PROA_OK)
        return proa_cli_fail(NULL, &err);
    if (proa_tier_queue_create(
            &(struct proa_tier_queue_options){ .engine = engine,
                                               .end = tier_up_end },
            &settings.tier_ups, &err) != PROA_OK) {
        code = proa_cli_fail(NULL, &err);
    } else if (proa_sandbox_init(&settings.sandbox, &sandbox, &err) ==
               PROA_OK) {
        code = serve(&settings, path, engine, &sandbox);
        proa_sandbox_deinit(&sandbox);
    } else {
        code = proa_cli_fail(NULL, &err);
    }
    proa_tier_queue_destroy(settings.tier_ups);
    proa_kept_deinit(&settings.kept);
    proa_engine_destroy(engine);
    return code;
}

const struct proa_command proa_command_serve = {
    .name = "serve",
    .operands = "[FILE|FOLDER|URL|-]",
    .summary = "Answer HTTP requests with programs.",
    .text =
        "Listen for HTTP requests and start the program afresh for each, in "
        "the CGI convention: the request is told in its environment, the body "
        "is its standard input, and what it prints is the response: fields "
        "such as Content-Type, an empty line, the body.\n\n"
        "A FILE answers every path, or is a configuration if it ends in "
        ".yaml; - is a module on standard input, and an https:// URL one that "
        "curl fetches, with #sha256=HEX behind it only if that is what comes. "
        "In a FOLDER each module answers the path "
        "of its name: users.wasm answers /users and what is below it, "
        "index.wasm its folder, [id].wasm any name; files in its folder "
        "public are served as they are; unless there is a proa.yaml, which "
        "then says all.\n\n"
        "SIGTERM or SIGINT ends it after the requests that are under way; a "
        "second one at once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 0,
    .operand_max = 1,
    .run = serve_command,
};
