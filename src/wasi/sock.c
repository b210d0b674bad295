/*
 * Sockets: those that the host has opened, and what they accept.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wasi/io.h"
#include "wasi/preview1.h"
#include "wasi/state.h"

static uint32_t find_socket(const struct proa_call *call, uint32_t number,
                            uint64_t rights, struct proa_wasi_fd **socket)
{
    struct proa_wasi_fd *fd;
    uint32_t error = proa_wasi_find(call, number, 0, &fd);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (fd->filetype != PROA_WASI_FILETYPE_SOCKET_STREAM &&
        fd->filetype != PROA_WASI_FILETYPE_SOCKET_DGRAM)
        return PROA_WASI_ENOTSOCK;
    return proa_wasi_find(call, number, rights, socket);
}

static uint32_t accept_one(const struct proa_call *call,
                           const struct proa_wasi_fd *listener, uint32_t flags,
                           struct proa_wasi_fd *accepted)
{
    int type = SOCK_CLOEXEC;
    uint32_t error;
    int fd;

    if ((flags & PROA_WASI_FDFLAG_NONBLOCK) != 0)
        type |= SOCK_NONBLOCK;
    do {
        fd = accept4(listener->host_fd, NULL, NULL, type);
    } while (fd < 0 && proa_wasi_try_again(call));
    if (fd < 0)
        return proa_wasi_errno();
    error = proa_wasi_fd_describe(
        fd, listener->inheriting & ~(uint64_t)PROA_WASI_SOCK_ACCEPT, accepted);
    if (error != PROA_WASI_SUCCESS)
        close(fd);
    return error;
}

uint32_t proa_wasi_sock_accept(struct proa_call *call, uint32_t fd,
                               uint32_t flags, uint32_t accepted_fd)
{
    uint8_t *to = proa_guest_bytes(call, accepted_fd, 4);
    struct proa_wasi_fd *listener, accepted;
    uint32_t number;
    uint32_t error = find_socket(call, fd, PROA_WASI_SOCK_ACCEPT, &listener);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    if ((flags & ~(uint32_t)PROA_WASI_FDFLAG_NONBLOCK) != 0)
        return PROA_WASI_EINVAL;
    error = proa_wasi_io_ready(call, listener, POLLIN);
    if (error == PROA_WASI_SUCCESS)
        error = accept_one(call, listener, flags, &accepted);
    if (error != PROA_WASI_SUCCESS)
        return error;
    error = proa_wasi_fdtable_add(&proa_wasi_of(call)->fds, &accepted, &number);
    if (error != PROA_WASI_SUCCESS) {
        close(accepted.host_fd);
        return error;
    }
    proa_guest_store_u32(to, number);
    return PROA_WASI_SUCCESS;
}

/* What has come goes off the front; false: there is no room left. */
static bool message_skip(struct msghdr *message, size_t size)
{
    while (message->msg_iovlen > 0 && size >= message->msg_iov->iov_len) {
        size -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen == 0)
        return false;
    message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + size;
    message->msg_iov->iov_len -= size;
    return true;
}

/* Nothing blocks but the wait; a look ahead is not repeated until all is
 * there. */
static uint32_t receive(const struct proa_call *call,
                        const struct proa_wasi_fd *socket, uint32_t flags,
                        struct msghdr *message, uint32_t *size)
{
    bool is_look = (flags & PROA_WASI_RECV_PEEK) != 0;
    bool wants_all = (flags & PROA_WASI_RECV_WAITALL) != 0 && !is_look &&
                     socket->filetype == PROA_WASI_FILETYPE_SOCKET_STREAM;
    uint32_t error = PROA_WASI_SUCCESS;

    *size = 0;
    while (error == PROA_WASI_SUCCESS) {
        ssize_t got = recvmsg(socket->host_fd, message,
                              MSG_DONTWAIT | (is_look ? MSG_PEEK : 0));

        if (got >= 0) {
            *size += (uint32_t)got;
            if (got == 0 || !wants_all || !message_skip(message, (size_t)got))
                return PROA_WASI_SUCCESS;
        } else if (errno == EAGAIN) {
            error = proa_wasi_io_wait(call, socket, POLLIN);
        } else if (!proa_wasi_try_again(call)) {
            error = proa_wasi_errno();
        }
    }
    return *size > 0 ? (uint32_t)PROA_WASI_SUCCESS : error;
}

// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_sock_recv(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint32_t flags,
                             uint32_t read_size, uint32_t out_flags)
{
    uint8_t *size = proa_guest_bytes(call, read_size, 4);
    uint8_t *result = proa_guest_bytes(call, out_flags, 2);
    struct proa_wasi_iovs buffers;
    struct msghdr message = { 0 };
    struct proa_wasi_fd *socket;
    uint32_t got;
    uint32_t error = find_socket(call, fd, PROA_WASI_FD_READ, &socket);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_iovs_load(call, iovs, iov_count, INT32_MAX, &buffers);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (size == NULL || result == NULL)
        return PROA_WASI_EFAULT;
    if ((flags & ~(uint32_t)(PROA_WASI_RECV_PEEK | PROA_WASI_RECV_WAITALL)) !=
        0)
        return PROA_WASI_EINVAL;
    message.msg_iov = buffers.items;
    message.msg_iovlen = (size_t)buffers.count;
    error = receive(call, socket, flags, &message, &got);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if ((flags & PROA_WASI_RECV_PEEK) == 0)
        proa_wasi_of(call)->bytes_in += got;
    proa_guest_store_u32(size, got);
    proa_guest_store_u16(result, (message.msg_flags & MSG_TRUNC) != 0
                                     ? PROA_WASI_RECV_TRUNCATED
                                     : 0);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_sock_send(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint32_t flags,
                             uint32_t written_size)
{
    struct proa_wasi_fd *socket;
    uint32_t error = find_socket(call, fd, PROA_WASI_FD_WRITE, &socket);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (flags != 0) /* there are none */
        return PROA_WASI_EINVAL;
    return proa_wasi_fd_write(call, fd, iovs, iov_count, written_size);
}

uint32_t proa_wasi_sock_shutdown(struct proa_call *call, uint32_t fd,
                                 uint32_t how)
{
    struct proa_wasi_fd *socket;
    uint32_t error = find_socket(call, fd, PROA_WASI_SOCK_SHUTDOWN, &socket);
    int host_how;

    if (error != PROA_WASI_SUCCESS)
        return error;
    switch (how) {
    case PROA_WASI_SHUTDOWN_RD:
        host_how = SHUT_RD;
        break;
    case PROA_WASI_SHUTDOWN_WR:
        host_how = SHUT_WR;
        break;
    case PROA_WASI_SHUTDOWN_RD | PROA_WASI_SHUTDOWN_WR:
        host_how = SHUT_RDWR;
        break;
    default:
        return PROA_WASI_EINVAL;
    }
    return shutdown(socket->host_fd, host_how) == 0
               ? (uint32_t)PROA_WASI_SUCCESS
               : proa_wasi_errno();
}
