/*
 * Each call that waits ends when the guest is to end, also when that is told at
 * the worst moment: after the last look at it, before the wait.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "platform/signal.h"

/* The guest's descriptors: 0 and 1 are pipes, 3 listens, 4 is a socket. */
struct place {
    struct proa_call guest;
    int in[2];     /* a pipe with nothing in it */
    int out[2];    /* a pipe that is full */
    int listener;  /* that nobody calls */
    int socket[2]; /* the first one's output is full, and it has 3 bytes */
    uint32_t list; /* of one buffer of 16 bytes */
    uint32_t result;
};

static void fill(int fd)
{
    static const char bytes[4096];
    int flags = fcntl(fd, F_GETFL);

    CHECK_EQ(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    while (write(fd, bytes, 1) > 0)
        ;
    CHECK_EQ(fcntl(fd, F_SETFL, flags), 0);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(fd, 1), 0);
    return fd;
}

static void place_init(struct place *place)
{
    CHECK_EQ(pipe(place->in), 0);
    CHECK_EQ(pipe(place->out), 0);
    fill(place->out[1]);
    place->listener = listen_anywhere();
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, place->socket), 0);
    fill(place->socket[0]);
    CHECK_EQ(send(place->socket[1], "abc", 3, 0), 3);
    const int sockets[] = { place->listener, place->socket[0] };
    struct proa_wasi_options options = {
        .stdin_fd = place->in[0],
        .stdout_fd = place->out[1],
        .stderr_fd = -1,
        .socket_fds = sockets,
        .socket_count = 2,
    };
    guest_init(&place->guest, &options);
    place->list = guest_iov(&place->guest, guest_room(&place->guest, 16), 16);
    place->result = guest_room(&place->guest, 8);
}

static void place_deinit(struct place *place)
{
    guest_deinit(&place->guest);
    for (int i = 0; i < 2; i++) {
        close(place->in[i]);
        close(place->out[i]);
        close(place->socket[i]);
    }
    close(place->listener);
}

static uint32_t poll_one(struct place *place, uint8_t type, uint32_t fd)
{
    struct proa_call *guest = &place->guest;
    uint32_t in = guest_room(guest, 48), out = guest_room(guest, 32);

    memset(guest->memory + in, 0, 48);
    guest->memory[in + 8] = type;
    proa_guest_store_u32(guest->memory + in + 16,
                         type == PROA_WASI_EVENT_CLOCK ? 1 : fd);
    proa_guest_store_u64(guest->memory + in + 24, UINT64_MAX); /* of a clock */
    return proa_wasi_poll_oneoff(guest, in, out, 1, place->result);
}

static uint32_t do_sleep(struct place *place)
{
    return poll_one(place, PROA_WASI_EVENT_CLOCK, 0);
}

static uint32_t do_poll_read(struct place *place)
{
    return poll_one(place, PROA_WASI_EVENT_FD_READ, 0);
}

static uint32_t do_poll_write(struct place *place)
{
    return poll_one(place, PROA_WASI_EVENT_FD_WRITE, 1);
}

static uint32_t do_read(struct place *place)
{
    return proa_wasi_fd_read(&place->guest, 0, place->list, 1, place->result);
}

static uint32_t do_write(struct place *place)
{
    return proa_wasi_fd_write(&place->guest, 1, place->list, 1, place->result);
}

static uint32_t do_accept(struct place *place)
{
    return proa_wasi_sock_accept(&place->guest, 3, 0, place->result);
}

static uint32_t do_send(struct place *place)
{
    return proa_wasi_sock_send(&place->guest, 4, place->list, 1, 0,
                               place->result);
}

static uint32_t do_write_socket(struct place *place)
{
    return proa_wasi_fd_write(&place->guest, 4, place->list, 1, place->result);
}

/* The three bytes first; then there is nothing. */
static uint32_t do_receive(struct place *place)
{
    struct proa_call *guest = &place->guest;
    void (*on_look)(void) = guest->on_look;

    guest->on_look = NULL;
    CHECK_EQ(proa_wasi_sock_recv(guest, 4, place->list, 1, 0, place->result,
                                 place->result + 4),
             0);
    CHECK_EQ(guest_u32(guest, place->result), 3);
    guest->on_look = on_look;
    return proa_wasi_sock_recv(guest, 4, place->list, 1, 0, place->result,
                               place->result + 4);
}

static struct proa_call *looking;

static void interrupt_now(void)
{
    looking->on_look = NULL;
    atomic_store(&looking->is_interrupted, true);
    CHECK_EQ(raise(proa_signal_interrupt()), 0);
}

static void on_signal(int number)
{
    (void)number;
}

static void test_every_wait_ends(void)
{
    static uint32_t (*const waits[])(struct place *) = {
        do_sleep, do_poll_read, do_poll_write,   do_read,    do_write,
        do_send,  do_accept,    do_write_socket, do_receive,
    };

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        struct place place;

        place_init(&place);
        looking = &place.guest;
        place.guest.on_look = interrupt_now;
        CHECK_EQ(waits[i](&place), PROA_WASI_EINTR);
        CHECK_EQ(place.guest.on_look == NULL, 1);
        place_deinit(&place);
    }
}

/* --- named pipes ---------------------------------------------------------- */

static const uint64_t reads = PROA_WASI_FD_READ, writes = PROA_WASI_FD_WRITE;
static char folder[64];
static int other_fd;

static int open_other(int flags)
{
    return open(host_path(folder, "pipe"), flags | O_NONBLOCK | O_CLOEXEC);
}

static void open_reader(void)
{
    looking->on_look = NULL;
    other_fd = open_other(O_RDONLY);
    CHECK_EQ(other_fd >= 0, 1);
}

static void open_writer(void)
{
    looking->on_look = NULL;
    other_fd = open_other(O_WRONLY);
    CHECK_EQ(other_fd >= 0, 1);
    CHECK_EQ(write(other_fd, "hello", 5), 5);
    CHECK_EQ(close(other_fd), 0);
}

/* To open one does not hold the thread, whichever end comes first. */
static void test_named_pipes(void)
{
    struct proa_call guest;
    char text[16];
    uint32_t fd;

    folder_make(folder);
    const struct proa_wasi_preopen preopen = { folder, "/", false };
    const struct proa_wasi_options options = {
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .preopens = &preopen,
        .preopen_count = 1,
    };
    guest_init(&guest, &options);
    looking = &guest;
    CHECK_EQ(mkfifo(host_path(folder, "pipe"), 0600), 0);

    guest.on_look = open_writer;
    CHECK_EQ(guest_open(&guest, "pipe", 0, 0, reads, &fd), 0);
    CHECK_EQ(guest_read(&guest, fd, text, sizeof text), 5);
    CHECK_EQ(guest.on_look == NULL, 1);
    CHECK_EQ(guest_read(&guest, fd, text, sizeof text), 0);
    CHECK_EQ(proa_wasi_fd_close(&guest, fd), 0);

    CHECK_EQ(guest_open(&guest, "pipe", 0, 0, reads, &fd), 0);
    guest.on_look = interrupt_now;
    CHECK_EQ(guest_read(&guest, fd, text, sizeof text), -PROA_WASI_EINTR);
    atomic_store(&guest.is_interrupted, false);
    CHECK_EQ(proa_wasi_fd_close(&guest, fd), 0);

    guest.on_look = open_reader;
    CHECK_EQ(guest_open(&guest, "pipe", 0, 0, writes, &fd), 0);
    CHECK_EQ(guest_write(&guest, fd, "answer"), 6);
    CHECK_EQ(read(other_fd, text, sizeof text), 6);
    CHECK_EQ(close(other_fd), 0);
    CHECK_EQ(proa_wasi_fd_close(&guest, fd), 0);

    guest.on_look = interrupt_now;
    CHECK_EQ(guest_open(&guest, "pipe", 0, 0, writes, &fd), PROA_WASI_EINTR);
    guest_deinit(&guest);
    folder_remove(folder);
}

/* All that is asked for, though it comes in two parts; at the end less. */
static struct place *sender;

static void send_rest(void)
{
    CHECK_EQ(send(sender->socket[1], "defghijklmnopqr", 15, 0), 15);
    sender->guest.on_look = NULL;
}

static void hang_up(void)
{
    sender->guest.on_look = NULL;
    CHECK_EQ(shutdown(sender->socket[1], SHUT_WR), 0);
}

static void test_receive_all(void)
{
    struct place place;
    struct proa_call *guest = &place.guest;

    place_init(&place);
    sender = &place;
    guest->on_look = send_rest;
    CHECK_EQ(proa_wasi_sock_recv(guest, 4, place.list, 1,
                                 PROA_WASI_RECV_WAITALL, place.result,
                                 place.result + 4),
             0);
    CHECK_EQ(guest_u32(guest, place.result), 16);
    CHECK_EQ(memcmp(guest->memory + guest_u32(guest, place.list),
                    "abcdefghijklmnop", 16),
             0);
    guest->on_look = hang_up;
    CHECK_EQ(proa_wasi_sock_recv(guest, 4, place.list, 1,
                                 PROA_WASI_RECV_WAITALL, place.result,
                                 place.result + 4),
             0);
    CHECK_EQ(guest_u32(guest, place.result), 2);
    place_deinit(&place);
}

int main(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    CHECK_EQ(sigaction(proa_signal_interrupt(), &action, NULL), 0);
    test_every_wait_ends();
    test_named_pipes();
    test_receive_all();
    return 0;
}
