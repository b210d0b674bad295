/*
 * A folder of the host's, for a test alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_WASI_FOLDER_H
#define PROA_TESTS_WASI_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

static inline int folder_remove_one(const char *path, const struct stat *st,
                                    int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* A fresh folder of the host's. */
static inline void folder_make(char path[64])
{
    strcpy(path, "/tmp/proa-test-XXXXXX");
    CHECK_EQ(mkdtemp(path) != NULL, 1);
}

static inline void folder_remove(const char *path)
{
    nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file of the host's in a folder; returns its whole path. */
static inline const char *host_path(const char *folder, const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline void host_file(const char *folder, const char *name,
                             const char *text)
{
    int fd = open(host_path(folder, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

    CHECK_EQ(fd >= 0, 1);
    CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

#endif
