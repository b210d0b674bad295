/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/signal.h"
#include "wasi/preview1.h"
#include "wasi/state.h"

/* One system call moves less than 2 GiB. */
enum { IO_SIZE_MAX = 0x7ffff000 };

uint32_t proa_wasi_iovs_load(const struct proa_call *call, uint32_t address,
                             uint32_t count, uint32_t size_max,
                             struct proa_wasi_iovs *iovs)
{
    const uint8_t *list =
        proa_guest_array(call, address, count, PROA_WASI_IOVEC_SIZE);
    uint32_t left = size_max;

    if (list == NULL)
        return PROA_WASI_EFAULT;
    iovs->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *item = list + (size_t)PROA_WASI_IOVEC_SIZE * i;
        uint32_t size = proa_guest_load_u32(item + 4);
        void *bytes = proa_guest_bytes(call, proa_guest_load_u32(item), size);

        if (bytes == NULL)
            return PROA_WASI_EFAULT;
        if (size > left)
            size = left;
        if (size == 0)
            continue;
        if (iovs->count == PROA_WASI_IOV_COUNT_MAX)
            break;
        iovs->items[iovs->count].iov_base = bytes;
        iovs->items[iovs->count].iov_len = size;
        iovs->count++;
        left -= size;
    }
    return PROA_WASI_SUCCESS;
}

static bool is_nonblock_emulated(const struct proa_wasi_fd *fd)
{
    return fd->is_borrowed && (fd->flags & PROA_WASI_FDFLAG_NONBLOCK) != 0;
}

int proa_wasi_io_wait(const struct proa_call *call, struct pollfd *fds,
                      uint32_t count, const struct timespec *timeout)
{
    sigset_t interrupt, previous;
    int result = -1, error = EINTR;

    /* Held back between the look at the flag and the wait. */
    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, proa_signal_interrupt());
    (void)pthread_sigmask(SIG_BLOCK, &interrupt, &previous);
    if (!proa_call_interrupted(call)) {
        result = ppoll(fds, count, timeout, &previous);
        error = errno;
    }
    (void)pthread_sigmask(SIG_SETMASK, &previous, NULL);
    errno = error;
    return result;
}

/* Is there anything that a read may have to wait for? */
static bool is_stream(const struct proa_wasi_fd *fd)
{
    return fd->filetype != PROA_WASI_FILETYPE_REGULAR_FILE &&
           fd->filetype != PROA_WASI_FILETYPE_DIRECTORY &&
           fd->filetype != PROA_WASI_FILETYPE_BLOCK_DEVICE;
}

uint32_t proa_wasi_io_ready(const struct proa_call *call,
                            const struct proa_wasi_fd *fd, short events)
{
    struct pollfd pollfd = { .fd = fd->host_fd, .events = events };
    bool waits = events == POLLIN;
    int flags;

    if (!is_stream(fd) || (!waits && !is_nonblock_emulated(fd)))
        return PROA_WASI_SUCCESS;
    if (poll(&pollfd, 1, 0) > 0)
        return PROA_WASI_SUCCESS;
    if (is_nonblock_emulated(fd))
        return PROA_WASI_EAGAIN;
    flags = fcntl(fd->host_fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) != 0)
        return PROA_WASI_SUCCESS; /* the call itself will tell */
    while (proa_wasi_io_wait(call, &pollfd, 1, NULL) < 0) {
        if (!proa_wasi_try_again(call))
            return proa_wasi_errno();
    }
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_io_write_max(const struct proa_wasi_fd *fd)
{
    return is_nonblock_emulated(fd) ? PIPE_BUF : IO_SIZE_MAX;
}

static bool is_socket(const struct proa_wasi_fd *fd)
{
    return fd->filetype == PROA_WASI_FILETYPE_SOCKET_STREAM ||
           fd->filetype == PROA_WASI_FILETYPE_SOCKET_DGRAM;
}

static ssize_t write_once(const struct proa_wasi_fd *fd,
                          struct proa_wasi_iovs *iovs)
{
    struct msghdr message = {
        .msg_iov = iovs->items,
        .msg_iovlen = (size_t)iovs->count,
    };

    if (is_socket(fd)) /* no SIGPIPE for the host */
        return sendmsg(fd->host_fd, &message, MSG_NOSIGNAL);
    if (fd->is_borrowed && (fd->flags & PROA_WASI_FDFLAG_APPEND) != 0)
        return pwritev2(fd->host_fd, iovs->items, iovs->count, -1, RWF_APPEND);
    return writev(fd->host_fd, iovs->items, iovs->count);
}

/* What the four calls below have in common. */
struct transfer {
    struct proa_wasi_fd *fd;
    struct proa_wasi_iovs iovs;
    uint8_t *size; /* where the guest wants to know how much */
};

/* Everything is checked before a byte moves. */
static uint32_t transfer_begin(const struct proa_call *call, uint32_t fd,
                               uint64_t rights, uint32_t size,
                               struct transfer *transfer)
{
    transfer->size = proa_guest_bytes(call, size, sizeof(uint32_t));
    if (transfer->size == NULL)
        return PROA_WASI_EFAULT;
    return proa_wasi_find(call, fd, rights, &transfer->fd);
}

static uint32_t transfer_end(const struct transfer *transfer, ssize_t done)
{
    if (done < 0)
        return proa_wasi_errno();
    proa_guest_store_u32(transfer->size, (uint32_t)done);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_read(struct proa_call *call, uint32_t fd, uint32_t iovs,
                           uint32_t iov_count, uint32_t read_size)
{
    struct transfer in; /* large, so not zeroed */
    uint32_t error =
        transfer_begin(call, fd, PROA_WASI_FD_READ, read_size, &in);
    ssize_t got;

    if (error == PROA_WASI_SUCCESS)
        error =
            proa_wasi_iovs_load(call, iovs, iov_count, IO_SIZE_MAX, &in.iovs);
    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_io_ready(call, in.fd, POLLIN);
    if (error != PROA_WASI_SUCCESS)
        return error;
    do {
        got = readv(in.fd->host_fd, in.iovs.items, in.iovs.count);
    } while (got < 0 && proa_wasi_try_again(call));
    return transfer_end(&in, got);
}

uint32_t proa_wasi_fd_write(struct proa_call *call, uint32_t fd, uint32_t iovs,
                            uint32_t iov_count, uint32_t written_size)
{
    struct transfer out; /* large, so not zeroed */
    uint32_t error =
        transfer_begin(call, fd, PROA_WASI_FD_WRITE, written_size, &out);
    ssize_t put;

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_iovs_load(call, iovs, iov_count,
                                    proa_wasi_io_write_max(out.fd), &out.iovs);
    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_io_ready(call, out.fd, POLLOUT);
    if (error != PROA_WASI_SUCCESS)
        return error;
    do {
        put = write_once(out.fd, &out.iovs);
    } while (put < 0 && proa_wasi_try_again(call));
    return transfer_end(&out, put);
}

uint32_t proa_wasi_fd_pread(struct proa_call *call, uint32_t fd, uint32_t iovs,
                            uint32_t iov_count, uint64_t offset,
                            uint32_t read_size)
{
    struct transfer in; /* large, so not zeroed */
    uint32_t error = transfer_begin(
        call, fd, PROA_WASI_FD_READ | PROA_WASI_FD_SEEK, read_size, &in);
    ssize_t got;

    if (error == PROA_WASI_SUCCESS)
        error =
            proa_wasi_iovs_load(call, iovs, iov_count, IO_SIZE_MAX, &in.iovs);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (offset > INT64_MAX)
        return PROA_WASI_EINVAL;
    do {
        got =
            preadv(in.fd->host_fd, in.iovs.items, in.iovs.count, (off_t)offset);
    } while (got < 0 && proa_wasi_try_again(call));
    return transfer_end(&in, got);
}

uint32_t proa_wasi_fd_pwrite(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint64_t offset,
                             uint32_t written_size)
{
    struct transfer out; /* large, so not zeroed */
    uint32_t error = transfer_begin(
        call, fd, PROA_WASI_FD_WRITE | PROA_WASI_FD_SEEK, written_size, &out);
    ssize_t put;

    if (error == PROA_WASI_SUCCESS)
        error =
            proa_wasi_iovs_load(call, iovs, iov_count, IO_SIZE_MAX, &out.iovs);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (offset > INT64_MAX)
        return PROA_WASI_EINVAL;
    do {
        put = pwritev(out.fd->host_fd, out.iovs.items, out.iovs.count,
                      (off_t)offset);
    } while (put < 0 && proa_wasi_try_again(call));
    return transfer_end(&out, put);
}
