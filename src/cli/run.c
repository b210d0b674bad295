/*
 * proa run: one program, in its sandbox, to its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "cli/guest.h"
#include "cli/load.h"
#include "cli/sandbox.h"
#include "cli/stdio.h"
#include "cli/usage.h"
#include "cli/watch.h"
#include "host/link.h"
#include "wasi/wasi.h"

enum { MISSING_TEXT_MAX = 1 << 20 };

struct settings {
    struct proa_load_settings load;
    struct proa_sandbox_settings sandbox;
    const char *argv0;
    const char *invoke;
    uint64_t memory_max;
    uint64_t stack_max;
    struct proa_watch_limits time;
    uint64_t fuel;
    const char *usage;
    const char *usage_key;
    bool allow_missing;
};

/* What a run holds; all of it is given back at its end. */
struct run {
    const struct settings *settings;
    const struct proa_operands *operands;
    const char *file;
    struct proa_input input;
    struct proa_engine *engine;
    struct proa_module *module;
    struct proa_tier_up *tier_up;
    struct proa_store *store;
    struct proa_wasi *wasi;
    struct proa_extern *imports;
    struct proa_buffer missing;
    struct proa_usage used;
};

static const struct proa_option options[] = {
    PROA_SANDBOX_OPTIONS(struct settings),
    { "argv0", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, argv0),
      "What the program sees as its own name; otherwise FILE.", NULL },
    { "invoke", 0, PROA_OPTION_TEXT, "NAME", offsetof(struct settings, invoke),
      "Call this exported function instead of _start. ARGS are its arguments, "
      "read by its type, and each result is printed on a line.",
      NULL },
    { "max-memory", 0, PROA_OPTION_BYTES, "BYTES",
      offsetof(struct settings, memory_max),
      "The most that all memories and tables of the program, and what is made "
      "for it, may hold together: 64M, 2G. Growing past it fails as the "
      "program can see: memory.grow and table.grow return -1.",
      NULL },
    { "max-stack", 0, PROA_OPTION_BYTES, "BYTES",
      offsetof(struct settings, stack_max),
      "The size of the program's stack; 8M unless given.", NULL },
    { "timeout", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, time.wall_ns),
      "Stop the program after this time: 500ms, 2s, 1m. Compiling does not "
      "count.",
      NULL },
    { "cpu-timeout", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, time.cpu_ns),
      "Stop the program when it has had the processor for so long. What it "
      "waits, for input or for its turn, does not count; neither does "
      "compiling.",
      NULL },
    { "fuel", 0, PROA_OPTION_AMOUNT, "COUNT", offsetof(struct settings, fuel),
      "Stop the program when it has spent so much: an instruction costs 1, a "
      "byte or element of a bulk operation 1 more. The count is the same on "
      "every machine and at every level.",
      NULL },
    { "usage", 0, PROA_OPTION_FILE, "FILE", offsetof(struct settings, usage),
      "Write what the run has used as a JSON object on one line: time, memory, "
      "bytes read and written, and fuel with --fuel. - is standard error.",
      NULL },
    { "usage-key", 0, PROA_OPTION_FILE, "KEY",
      offsetof(struct settings, usage_key),
      "Sign the usage record with this private Ed25519 key (PEM). The "
      "signature "
      "goes to FILE.sig; openssl pkeyutl -verify -rawin checks it.",
      NULL },
    { "allow-missing-imports", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, allow_missing),
      "Functions that the program imports and proa does not have trap when "
      "they are called, instead of stopping it from starting.",
      NULL },
    { "allow-precompiled", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.allow_precompiled),
      "Run FILE also when it is compiled code under another name than .proa. "
      "Such code runs unchecked: only for what proa compile made.",
      NULL },
    PROA_LOAD_NO_CACHE_OPTION(struct settings),
    PROA_LOAD_TIER_OPTION(
        struct settings,
        "Which code to run: baseline, made in milliseconds; optimized, made by "
        "LLVM; or auto (the default): optimized if it is in the cache, else "
        "baseline, and optimized code takes over as soon as it is made."),
    { "tier-after", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, load.tier_after_ns),
      "How long the program runs on baseline code before optimized code is "
      "begun, with --tier auto; 100ms unless given.",
      NULL },
    { "tier-log", 0, PROA_OPTION_FLAG, NULL,
      offsetof(struct settings, load.tells_tiers),
      "Write a line to standard error whenever optimized code takes over: of "
      "how many functions, and how long making it took.",
      NULL },
    PROA_LOAD_OPTIONS(struct settings),
};

/* argv of the guest. @return its count */
static uint32_t args_make(const struct run *run, const char **args)
{
    uint32_t count = 0;

    args[count++] =
        run->settings->argv0 != NULL ? run->settings->argv0 : run->file;
    if (run->settings->invoke == NULL)
        for (uint32_t i = 1; i < run->operands->count; i++)
            args[count++] = run->operands->items[i];
    return count;
}

static enum proa_status wasi_make(struct run *run, struct proa_error *err)
{
    const char **args = calloc((size_t)run->operands->count + 1, sizeof *args);
    struct proa_sandbox sandbox = { 0 };
    enum proa_status status;

    if (args == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    status = proa_sandbox_init(&run->settings->sandbox, &sandbox, err);
    if (status == PROA_OK) {
        const struct proa_wasi_options wasi = {
            .args = args,
            .arg_count = args_make(run, args),
            .env = (const char *const *)sandbox.env,
            .env_count = sandbox.env_count,
            .preopens = sandbox.preopens,
            .preopen_count = sandbox.preopen_count,
            .stdin_fd = proa_stdio_fd(STDIN_FILENO),
            .stdout_fd = proa_stdio_fd(STDOUT_FILENO),
            .stderr_fd = proa_stdio_fd(STDERR_FILENO),
        };

        status = proa_wasi_create(&wasi, &run->wasi, err);
    }
    proa_sandbox_deinit(&sandbox);
    free((void *)args);
    return status;
}

static enum proa_status link_imports(struct run *run, struct proa_error *err)
{
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT];
    uint32_t count = proa_module_import_count(run->module);

    proa_wasi_tables(run->wasi, tables);
    run->imports = calloc((size_t)count + 1, sizeof *run->imports);
    if (run->imports == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    return proa_host_link(run->store, run->module, tables,
                          PROA_WASI_TABLE_COUNT, run->settings->allow_missing,
                          run->imports, &run->missing, err);
}

static enum proa_status store_make(struct run *run, struct proa_error *err)
{
    const struct proa_store_options store = {
        .memory_bytes_max = run->settings->memory_max,
        .stack_bytes = run->settings->stack_max,
        .fuel = run->settings->fuel,
    };

    return proa_store_create(run->engine, &store, &run->store, err);
}

/* The guest runs only in here. */
static enum proa_status guest_run(struct run *run, struct proa_error *err)
{
    const struct proa_guest guest = {
        .store = run->store,
        .module = run->module,
        .imports = run->imports,
        .invoke = run->settings->invoke,
        .args = run->operands->items + 1,
        .arg_count = run->operands->count - 1,
    };

    return proa_guest_run(&guest, err);
}

static int unlinkable(const struct run *run, const struct proa_error *err)
{
    int code = proa_cli_fail(run->file, err);

    for (size_t i = 0; i < run->missing.size;) {
        const char *line = (const char *)run->missing.bytes + i;
        const char *end = memchr(line, '\n', run->missing.size - i);
        size_t size =
            end != NULL ? (size_t)(end - line) : run->missing.size - i;

        (void)fprintf(stderr, "  %.*s\n", (int)size, line);
        i += size + 1;
    }
    return code;
}

/* The frame's function: what follows its number. */
static const char *frame_name(const char *line)
{
    return line + strspn(line, " 0123456789");
}

/* A line a frame; of a run of the same function only the first. */
static void backtrace_print(const char *text)
{
    const char *last = "";
    uint32_t repeats = 0;

    while (*text != '\0') {
        const char *name = frame_name(text);
        size_t size = strcspn(text, "\n");
        size_t name_size = strcspn(name, "\n");
        bool is_same = strcspn(last, "\n") == name_size && name_size > 0 &&
                       strncmp(last, name, name_size) == 0;

        if (!is_same && repeats > 0)
            (void)fprintf(stderr, "       ... %u more of the same\n", repeats);
        repeats = is_same ? repeats + 1 : 0;
        if (!is_same)
            (void)fprintf(stderr, "  %.*s\n", (int)size, text);
        last = name;
        text += size + (text[size] == '\n');
    }
    if (repeats > 0)
        (void)fprintf(stderr, "       ... %u more of the same\n", repeats);
}

/* The exit code, after what must be said was said. */
static int end_judge(const struct run *run, enum proa_status status, int reason,
                     const struct proa_error *err)
{
    if (status == PROA_OK)
        return proa_cli_flush(PROA_CLI_OK);
    if (status == PROA_EXIT)
        return (int)(proa_store_exit_code(run->store) & 0xff);
    if (status == PROA_TRAP && reason < PROA_WATCH_NONE) {
        proa_cli_say("%s: stopped: it ran longer than --%s allows", run->file,
                     reason == PROA_WATCH_TIMEOUT ? "timeout" : "cpu-timeout");
        return PROA_CLI_TIMEOUT;
    }
    if (status == PROA_TRAP && reason != PROA_WATCH_NONE) {
        proa_cli_say("%s: stopped by SIG%s", run->file, sigabbrev_np(reason));
        return 128 + reason;
    }
    if (status != PROA_TRAP)
        return proa_cli_fail(run->file, err);
    proa_cli_say("%s: trap: %s", run->file, err->text);
    backtrace_print(proa_store_backtrace(run->store));
    return PROA_CLI_TRAP;
}

/* The record of a run that has ended. @return the exit code */
static int usage_tell(struct run *run, enum proa_status status, int exit_code,
                      const struct proa_error *err)
{
    const struct proa_usage_record record = {
        .usage = &run->used,
        .module = run->module,
        .status = status,
        .exit_code = exit_code,
        .trap = status == PROA_TRAP ? err->text : NULL,
    };
    struct proa_error error = { 0 };

    if (run->settings->usage == NULL)
        return exit_code;
    proa_wasi_moved(run->wasi, &run->used.bytes_in, &run->used.bytes_out);
    if (proa_usage_write(run->settings->usage, run->settings->usage_key,
                         &record, &error) == PROA_OK)
        return exit_code;
    return proa_cli_fail("--usage", &error);
}

/* From the module to the guest's end. */
static int module_run(struct run *run, struct proa_error *err, int *reason)
{
    struct proa_watch watch;
    int code;
    enum proa_status status = store_make(run, err);

    if (status == PROA_OK && wasi_make(run, err) != PROA_OK) {
        /* A folder that is not there is the fault of --dir. */
        int failed =
            proa_cli_fail(err->status == PROA_IO ? "--dir" : NULL, err);
        return err->status == PROA_IO ? PROA_CLI_BAD_INPUT : failed;
    }
    if (status == PROA_OK)
        status = link_imports(run, err);
    if (status == PROA_UNLINKABLE)
        return unlinkable(run, err);
    if (status == PROA_OK)
        status = proa_watch_start(&watch, run->store, run->settings->time, err);
    if (status != PROA_OK)
        return proa_cli_fail(run->file, err);
    proa_usage_begin(&run->used, run->store);
    status = guest_run(run, err);
    proa_usage_end(&run->used, run->store);
    *reason = proa_watch_stop(&watch);
    code = end_judge(run, status, *reason, err);
    return usage_tell(run, status, code, err);
}

static int run_command(const void *settings,
                       const struct proa_operands *operands)
{
    struct settings own = *(const struct settings *)settings;
    struct run run = {
        .settings = &own,
        .operands = operands,
        .file = operands->items[0],
        .input = { .fd = -1 },
    };
    struct proa_error err = { 0 };
    int reason = PROA_WATCH_NONE;
    enum proa_status status;
    int code;

    if (own.usage_key != NULL &&
        (own.usage == NULL || strcmp(own.usage, "-") == 0))
        return proa_cli_bad("run: --usage-key needs --usage FILE");
    own.load.counts_fuel = own.fuel != 0;
    (void)signal(SIGPIPE, SIG_IGN); /* the guest is told by an errno instead */
    proa_buffer_init(&run.missing, MISSING_TEXT_MAX);
    status = proa_input_read(run.file, &run.input, &err);
    if (status == PROA_OK)
        status = proa_engine_create(&run.engine, &err);
    if (status == PROA_OK)
        status =
            proa_load_and_tier_up(&run.input, &run.settings->load, run.engine,
                                  &run.module, &run.tier_up, &err);
    code = status == PROA_OK ? module_run(&run, &err, &reason)
                             : proa_cli_fail(run.file, &err);
    proa_tier_up_stop(run.tier_up);
    proa_input_deinit(&run.input);
    proa_store_destroy(run.store);
    proa_wasi_destroy(run.wasi);
    free(run.imports);
    proa_buffer_deinit(&run.missing);
    proa_module_release(run.module);
    proa_engine_destroy(run.engine);
    if (reason > 0)
        proa_watch_die(reason);
    return code;
}

const struct proa_command proa_command_run = {
    .name = "run",
    .operands = "FILE|URL|- [ARGS...]",
    .summary = "Run a program.",
    .text =
        "Run a WebAssembly program (WASI preview 1) with ARGS. FILE is a "
        "module, its text form (with wat2wasm installed), or what proa compile "
        "made of it (named .proa); - is standard input, and an https:// URL is "
        "fetched by curl, with #sha256=HEX behind it only if that is what "
        "comes.\n\n"
        "The program reaches its standard streams and the folders of --dir, "
        "and nothing else. Options end at FILE: what follows is the "
        "program's.\n\n"
        "A module without _start is a library: its _initialize is called, and "
        "then the function that --invoke names.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = UINT32_MAX,
    .ends_at_operand = true,
    .run = run_command,
};
