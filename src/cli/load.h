/*
 * Compiling and loading, with the options that several commands share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_LOAD_H
#define PROA_CLI_LOAD_H

#include "cache/tier_queue.h"
#include "cli/command.h"
#include "cli/input.h"
#include "proa/compile.h"

enum proa_load_tier {
    PROA_LOAD_AUTO,
    PROA_LOAD_BASELINE,
    PROA_LOAD_OPTIMIZED,
};

struct proa_load_settings {
    uint32_t tier; /* enum proa_load_tier */
    int opt_level; /* the level plus 1 */
    const char *cpu;
    const char *compiler;
    uint64_t compile_memory;
    uint64_t compile_ns;
    uint64_t tier_after_ns; /* 0: the default */
    bool tells_tiers;       /* a line for each step to better code */
    bool counts_fuel;
    bool no_cache;
    bool allow_precompiled;
};

/* A row for a command that uses the cache. */
#define PROA_LOAD_NO_CACHE_OPTION(settings)                                    \
    {                                                                          \
        "no-cache", 0, PROA_OPTION_FLAG, NULL,                                 \
            offsetof(settings, load.no_cache),                                 \
            "Compile even if it was compiled before, and keep nothing.", NULL  \
    }

/* A row for a command that takes every tier. `text`: what is chosen by itself.
 */
#define PROA_LOAD_TIER_OPTION(settings, text)                                  \
    {                                                                          \
        "tier", 0, PROA_OPTION_CHOICE, "TIER", offsetof(settings, load.tier),  \
            text, "auto baseline optimized"                                    \
    }

/* Rows for a command whose settings have a `struct proa_load_settings load`. */
#define PROA_LOAD_OPTIONS(settings)                                            \
    { "opt-level",                                                             \
      'O',                                                                     \
      PROA_OPTION_LEVEL,                                                       \
      "LEVEL",                                                                 \
      offsetof(settings, load.opt_level),                                      \
      "How much to optimise, 0 to 3. 2, the default, does most where most "    \
      "time should be spent; 3 does all that is known, everywhere.",           \
      "0 1 2 3" },                                                             \
        { "cpu",                                                               \
          0,                                                                   \
          PROA_OPTION_TEXT,                                                    \
          "CPU",                                                               \
          offsetof(settings, load.cpu),                                        \
          "The processor to compile for: native (the default), x86-64-v2, "    \
          "x86-64-v3, x86-64-v4 or a model such as haswell or znver4.",        \
          "native x86-64 x86-64-v2 x86-64-v3 x86-64-v4" },                     \
        { "compiler",                                                          \
          0,                                                                   \
          PROA_OPTION_FILE,                                                    \
          "FILE",                                                              \
          offsetof(settings, load.compiler),                                   \
          "The compiler program; otherwise PROA_COMPILER, or proa-compiler "   \
          "beside proa or on the PATH.",                                       \
          NULL },                                                              \
        { "compile-memory",                                                    \
          0,                                                                   \
          PROA_OPTION_BYTES,                                                   \
          "BYTES",                                                             \
          offsetof(settings, load.compile_memory),                             \
          "The most memory that the compiler may use; 8G unless given.",       \
          NULL },                                                              \
    {                                                                          \
        "compile-timeout", 0, PROA_OPTION_DURATION, "DURATION",                \
            offsetof(settings, load.compile_ns),                               \
            "Stop the compiler after this time, in whole seconds; 10m unless " \
            "given.",                                                          \
            NULL                                                               \
    }

/*
 * The module of an input, compiled, from the cache, or mapped. While a long
 * compile goes on, a terminal shows how far it is.
 *
 * The tier "auto" is the optimized one here.
 *
 * @param module set on success; owned: end with proa_module_release()
 */
PROA_NODISCARD enum proa_status
proa_load_module(const struct proa_input *input,
                 const struct proa_load_settings *settings,
                 struct proa_engine *engine, struct proa_module **module,
                 struct proa_error *err);

/*
 * The same, with baseline code when there is no better yet; unless another tier
 * was asked for, better code is then made while the program runs.
 *
 * @param tier_up set on success, to NULL when there is nothing to do; end with
 *                proa_tier_up_stop(), before the input
 */
PROA_NODISCARD enum proa_status
proa_load_and_tier_up(const struct proa_input *input,
                      const struct proa_load_settings *settings,
                      struct proa_engine *engine, struct proa_module **module,
                      struct proa_tier_up **tier_up, struct proa_error *err);

/* The same for a server: better code is made when it is the module's turn.
 * Without a queue as proa_load_module(). */
PROA_NODISCARD enum proa_status
proa_load_and_queue(const struct proa_input *input,
                    const struct proa_load_settings *settings,
                    struct proa_engine *engine, struct proa_tier_queue *queue,
                    struct proa_module **module, struct proa_error *err);

/*
 * Read an input by its name and load it, queued if there is a queue.
 *
 * @param queue NULL: as proa_load_module()
 */
PROA_NODISCARD enum proa_status
proa_load_named(const char *name, const struct proa_load_settings *settings,
                struct proa_engine *engine, struct proa_tier_queue *queue,
                struct proa_module **module, struct proa_error *err);

/* What the reader calls malformed is an artifact here, no module: say so. */
void proa_load_blame_artifact(struct proa_error *err);

/* The same to a file. `target` may be NULL: this machine. */
PROA_NODISCARD enum proa_status
proa_load_to_file(const struct proa_input *input,
                  const struct proa_load_settings *settings, const char *target,
                  const char *path, struct proa_error *err);

#endif
