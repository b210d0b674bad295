/*
 * From wasm bytes to a module: the cache, else the compiler process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proa/compile.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "base/sha256.h"
#include "base/version.h"
#include "cache/compiler.h"
#include "cache/output.h"
#include "cache/store.h"
#include "cache/target.h"

enum { OPT_LEVEL_DEFAULT = 2, SECONDS_DEFAULT = 600, THREADS_MAX = 256 };
#define MEMORY_DEFAULT (8ULL << 30)

/* The options with nothing left open. */
struct job {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    const struct proa_compile_options *options; /* borrowed */
    struct proa_target target;
    int opt_level;
    uint32_t thread_count;
    char compiler[PROA_COMPILER_PATH_MAX]; /* "": there is none */
    struct proa_error no_compiler;         /* why */
    char key[PROA_CACHE_KEY_SIZE + 1];
};

static uint32_t thread_count_choose(uint32_t wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t count = cores > 0 ? (uint32_t)cores : 1;

    if (wanted != 0)
        count = wanted;
    return count < THREADS_MAX ? count : THREADS_MAX;
}

static enum proa_status job_init(struct job *job, const uint8_t *bytes,
                                 size_t size,
                                 const struct proa_compile_options *options,
                                 struct proa_error *err)
{
    static const struct proa_compile_options defaults = { 0 };

    if (options == NULL)
        options = &defaults;
    *job = (struct job){ .bytes = bytes, .size = size, .options = options };
    job->opt_level =
        options->opt_level == 0 ? OPT_LEVEL_DEFAULT : options->opt_level - 1;
    job->thread_count = thread_count_choose(options->thread_count_max);
    if (job->opt_level < 0 || job->opt_level > 3)
        return proa_fail(err, PROA_USAGE, 0, "no optimisation level %d",
                         job->opt_level);
    /* What is cached needs no compiler; so this is not yet an error. */
    if (proa_compiler_find(options->compiler_path, job->compiler,
                           &job->no_compiler) != PROA_OK)
        job->compiler[0] = '\0';
    return proa_target_resolve(options->target, options->cpu, &job->target,
                               err);
}

/*
 * The key: everything that the artifact's bytes depend on. The compiler itself
 * is known by its size and time, so that another one never gives old code.
 */
static enum proa_status key_make(struct job *job, struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    char module[2 * PROA_SHA256_SIZE + 1];
    char text[2048];
    struct stat st = { 0 };
    enum proa_status status;
    int size;

    status = proa_sha256(job->bytes, job->size, digest, err);
    if (status != PROA_OK)
        return status;
    proa_hex(digest, sizeof digest, module);
    if (job->compiler[0] != '\0')
        (void)stat(job->compiler, &st);
    size = snprintf(
        text, sizeof text,
        "proa %s\nllvm %s\nabi %d\ncompiler %lld %lld.%09ld\nmodule %s\n"
        "triple %s\ncpu %s\nfeatures %s\nopt %d\n",
        PROA_VERSION, PROA_LLVM_VERSION, PROA_ABI_VERSION,
        (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
        module, job->target.triple, job->target.cpu, job->target.features,
        job->opt_level);
    if (size < 0 || (size_t)size >= sizeof text)
        return proa_fail(err, PROA_LIMIT, 0, "the features are too many");
    status = proa_sha256(text, (size_t)size, digest, err);
    if (status == PROA_OK)
        proa_hex(digest, sizeof digest, job->key);
    return status;
}

/* An artifact in memory. */
struct output {
    int fd; /* owned */
    uint64_t size;
};

/* Run the compiler. *output is set on success. */
static enum proa_status artifact_make(const struct job *job,
                                      struct output *output,
                                      struct proa_error *err)
{
    const struct proa_compile_options *options = job->options;
    char opt[] = { '-', 'O', (char)('0' + job->opt_level), '\0' };
    char threads[16];
    const char *const argv[] = {
        "proa-compiler",
        "compile",
        "--input-fd",
        "3",
        "--output-fd",
        "4",
        "--report-fd",
        "5",
        "--cpu",
        job->target.cpu,
        "--features",
        job->target.features,
        "--target",
        job->target.triple,
        opt,
        "--threads",
        threads,
        NULL,
    };
    struct proa_compiler_run run = {
        .path = job->compiler,
        .argv = argv,
        .memory_bytes_max = options->memory_bytes_max != 0
                                ? options->memory_bytes_max
                                : MEMORY_DEFAULT,
        .seconds_max =
            options->seconds_max != 0 ? options->seconds_max : SECONDS_DEFAULT,
        .progress = options->progress,
        .progress_env = options->progress_env,
    };
    struct output made = { .fd = -1 };
    enum proa_status status;

    if (job->compiler[0] == '\0')
        return proa_fail(err, PROA_COMPILER, 0, "%s", job->no_compiler.text);
    (void)snprintf(threads, sizeof threads, "%u", job->thread_count);
    status = proa_compiler_input(job->bytes, job->size, &run.input_fd, err);
    if (status != PROA_OK)
        return status;
    status = proa_output_create(&run.output_fd, err);
    if (status == PROA_OK) {
        status = proa_compiler_run(&run, err);
        if (status == PROA_OK)
            status = proa_output_check(run.output_fd, &made.size, err);
        made.fd = run.output_fd;
        if (status == PROA_OK)
            *output = made;
        else
            (void)close(made.fd);
    }
    (void)close(run.input_fd);
    return status;
}

static void warn(const struct job *job, const char *text)
{
    if (job->options->warn != NULL)
        job->options->warn(job->options->warn_env, text);
}

/* NULL: there is no cache, or none that can be used. */
static struct proa_cache *cache_open(const struct job *job)
{
    const char *wanted = job->options->cache_dir;
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

/* PROA_COMPILER stands for "not there": then nothing is in *err. */
static enum proa_status entry_load(struct proa_engine *engine,
                                   struct proa_cache *cache, const char *key,
                                   struct proa_module **module,
                                   struct proa_error *err)
{
    struct proa_error error = { 0 };
    int fd = proa_cache_find(cache, key);
    enum proa_status status;

    if (fd < 0)
        return PROA_COMPILER;
    status = proa_module_load_fd(engine, fd, module, &error);
    (void)close(fd);
    if (status == PROA_MALFORMED || status == PROA_INCOMPATIBLE ||
        status == PROA_IO) {
        /* A disk fault, or code for features that a moved machine lacks. */
        proa_cache_drop(cache, key);
        return PROA_COMPILER;
    }
    if (status != PROA_OK)
        *err = error;
    return status;
}

/*
 * Load an artifact that was just made, from the cache if it can be stored
 * there. It becomes an entry only after the loader has taken it.
 */
static enum proa_status
load_made(const struct job *job, struct proa_engine *engine,
          struct proa_cache *cache, const struct output *output,
          struct proa_module **module, struct proa_error *err)
{
    uint64_t bytes_max = job->options->cache_bytes_max != 0
                             ? job->options->cache_bytes_max
                             : proa_cache_default_bytes_max();
    struct proa_cache_draft draft;
    struct proa_error error = { 0 };
    enum proa_status status;

    if (cache == NULL || output->size > bytes_max)
        return proa_module_load_fd(engine, output->fd, module, err);
    if (proa_cache_draft(cache, output->fd, output->size, &draft, &error) !=
        PROA_OK) {
        warn(job, error.text);
        return proa_module_load_fd(engine, output->fd, module, err);
    }
    status = proa_module_load_fd(engine, draft.fd, module, err);
    if (status != PROA_OK)
        proa_cache_discard(cache, &draft);
    else if (proa_cache_publish(cache, &draft, job->key, bytes_max, &error) !=
             PROA_OK)
        warn(job, error.text);
    return status;
}

static enum proa_status make_and_load(const struct job *job,
                                      struct proa_engine *engine,
                                      struct proa_cache *cache,
                                      struct proa_module **module,
                                      struct proa_error *err)
{
    struct output output = { .fd = -1 };
    enum proa_status status = artifact_make(job, &output, err);

    if (status != PROA_OK)
        return status;
    status = load_made(job, engine, cache, &output, module, err);
    (void)close(output.fd);
    return status;
}

enum proa_status proa_module_compile(struct proa_engine *engine,
                                     const uint8_t *bytes, size_t size,
                                     const struct proa_compile_options *options,
                                     struct proa_module **module,
                                     struct proa_error *err)
{
    struct proa_cache *cache;
    struct job job;
    enum proa_status status = job_init(&job, bytes, size, options, err);
    int lock;

    if (status != PROA_OK)
        return status;
    cache = cache_open(&job);
    if (cache == NULL)
        return make_and_load(&job, engine, NULL, module, err);
    status = key_make(&job, err);
    if (status == PROA_OK)
        status = entry_load(engine, cache, job.key, module, err);
    if (status == PROA_COMPILER) {
        lock = proa_cache_lock(cache, job.key);
        /* Another may have made it while we waited. */
        status = entry_load(engine, cache, job.key, module, err);
        if (status == PROA_COMPILER)
            status = make_and_load(&job, engine, cache, module, err);
        if (lock >= 0)
            (void)close(lock);
    }
    proa_cache_close(cache);
    return status;
}

enum proa_status
proa_compile_to_file(const uint8_t *bytes, size_t size,
                     const struct proa_compile_options *options,
                     const char *path, struct proa_error *err)
{
    struct job job;
    struct output output = { .fd = -1 };
    enum proa_status status = job_init(&job, bytes, size, options, err);

    if (status == PROA_OK)
        status = artifact_make(&job, &output, err);
    if (status != PROA_OK)
        return status;
    status = proa_output_write(output.fd, output.size, path, err);
    (void)close(output.fd);
    return status;
}
