/*
 * https://man7.org/linux/man-pages/man2/memfd_create.2.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"

/*
 * Room above an output's limit. The kernel refuses a write that would pass the
 * sealed size a whole page of its cache at a time, and such a page may have
 * 2 MiB: with twice that, a guest that passed the limit did pass it visibly.
 */
enum { ROOM = 4 << 20 };

enum proa_status proa_memfile_input(const void *bytes, size_t size, int *fd,
                                    struct proa_error *err)
{
    const uint8_t *rest = bytes;
    int made = memfd_create("proa-stdin", MFD_CLOEXEC);

    if (made < 0)
        return proa_fail(err, PROA_IO, 0, "memfd_create: %s", strerror(errno));
    for (size_t offset = 0; offset < size;) {
        ssize_t written =
            pwrite(made, rest + offset, size - offset, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            int cause = errno;
            (void)close(made);
            return proa_fail(err, PROA_IO, 0, "the request's body: %s",
                             strerror(cause));
        }
        offset += (size_t)written;
    }
    *fd = made;
    return PROA_OK;
}

enum proa_status proa_memfile_output(size_t bytes_max, int *fd,
                                     struct proa_error *err)
{
    int made = memfd_create("proa-stdout", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (made < 0)
        return proa_fail(err, PROA_IO, 0, "memfd_create: %s", strerror(errno));
    off_t size = (off_t)((bytes_max + ROOM) & ~(size_t)4095);
    if (ftruncate(made, size) != 0 ||
        fcntl(made, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
            0) {
        int cause = errno;
        (void)close(made);
        return proa_fail(err, PROA_IO, 0, "a file in memory: %s",
                         strerror(cause));
    }
    *fd = made;
    return PROA_OK;
}

uint64_t proa_memfile_size(int fd)
{
    off_t size = lseek(fd, 0, SEEK_CUR);

    return size < 0 ? 0 : (uint64_t)size;
}

enum proa_status proa_memfile_read(int fd, uint64_t offset, void *bytes,
                                   size_t size, struct proa_error *err)
{
    uint8_t *rest = bytes;

    while (size > 0) {
        ssize_t got = pread(fd, rest, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return proa_fail(err, PROA_IO, 0, "a file in memory: %s",
                             got == 0 ? "shorter than told" : strerror(errno));
        rest += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return PROA_OK;
}
