/*
 * Opening a path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/poll.h"
#include "wasi/path.h"
#include "wasi/place.h"
#include "wasi/preview1.h"
#include "wasi/rights.h"

/* What a guest asks for. */
struct request {
    uint32_t lookup;
    uint32_t oflags;
    uint32_t fdflags;
    uint64_t base;
    uint64_t inheriting;
};

static bool is_known(const struct request *request)
{
    return (request->lookup & ~(uint32_t)PROA_WASI_LOOKUP_FOLLOW) == 0 &&
           (request->oflags & ~(uint32_t)PROA_WASI_OFLAG_ALL) == 0 &&
           (request->fdflags & ~(uint32_t)PROA_WASI_FDFLAG_ALL) == 0;
}

/* The rights on the folder that opening takes. */
static uint64_t rights_needed(const struct request *request)
{
    uint64_t rights = PROA_WASI_PATH_OPEN;

    if ((request->oflags & PROA_WASI_OFLAG_CREAT) != 0)
        rights |= PROA_WASI_PATH_CREATE_FILE;
    if ((request->oflags & PROA_WASI_OFLAG_TRUNC) != 0)
        rights |= PROA_WASI_PATH_FILESTAT_SET_SIZE;
    return rights;
}

static int host_flags(const struct request *request)
{
    static const struct {
        uint32_t flag;
        int host;
    } oflags[] = {
        { PROA_WASI_OFLAG_CREAT, O_CREAT },
        { PROA_WASI_OFLAG_DIRECTORY, O_DIRECTORY },
        { PROA_WASI_OFLAG_EXCL, O_EXCL },
        { PROA_WASI_OFLAG_TRUNC, O_TRUNC },
    }, fdflags[] = {
        { PROA_WASI_FDFLAG_APPEND, O_APPEND },
        { PROA_WASI_FDFLAG_DSYNC, O_DSYNC },
        { PROA_WASI_FDFLAG_NONBLOCK, O_NONBLOCK },
        { PROA_WASI_FDFLAG_RSYNC, O_RSYNC },
        { PROA_WASI_FDFLAG_SYNC, O_SYNC },
    };
    int flags = O_NOCTTY;

    for (size_t i = 0; i < sizeof oflags / sizeof oflags[0]; i++) {
        if ((request->oflags & oflags[i].flag) != 0)
            flags |= oflags[i].host;
    }
    for (size_t i = 0; i < sizeof fdflags / sizeof fdflags[0]; i++) {
        if ((request->fdflags & fdflags[i].flag) != 0)
            flags |= fdflags[i].host;
    }
    if ((request->lookup & PROA_WASI_LOOKUP_FOLLOW) == 0)
        flags |= O_NOFOLLOW;
    if ((request->base & PROA_WASI_FD_WRITE) == 0)
        return flags | O_RDONLY;
    return flags |
           ((request->base & PROA_WASI_FD_READ) != 0 ? O_RDWR : O_WRONLY);
}

/* How often a pipe that nobody reads is looked at. */
enum { LOOK_NS = 10 * 1000 * 1000 };

static bool is_fifo(const struct proa_call *call, int folder_fd,
                    const char *path, int flags)
{
    struct stat st;
    int fd;

    if (proa_wasi_open_beneath(call, folder_fd, path,
                               O_PATH | (flags & O_NOFOLLOW),
                               &fd) != PROA_WASI_SUCCESS)
        return false;
    bool is = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
    close(fd);
    return is;
}

/*
 * No system call blocks, and to open a named pipe would, until its other end is
 * opened. One to write to is looked at until somebody reads it; of one to read
 * from, reading waits for somebody who writes.
 */
static uint32_t open_now(const struct proa_call *call, int folder_fd,
                         const char *path, int flags, int *fd)
{
    bool may_wait = (flags & O_NONBLOCK) == 0;
    uint32_t error =
        proa_wasi_open_beneath(call, folder_fd, path, flags | O_NONBLOCK, fd);

    while (may_wait && error == PROA_WASI_ENXIO &&
           is_fifo(call, folder_fd, path, flags)) {
        struct proa_wait wait = { NULL, 0, proa_clock_now() + LOOK_NS };
        if (proa_call_wait(call, &wait) < 0 && !proa_wasi_try_again(call))
            return proa_wasi_errno();
        error = proa_wasi_open_beneath(call, folder_fd, path,
                                       flags | O_NONBLOCK, fd);
    }
    if (error != PROA_WASI_SUCCESS || !may_wait ||
        fcntl(*fd, F_SETFL, flags & O_APPEND) == 0)
        return error;
    error = proa_wasi_errno();
    close(*fd);
    return error;
}

/*
 * In a read-only folder, as the kernel does it on a file system mounted so:
 * what exists can be opened for reading, also by one who would have made it.
 */
static uint32_t open_read_only(const struct proa_call *call,
                               const struct proa_wasi_path *path, int flags,
                               int *fd)
{
    bool creates = (flags & O_CREAT) != 0;
    bool exclusive = creates && (flags & O_EXCL) != 0;
    uint32_t error;

    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0)
        return PROA_WASI_EROFS;
    error = open_now(call, path->folder->host_fd, path->text,
                     flags & ~(O_CREAT | O_EXCL), fd);
    if (creates && error == PROA_WASI_ENOENT)
        return PROA_WASI_EROFS;
    if (exclusive && error == PROA_WASI_SUCCESS) {
        close(*fd);
        return PROA_WASI_EEXIST;
    }
    return error;
}

static uint32_t open_path(const struct proa_call *call,
                          const struct proa_wasi_path *path,
                          const struct request *request,
                          struct proa_wasi_fd *opened)
{
    const struct proa_wasi_fd *folder = path->folder;
    int flags = host_flags(request);
    uint32_t error;
    int fd;

    error = folder->is_read_only
                ? open_read_only(call, path, flags, &fd)
                : open_now(call, folder->host_fd, path->text, flags, &fd);
    if (error != PROA_WASI_SUCCESS)
        return error;
    error = proa_wasi_fd_describe(fd, request->base, opened);
    if (error != PROA_WASI_SUCCESS) {
        close(fd);
        return error;
    }
    opened->is_read_only = folder->is_read_only;
    if (opened->filetype == PROA_WASI_FILETYPE_DIRECTORY)
        opened->inheriting = request->inheriting;
    return PROA_WASI_SUCCESS;
}

// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_path_open(struct proa_call *call, uint32_t fd,
                             uint32_t lookup, uint32_t path, uint32_t path_size,
                             uint32_t oflags, uint64_t base,
                             uint64_t inheriting, uint32_t fdflags,
                             uint32_t opened_fd)
{
    /* Some guests ask for every bit there is; what nothing below a folder could
     * ever have does not count. */
    uint64_t possible = proa_wasi_rights_below_directory();
    struct request request = { lookup, oflags, fdflags, base & possible,
                               inheriting & possible };
    uint8_t *to = proa_guest_bytes(call, opened_fd, 4);
    struct proa_wasi_path from;
    struct proa_wasi_fd opened;
    uint32_t number, error;

    if (!is_known(&request))
        return PROA_WASI_EINVAL;
    error = proa_wasi_path_load(call, fd, rights_needed(&request), path,
                                path_size, &from);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    if (((request.base | request.inheriting) & ~from.folder->inheriting) != 0)
        return PROA_WASI_ENOTCAPABLE;
    /* Older kernels make a plain file of it. */
    if ((oflags & PROA_WASI_OFLAG_CREAT) != 0 &&
        (oflags & PROA_WASI_OFLAG_DIRECTORY) != 0)
        return PROA_WASI_EINVAL;
    error = open_path(call, &from, &request, &opened);
    if (error != PROA_WASI_SUCCESS)
        return error;
    error = proa_wasi_fdtable_add(&proa_wasi_of(call)->fds, &opened, &number);
    if (error != PROA_WASI_SUCCESS) {
        close(opened.host_fd);
        return error;
    }
    proa_guest_store_u32(to, number);
    return PROA_WASI_SUCCESS;
}
