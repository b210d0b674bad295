/*
 * Reading and writing: lists of buffers, offsets, descriptors of the host's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/io.h"

#include "guest.h"
#include "platform/signal.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

static const uint32_t end = GUEST_MEMORY_SIZE;
static char folder[64];

static void test_lists(struct proa_call *guest)
{
    static struct proa_wasi_iovs iovs;
    uint32_t list[] = { 100, 5, UINT32_MAX, 0, 200, 7 };
    uint32_t at = guest_put(guest, list, sizeof list);

    CHECK_EQ(proa_wasi_iovs_load(guest, at, 3, 1000, &iovs), 0);
    CHECK_EQ(iovs.count, 2); /* nothing is left out, wherever it points */
    CHECK_EQ(iovs.items[0].iov_base == guest->memory + 100, 1);
    CHECK_EQ(iovs.items[1].iov_len, 7);
    CHECK_EQ(proa_wasi_iovs_load(guest, at, 3, 6, &iovs), 0);
    CHECK_EQ(iovs.count, 2);
    CHECK_EQ(iovs.items[1].iov_len, 1);
    CHECK_EQ(proa_wasi_iovs_load(guest, at, 0, 6, &iovs), 0);
    CHECK_EQ(iovs.count, 0);
    list[0] = end - 4;
    memcpy(guest->memory + at, list, sizeof list);
    CHECK_EQ(proa_wasi_iovs_load(guest, at, 3, 1000, &iovs), PROA_WASI_EFAULT);
    list[0] = 8;
    list[1] = UINT32_MAX;
    memcpy(guest->memory + at, list, sizeof list);
    CHECK_EQ(proa_wasi_iovs_load(guest, at, 3, 1000, &iovs), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_iovs_load(guest, end - 16, 3, 1000, &iovs),
             PROA_WASI_EFAULT);
    /* 8 times this count is more than 32 bits hold. */
    CHECK_EQ(proa_wasi_iovs_load(guest, at, 0x20000001, 1000, &iovs),
             PROA_WASI_EFAULT);
}

/* More buffers than the host takes at once: the rest is for the next call. */
static void test_many_buffers(struct proa_call *guest)
{
    static struct proa_wasi_iovs iovs;
    uint32_t count = 3000;
    uint32_t list = guest_room(guest, count * 8);

    for (uint32_t i = 0; i < count; i++) {
        proa_guest_store_u32(guest->memory + list + i * 8, 16 + i);
        proa_guest_store_u32(guest->memory + list + i * 8 + 4, 1);
    }
    CHECK_EQ(proa_wasi_iovs_load(guest, list, count, INT32_MAX, &iovs), 0);
    CHECK_EQ(iovs.count, PROA_WASI_IOV_COUNT_MAX);
}

static void test_offsets(struct proa_call *guest)
{
    uint32_t fd = 0, size = guest_room(guest, 8);
    uint32_t hello = guest_put(guest, "hello world", 11);
    uint32_t buf = guest_room(guest, 64);
    uint32_t out[] = { hello, 6, hello + 6, 5 };
    uint32_t two = guest_put(guest, out, sizeof out);
    uint32_t in = guest_iov(guest, buf, 64);

    CHECK_EQ(
        guest_open(guest, "offsets", 0, PROA_WASI_OFLAG_CREAT, UINT64_MAX, &fd),
        0);
    CHECK_EQ(proa_wasi_fd_pwrite(guest, fd, two, 2, 3, size), 0);
    CHECK_EQ(guest_u32(guest, size), 11);
    CHECK_EQ(proa_wasi_fd_tell(guest, fd, size), 0);
    CHECK_EQ(guest_u64(guest, size), 0);
    CHECK_EQ(proa_wasi_fd_pread(guest, fd, in, 1, 1, size), 0);
    CHECK_EQ(guest_u32(guest, size), 13);
    CHECK_EQ(memcmp(guest->memory + buf, "\0\0hello world", 13), 0);
    CHECK_EQ(proa_wasi_fd_pread(guest, fd, in, 1, 1000, size), 0);
    CHECK_EQ(guest_u32(guest, size), 0);
    CHECK_EQ(proa_wasi_fd_pread(guest, fd, in, 1, UINT64_MAX, size),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_pwrite(guest, fd, in, 1, UINT64_MAX, size),
             PROA_WASI_EINVAL);
    /* Nothing is read or written when the count could not be told. */
    CHECK_EQ(proa_wasi_fd_read(guest, fd, in, 1, end - 3), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_write(guest, fd, in, 1, end - 3), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_tell(guest, fd, size), 0);
    CHECK_EQ(guest_u64(guest, size), 0);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

struct pipes {
    int in[2];  /* the guest's stdin is in[0] */
    int out[2]; /* its stdout out[1] */
    struct proa_call guest;
};

static void pipes_make(struct pipes *pipes)
{
    struct proa_wasi_options options = { .stderr_fd = -1 };

    CHECK_EQ(pipe(pipes->in), 0);
    CHECK_EQ(pipe(pipes->out), 0);
    options.stdin_fd = pipes->in[0];
    options.stdout_fd = pipes->out[1];
    guest_init(&pipes->guest, &options);
}

static void pipes_end(struct pipes *pipes)
{
    guest_deinit(&pipes->guest);
    close(pipes->in[0]);
    close(pipes->out[1]);
}

/* NONBLOCK is the guest's alone: who shares the pipe sees no change. */
static void test_nonblock_of_stdio(void)
{
    struct pipes pipes;
    struct proa_call *guest = &pipes.guest;
    uint32_t stat, size, list;
    char text[16];

    pipes_make(&pipes);
    stat = guest_room(guest, 24);
    for (uint32_t fd = 0; fd < 2; fd++) {
        CHECK_EQ(
            proa_wasi_fd_fdstat_set_flags(guest, fd, PROA_WASI_FDFLAG_NONBLOCK),
            0);
        CHECK_EQ(proa_wasi_fd_fdstat_get(guest, fd, stat), 0);
        CHECK_EQ(guest->memory[stat + 2], PROA_WASI_FDFLAG_NONBLOCK);
        CHECK_EQ(guest->memory[stat], PROA_WASI_FILETYPE_UNKNOWN);
    }
    CHECK_EQ(fcntl(pipes.in[0], F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQ(fcntl(pipes.out[1], F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQ(guest_read(guest, 0, text, sizeof text), -PROA_WASI_EAGAIN);
    CHECK_EQ(write(pipes.in[1], "abc", 3), 3);
    CHECK_EQ(guest_read(guest, 0, text, sizeof text), 3);
    /* A pipe takes 64 KiB; never does a write of more than fits block. */
    size = guest_room(guest, 8);
    list = guest_iov(guest, 0, 100000);
    for (int i = 0; i < 1000; i++) {
        uint32_t error = proa_wasi_fd_write(guest, 1, list, 1, size);

        if (error == PROA_WASI_EAGAIN)
            break;
        CHECK_EQ(error, 0);
        CHECK_EQ(i < 999, 1);
    }
    close(pipes.in[1]);
    CHECK_EQ(guest_read(guest, 0, text, sizeof text), 0); /* the end */
    close(pipes.out[0]);
    CHECK_EQ(guest_write(guest, 1, "x"), -PROA_WASI_EPIPE);
    pipes_end(&pipes);
}

static void *read_slowly(void *env)
{
    const struct pipes *pipes = env;
    char some[1000];
    size_t total = 0;
    ssize_t got;

    while ((got = read(pipes->out[0], some, sizeof some)) > 0)
        total += (size_t)got;
    CHECK_EQ(total, 100000);
    return NULL;
}

/* More than a pipe holds is taken whole, as programs expect of a blocking one.
 */
static void test_write_of_all(void)
{
    struct pipes pipes;
    struct proa_call *guest = &pipes.guest;
    uint32_t size, list;
    pthread_t reader;

    pipes_make(&pipes);
    size = guest_room(guest, 8);
    list = guest_iov(guest, 0, 100000);
    CHECK_EQ(pthread_create(&reader, NULL, read_slowly, &pipes), 0);
    CHECK_EQ(proa_wasi_fd_write(guest, 1, list, 1, size), 0);
    CHECK_EQ(guest_u32(guest, size), 100000);
    close(pipes.out[1]);
    pipes.out[1] = -1;
    CHECK_EQ(pthread_join(reader, NULL), 0);
    close(pipes.in[1]);
    close(pipes.out[0]);
    pipes_end(&pipes);
}

static void test_rights_of_pipes(void)
{
    struct pipes pipes;
    char text[16];

    pipes_make(&pipes);
    CHECK_EQ(guest_write(&pipes.guest, 0, "x"), -PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(guest_read(&pipes.guest, 1, text, sizeof text),
             -PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_tell(&pipes.guest, 0, 8), PROA_WASI_ENOTCAPABLE);
    close(pipes.in[1]);
    close(pipes.out[0]);
    pipes_end(&pipes);
}

static void on_signal(int number)
{
    (void)number;
}

static pthread_t reader;

/* Interrupts the reader as the runtime does: flag first, then the signal. */
static void *interrupt(void *argument)
{
    struct proa_call *guest = argument;

    atomic_store(&guest->is_interrupted, true);
    CHECK_EQ(pthread_kill(reader, proa_signal_interrupt()), 0);
    return NULL;
}

/* Wherever the reader is when it comes, the read ends: none is missed. */
static void test_interrupt_ends_a_read(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    CHECK_EQ(sigaction(proa_signal_interrupt(), &action, NULL), 0);
    reader = pthread_self();
    for (int i = 0; i < 200; i++) {
        struct pipes pipes;
        pthread_t thread;
        char text[16];

        pipes_make(&pipes);
        CHECK_EQ(pthread_create(&thread, NULL, interrupt, &pipes.guest), 0);
        CHECK_EQ(guest_read(&pipes.guest, 0, text, sizeof text),
                 -PROA_WASI_EINTR);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        close(pipes.in[1]);
        close(pipes.out[0]);
        pipes_end(&pipes);
    }
}

static struct proa_call *looking;

/* The worst moment: the flag was looked at, and the wait has not begun. */
static void interrupt_now(void)
{
    looking->on_look = NULL;
    atomic_store(&looking->is_interrupted, true);
    CHECK_EQ(raise(proa_signal_interrupt()), 0);
}

static void test_interrupt_before_the_wait(void)
{
    struct pipes pipes;
    char text[16];

    pipes_make(&pipes);
    looking = &pipes.guest;
    pipes.guest.on_look = interrupt_now;
    CHECK_EQ(guest_read(&pipes.guest, 0, text, sizeof text), -PROA_WASI_EINTR);
    CHECK_EQ(pipes.guest.on_look == NULL, 1);
    /* Told long ago, and no signal comes any more. */
    CHECK_EQ(guest_read(&pipes.guest, 0, text, sizeof text), -PROA_WASI_EINTR);
    close(pipes.in[1]);
    close(pipes.out[0]);
    pipes_end(&pipes);
}

/* APPEND on a file of the host's, whose flags stay as they are. */
static void test_append_of_stdio(void)
{
    int fd = open(host_path(folder, "log"), O_RDWR | O_CREAT, 0644);
    struct proa_wasi_options options = { .stdin_fd = -1,
                                         .stdout_fd = fd,
                                         .stderr_fd = -1 };
    struct proa_call guest;
    char text[16] = { 0 };

    CHECK_EQ(write(fd, "abc", 3), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    guest_init(&guest, &options);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(&guest, 1, PROA_WASI_FDFLAG_APPEND),
             0);
    CHECK_EQ(guest_write(&guest, 1, "def"), 3);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_APPEND, 0);
    CHECK_EQ(pread(fd, text, sizeof text, 0), 6);
    CHECK_EQ(strcmp(text, "abcdef"), 0);
    guest_deinit(&guest);
    close(fd);
}

int main(void)
{
    struct proa_call guest;

    (void)signal(SIGPIPE, SIG_IGN);
    folder_make(folder);
    guest_init_folder(&guest, folder, false);
    test_lists(&guest);
    test_many_buffers(&guest);
    test_offsets(&guest);
    guest_deinit(&guest);
    test_nonblock_of_stdio();
    test_write_of_all();
    test_rights_of_pipes();
    test_interrupt_ends_a_read();
    test_interrupt_before_the_wait();
    test_append_of_stdio();
    folder_remove(folder);
    return 0;
}
