/*
 * A folder of its own for a test, and files in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_CACHE_SCRATCH_H
#define PROA_TESTS_CACHE_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline int scratch_remove(const char *path, const struct stat *st,
                                 int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void scratch_clean(void)
{
    (void)nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_make(void)
{
    (void)snprintf(scratch, sizeof scratch, "/tmp/proa-test-XXXXXX");
    if (mkdtemp(scratch) == NULL || atexit(scratch_clean) != 0)
        abort();
}

/* "SCRATCH/name", in one of a few buffers. */
static inline const char *scratch_path(const char *name)
{
    static char paths[8][PATH_MAX];
    static int next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, PATH_MAX, "%s/%s", scratch, name);
    return path;
}

static inline bool scratch_has(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static inline void scratch_write(const char *name, const char *text,
                                 mode_t mode)
{
    FILE *out = fopen(scratch_path(name), "w");

    if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0 ||
        chmod(scratch_path(name), mode) != 0)
        abort();
}

#endif
