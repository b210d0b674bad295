/*
 * What the compiler process writes: a file in memory, or one without a name;
 * checked before use.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/artifact.h"
#include "base/fail.h"

enum { COPY_BYTES_MAX = 1 << 20 };

enum proa_status proa_output_create(int *fd, struct proa_error *err)
{
    int made = memfd_create("proa-artifact", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (made < 0)
        return proa_fail(err, PROA_IO, 0, "memfd: %s", strerror(errno));
    *fd = made;
    return PROA_OK;
}

int proa_output_beside(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    struct stat st;

    if (length + 2 > sizeof folder ||
        (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return -1;
    memcpy(folder, path, length);
    memcpy(folder + length, ".", 2);
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
}

enum proa_status proa_output_share(int fd, int *copy, struct proa_error *err)
{
    int made = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (made < 0)
        return proa_fail(err, PROA_IO, 0, "dup: %s", strerror(errno));
    *copy = made;
    return PROA_OK;
}

enum proa_status proa_output_seal(int fd, struct proa_error *err)
{
    if (fcntl(fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return proa_fail(err, PROA_IO, 0, "compiled code: %s", strerror(errno));
    return PROA_OK;
}

enum proa_status proa_output_size(int fd, uint64_t *size,
                                  struct proa_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "compiled code: %s", strerror(errno));
    if (st.st_size <= 0)
        return proa_fail(err, PROA_COMPILER, 0, "compiler wrote nothing");
    *size = (uint64_t)st.st_size;
    return PROA_OK;
}

enum proa_status proa_output_blame(const struct proa_error *error,
                                   struct proa_error *err)
{
    return proa_fail(err, PROA_COMPILER, 0,
                     "compiler wrote a broken artifact (at offset 0x%llx: "
                     "%.200s)",
                     (unsigned long long)error->offset, error->text);
}

enum proa_status proa_output_check(int fd, uint64_t size,
                                   struct proa_error *err)
{
    struct proa_artifact artifact = { 0 };
    struct proa_error error = { 0 };
    enum proa_status status;
    void *base = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (base == MAP_FAILED)
        return proa_fail(err, PROA_NOMEM, 0, "compiled code: %s",
                         strerror(errno));
    status = proa_artifact_read(base, size, &artifact, &error);
    if (status == PROA_OK)
        proa_artifact_deinit(&artifact);
    (void)munmap(base, (size_t)size);
    if (status == PROA_NOMEM)
        return proa_fail(err, status, 0, "%s", error.text);
    return status == PROA_OK ? PROA_OK : proa_output_blame(&error, err);
}

static enum proa_status copy(int from, int to, uint64_t size, const char *path,
                             struct proa_error *err)
{
    char *bytes = malloc(COPY_BYTES_MAX);
    uint64_t offset = 0;
    int code = bytes == NULL ? ENOMEM : 0;

    while (code == 0 && offset < size) {
        uint64_t left = size - offset;
        ssize_t got = pread(
            from, bytes, left < COPY_BYTES_MAX ? (size_t)left : COPY_BYTES_MAX,
            (off_t)offset);
        ssize_t put = got > 0 ? write(to, bytes, (size_t)got) : -1;

        if (put < 0)
            code = got == 0 ? EIO : errno;
        else
            offset += (uint64_t)put;
    }
    free(bytes);
    if (code != 0)
        return proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(code));
    return PROA_OK;
}

/* A pipe or a device is written in place: it cannot be renamed over. */
static enum proa_status in_place_write(int fd, uint64_t size, const char *path,
                                       struct proa_error *err)
{
    int to = open(path, O_WRONLY | O_CLOEXEC);
    enum proa_status status;

    if (to < 0)
        return proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(errno));
    status = copy(fd, to, size, path, err);
    if (close(to) != 0 && status == PROA_OK)
        return proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(errno));
    return status;
}

/* A file without a name, in the same file system, gets this one. */
static bool give_name(int fd, const char *name)
{
    char link[32];

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/* A file of its own with the same bytes. */
static enum proa_status write_copy(int fd, uint64_t size, const char *name,
                                   const char *path, struct proa_error *err)
{
    int to = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    enum proa_status status;

    if (to < 0)
        return proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(errno));
    status = copy(fd, to, size, path, err);
    if (close(to) != 0 && status == PROA_OK)
        status = proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(errno));
    if (status != PROA_OK)
        (void)unlink(name);
    return status;
}

enum proa_status proa_output_write(int fd, uint64_t size, const char *path,
                                   struct proa_error *err)
{
    char draft[PATH_MAX];
    struct stat st;
    uint64_t number = 0;
    enum proa_status status = PROA_OK;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return in_place_write(fd, size, path, err);
    (void)!getrandom(&number, sizeof number, 0);
    if (snprintf(draft, sizeof draft, "%s.%016llx", path,
                 (unsigned long long)number) >= (int)sizeof draft)
        return proa_fail(err, PROA_IO, 0, "%s: %s", path,
                         strerror(ENAMETOOLONG));
    if (!give_name(fd, draft))
        status = write_copy(fd, size, draft, path, err);
    if (status != PROA_OK)
        return status;
    if (rename(draft, path) != 0) {
        status = proa_fail(err, PROA_IO, 0, "%s: %s", path, strerror(errno));
        (void)unlink(draft);
    }
    return status;
}
