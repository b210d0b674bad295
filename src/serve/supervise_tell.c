/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/supervise_tell.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr head; /* for its alignment */
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool proa_tell_send(int socket_fd, const void *bytes, size_t size, int fd,
                    int flags)
{
    union control control = { 0 };
    struct iovec data = { .iov_base = (void *)(uintptr_t)bytes,
                          .iov_len = size };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
    ssize_t sent;

    if (fd >= 0) {
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    do
        sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL | flags);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

bool proa_tell_receive(int socket_fd, struct proa_told *told, int *fd)
{
    union control control;
    struct iovec data = { .iov_base = told, .iov_len = sizeof *told };
    struct msghdr message = { .msg_iov = &data,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    ssize_t got = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    *fd = -1;
    if (head != NULL && head->cmsg_level == SOL_SOCKET &&
        head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof *fd))
        memcpy(fd, CMSG_DATA(head), sizeof *fd);
    if (got == (ssize_t)sizeof *told)
        return true;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return false;
}
