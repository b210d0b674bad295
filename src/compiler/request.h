/*
 * What a compiler program is asked by proa, and how it answers: the same for
 * both programs. The protocol is told in src/cache/compiler.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILER_REQUEST_H
#define PROA_COMPILER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

struct proa_arguments {
    const char *command;
    int input_fd;
    int output_fd;
    int report_fd;
    const char *cpu;
    const char *features;
    const char *target;
    int opt_level;
    uint32_t thread_count;
    uint8_t module_sha256[32];
    bool has_sha256;
    uint32_t *functions; /* owned by the process; NULL: all */
    uint32_t function_count;
    uint32_t *hot; /* the same; NULL: none is known */
    uint32_t hot_count;
    bool as_json;
    bool is_baseline;
    bool counts_fuel;
};

/* False, and *arguments in any state, when they make no sense. */
bool proa_arguments_parse(int argc, char **argv,
                          struct proa_arguments *arguments);

/* A whole line in one write, so that lines of threads do not mix. */
void proa_request_report(int fd, const char *line, int size);

/* Tell why it failed. @return the exit code */
int proa_request_fail(const struct proa_arguments *arguments,
                      const struct proa_error *err);

/* The input, mapped until the end: a file or a memfd, never a pipe. */
PROA_NODISCARD enum proa_status proa_request_map(int fd, const uint8_t **bytes,
                                                 size_t *size,
                                                 struct proa_error *err);
PROA_NODISCARD enum proa_status proa_request_write(int fd, const uint8_t *bytes,
                                                   size_t size,
                                                   struct proa_error *err);

/* The command `compile --tier baseline`. */
PROA_NODISCARD enum proa_status
proa_request_baseline(const struct proa_arguments *arguments,
                      struct proa_error *err);

#endif
