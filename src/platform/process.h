/*
 * Child processes: started with nothing but what they are given.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_PROCESS_H
#define PROA_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "proa/error.h"

enum { PROA_PROCESS_FDS_MAX = 16 };

/* Start from `{ 0 }`. All borrowed for the call. */
struct proa_process_options {
    const char *path;          /* of the executable */
    const char *const *argv;   /* ends with NULL */
    const char *const *env;    /* ends with NULL; NULL: an empty environment */
    const int *fds;            /* fds[i] becomes descriptor i; -1: /dev/null */
    uint32_t fd_count;         /* every other descriptor is closed */
    uint64_t memory_bytes_max; /* 0: no limit */
    uint64_t file_bytes_max;   /* of each file it writes; 0: no limit */
    uint64_t cpu_seconds_max;  /* 0: no limit */
    int nice;                  /* added to ours: how much others go first */
};

struct proa_process {
    int id;
    int fd; /* readable once the process has ended; owned */
};

/* How a process ended. */
struct proa_process_end {
    int exit_code; /* when signal is 0; -1: it could not be learnt */
    int signal;
};

/*
 * Start a process in the root folder, with default signal handling; it is
 * killed when the calling thread ends.
 *
 * @param process set on success; end with proa_process_wait()
 * @return PROA_OK, PROA_IO (also when the file cannot be executed),
 *         PROA_USAGE (too many descriptors)
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_process_start(const struct proa_process_options *options,
                   struct proa_process *process, struct proa_error *err);

/* Does nothing when it has ended already. */
void proa_process_kill(const struct proa_process *process);

/* Wait for the end of a process and give back what it held. */
struct proa_process_end proa_process_wait(struct proa_process *process);

/* Find a program on the PATH, in absolute folders only. `path` is written only
 * on success. */
bool proa_process_find(const char *name, char *path, uint32_t size);

/* Processors that this thread may run on; at least 1. */
uint32_t proa_process_cores(void);

/* The folder of the program we are, without a slash; false: unknown. */
bool proa_process_own_folder(char *path, uint32_t size);

/* True when RLIMIT-like memory limits cannot be used: a sanitizer reserves
 * more address space than any of them. */
bool proa_process_is_sanitized(void);

#endif
