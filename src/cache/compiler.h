/*
 * The compiler process: where it is, what it is told, what it answers.
 *
 *     proa-compiler compile --input-fd N --output-fd N --report-fd N
 *         --cpu NAME --features "+avx2,..." --target TRIPLE -O2 --threads N
 *         --tier baseline|optimized --module-sha256 HEX [--fuel]
 *     proa-compiler inspect --input-fd N --report-fd N [--json]
 *     proa-compiler version
 *
 * It writes lines to the report descriptor: "progress DONE ALL" any number of
 * times and at most one "error STATUS OFFSET TEXT", STATUS as in
 * enum proa_status. What it writes is not trusted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_COMPILER_H
#define PROA_CACHE_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proa/error.h"

enum { PROA_COMPILER_PATH_MAX = 4096 };

/*
 * Find the compiler: `wanted`, or PROA_COMPILER, or proa-compiler beside us or
 * in ../libexec/proa from there, or on the PATH, or so beside the proa that is
 * on the PATH.
 *
 * @param wanted borrowed; NULL: look for it
 * @param path   holds PROA_COMPILER_PATH_MAX; written only on success
 * @return PROA_OK, PROA_COMPILER (there is none)
 */
PROA_NODISCARD enum proa_status
proa_compiler_find(const char *wanted, char *path, struct proa_error *err);

/* The same for baseline code: proa-baseline, which starts sooner, unless
 * another compiler was named. */
PROA_NODISCARD enum proa_status
proa_compiler_find_baseline(const char *wanted, char *path,
                            struct proa_error *err);

/* Where in the child the descriptors of a run are. */
enum {
    PROA_COMPILER_INPUT_FD = 3,
    PROA_COMPILER_OUTPUT_FD = 4,
    PROA_COMPILER_REPORT_FD = 5,
};

/* All borrowed. */
struct proa_compiler_run {
    const char *path;         /* of the compiler */
    const char *const *argv;  /* ends with NULL */
    int input_fd;             /* -1: none */
    int output_fd;            /* -1: none */
    struct proa_buffer *text; /* gets its standard output; NULL: none */
    uint64_t memory_bytes_max;
    uint32_t seconds_max; /* of wall clock */
    int nice;             /* how much others go first; 0: like us */
    const int *stop_fd;   /* kill it once this is readable; NULL: never */
    void (*progress)(void *env, uint64_t done_bytes, uint64_t all_bytes);
    void *progress_env;
};

/*
 * Run the compiler and wait for it.
 *
 * @return PROA_OK, what it reported, or PROA_COMPILER when it crashed, was
 *         killed, or went over a limit; PROA_IO
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_compiler_run(const struct proa_compiler_run *run, struct proa_error *err);

/*
 * A file in memory that holds these bytes and cannot change any more.
 *
 * @param fd set on success; owned: close it
 */
PROA_NODISCARD enum proa_status proa_compiler_input(const uint8_t *bytes,
                                                    size_t size, int *fd,
                                                    struct proa_error *err);

#endif
