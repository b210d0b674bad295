/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/listener.h"
#include "serve/refetch.h"
#include "serve/serve.h"

enum {
    NUMBER_SIZE = 12,
    /* A server that was killed is started again at once, one that is killed
     * soon after waits, twice as long each time. */
    SOON_MS = 10 * 1000,
    WAIT_FIRST_MS = 100,
    WAIT_MS_MAX = 5000,
    KILLED_MAX = 10, /* so often soon after each other, and no more */
    SIGNAL_CODE = 128,
};

struct supervisor {
    struct proa_http_listeners listeners; /* the last one may be the admin's */
    struct proa_http_listeners *twins; /* owned; of the workers but the first */
    uint32_t twin_count;
    char *addresses[PROA_HTTP_LISTENER_COUNT_MAX]; /* owned; what they are to
                                                      the server */
    struct proa_supervised supervised;             /* of the server that runs */
    int signal_fd;
    int write_fd;                             /* to the server; -1: none */
    const struct proa_serve_options *options; /* borrowed */
    struct proa_refetch refetch;
    sigset_t previous;
    pid_t pid;
    bool is_stopping;
    bool was_ready;
    uint32_t killed_count; /* soon after each other */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- sockets ------------------------------------------------------------- */

/* "fd:5,9": one for each worker, so that what waits in the queue of a worker
 * that is gone waits for the next. */
static char *name_make(const struct supervisor *supervisor, uint32_t index,
                       bool has_twins)
{
    size_t size = (size_t)(supervisor->twin_count + 2) * NUMBER_SIZE;
    char *name = malloc(size);
    int used;

    if (name == NULL)
        return NULL;
    used = snprintf(name, size, "fd:%d", supervisor->listeners.items[index].fd);
    for (uint32_t i = 0; has_twins && i < supervisor->twin_count; i++)
        used += snprintf(name + used, size - (size_t)used, ",%d",
                         supervisor->twins[i].items[index].fd);
    return name;
}

static enum proa_status open_twins(struct supervisor *supervisor,
                                   struct proa_serve_options *options,
                                   struct proa_error *err)
{
    uint32_t count = proa_serve_worker_count(options);
    enum proa_status status = PROA_OK;

    if (count > PROA_SERVE_WORKERS_MAX)
        return PROA_OK; /* which the server will tell */
    supervisor->twins = calloc(count, sizeof *supervisor->twins);
    if (supervisor->twins == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    for (uint32_t i = 0; i + 1 < count && status == PROA_OK; i++) {
        supervisor->twin_count++;
        status = proa_http_listeners_twin(&supervisor->twins[i],
                                          &supervisor->listeners, err);
    }
    return status;
}

static enum proa_status open_sockets(struct supervisor *supervisor,
                                     struct proa_serve_options *options,
                                     struct proa_error *err)
{
    struct proa_http_listeners *listeners = &supervisor->listeners;
    const char *first =
        options->address != NULL ? options->address : PROA_SERVE_ADDRESS;
    enum proa_status status = proa_http_listeners_open(listeners, first, err);

    for (uint32_t i = 0; i < options->more_address_count && status == PROA_OK;
         i++)
        status = proa_http_listeners_open(listeners, options->more_addresses[i],
                                          err);
    uint32_t public_count = listeners->count;
    if (status == PROA_OK)
        status = open_twins(supervisor, options, err);
    if (status == PROA_OK && options->admin_address != NULL)
        status =
            proa_http_listeners_open(listeners, options->admin_address, err);
    if (status != PROA_OK)
        return status;
    for (uint32_t i = 0; i < listeners->count; i++) {
        bool has_twins = i < public_count && listeners->items[i].is_port;
        supervisor->addresses[i] = name_make(supervisor, i, has_twins);
        if (supervisor->addresses[i] == NULL)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    }
    options->address = supervisor->addresses[0];
    options->more_addresses = (const char *const *)supervisor->addresses + 1;
    options->more_address_count = public_count - 1;
    if (options->admin_address != NULL)
        options->admin_address = supervisor->addresses[public_count];
    return PROA_OK;
}

/* The server has them as well; only we remove what is in a file system. */
static void forget_sockets(struct supervisor *supervisor)
{
    proa_http_listeners_close(&supervisor->listeners);
    for (uint32_t i = 0; i < supervisor->twin_count; i++)
        proa_http_listeners_close(&supervisor->twins[i]);
    for (uint32_t i = 0; i < PROA_HTTP_LISTENER_COUNT_MAX; i++)
        free(supervisor->addresses[i]);
    free(supervisor->twins);
}

/* --- the server ---------------------------------------------------------- */

/* In the server: what is the other process's is let go. */
static void become_server(struct supervisor *supervisor, int command_fd,
                          struct proa_serve_options *options)
{
    (void)close(supervisor->signal_fd);
    supervisor->supervised.command_fd = command_fd;
    options->supervised = &supervisor->supervised;
}

/* @return 0 in the server */
static pid_t start_server(struct supervisor *supervisor,
                          struct proa_serve_options *options,
                          struct proa_error *err)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        (void)proa_fail(err, PROA_IO, 0, "a pair of sockets: %s",
                        strerror(errno));
        return -1;
    }
    atomic_store(&supervisor->supervised.state->is_ready, false);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(fds[1]);
        become_server(supervisor, fds[0], options);
        return 0;
    }
    if (pid < 0)
        (void)proa_fail(err, PROA_IO, 0, "fork: %s", strerror(errno));
    (void)close(fds[0]);
    if (pid < 0)
        (void)close(fds[1]);
    supervisor->pid = pid;
    supervisor->write_fd = pid < 0 ? -1 : fds[1];
    return pid;
}

/* A server that is gone is seen as such by waiting for it; one that takes
 * nothing for so long that no more fits does not hold us up. */
static void pass(const struct supervisor *supervisor, char byte, int fetched_fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct iovec data = { .iov_base = &byte, .iov_len = 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

    if (fetched_fd >= 0) {
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &fetched_fd, sizeof fetched_fd);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    if (supervisor->write_fd >= 0)
        (void)sendmsg(supervisor->write_fd, &message,
                      MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The next server, if there is none now, reads and fetches all anew. */
static void begin_reload(struct supervisor *supervisor)
{
    if (supervisor->write_fd < 0 || supervisor->is_stopping)
        return;
    if (!proa_refetch_start(&supervisor->refetch, supervisor->options))
        pass(supervisor, PROA_SUPERVISED_RELOAD, -1);
}

static void end_reload(struct supervisor *supervisor)
{
    int fd = -1;

    if (!proa_refetch_end(&supervisor->refetch, &fd))
        return;
    pass(supervisor, PROA_SUPERVISED_RELOAD, fd);
    if (fd >= 0)
        (void)close(fd);
    if (supervisor->refetch.is_again)
        begin_reload(supervisor);
}

static void tell(struct supervisor *supervisor, int signal_number)
{
    if (signal_number == SIGHUP)
        begin_reload(supervisor);
    else if (signal_number == SIGUSR1)
        pass(supervisor, PROA_SUPERVISED_REOPEN, -1);
    else
        pass(supervisor, PROA_SUPERVISED_STOP, -1);
}

/* From the first on nobody connects to us who would then wait in vain. */
static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo taken;

    while (read(supervisor->signal_fd, &taken, sizeof taken) ==
           (ssize_t)sizeof taken) {
        int number = (int)taken.ssi_signo;
        if (number == SIGCHLD)
            continue;
        if (number == SIGTERM || number == SIGINT)
            supervisor->is_stopping = true;
        tell(supervisor, number);
    }
}

/* False: it still runs. */
static bool has_ended(const struct supervisor *supervisor, int *end)
{
    return waitpid(supervisor->pid, end, WNOHANG) == supervisor->pid;
}

/* The server has them as well. One in a file system is removed at the end. */
static void close_sockets(struct proa_http_listeners *listeners)
{
    for (uint32_t i = 0; i < listeners->count; i++) {
        struct proa_http_listener *listener = &listeners->items[i];
        if (listener->is_made || listener->fd < 0)
            continue;
        (void)close(listener->fd);
        listener->fd = -1;
    }
}

/* Until the server has ended; how it did. */
static int watch_server(struct supervisor *supervisor)
{
    struct pollfd wait = { .fd = supervisor->signal_fd, .events = POLLIN };
    int end = 0;

    while (!has_ended(supervisor, &end)) {
        (void)poll(&wait, 1, -1);
        take_signals(supervisor);
        end_reload(supervisor);
        if (!supervisor->is_stopping)
            continue;
        proa_refetch_cancel(&supervisor->refetch);
        close_sockets(&supervisor->listeners);
        for (uint32_t i = 0; i < supervisor->twin_count; i++)
            close_sockets(&supervisor->twins[i]);
    }
    proa_refetch_cancel(&supervisor->refetch);
    (void)close(supervisor->write_fd);
    supervisor->write_fd = -1;
    return end;
}

/* --- what became of it --------------------------------------------------- */

static int code_of(int end)
{
    return WIFSIGNALED(end) ? SIGNAL_CODE + WTERMSIG(end) : WEXITSTATUS(end);
}

static void say(int end, uint32_t wait_ms, bool is_last)
{
    char how[80], then[60] = "it is started again";

    if (WIFSIGNALED(end))
        (void)snprintf(how, sizeof how, "was killed by signal %d (%s)",
                       WTERMSIG(end), strsignal(WTERMSIG(end)));
    else
        (void)snprintf(how, sizeof how, "ended with code %d", WEXITSTATUS(end));
    if (is_last)
        (void)snprintf(then, sizeof then, "too often: that is all");
    else if (wait_ms > 0)
        (void)snprintf(then, sizeof then, "it is started again in %u ms",
                       wait_ms);
    (void)fprintf(stderr, "proa: the server %s; %s\n", how, then);
}

struct proa_restart proa_restart_after(uint32_t killed_count, uint64_t lived_ms)
{
    struct proa_restart restart = { .killed_count = 1 };

    if (lived_ms < SOON_MS)
        restart.killed_count += killed_count;
    restart.is_last = restart.killed_count > KILLED_MAX;
    if (restart.is_last || restart.killed_count < 2)
        return restart;
    restart.wait_ms = WAIT_FIRST_MS;
    for (uint32_t i = 2;
         i < restart.killed_count && restart.wait_ms < WAIT_MS_MAX; i++)
        restart.wait_ms *= 2;
    if (restart.wait_ms > WAIT_MS_MAX)
        restart.wait_ms = WAIT_MS_MAX;
    return restart;
}

/* False: a signal to stop came meanwhile. */
static bool wait_before(struct supervisor *supervisor, uint32_t wait_ms)
{
    struct pollfd wait = { .fd = supervisor->signal_fd, .events = POLLIN };
    uint64_t end_ms = now_ms() + wait_ms, now = now_ms();

    while (!supervisor->is_stopping && now < end_ms) {
        (void)poll(&wait, 1, (int)(end_ms - now));
        take_signals(supervisor);
        now = now_ms();
    }
    take_signals(supervisor);
    return !supervisor->is_stopping;
}

/*
 * Whether it is to be started again, after some time. One that never took a
 * request, of which there was none before, said why.
 */
static bool goes_on(struct supervisor *supervisor, int end, uint64_t lived_ms)
{
    supervisor->was_ready |=
        atomic_load(&supervisor->supervised.state->is_ready);
    if (supervisor->is_stopping || !supervisor->was_ready ||
        (WIFEXITED(end) && WEXITSTATUS(end) == 0))
        return false;
    struct proa_restart restart =
        proa_restart_after(supervisor->killed_count, lived_ms);
    supervisor->killed_count = restart.killed_count;
    say(end, restart.wait_ms, restart.is_last);
    return !restart.is_last && wait_before(supervisor, restart.wait_ms);
}

static enum proa_status run(struct supervisor *supervisor,
                            struct proa_serve_options *options, int *exit_code,
                            struct proa_error *err)
{
    int end = 0;
    uint64_t start_ms;

    do {
        start_ms = now_ms();
        pid_t pid = start_server(supervisor, options, err);
        if (pid < 0)
            return PROA_IO;
        if (pid == 0) {
            *exit_code = -1;
            return PROA_OK;
        }
        end = watch_server(supervisor);
        atomic_fetch_add(&supervisor->supervised.state->restarts, 1);
    } while (goes_on(supervisor, end, now_ms() - start_ms));
    *exit_code = code_of(end);
    return PROA_OK;
}

static enum proa_status open_signals(struct supervisor *supervisor,
                                     struct proa_error *err)
{
    sigset_t wanted;

    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGHUP);
    (void)sigaddset(&wanted, SIGUSR1);
    (void)sigaddset(&wanted, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &wanted, &supervisor->previous);
    supervisor->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signal_fd < 0)
        return proa_fail(err, PROA_IO, 0, "signals: %s", strerror(errno));
    return PROA_OK;
}

enum proa_status proa_supervise(struct proa_serve_options *options,
                                int *exit_code, struct proa_error *err)
{
    /* As long as the process: its servers have it too. */
    static struct supervisor supervisor = { .signal_fd = -1, .write_fd = -1 };
    void *state =
        mmap(NULL, sizeof *supervisor.supervised.state, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    enum proa_status status;

    if (state == MAP_FAILED)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to supervise");
    supervisor.supervised.state = state;
    supervisor.options = options;
    status = open_sockets(&supervisor, options, err);
    if (status == PROA_OK)
        status = open_signals(&supervisor, err);
    if (status == PROA_OK)
        status = run(&supervisor, options, exit_code, err);
    if (status != PROA_OK || *exit_code >= 0)
        forget_sockets(&supervisor);
    return status;
}
