/*
 * Descriptors: their state, their file's attributes, their position.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/preview1.h"
#include "wasi/rights.h"
#include "wasi/state.h"
#include "wasi/times.h"

uint32_t proa_wasi_fd_advise(struct proa_call *call, uint32_t fd,
                             uint64_t offset, uint64_t size, uint32_t advice)
{
    static const int host_advice[] = {
        POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
        POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE,
    };
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, PROA_WASI_FD_ADVISE, &file);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (advice >= sizeof host_advice / sizeof host_advice[0] ||
        offset > INT64_MAX || size > INT64_MAX)
        return PROA_WASI_EINVAL;
    if (file->filetype == PROA_WASI_FILETYPE_DIRECTORY)
        return PROA_WASI_EBADF; /* an advice on what it cannot read */
    return proa_wasi_errno_from_host(posix_fadvise(
        file->host_fd, (off_t)offset, (off_t)size, host_advice[advice]));
}

uint32_t proa_wasi_fd_allocate(struct proa_call *call, uint32_t fd,
                               uint64_t offset, uint64_t size)
{
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, PROA_WASI_FD_ALLOCATE, &file);
    int done;

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (size == 0 || offset > INT64_MAX || size > INT64_MAX)
        return PROA_WASI_EINVAL;
    do { /* not posix_fallocate(), which falls back to writing it all */
        done = fallocate(file->host_fd, 0, (off_t)offset, (off_t)size);
    } while (done != 0 && proa_wasi_try_again(call));
    return done == 0 ? (uint32_t)PROA_WASI_SUCCESS : proa_wasi_errno();
}

uint32_t proa_wasi_fd_close(struct proa_call *call, uint32_t fd)
{
    return proa_wasi_fdtable_close(&proa_wasi_of(call)->fds, fd);
}

uint32_t proa_wasi_fd_renumber(struct proa_call *call, uint32_t fd, uint32_t to)
{
    return proa_wasi_fdtable_renumber(&proa_wasi_of(call)->fds, fd, to);
}

uint32_t proa_wasi_fd_datasync(struct proa_call *call, uint32_t fd)
{
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, PROA_WASI_FD_DATASYNC, &file);

    if (error != PROA_WASI_SUCCESS)
        return error;
    return fdatasync(file->host_fd) == 0 ? (uint32_t)PROA_WASI_SUCCESS
                                         : proa_wasi_errno();
}

uint32_t proa_wasi_fd_sync(struct proa_call *call, uint32_t fd)
{
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, PROA_WASI_FD_SYNC, &file);

    if (error != PROA_WASI_SUCCESS)
        return error;
    return fsync(file->host_fd) == 0 ? (uint32_t)PROA_WASI_SUCCESS
                                     : proa_wasi_errno();
}

static uint16_t fdflags_from_host(int flags)
{
    uint16_t fdflags = 0;

    if ((flags & O_APPEND) != 0)
        fdflags |= PROA_WASI_FDFLAG_APPEND;
    if ((flags & O_NONBLOCK) != 0)
        fdflags |= PROA_WASI_FDFLAG_NONBLOCK;
    if ((flags & O_DSYNC) != 0)
        fdflags |= PROA_WASI_FDFLAG_DSYNC;
    if ((flags & O_SYNC) == O_SYNC) /* O_DSYNC and a bit more */
        fdflags |= PROA_WASI_FDFLAG_SYNC | PROA_WASI_FDFLAG_RSYNC;
    return fdflags;
}

uint32_t proa_wasi_fd_fdstat_get(struct proa_call *call, uint32_t fd,
                                 uint32_t stat)
{
    uint8_t *to = proa_guest_bytes(call, stat, PROA_WASI_FDSTAT_SIZE);
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, 0, &file);
    struct proa_wasi_fdstat found;
    int flags;

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    flags = file->stream != NULL ? 0 : fcntl(file->host_fd, F_GETFL);
    if (flags < 0)
        return proa_wasi_errno();
    found = (struct proa_wasi_fdstat){
        .filetype = file->filetype,
        .flags = fdflags_from_host(flags) | file->flags,
        .rights_base = file->rights,
        .rights_inheriting = file->inheriting,
    };
    proa_wasi_fdstat_store(to, &found);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_fdstat_set_flags(struct proa_call *call, uint32_t fd,
                                       uint32_t flags)
{
    const uint32_t changeable =
        PROA_WASI_FDFLAG_APPEND | PROA_WASI_FDFLAG_NONBLOCK;
    struct proa_wasi_fd *file;
    uint32_t error =
        proa_wasi_find(call, fd, PROA_WASI_FD_FDSTAT_SET_FLAGS, &file);
    int host_flags;

    if (error != PROA_WASI_SUCCESS)
        return error;
    if ((flags & ~(uint32_t)PROA_WASI_FDFLAG_ALL) != 0)
        return PROA_WASI_EINVAL;
    host_flags = fcntl(file->host_fd, F_GETFL);
    if (host_flags < 0)
        return proa_wasi_errno();
    /* What the host cannot change of an open file may only stay as it is. */
    if (((flags ^ fdflags_from_host(host_flags)) & ~changeable) != 0)
        return PROA_WASI_ENOTSUP;
    if (file->is_borrowed) {
        file->flags = (uint16_t)(flags & changeable);
        return PROA_WASI_SUCCESS;
    }
    host_flags &= ~(O_APPEND | O_NONBLOCK);
    if ((flags & PROA_WASI_FDFLAG_APPEND) != 0)
        host_flags |= O_APPEND;
    if ((flags & PROA_WASI_FDFLAG_NONBLOCK) != 0)
        host_flags |= O_NONBLOCK;
    if (fcntl(file->host_fd, F_SETFL, host_flags) != 0)
        return proa_wasi_errno();
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_fdstat_set_rights(struct proa_call *call, uint32_t fd,
                                        uint64_t base, uint64_t inheriting)
{
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, 0, &file);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if ((base & ~file->rights) != 0 || (inheriting & ~file->inheriting) != 0)
        return PROA_WASI_ENOTCAPABLE;
    file->rights = base;
    file->inheriting = inheriting;
    return PROA_WASI_SUCCESS;
}

static uint32_t filestat_get(struct proa_call *call, uint32_t fd,
                             enum proa_wasi_version version, uint32_t stat)
{
    uint8_t *to =
        proa_guest_bytes(call, stat, proa_wasi_filestat_size(version));
    struct proa_wasi_fd *file;
    struct proa_wasi_filestat found;
    struct stat st;
    uint32_t error = proa_wasi_find(call, fd, PROA_WASI_FD_FILESTAT_GET, &file);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    if (fstat(file->host_fd, &st) != 0)
        return proa_wasi_errno();
    found = proa_wasi_filestat_from_host(&st);
    found.filetype = file->filetype; /* which knows sockets better */
    proa_wasi_filestat_store(to, version, &found);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_filestat_get(struct proa_call *call, uint32_t fd,
                                   uint32_t stat)
{
    return filestat_get(call, fd, PROA_WASI_PREVIEW1, stat);
}

uint32_t proa_wasi_fd_filestat_get_unstable(struct proa_call *call, uint32_t fd,
                                            uint32_t stat)
{
    return filestat_get(call, fd, PROA_WASI_UNSTABLE, stat);
}

uint32_t proa_wasi_fd_filestat_set_size(struct proa_call *call, uint32_t fd,
                                        uint64_t size)
{
    struct proa_wasi_fd *file;
    uint32_t error =
        proa_wasi_find(call, fd, PROA_WASI_FD_FILESTAT_SET_SIZE, &file);
    int done;

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (size > INT64_MAX)
        return PROA_WASI_EINVAL;
    do {
        done = ftruncate(file->host_fd, (off_t)size);
    } while (done != 0 && proa_wasi_try_again(call));
    return done == 0 ? (uint32_t)PROA_WASI_SUCCESS : proa_wasi_errno();
}

uint32_t proa_wasi_fd_filestat_set_times(struct proa_call *call, uint32_t fd,
                                         uint64_t accessed, uint64_t modified,
                                         uint32_t fst_flags)
{
    struct proa_wasi_fd *file;
    struct timespec times[2];
    uint32_t error =
        proa_wasi_find(call, fd, PROA_WASI_FD_FILESTAT_SET_TIMES, &file);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_times_make(accessed, modified, fst_flags, times);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (file->is_read_only)
        return PROA_WASI_EROFS;
    return futimens(file->host_fd, times) == 0 ? (uint32_t)PROA_WASI_SUCCESS
                                               : proa_wasi_errno();
}

static uint32_t seek(struct proa_call *call, uint32_t fd, int64_t offset,
                     int whence, uint32_t position)
{
    /* To ask for the position is not to move it. */
    uint64_t right = offset == 0 && whence == SEEK_CUR ? PROA_WASI_FD_TELL
                                                       : PROA_WASI_FD_SEEK;
    uint8_t *to = proa_guest_bytes(call, position, sizeof(uint64_t));
    struct proa_wasi_fd *file;
    uint32_t error = proa_wasi_find(call, fd, right, &file);
    off_t at;

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    at = lseek(file->host_fd, offset, whence);
    if (at < 0)
        return proa_wasi_errno();
    proa_guest_store_u64(to, (uint64_t)at);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_seek(struct proa_call *call, uint32_t fd, int64_t offset,
                           uint32_t whence, uint32_t position)
{
    static const int host_whence[] = {
        [PROA_WASI_WHENCE_SET] = SEEK_SET,
        [PROA_WASI_WHENCE_CUR] = SEEK_CUR,
        [PROA_WASI_WHENCE_END] = SEEK_END,
    };

    if (whence >= sizeof host_whence / sizeof host_whence[0])
        return PROA_WASI_EINVAL;
    return seek(call, fd, offset, host_whence[whence], position);
}

uint32_t proa_wasi_fd_seek_unstable(struct proa_call *call, uint32_t fd,
                                    int64_t offset, uint32_t whence,
                                    uint32_t position)
{
    /* The same three in another order. */
    static const int host_whence[] = { SEEK_CUR, SEEK_END, SEEK_SET };

    if (whence >= sizeof host_whence / sizeof host_whence[0])
        return PROA_WASI_EINVAL;
    return seek(call, fd, offset, host_whence[whence], position);
}

uint32_t proa_wasi_fd_tell(struct proa_call *call, uint32_t fd,
                           uint32_t position)
{
    return seek(call, fd, 0, SEEK_CUR, position);
}
