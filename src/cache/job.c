/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/job.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "base/version.h"
#include "cache/output.h"
#include "platform/process.h"

enum {
    OPT_LEVEL_DEFAULT = 2,
    SECONDS_DEFAULT = 600,
    THREADS_MAX = 256,
    NICE_IN_BACKGROUND = 10,
    NICE_OF_PARTS = 3, /* they are short, and what runs gains at once */
};
#define MEMORY_DEFAULT (8ULL << 30)

static uint32_t thread_count_choose(uint32_t wanted)
{
    uint32_t count = wanted != 0 ? wanted : proa_process_cores();

    return count < THREADS_MAX ? count : THREADS_MAX;
}

enum proa_status proa_job_init(struct proa_job *job, const uint8_t *bytes,
                               size_t size,
                               const struct proa_compile_options *options,
                               struct proa_error *err)
{
    struct proa_job made = { .bytes = bytes, .size = size };

    if (options != NULL)
        made.options = *options;
    made.opt_level = made.options.opt_level == 0 ? OPT_LEVEL_DEFAULT
                                                 : made.options.opt_level - 1;
    made.thread_count = thread_count_choose(made.options.thread_count_max);
    if (made.opt_level < 0 || made.opt_level > 3)
        return proa_fail(err, PROA_USAGE, 0, "no optimisation level %d",
                         made.opt_level);
    enum proa_status status = proa_target_resolve(
        made.options.target, made.options.cpu, &made.target, err);
    if (status == PROA_OK)
        *job = made;
    return status;
}

/*
 * Baseline code and parts are not worth waiting for the disk: an entry is only
 * for as long as the machine has not failed since, and is then made anew.
 */
static void boot_read(char *boot, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, boot, size - 1);

    boot[got > 0 ? got : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    if (fd >= 0)
        (void)close(fd);
}

void proa_job_set_tier(struct proa_job *job, enum proa_tier tier)
{
    const char *wanted = job->options.compiler_path;

    job->is_baseline = tier == PROA_TIER_BASELINE;
    job->key[0] = '\0';
    job->part = 0;
    job->boot[0] = '\0';
    if (job->is_baseline)
        boot_read(job->boot, sizeof job->boot);
    /* What is cached needs no compiler; so this is not yet an error. */
    job->no_compiler = (struct proa_error){ 0 };
    if ((job->is_baseline ? proa_compiler_find_baseline(wanted, job->compiler,
                                                        &job->no_compiler)
                          : proa_compiler_find(wanted, job->compiler,
                                               &job->no_compiler)) != PROA_OK)
        job->compiler[0] = '\0';
}

void proa_job_set_part(struct proa_job *job, uint32_t part)
{
    proa_job_set_tier(job, PROA_TIER_OPTIMIZED);
    job->part = part;
    if (part != 0)
        boot_read(job->boot, sizeof job->boot);
}

void proa_job_set_digest(struct proa_job *job,
                         const uint8_t digest[PROA_SHA256_SIZE])
{
    proa_hex(digest, PROA_SHA256_SIZE, job->module);
}

/* What the code depends on besides the module and the compiler. */
static int key_options(const struct proa_job *job, char *text, size_t size)
{
    if (job->is_baseline)
        return snprintf(text, size, "tier baseline\ntriple %s\nboot %s\n",
                        job->target.triple, job->boot);
    return snprintf(text, size,
                    "tier optimized\nllvm %s\ntriple %s\ncpu %s\n"
                    "features %s\nopt %d\n",
                    PROA_LLVM_VERSION, job->target.triple, job->target.cpu,
                    job->target.features, job->opt_level);
}

static enum proa_status digest_text(const struct proa_job *job,
                                    char text[2 * PROA_SHA256_SIZE + 1],
                                    struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    enum proa_status status = PROA_OK;

    if (job->module[0] != '\0') {
        memmove(text, job->module, sizeof job->module);
        return PROA_OK;
    }
    status = proa_sha256(job->bytes, job->size, digest, err);
    if (status == PROA_OK)
        proa_hex(digest, sizeof digest, text);
    return status;
}

/*
 * The key: everything that the artifact's bytes depend on. The compiler itself
 * is known by its size and time, so that another one never gives old code.
 */
enum proa_status proa_job_make_key(struct proa_job *job, struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    char options[1536];
    char text[2048];
    char part[96] = "";
    struct stat st = { 0 };
    enum proa_status status;
    int size;

    status = digest_text(job, job->module, err);
    if (status != PROA_OK)
        return status;
    if (job->compiler[0] != '\0')
        (void)stat(job->compiler, &st);
    if (job->part != 0)
        (void)snprintf(part, sizeof part, "part %u\nboot %s\n", job->part,
                       job->boot);
    size = key_options(job, options, sizeof options);
    if (size >= 0 && (size_t)size < sizeof options)
        size = snprintf(
            text, sizeof text,
            "proa %s\nabi %d\ncompiler %lld %lld.%09ld\nmodule %s\n%s"
            "%s%s",
            PROA_VERSION, PROA_ABI_VERSION, (long long)st.st_size,
            (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, job->module,
            options, job->options.counts_fuel ? "fuel\n" : "", part);
    if (size < 0 || (size_t)size >= sizeof text)
        return proa_fail(err, PROA_LIMIT, 0, "the features are too many");
    status = proa_sha256(text, (size_t)size, digest, err);
    if (status == PROA_OK)
        proa_hex(digest, sizeof digest, job->key);
    return status;
}

/* The compiler's run. What it wrote is for the caller to check. */
static enum proa_status run_compiler(const struct proa_job *job,
                                     struct proa_compiler_run *run,
                                     struct proa_job_output *output,
                                     struct proa_error *err)
{
    struct proa_job_output made = { .fd = -1 };
    enum proa_status status =
        proa_compiler_input(job->bytes, job->size, &run->input_fd, err);

    if (status != PROA_OK)
        return status;
    if (job->output_fd == NULL)
        status = proa_output_create(&run->output_fd, err);
    else
        status = proa_output_share(*job->output_fd, &run->output_fd, err);
    if (status == PROA_OK) {
        status = proa_compiler_run(run, err);
        if (status == PROA_OK && job->output_fd == NULL)
            status = proa_output_seal(run->output_fd, err);
        if (status == PROA_OK)
            status = proa_output_size(run->output_fd, &made.size, err);
        made.fd = run->output_fd;
        if (status == PROA_OK)
            *output = made;
        else
            (void)close(made.fd);
    }
    (void)close(run->input_fd);
    return status;
}

/* A part leaves a core to the program that waits for it. */
static uint32_t threads_of(const struct proa_job *job)
{
    if (job->stop_fd == NULL || job->part == 0 || job->thread_count < 2)
        return job->thread_count;
    return job->thread_count - 1;
}

static int nice_of(const struct proa_job *job)
{
    if (job->stop_fd == NULL)
        return 0;
    return job->part != 0 ? NICE_OF_PARTS : NICE_IN_BACKGROUND;
}

static enum proa_status make(const struct proa_job *job,
                             struct proa_job_output *output,
                             struct proa_error *err)
{
    const struct proa_compile_options *options = &job->options;
    const char *list = job->functions != NULL ? job->functions : job->hot;
    char opt[] = { '-', 'O', (char)('0' + job->opt_level), '\0' };
    char module[2 * PROA_SHA256_SIZE + 1];
    char threads[16];
    const char *const argv[] = {
        "proa-compiler", "compile", "--input-fd", "3", "--output-fd", "4",
        "--report-fd", "5", "--cpu", job->target.cpu, "--features",
        job->target.features, "--target", job->target.triple, opt, "--threads",
        threads, "--module-sha256", module,
        /* or something said again */
        list != NULL ? (job->functions != NULL ? "--functions" : "--hot") : opt,
        list != NULL ? list : opt, "--tier",
        job->is_baseline ? "baseline" : "optimized",
        options->counts_fuel ? "--fuel" : NULL, NULL
    };
    struct proa_compiler_run run = {
        .path = job->compiler,
        .argv = argv,
        .memory_bytes_max = options->memory_bytes_max != 0
                                ? options->memory_bytes_max
                                : MEMORY_DEFAULT,
        .seconds_max =
            options->seconds_max != 0 ? options->seconds_max : SECONDS_DEFAULT,
        .stop_fd = job->stop_fd,
        .nice = nice_of(job),
        .progress = options->progress,
        .progress_env = options->progress_env,
    };
    enum proa_status status;

    if (job->compiler[0] == '\0')
        return proa_fail(err, PROA_COMPILER, 0, "%s", job->no_compiler.text);
    (void)snprintf(threads, sizeof threads, "%u", threads_of(job));
    status = digest_text(job, module, err);
    return status == PROA_OK ? run_compiler(job, &run, output, err) : status;
}

enum proa_status proa_job_make(const struct proa_job *job,
                               struct proa_job_output *output,
                               struct proa_error *err)
{
    struct proa_job_output made = { .fd = -1 };
    enum proa_status status = make(job, &made, err);

    if (status != PROA_OK)
        return status;
    status = proa_output_check(made.fd, made.size, err);
    if (status == PROA_OK)
        *output = made;
    else
        (void)close(made.fd);
    return status;
}

static void warn(const struct proa_job *job, const char *text)
{
    if (job->options.warn != NULL)
        job->options.warn(job->options.warn_env, text);
}

struct proa_cache *proa_job_open_cache(const struct proa_job *job)
{
    const char *wanted = job->options.cache_dir;
    struct proa_cache *cache = NULL;
    struct proa_error error = { 0 };
    char path[PATH_MAX];

    if (wanted != NULL && wanted[0] == '\0')
        return NULL;
    if (wanted == NULL) {
        if (!proa_cache_default_dir(path, sizeof path))
            return NULL;
        wanted = path;
    }
    if (proa_cache_open(wanted, &cache, &error) != PROA_OK)
        warn(job, error.text);
    return cache;
}

enum proa_status proa_job_load(const struct proa_job *job,
                               struct proa_engine *engine,
                               struct proa_cache *cache,
                               struct proa_module **module,
                               struct proa_error *err)
{
    struct proa_error error = { 0 };
    int fd = proa_cache_find(cache, job->key);
    enum proa_status status;

    if (fd < 0)
        return PROA_COMPILER;
    status = proa_module_load_fd(engine, fd, module, &error);
    (void)close(fd);
    if (status == PROA_MALFORMED || status == PROA_INCOMPATIBLE ||
        status == PROA_IO) {
        /* A disk fault, or code for features that a moved machine lacks. */
        proa_cache_drop(cache, job->key);
        return PROA_COMPILER;
    }
    if (status != PROA_OK)
        *err = error;
    return status;
}

/* The loader's look at what the compiler wrote is the only one it gets. */
static enum proa_status load_checked(struct proa_engine *engine, int fd,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    struct proa_error error = { 0 };
    enum proa_status status = proa_module_load_fd(engine, fd, module, &error);

    if (status == PROA_MALFORMED)
        return proa_output_blame(&error, err);
    if (status != PROA_OK)
        *err = error;
    return status;
}

/*
 * Load an artifact that was just made, from the cache if it can be stored
 * there. It becomes an entry only after the loader has taken it.
 */
static enum proa_status
load_made(const struct proa_job *job, struct proa_engine *engine,
          struct proa_cache *cache, const struct proa_job_output *output,
          struct proa_module **module, struct proa_error *err)
{
    uint64_t bytes_max = job->options.cache_bytes_max != 0
                             ? job->options.cache_bytes_max
                             : proa_cache_default_bytes_max();
    struct proa_cache_draft draft;
    struct proa_error error = { 0 };
    enum proa_status status;

    if (cache == NULL || output->size > bytes_max)
        return load_checked(engine, output->fd, module, err);
    if (proa_cache_draft(cache, output->fd, output->size, job->boot[0] == '\0',
                         &draft, &error) != PROA_OK) {
        warn(job, error.text);
        return load_checked(engine, output->fd, module, err);
    }
    status = load_checked(engine, draft.fd, module, err);
    if (status != PROA_OK)
        proa_cache_discard(cache, &draft);
    else if (proa_cache_publish(cache, &draft, job->key, bytes_max, &error) !=
             PROA_OK)
        warn(job, error.text);
    return status;
}

enum proa_status proa_job_make_and_load(const struct proa_job *job,
                                        struct proa_engine *engine,
                                        struct proa_cache *cache,
                                        struct proa_module **module,
                                        struct proa_error *err)
{
    struct proa_job_output output = { .fd = -1 };
    enum proa_status status = make(job, &output, err);

    if (status != PROA_OK)
        return status;
    status = load_made(job, engine, cache, &output, module, err);
    (void)close(output.fd);
    return status;
}
