/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wasi/preview1.h"
#include "wasi/state.h"
#include "wasi/wasi.h"

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

/* What was taken off the end of a list, to be put back. */
struct cut {
    int count;
    int last;
    size_t last_size;
};

static struct cut iovs_cut(struct proa_wasi_iovs *iovs, size_t size_max)
{
    struct cut cut = { .count = iovs->count };

    for (int i = 0; i < iovs->count; i++) {
        cut.last = i;
        cut.last_size = iovs->items[i].iov_len;
        if (iovs->items[i].iov_len >= size_max) {
            iovs->items[i].iov_len = size_max;
            iovs->count = i + 1;
        }
        size_max -= iovs->items[i].iov_len;
    }
    return cut;
}

static void iovs_mend(struct proa_wasi_iovs *iovs, const struct cut *cut)
{
    if (cut->count > 0)
        iovs->items[cut->last].iov_len = cut->last_size;
    iovs->count = cut->count;
}

/* Leave out the first `size` bytes; false when none are left. */
static bool iovs_skip(struct proa_wasi_iovs *iovs, size_t size)
{
    int first = 0;

    while (first < iovs->count && size >= iovs->items[first].iov_len)
        size -= iovs->items[first++].iov_len;
    iovs->count -= first;
    memmove(iovs->items, iovs->items + first,
            (size_t)iovs->count * sizeof iovs->items[0]);
    if (iovs->count == 0)
        return false;
    iovs->items[0].iov_base = (uint8_t *)iovs->items[0].iov_base + size;
    iovs->items[0].iov_len -= size;
    return true;
}

static bool is_nonblock_emulated(const struct proa_wasi_fd *fd)
{
    return fd->is_borrowed && (fd->flags & PROA_WASI_FDFLAG_NONBLOCK) != 0;
}

/* Is there anything that a read may have to wait for? */
static bool is_stream(const struct proa_wasi_fd *fd)
{
    return fd->filetype != PROA_WASI_FILETYPE_REGULAR_FILE &&
           fd->filetype != PROA_WASI_FILETYPE_DIRECTORY &&
           fd->filetype != PROA_WASI_FILETYPE_BLOCK_DEVICE;
}

uint32_t proa_wasi_io_wait(const struct proa_call *call,
                           const struct proa_wasi_fd *fd, short events)
{
    struct pollfd pollfd = { .fd = fd->host_fd, .events = events };
    struct proa_wait wait = { &pollfd, 1, UINT64_MAX };
    int flags = fcntl(fd->host_fd, F_GETFL);

    if (is_nonblock_emulated(fd) || flags < 0 || (flags & O_NONBLOCK) != 0)
        return PROA_WASI_EAGAIN;
    return proa_call_wait(call, &wait) < 0 ? proa_wasi_errno()
                                           : (uint32_t)PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_io_ready(const struct proa_call *call,
                            const struct proa_wasi_fd *fd, short events)
{
    struct pollfd pollfd = { .fd = fd->host_fd, .events = events };

    if (poll(&pollfd, 1, 0) > 0)
        return PROA_WASI_SUCCESS;
    return proa_wasi_io_wait(call, fd, events);
}

static bool is_socket(const struct proa_wasi_fd *fd)
{
    return fd->filetype == PROA_WASI_FILETYPE_SOCKET_STREAM ||
           fd->filetype == PROA_WASI_FILETYPE_SOCKET_DGRAM;
}

static ssize_t write_once(const struct proa_wasi_fd *fd,
                          struct proa_wasi_iovs *iovs, int flags)
{
    struct msghdr message = {
        .msg_iov = iovs->items,
        .msg_iovlen = (size_t)iovs->count,
    };

    if (is_socket(fd)) /* no SIGPIPE for the host */
        return sendmsg(fd->host_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (fd->is_borrowed && (fd->flags & PROA_WASI_FDFLAG_APPEND) != 0)
        flags |= RWF_APPEND;
    return pwritev2(fd->host_fd, iovs->items, iovs->count, -1, flags);
}

static ssize_t move_once(const struct proa_call *call,
                         const struct proa_wasi_fd *fd, short events,
                         struct proa_wasi_iovs *iovs, int flags)
{
    if (fd->stream != NULL)
        return fd->stream->move(fd->stream->env, call, iovs->items,
                                iovs->count);
    if (events == POLLOUT)
        return write_once(fd, iovs, flags);
    return preadv2(fd->host_fd, iovs->items, iovs->count, -1, flags);
}

/* The next call may take PIPE_BUF bytes without blocking, once it is ready. */
static ssize_t move_some(const struct proa_call *call,
                         const struct proa_wasi_fd *fd, short events,
                         struct proa_wasi_iovs *iovs)
{
    struct cut cut = iovs_cut(iovs, PIPE_BUF);
    ssize_t done = move_once(call, fd, events, iovs, 0);

    iovs_mend(iovs, &cut);
    return done;
}

/*
 * No system call blocks: what cannot be done at once is waited for, where an
 * interrupt or another guest's turn is not missed. What knows no RWF_NOWAIT, as
 * a terminal, is asked first, and then takes so much without blocking.
 */
static uint32_t move(const struct proa_call *call,
                     const struct proa_wasi_fd *fd, short events,
                     struct proa_wasi_iovs *iovs, ssize_t *done)
{
    int flags = is_stream(fd) ? RWF_NOWAIT : 0;
    bool must_ask = false;
    uint32_t error = PROA_WASI_SUCCESS;

    while (error == PROA_WASI_SUCCESS) {
        *done = must_ask ? move_some(call, fd, events, iovs)
                         : move_once(call, fd, events, iovs, flags);
        if (*done >= 0)
            return PROA_WASI_SUCCESS;
        if (errno == EAGAIN && is_stream(fd)) {
            error = proa_wasi_io_wait(call, fd, events);
        } else if (errno == EOPNOTSUPP && flags != 0 && !must_ask) {
            must_ask = true;
            error = proa_wasi_io_ready(call, fd, events);
        } else if (!proa_wasi_try_again(call)) {
            error = proa_wasi_errno();
        }
    }
    return error;
}

/*
 * A descriptor that may block takes all of it, as write(2) would: programs
 * rely on that. What was written before an error counts.
 */
static uint32_t write_all(const struct proa_call *call,
                          const struct proa_wasi_fd *fd,
                          struct proa_wasi_iovs *iovs, ssize_t *done)
{
    uint32_t error = move(call, fd, POLLOUT, iovs, done);
    ssize_t more;

    if (fd->stream != NULL || !is_stream(fd))
        return error;
    more = *done;
    while (error == PROA_WASI_SUCCESS && more > 0 &&
           iovs_skip(iovs, (size_t)more)) {
        if (move(call, fd, POLLOUT, iovs, &more) != PROA_WASI_SUCCESS)
            break;
        *done += more;
    }
    return error;
}

/* What the four calls below have in common. */
struct transfer {
    struct proa_wasi_fd *fd;
    struct proa_wasi_iovs iovs;
    uint8_t *size;   /* where the guest wants to know how much */
    uint64_t *moved; /* of the usage record */
};

/* Everything is checked before a byte moves. */
static uint32_t transfer_begin(const struct proa_call *call, uint32_t fd,
                               uint64_t rights, uint32_t size,
                               struct transfer *transfer)
{
    transfer->size = proa_guest_bytes(call, size, sizeof(uint32_t));
    if (transfer->size == NULL)
        return PROA_WASI_EFAULT;
    transfer->moved = (rights & PROA_WASI_FD_READ) != 0
                          ? &proa_wasi_of(call)->bytes_in
                          : &proa_wasi_of(call)->bytes_out;
    return proa_wasi_find(call, fd, rights, &transfer->fd);
}

static uint32_t transfer_end(const struct transfer *transfer, ssize_t done)
{
    if (done < 0)
        return proa_wasi_errno();
    *transfer->moved += (uint64_t)done;
    proa_guest_store_u32(transfer->size, (uint32_t)done);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_read(struct proa_call *call, uint32_t fd, uint32_t iovs,
                           uint32_t iov_count, uint32_t read_size)
{
    struct transfer in; /* large, so not zeroed */
    uint32_t error =
        transfer_begin(call, fd, PROA_WASI_FD_READ, read_size, &in);
    ssize_t got = 0;

    if (error == PROA_WASI_SUCCESS)
        error =
            proa_wasi_iovs_load(call, iovs, iov_count, IO_SIZE_MAX, &in.iovs);
    if (error == PROA_WASI_SUCCESS)
        error = move(call, in.fd, POLLIN, &in.iovs, &got);
    return error != PROA_WASI_SUCCESS ? error : transfer_end(&in, got);
}

uint32_t proa_wasi_fd_write(struct proa_call *call, uint32_t fd, uint32_t iovs,
                            uint32_t iov_count, uint32_t written_size)
{
    struct transfer out; /* large, so not zeroed */
    uint32_t error =
        transfer_begin(call, fd, PROA_WASI_FD_WRITE, written_size, &out);
    ssize_t put = 0;

    if (error == PROA_WASI_SUCCESS)
        error =
            proa_wasi_iovs_load(call, iovs, iov_count, IO_SIZE_MAX, &out.iovs);
    if (error == PROA_WASI_SUCCESS)
        error = write_all(call, out.fd, &out.iovs, &put);
    return error != PROA_WASI_SUCCESS ? error : transfer_end(&out, put);
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
