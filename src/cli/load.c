/*
 * Compiling and loading, with the options that several commands share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/load.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"

enum { SILENT_MS = 300, BETWEEN_MS = 100 };
static const uint64_t tier_after_ns = 100000000;

struct progress {
    const char *name;
    int64_t start_ms;
    int64_t shown_ms;
    bool is_shown;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void progress_show(void *env, uint64_t done_bytes, uint64_t all_bytes)
{
    struct progress *progress = env;
    int64_t now = now_ms();

    if (now - progress->start_ms < SILENT_MS || all_bytes == 0 ||
        (progress->is_shown && now - progress->shown_ms < BETWEEN_MS))
        return;
    (void)fprintf(stderr, "\r\033[Kproa: compiling %s: %u %%", progress->name,
                  (unsigned)((double)done_bytes / (double)all_bytes * 100));
    (void)fflush(stderr);
    progress->is_shown = true;
    progress->shown_ms = now;
}

static void progress_end(const struct progress *progress)
{
    if (!progress->is_shown)
        return;
    (void)fputs("\r\033[K", stderr);
    (void)fflush(stderr);
}

static void warn(void *env, const char *text)
{
    progress_end(env);
    proa_cli_say("warning: %s; going on without it", text);
}

/* Up, so that only 0, which means the default, stays 0. */
static uint32_t seconds_round(uint64_t ns)
{
    uint64_t seconds = ns / 1000000000 + (ns % 1000000000 != 0);

    return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

static struct proa_compile_options
options_make(const struct proa_load_settings *settings,
             struct progress *progress)
{
    struct proa_compile_options options = {
        .compiler_path = settings->compiler,
        .cache_dir = settings->no_cache ? "" : NULL,
        .cpu = settings->cpu,
        .tier = settings->tier == PROA_LOAD_BASELINE ? PROA_TIER_BASELINE
                                                     : PROA_TIER_OPTIMIZED,
        .opt_level = settings->opt_level,
        .counts_fuel = settings->counts_fuel,
        .memory_bytes_max = settings->compile_memory,
        .seconds_max = seconds_round(settings->compile_ns),
        .warn = warn,
        .warn_env = progress,
    };

    progress->start_ms = now_ms();
    if (isatty(STDERR_FILENO)) {
        options.progress = progress_show;
        options.progress_env = progress;
    }
    return options;
}

static bool is_named_artifact(const char *name)
{
    size_t size = strlen(name);

    return size > 5 && strcmp(name + size - 5, ".proa") == 0;
}

void proa_load_blame_artifact(struct proa_error *err)
{
    struct proa_error whole = { 0 };

    if (err->status != PROA_MALFORMED)
        return;
    proa_error_set(&whole, PROA_USAGE, err->offset, "malformed artifact: %s",
                   err->text);
    *err = whole;
}

static enum proa_status load_artifact(const struct proa_input *input,
                                      const struct proa_load_settings *settings,
                                      struct proa_engine *engine,
                                      struct proa_module **module,
                                      struct proa_error *err)
{
    if (!settings->allow_precompiled && !is_named_artifact(input->name))
        return proa_fail(err, PROA_USAGE, 0,
                         "this is compiled code, which runs unchecked; "
                         "--allow-precompiled, or a name that ends in "
                         ".proa, says that you trust it");
    if (proa_module_load_fd(engine, input->fd, module, err) != PROA_OK)
        proa_load_blame_artifact(err);
    return err->status;
}

enum proa_status proa_load_module(const struct proa_input *input,
                                  const struct proa_load_settings *settings,
                                  struct proa_engine *engine,
                                  struct proa_module **module,
                                  struct proa_error *err)
{
    struct progress progress = { .name = input->name };
    struct proa_compile_options options;
    enum proa_status status;

    if (input->kind == PROA_INPUT_ARTIFACT)
        return load_artifact(input, settings, engine, module, err);
    options = options_make(settings, &progress);
    status = proa_module_compile(engine, input->bytes, input->size, &options,
                                 module, err);
    progress_end(&progress);
    return status;
}

/* From the thread that compiles; standard error is not buffered. */
static void step_tell(void *env, const struct proa_tier_step *step)
{
    const struct proa_input *input = env;
    char what[64] = "all functions";

    if (step->function_count != 0)
        (void)snprintf(what, sizeof what, "%u hot functions",
                       step->function_count);
    if (step->status == PROA_OK)
        proa_cli_say("%s: optimized code of %s after %.3f s", input->name, what,
                     (double)step->ns / 1e9);
    else
        proa_cli_say("%s: no optimized code of %s: %s", input->name, what,
                     step->err->text);
}

enum proa_status
proa_load_and_tier_up(const struct proa_input *input,
                      const struct proa_load_settings *settings,
                      struct proa_engine *engine, struct proa_module **module,
                      struct proa_tier_up **tier_up, struct proa_error *err)
{
    struct progress progress = { .name = input->name };
    uint64_t delay_ns =
        settings->tier_after_ns != 0 ? settings->tier_after_ns : tier_after_ns;
    struct proa_compile_options options;
    enum proa_status status;

    *tier_up = NULL;
    if (input->kind == PROA_INPUT_ARTIFACT || settings->tier != PROA_LOAD_AUTO)
        return proa_load_module(input, settings, engine, module, err);
    options = options_make(settings, &progress);
    options.tier = PROA_TIER_AUTO;
    status = proa_module_compile(engine, input->bytes, input->size, &options,
                                 module, err);
    progress_end(&progress);
    if (status != PROA_OK)
        return status;
    if (settings->tells_tiers) {
        options.step = step_tell;
        options.step_env = (void *)(uintptr_t)input;
    }
    return proa_tier_up_start(engine, *module, input->bytes, input->size,
                              &options, delay_ns, tier_up, err);
}

enum proa_status proa_load_and_queue(const struct proa_input *input,
                                     const struct proa_load_settings *settings,
                                     struct proa_engine *engine,
                                     struct proa_tier_queue *queue,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    struct progress progress = { .name = input->name };
    struct proa_module *made = NULL;
    struct proa_compile_options options;
    enum proa_status status;

    if (queue == NULL || input->kind == PROA_INPUT_ARTIFACT ||
        settings->tier != PROA_LOAD_AUTO)
        return proa_load_module(input, settings, engine, module, err);
    options = options_make(settings, &progress);
    options.tier = PROA_TIER_AUTO;
    status = proa_module_compile(engine, input->bytes, input->size, &options,
                                 &made, err);
    progress_end(&progress);
    if (status == PROA_OK)
        status = proa_tier_queue_add(queue, made, input->name, input->bytes,
                                     input->size, &options, err);
    if (status == PROA_OK)
        *module = made;
    else
        proa_module_release(made);
    return status;
}

enum proa_status
proa_load_named(const char *name, const struct proa_load_settings *settings,
                struct proa_engine *engine, struct proa_tier_queue *queue,
                struct proa_module **module, struct proa_error *err)
{
    struct proa_input input = { .fd = -1 };
    enum proa_status status = proa_input_read(name, &input, err);

    if (status != PROA_OK)
        return status;
    status = proa_load_and_queue(&input, settings, engine, queue, module, err);
    proa_input_deinit(&input);
    return status;
}

enum proa_status proa_load_to_file(const struct proa_input *input,
                                   const struct proa_load_settings *settings,
                                   const char *target, const char *path,
                                   struct proa_error *err)
{
    struct progress progress = { .name = input->name };
    struct proa_compile_options options = options_make(settings, &progress);
    enum proa_status status;

    if (input->kind == PROA_INPUT_ARTIFACT)
        return proa_fail(err, PROA_USAGE, 0, "it is compiled already");
    options.target = target;
    status =
        proa_compile_to_file(input->bytes, input->size, &options, path, err);
    progress_end(&progress);
    return status;
}
