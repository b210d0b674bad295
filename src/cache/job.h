/*
 * One compilation, with nothing left open: its key, the compiler's run, and the
 * module that comes of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_JOB_H
#define PROA_CACHE_JOB_H

#include "base/sha256.h"
#include "cache/compiler.h"
#include "cache/store.h"
#include "cache/target.h"
#include "proa/compile.h"

struct proa_job {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    struct proa_compile_options options; /* what it points to is borrowed */
    struct proa_target target;
    int opt_level;
    uint32_t thread_count;
    const int *stop_fd; /* borrowed; not NULL: in the background, until this is
                           readable */
    const int *output_fd;  /* borrowed; an empty file for the artifact; NULL: in
                              memory */
    const char *functions; /* borrowed; only these: "3,17"; NULL: all */
    const char *hot;       /* borrowed; of all, the hot ones; NULL: unknown */
    uint32_t part;         /* of the optimized code, from 1; 0: it is whole */
    bool is_baseline;
    char boot[40]; /* not "": entries are of this boot, not waited for */
    char compiler[PROA_COMPILER_PATH_MAX]; /* "": there is none */
    struct proa_error no_compiler;         /* why */
    char module[2 * PROA_SHA256_SIZE + 1]; /* its digest; "": not known yet */
    char key[PROA_CACHE_KEY_SIZE + 1];
};

/* @param options NULL: all defaults. @param job set on success, without a tier
 */
PROA_NODISCARD enum proa_status
proa_job_init(struct proa_job *job, const uint8_t *bytes, size_t size,
              const struct proa_compile_options *options,
              struct proa_error *err);

/* Either of the two; PROA_TIER_AUTO is for the caller to resolve. */
void proa_job_set_tier(struct proa_job *job, enum proa_tier tier);

/* A part of the optimized code; 0: all of it. */
void proa_job_set_part(struct proa_job *job, uint32_t part);

/* Say what the module's digest is, so that it is not hashed once more. */
void proa_job_set_digest(struct proa_job *job,
                         const uint8_t digest[PROA_SHA256_SIZE]);

/* To be called before the cache is asked. */
PROA_NODISCARD enum proa_status proa_job_make_key(struct proa_job *job,
                                                  struct proa_error *err);

/* NULL: there is no cache, or none that can be used. */
struct proa_cache *proa_job_open_cache(const struct proa_job *job);

/* From the cache. PROA_COMPILER stands for "not there": then nothing is in
 * *err. */
PROA_NODISCARD enum proa_status proa_job_load(const struct proa_job *job,
                                              struct proa_engine *engine,
                                              struct proa_cache *cache,
                                              struct proa_module **module,
                                              struct proa_error *err);

/* An artifact in memory. */
struct proa_job_output {
    int fd; /* owned */
    uint64_t size;
};

/* Run the compiler. *output is set on success. */
PROA_NODISCARD enum proa_status proa_job_make(const struct proa_job *job,
                                              struct proa_job_output *output,
                                              struct proa_error *err);

/* The same, loaded, and stored in the cache unless that is NULL. */
PROA_NODISCARD enum proa_status
proa_job_make_and_load(const struct proa_job *job, struct proa_engine *engine,
                       struct proa_cache *cache, struct proa_module **module,
                       struct proa_error *err);

#endif
