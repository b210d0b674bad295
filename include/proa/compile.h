/*
 * From wasm bytes to a module, through the cache and the compiler process.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_H
#define PROA_COMPILE_H

#include <stddef.h>

#include "proa/module.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/* How much is done for the speed of the code. */
enum proa_tier {
    PROA_TIER_OPTIMIZED, /* by LLVM: seconds a megabyte of module */
    PROA_TIER_BASELINE,  /* in one pass: milliseconds */
    PROA_TIER_AUTO,      /* optimized if it is cached, else baseline; see
                            proa_tier_up_start() */
};

/* Better code that a module got while it ran, or did not get. */
struct proa_tier_step {
    uint32_t function_count; /* of a part; 0: the whole module */
    uint64_t ns;             /* that it took */
    enum proa_status status;
    const struct proa_error *err; /* why, when it is not PROA_OK */
};

/* Start from `{ 0 }`: every zero is the default. */
struct proa_compile_options {
    const char *compiler_path; /* NULL: PROA_COMPILER, beside us, then PATH */
    const char *cache_dir;     /* NULL: PROA_CACHE_DIR, XDG_CACHE_HOME/proa,
                                  ~/.cache/proa; "" means no cache */
    const char *cpu;           /* NULL: "native" */
    const char *target;        /* NULL: the machine we run on */
    enum proa_tier tier;       /* to a file, AUTO is OPTIMIZED */
    int opt_level;             /* -O level plus 1; 0: the default level. Of
                                  optimized code, as is cpu */
    bool counts_fuel;          /* code that can be limited by a store's fuel */
    uint32_t thread_count_max; /* 0: one a core */
    uint64_t memory_bytes_max; /* of the compiler process; 0: 8 GiB */
    uint32_t seconds_max;      /* wall clock of the compiler; 0: 600 */
    uint64_t cache_bytes_max;  /* 0: PROA_CACHE_MAX, or 1 GiB */
    /* Called from the calling thread while the compiler works; may be NULL. */
    void (*progress)(void *env, uint64_t done_bytes, uint64_t all_bytes);
    void *progress_env;
    /*
     * Called with one line when the cache cannot be used or written: the
     * module is compiled all the same. From the calling thread; may be NULL.
     */
    void (*warn)(void *env, const char *text);
    void *warn_env;
    /* Called by proa_tier_up_start()'s thread for each step; may be NULL. */
    void (*step)(void *env, const struct proa_tier_step *step);
    void *step_env;
};

/*
 * Compile a module, or take it from the cache if it was compiled before. When
 * several processes ask for the same one, one compiles and the others wait.
 *
 * @param bytes   borrowed for the call
 * @param options borrowed for the call; NULL: all defaults
 * @param module  set on success; owned: end with proa_module_release()
 * @return PROA_OK, PROA_MALFORMED, PROA_INVALID, PROA_UNSUPPORTED, PROA_LIMIT,
 *         PROA_COMPILER (it crashed, was killed or ran out of a limit),
 *         PROA_INCOMPATIBLE (made for a CPU that this one is not),
 *         PROA_USAGE (an unknown cpu or target), PROA_IO, PROA_NOMEM
 * Threads: any; two processes may compile the same module at once.
 * Trust: the bytes may be hostile; they are read in another, confined process.
 */
PROA_NODISCARD enum proa_status
proa_module_compile(struct proa_engine *engine, const uint8_t *bytes,
                    size_t size, const struct proa_compile_options *options,
                    struct proa_module **module, struct proa_error *err);

struct proa_tier_up;

/*
 * Make a module's baseline code better while it runs: after `delay_ns`, the
 * optimized artifact is taken from the cache or compiled, by a process of low
 * priority, and installed. Instances of the module go on with it from their
 * next calls on, and new ones begin with it. Whatever fails, nothing but speed
 * is lost, and only the options' `step` is told.
 *
 * @param module  what proa_module_compile() gave for PROA_TIER_AUTO
 * @param bytes   the module's; borrowed until the stop, as is what the options
 *                point to
 * @param tier_up set on success; NULL when the module has no baseline code;
 *                owned: end with proa_tier_up_stop()
 * @return PROA_OK, PROA_USAGE, PROA_IO (no thread), PROA_NOMEM
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_tier_up_start(struct proa_engine *engine, struct proa_module *module,
                   const uint8_t *bytes, size_t size,
                   const struct proa_compile_options *options,
                   uint64_t delay_ns, struct proa_tier_up **tier_up,
                   struct proa_error *err);

/* A compiler that still runs is killed. What was installed stays. NULL does
 * nothing. */
void proa_tier_up_stop(struct proa_tier_up *tier_up);

/*
 * Compile to an artifact file at `path` (written beside it, then renamed),
 * without the cache. Parameters and result as above.
 */
PROA_NODISCARD enum proa_status
proa_compile_to_file(const uint8_t *bytes, size_t size,
                     const struct proa_compile_options *options,
                     const char *path, struct proa_error *err);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
