/*
 * Sockets that the host has opened for a guest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <netinet/in.h>
#include <sys/socket.h>

static const uint32_t end = GUEST_MEMORY_SIZE;

/* A listening socket of ours on a free port of this machine's own address. */
static int listen_anywhere(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof *address;

    *address = (struct sockaddr_in){ .sin_family = AF_INET };
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)address, sizeof *address), 0);
    CHECK_EQ(listen(fd, 8), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)address, &size), 0);
    return fd;
}

static int connect_to(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK_EQ(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
    return fd;
}

static void test_accept(struct proa_call *guest,
                        const struct sockaddr_in *address)
{
    uint32_t out = guest_room(guest, 8), iov, room = guest_room(guest, 64);
    uint32_t stat = guest_room(guest, 24), fd;
    char text[16] = { 0 };
    int peer;

    /* NONBLOCK of the listener is the guest's own. */
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, 3, PROA_WASI_FDFLAG_NONBLOCK),
             0);
    CHECK_EQ(proa_wasi_sock_accept(guest, 3, 0, out), PROA_WASI_EAGAIN);
    peer = connect_to(address);
    CHECK_EQ(proa_wasi_sock_accept(guest, 3, 1, out), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_sock_accept(guest, 3, 0, end - 3), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_sock_accept(guest, 3, PROA_WASI_FDFLAG_NONBLOCK, out),
             0);
    fd = guest_u32(guest, out);
    CHECK_EQ(fd, 4);
    CHECK_EQ(proa_wasi_fd_fdstat_get(guest, fd, stat), 0);
    CHECK_EQ(guest->memory[stat], PROA_WASI_FILETYPE_SOCKET_STREAM);
    CHECK_EQ(guest->memory[stat + 2], PROA_WASI_FDFLAG_NONBLOCK);
    iov = guest_iov(guest, room, 4);
    CHECK_EQ(proa_wasi_sock_recv(guest, fd, iov, 1, 0, out, out + 4),
             PROA_WASI_EAGAIN);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, fd, 0), 0);
    CHECK_EQ(send(peer, "hello", 5, 0), 5);
    CHECK_EQ(proa_wasi_sock_recv(guest, fd, iov, 1, PROA_WASI_RECV_PEEK, out,
                                 out + 4),
             0);
    CHECK_EQ(guest_u32(guest, out), 4);
    CHECK_EQ(proa_wasi_sock_recv(guest, fd, iov, 1, 0, out, out + 4), 0);
    CHECK_EQ(memcmp(guest->memory + room, "hell", 4), 0);
    CHECK_EQ(proa_wasi_sock_recv(guest, fd, iov, 1, 4, out, out + 4),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_sock_recv(guest, fd, iov, 1, 0, end - 3, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(guest_read(guest, fd, text, sizeof text), 1); /* fd_read too */
    CHECK_EQ(text[0], 'o');
    CHECK_EQ(proa_wasi_sock_send(guest, fd, iov, 1, 0, out), 0);
    CHECK_EQ(recv(peer, text, sizeof text, 0), 4);
    CHECK_EQ(proa_wasi_sock_send(guest, fd, iov, 1, 1, out), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_sock_accept(guest, fd, 0, out), PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_sock_shutdown(guest, fd, 0), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_sock_shutdown(guest, fd, 4), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_sock_shutdown(guest, fd, PROA_WASI_SHUTDOWN_WR), 0);
    CHECK_EQ(recv(peer, text, sizeof text, 0), 0);
    /* No signal ends us here, though SIGPIPE is not ignored. */
    CHECK_EQ(guest_write(guest, fd, "x"), -PROA_WASI_EPIPE);
    close(peer);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

/* A message that is longer than the room for it. */
static void test_datagram(void)
{
    int pair[2];
    struct proa_wasi_options options = { .stdout_fd = -1, .stderr_fd = -1 };
    struct proa_call guest;
    uint32_t out, iov, stat;

    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    options.stdin_fd = pair[0];
    guest_init(&guest, &options);
    out = guest_room(&guest, 8);
    stat = guest_room(&guest, 64);
    iov = guest_iov(&guest, stat, 3);
    CHECK_EQ(proa_wasi_fd_fdstat_get(&guest, 0, stat), 0);
    CHECK_EQ(guest.memory[stat], PROA_WASI_FILETYPE_SOCKET_DGRAM);
    CHECK_EQ(proa_wasi_fd_filestat_get(&guest, 0, stat), 0);
    CHECK_EQ(guest.memory[stat + 16], PROA_WASI_FILETYPE_SOCKET_DGRAM);
    CHECK_EQ(send(pair[1], "hello", 5, 0), 5);
    CHECK_EQ(proa_wasi_sock_recv(&guest, 0, iov, 1, 0, out, out + 4), 0);
    CHECK_EQ(guest_u32(&guest, out), 3);
    CHECK_EQ(guest_u32(&guest, out + 4), PROA_WASI_RECV_TRUNCATED);
    guest_deinit(&guest);
    close(pair[0]);
    close(pair[1]);
}

static void test_no_socket(void)
{
    struct proa_call guest;

    guest_init_folder(&guest, "/", true);
    CHECK_EQ(proa_wasi_sock_shutdown(&guest, 3, 1), PROA_WASI_ENOTSOCK);
    CHECK_EQ(proa_wasi_sock_accept(&guest, 3, 0, 8), PROA_WASI_ENOTSOCK);
    CHECK_EQ(proa_wasi_sock_send(&guest, 3, 0, 0, 0, 8), PROA_WASI_ENOTSOCK);
    CHECK_EQ(proa_wasi_sock_recv(&guest, 3, 0, 0, 0, 8, 12),
             PROA_WASI_ENOTSOCK);
    CHECK_EQ(proa_wasi_sock_accept(&guest, 9, 0, 8), PROA_WASI_EBADF);
    guest_deinit(&guest);
}

int main(void)
{
    struct sockaddr_in address;
    int listener = listen_anywhere(&address);
    struct proa_wasi_options options = {
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .socket_fds = &listener,
        .socket_count = 1,
    };
    struct proa_call guest;

    guest_init(&guest, &options);
    test_accept(&guest, &address);
    guest_deinit(&guest);
    CHECK_EQ(fcntl(listener, F_GETFL) & O_NONBLOCK, 0);
    close(listener);
    test_datagram();
    test_no_socket();
    return 0;
}
