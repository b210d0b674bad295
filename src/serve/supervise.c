/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/supervise.h"

#include <errno.h>
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
#include "serve/granted.h"
#include "serve/refetch.h"
#include "serve/serve.h"
#include "serve/supervise_tell.h"

enum {
    SETTINGS_BYTES_MAX = 4 << 20,
    /* A server that was killed is started again at once, one that is killed
     * soon after waits, twice as long each time. */
    SOON_MS = 10 * 1000,
    WAIT_FIRST_MS = 100,
    WAIT_MS_MAX = 5000,
    KILLED_MAX = 10, /* so often soon after each other, and no more */
    SIGNAL_CODE = 128,
};

struct server {
    pid_t pid; /* 0: there is none */
    int fd;    /* between it and us */
    uint64_t start_ms;
};

struct supervisor {
    struct server old;          /* answers what it has: another took over */
    struct server now;          /* serves */
    struct server next;         /* begins, and is not ready */
    struct proa_held held;      /* the sockets of `now` */
    struct proa_held next_held; /* those that `next` told of */
    int granted_fd;             /* of `now`, or of the last one; -1: none */
    int next_granted_fd;        /* of `next`; -1 */
    int signal_fd;
    struct proa_serve_options *options; /* borrowed; as the first has them */
    struct proa_refetch refetch;
    sigset_t previous;
    struct proa_supervised supervised; /* of the server, in a server */
    atomic_uint_least64_t *restarts;
    uint64_t start_ms; /* when the next is started; 0: not */
    bool wants_next;   /* it is to take over; as soon as `old` has ended */
    bool wants_reload; /* SIGHUP came while a server began */
    bool is_stopping;
    bool drops_next; /* as we stop: ready or not, it was killed by us */
    bool was_ready;
    uint32_t killed_count; /* soon after each other */
    int end;               /* how the last one did */
};

/* As long as the process: its servers have it too. */
static struct supervisor supervised_here = {
    .old = { .fd = -1 },
    .now = { .fd = -1 },
    .next = { .fd = -1 },
    .granted_fd = -1,
    .next_granted_fd = -1,
    .signal_fd = -1,
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* --- in a server --------------------------------------------------------- */

/* What is the other process's is let go; the sockets are looked at later. */
static void become_server(struct supervisor *supervisor, int command_fd)
{
    close_fd(&supervisor->signal_fd);
    close_fd(&supervisor->granted_fd);
    if (supervisor->now.pid > 0)
        close_fd(&supervisor->now.fd);
    if (supervisor->old.pid > 0)
        close_fd(&supervisor->old.fd);
    supervisor->supervised = (struct proa_supervised){
        .command_fd = command_fd,
        .is_first = !supervisor->was_ready,
        .is_successor = supervisor->now.pid > 0,
        .restarts = supervisor->restarts,
    };
    supervisor->options->supervised = &supervisor->supervised;
}

void proa_supervised_granted(const struct proa_supervised *supervised,
                             int fd_take)
{
    const struct proa_told told = { .kind = PROA_TOLD_GRANTED };

    (void)proa_tell_send(supervised->command_fd, &told, sizeof told, fd_take,
                         0);
    (void)close(fd_take);
}

void proa_supervised_ready(const struct proa_supervised *supervised)
{
    const struct proa_told told = { .kind = PROA_TOLD_READY };

    (void)proa_tell_send(supervised->command_fd, &told, sizeof told, -1, 0);
}

/* Those that are in a file system the process above removes at the end. */
static enum proa_status tell_sockets(int command_fd, struct proa_held *held,
                                     struct proa_error *err)
{
    for (uint32_t i = 0; i < held->count; i++) {
        const struct proa_told told = { .kind = PROA_TOLD_SOCKET,
                                        .socket = held->items[i] };
        if (!proa_tell_send(command_fd, &told, sizeof told,
                            held->items[i].listener.fd, 0))
            return proa_fail(err, PROA_IO, 0, "the supervisor is gone: %s",
                             strerror(errno));
        held->items[i].listener.is_made = false;
    }
    return PROA_OK;
}

enum proa_status proa_supervised_open(struct proa_serve_options *options,
                                      struct proa_error *err)
{
    /* As long as the process: their names and numbers are in the options. */
    static struct proa_held held;
    static char **names;
    struct supervisor *supervisor = &supervised_here;
    struct proa_buffer *settings = &supervisor->supervised.settings;

    proa_buffer_init(settings, SETTINGS_BYTES_MAX);
    proa_granted_settings(options, settings);
    enum proa_status status =
        proa_held_open(&supervisor->held, options, &held, err);
    if (status == PROA_OK)
        status = tell_sockets(supervisor->supervised.command_fd, &held, err);
    if (status == PROA_OK)
        status = proa_held_name(&held, options, &names, err);
    if (status != PROA_OK)
        proa_held_end(&held, NULL);
    return status;
}

/* --- starting ------------------------------------------------------------ */

/* @return 0 in the server; -1: there is none */
static pid_t start_next(struct supervisor *supervisor, struct proa_error *err)
{
    int fds[2];

    supervisor->start_ms = 0;
    supervisor->wants_next = false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        (void)proa_fail(err, PROA_IO, 0, "a pair of sockets: %s",
                        strerror(errno));
        return -1;
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(fds[1]);
        become_server(supervisor, fds[0]);
        return 0;
    }
    if (pid < 0)
        (void)proa_fail(err, PROA_IO, 0, "fork: %s", strerror(errno));
    (void)close(fds[0]);
    if (pid < 0) {
        (void)close(fds[1]);
        return -1;
    }
    supervisor->next = (struct server){ pid, fds[1], now_ms() };
    return pid;
}

/* --- what a server is told ----------------------------------------------- */

/* A server that is gone is seen as such by waiting for it; one that takes
 * nothing for so long that no more fits does not hold us up. */
static void pass(const struct server *server, char byte, int fetched_fd)
{
    if (server->pid > 0)
        (void)proa_tell_send(server->fd, &byte, 1, fetched_fd, MSG_DONTWAIT);
}

/* The next server, if there is none now, may have read it already. */
static void begin_reload(struct supervisor *supervisor)
{
    const struct proa_refetch_server server = { supervisor->now.pid,
                                                supervisor->granted_fd };

    supervisor->wants_reload =
        supervisor->now.pid == 0 || supervisor->next.pid > 0;
    /* What kept it from starting may be mended. */
    if (supervisor->start_ms != 0)
        supervisor->start_ms = now_ms();
    if (supervisor->is_stopping || supervisor->wants_reload)
        return;
    if (!proa_refetch_start(&supervisor->refetch, &server, supervisor->options))
        pass(&supervisor->now, PROA_SUPERVISED_RELOAD, -1);
}

static void end_reload(struct supervisor *supervisor)
{
    bool needs_more = false;
    int fd = -1;

    if (!proa_refetch_end(&supervisor->refetch, &fd, &needs_more))
        return;
    if (needs_more)
        supervisor->wants_next = true;
    else
        pass(&supervisor->now, PROA_SUPERVISED_RELOAD, fd);
    close_fd(&fd);
    if (supervisor->refetch.is_again)
        begin_reload(supervisor);
}

/* From the first on nobody connects to us who would then wait in vain. */
static void stop(struct supervisor *supervisor)
{
    supervisor->is_stopping = true;
    supervisor->start_ms = 0;
    supervisor->wants_next = false;
    supervisor->wants_reload = false;
    proa_refetch_cancel(&supervisor->refetch);
    proa_held_close_ports(&supervisor->held);
    pass(&supervisor->now, PROA_SUPERVISED_STOP, -1);
    pass(&supervisor->old, PROA_SUPERVISED_STOP, -1);
    if (supervisor->next.pid > 0 && supervisor->now.pid > 0) {
        supervisor->drops_next = true;
        (void)kill(supervisor->next.pid, SIGKILL);
    } else {
        pass(&supervisor->next, PROA_SUPERVISED_STOP, -1);
    }
}

static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo taken;

    while (read(supervisor->signal_fd, &taken, sizeof taken) ==
           (ssize_t)sizeof taken) {
        int number = (int)taken.ssi_signo;
        if (number == SIGTERM || number == SIGINT)
            stop(supervisor);
        else if (number == SIGHUP)
            begin_reload(supervisor);
        else if (number == SIGUSR1) {
            pass(&supervisor->now, PROA_SUPERVISED_REOPEN, -1);
            pass(&supervisor->old, PROA_SUPERVISED_REOPEN, -1);
            pass(&supervisor->next, PROA_SUPERVISED_REOPEN, -1);
        }
    }
}

/* --- what a server tells ------------------------------------------------- */

static void say(const char *text)
{
    (void)fprintf(stderr, "proa: %s\n", text);
}

static void take_over(struct supervisor *supervisor)
{
    proa_held_end(&supervisor->held, &supervisor->next_held);
    supervisor->held = supervisor->next_held;
    supervisor->next_held = (struct proa_held){ 0 };
    close_fd(&supervisor->granted_fd);
    supervisor->granted_fd = supervisor->next_granted_fd;
    supervisor->next_granted_fd = -1;
    if (supervisor->now.pid > 0) {
        pass(&supervisor->now, PROA_SUPERVISED_YIELD, -1);
        say("a new server has taken over; the one before ends with its last "
            "request");
        supervisor->old = supervisor->now;
    }
    supervisor->now = supervisor->next;
    supervisor->next = (struct server){ .fd = -1 };
    supervisor->was_ready = true;
    if (supervisor->is_stopping)
        proa_held_close_ports(&supervisor->held);
    else if (supervisor->wants_reload)
        begin_reload(supervisor);
}

static void take_told(struct supervisor *supervisor)
{
    struct proa_told told;
    int fd = -1;

    while (supervisor->next.pid > 0 &&
           proa_tell_receive(supervisor->next.fd, &told, &fd)) {
        if (told.kind == PROA_TOLD_SOCKET && fd >= 0) {
            /* Its number here, from before the server was forked. */
            close_fd(&told.socket.origin);
            told.socket.listener.fd = fd;
            (void)proa_held_add(&supervisor->next_held, &told.socket);
        } else if (told.kind == PROA_TOLD_GRANTED) {
            close_fd(&supervisor->next_granted_fd);
            supervisor->next_granted_fd = fd;
        } else if (told.kind == PROA_TOLD_READY && !supervisor->drops_next) {
            take_over(supervisor);
        }
    }
}

/* --- what became of it --------------------------------------------------- */

static int code_of(int end)
{
    return WIFSIGNALED(end) ? SIGNAL_CODE + WTERMSIG(end) : WEXITSTATUS(end);
}

static void say_end(const char *who, int end, const char *then)
{
    char text[240];

    if (WIFSIGNALED(end))
        (void)snprintf(text, sizeof text, "%s was killed by signal %d (%s); %s",
                       who, WTERMSIG(end), strsignal(WTERMSIG(end)), then);
    else
        (void)snprintf(text, sizeof text, "%s ended with code %d; %s", who,
                       WEXITSTATUS(end), then);
    say(text);
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

/*
 * Whether it is to be started again, after some time. One that never took a
 * request, of which there was none before, said why.
 */
static void plan_restart(struct supervisor *supervisor, uint64_t lived_ms)
{
    char then[60] = "it is started again";

    if (supervisor->is_stopping || !supervisor->was_ready ||
        (WIFEXITED(supervisor->end) && WEXITSTATUS(supervisor->end) == 0))
        return;
    struct proa_restart restart =
        proa_restart_after(supervisor->killed_count, lived_ms);
    supervisor->killed_count = restart.killed_count;
    if (restart.is_last)
        (void)snprintf(then, sizeof then, "too often: that is all");
    else if (restart.wait_ms > 0)
        (void)snprintf(then, sizeof then, "it is started again in %u ms",
                       restart.wait_ms);
    say_end("the server", supervisor->end, then);
    if (restart.is_last)
        return;
    supervisor->start_ms = now_ms() + restart.wait_ms;
    atomic_fetch_add(supervisor->restarts, 1);
}

/* @return whether it has ended; then there is none */
static bool take_end(struct server *server, int *end, uint64_t *lived_ms)
{
    if (server->pid <= 0 || waitpid(server->pid, end, WNOHANG) != server->pid)
        return false;
    *lived_ms = now_ms() - server->start_ms;
    close_fd(&server->fd);
    server->pid = 0;
    return true;
}

/* It said why, unless it could not. */
static void end_next(struct supervisor *supervisor, int end, uint64_t lived_ms)
{
    proa_held_end(&supervisor->next_held, &supervisor->held);
    close_fd(&supervisor->next_granted_fd);
    if (supervisor->now.pid > 0 || supervisor->drops_next) {
        if (WIFSIGNALED(end) && !supervisor->is_stopping)
            say_end("the new server", end, "what was served before stays");
        if (supervisor->wants_reload)
            begin_reload(supervisor);
        return;
    }
    supervisor->end = end;
    plan_restart(supervisor, lived_ms);
}

static void take_ends(struct supervisor *supervisor)
{
    /* What one told before its end is taken before that. */
    struct server *const servers[] = { &supervisor->old, &supervisor->now,
                                       &supervisor->next };
    int ends[3] = { 0 };
    uint64_t lived_ms[3] = { 0 };
    bool has_ended[3];
    pid_t next = supervisor->next.pid;

    for (int i = 0; i < 2; i++)
        has_ended[i] = take_end(servers[i], &ends[i], &lived_ms[i]);
    if (has_ended[0] && WIFSIGNALED(ends[0]) && !supervisor->is_stopping)
        say_end("the server of before", ends[0], "its requests are lost");
    if (has_ended[1])
        proa_refetch_cancel(&supervisor->refetch);
    if (has_ended[1] && next > 0 && !supervisor->is_stopping)
        say_end("the server", ends[1], "the new one begins already");
    if (has_ended[1] && (next == 0 || supervisor->drops_next)) {
        supervisor->end = ends[1];
        plan_restart(supervisor, lived_ms[1]);
    }
    siginfo_t state = { 0 };
    if (next > 0 &&
        waitid(P_PID, (id_t)next, &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        state.si_pid == next) {
        take_told(supervisor);
        if (supervisor->next.pid == next &&
            take_end(&supervisor->next, &ends[2], &lived_ms[2]))
            end_next(supervisor, ends[2], lived_ms[2]);
        else
            take_ends(supervisor);
    }
}

/* --- the loop ------------------------------------------------------------ */

static bool is_over(const struct supervisor *supervisor)
{
    return supervisor->old.pid == 0 && supervisor->now.pid == 0 &&
           supervisor->next.pid == 0 && supervisor->start_ms == 0;
}

static bool is_due(const struct supervisor *supervisor)
{
    if (supervisor->next.pid > 0 || supervisor->is_stopping)
        return false;
    if (supervisor->now.pid == 0)
        return supervisor->start_ms != 0 && now_ms() >= supervisor->start_ms;
    return supervisor->wants_next && supervisor->old.pid == 0;
}

static void wait_once(const struct supervisor *supervisor)
{
    struct pollfd waits[] = {
        { .fd = supervisor->signal_fd, .events = POLLIN },
        { .fd = supervisor->next.pid > 0 ? supervisor->next.fd : -1,
          .events = POLLIN },
    };
    uint64_t now = now_ms();
    int wait_ms = -1;

    if (supervisor->start_ms != 0)
        wait_ms =
            supervisor->start_ms > now ? (int)(supervisor->start_ms - now) : 0;
    (void)poll(waits, 2, wait_ms);
}

static enum proa_status run(struct supervisor *supervisor, int *exit_code,
                            struct proa_error *err)
{
    pid_t pid = start_next(supervisor, err);

    while (pid != 0 && !is_over(supervisor)) {
        struct proa_error own = { 0 };
        wait_once(supervisor);
        take_signals(supervisor);
        take_told(supervisor);
        take_ends(supervisor);
        end_reload(supervisor);
        if (is_due(supervisor))
            pid = start_next(supervisor, &own);
        if (own.status != PROA_OK)
            say(own.text);
    }
    proa_refetch_cancel(&supervisor->refetch);
    if (!supervisor->was_ready && pid < 0)
        return PROA_IO;
    *exit_code = pid == 0 ? -1 : code_of(supervisor->end);
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
    struct supervisor *supervisor = &supervised_here;
    void *restarts =
        mmap(NULL, sizeof *supervisor->restarts, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (restarts == MAP_FAILED)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to supervise");
    supervisor->restarts = restarts;
    supervisor->options = options;
    enum proa_status status = open_signals(supervisor, err);
    if (status == PROA_OK)
        status = run(supervisor, exit_code, err);
    if (status != PROA_OK || *exit_code >= 0) {
        proa_held_end(&supervisor->held, NULL);
        close_fd(&supervisor->granted_fd);
    }
    return status;
}
