/*
 * Child processes on Linux, by vfork: until it executes the child has our
 * memory, which spares us a copy of the page tables, and the thread that made
 * it waits. It changes only itself and its own variables, and calls only what
 * is safe between fork and exec.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

enum { PATH_BYTES_MAX = 4096 };

/* Thread stacks and heaps reserve more than they use. */
#define ADDRESS_SPACE_SPARE (16ULL << 30)

bool proa_process_is_sanitized(void)
{
    return IS_SANITIZED != 0;
}

static bool limit_set(__rlimit_resource_t resource, uint64_t value)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0)
        return false;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value)
        return true; /* ours is lower still */
    limit.rlim_cur = value;
    limit.rlim_max = value;
    return setrlimit(resource, &limit) == 0;
}

static bool limits_set(const struct proa_process_options *options)
{
    if (!limit_set(RLIMIT_CORE, 0))
        return false;
    if (options->memory_bytes_max != 0 && IS_SANITIZED == 0 &&
        (!limit_set(RLIMIT_DATA, options->memory_bytes_max) ||
         !limit_set(RLIMIT_AS,
                    options->memory_bytes_max + ADDRESS_SPACE_SPARE)))
        return false;
    if (options->file_bytes_max != 0 &&
        !limit_set(RLIMIT_FSIZE, options->file_bytes_max))
        return false;
    return options->cpu_seconds_max == 0 ||
           limit_set(RLIMIT_CPU, options->cpu_seconds_max);
}

static void signals_reset(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &action, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Put the descriptors into their places: first all of them above the places,
 * so that none is overwritten before it was copied. Gives the new place of the
 * error pipe, which closes itself at exec.
 */
static int descriptors_place(const struct proa_process_options *options,
                             int error_fd)
{
    int count = (int)options->fd_count;
    int moved[PROA_PROCESS_FDS_MAX];
    int error_moved = fcntl(error_fd, F_DUPFD_CLOEXEC, count + 1);

    if (error_moved < 0)
        return -1;
    for (int i = 0; i < count; i++) {
        int fd = options->fds[i];

        if (fd < 0)
            fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        moved[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, count + 1);
        if (moved[i] < 0)
            return -1;
    }
    for (int i = 0; i < count; i++)
        if (dup2(moved[i], i) < 0)
            return -1;
    if (dup3(error_moved, count, O_CLOEXEC) < 0)
        return -1;
    if (syscall(SYS_close_range, (unsigned)count + 1, ~0U, 0) != 0)
        return -1;
    return count;
}

/* In the child. Returns only in failure; errno says why. */
static void child_try(const struct proa_process_options *options, int *error_fd,
                      int parent)
{
    static const char *const no_env[] = { NULL };
    const char *const *env = options->env != NULL ? options->env : no_env;
    char *const *exec_argv;
    char *const *exec_env;
    int placed;

    signals_reset();
    placed = descriptors_place(options, *error_fd);
    if (placed < 0)
        return;
    *error_fd = placed;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return;
    if (getppid() != parent)
        _exit(127); /* it ended before we asked */
    if (chdir("/") != 0 || !limits_set(options))
        return;
    if (options->nice != 0)
        (void)!nice(options->nice);
    /* execve() changes no string, though its declaration would let it. */
    memcpy(&exec_argv, &options->argv, sizeof exec_argv);
    memcpy(&exec_env, &env, sizeof exec_env);
    (void)execve(options->path, exec_argv, exec_env);
}

/* Apart from what waits for it, as their variables are in the same memory. */
_Noreturn __attribute__((noinline)) static void
child_run(const struct proa_process_options *options, int error_fd, int parent)
{
    int code;

    child_try(options, &error_fd, parent);
    code = errno;
    (void)!write(error_fd, &code, sizeof code);
    _exit(127);
}

/* What the child wrote: 0 when it executes, else its errno. */
static int error_read(int fd)
{
    int code = 0;
    ssize_t got;

    do {
        got = read(fd, &code, sizeof code);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof code ? code : 0;
}

enum proa_status proa_process_start(const struct proa_process_options *options,
                                    struct proa_process *process,
                                    struct proa_error *err)
{
    int parent = getpid();
    sigset_t all;
    sigset_t before;
    int pipe_fds[2];
    int id;
    int code;
    int fd;

    if (options->fd_count > PROA_PROCESS_FDS_MAX)
        return proa_fail(err, PROA_USAGE, 0, "too many descriptors");
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return proa_fail(err, PROA_IO, 0, "pipe: %s", strerror(errno));
    /* No handler of ours may run in the child: it would change our memory. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    id = vfork();
    if (id == 0)
        child_run(options, pipe_fds[1], parent);
    code = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)close(pipe_fds[1]);
    if (id < 0) {
        (void)close(pipe_fds[0]);
        return proa_fail(err, PROA_IO, 0, "fork: %s", strerror(code));
    }
    fd = (int)syscall(SYS_pidfd_open, id, 0);
    code = fd < 0 ? errno : error_read(pipe_fds[0]);
    (void)close(pipe_fds[0]);
    struct proa_process started = { .id = id, .fd = fd };
    if (code != 0) {
        proa_process_kill(&started);
        (void)proa_process_wait(&started);
        return proa_fail(err, PROA_IO, 0, "%s: %s", options->path,
                         strerror(code));
    }
    *process = started;
    return PROA_OK;
}

void proa_process_kill(const struct proa_process *process)
{
    /* Not waited for yet, so the id cannot be another's. */
    (void)kill(process->id, SIGKILL);
}

struct proa_process_end proa_process_wait(struct proa_process *process)
{
    struct proa_process_end end = { .exit_code = -1 };
    int status = 0;
    int id;

    do {
        id = waitpid(process->id, &status, 0);
    } while (id < 0 && errno == EINTR);
    if (id == process->id && WIFEXITED(status))
        end.exit_code = WEXITSTATUS(status);
    else if (id == process->id && WIFSIGNALED(status))
        end.signal = WTERMSIG(status);
    if (process->fd >= 0)
        (void)close(process->fd);
    process->fd = -1;
    return end;
}

/* sysconf() reads a file to know it. */
uint32_t proa_process_cores(void)
{
    cpu_set_t set;
    long count;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (uint32_t)CPU_COUNT(&set);
    count = sysconf(_SC_NPROCESSORS_ONLN); /* more than the set can hold */
    return count > 0 ? (uint32_t)count : 1;
}

bool proa_process_own_folder(char *path, uint32_t size)
{
    ssize_t got = readlink("/proc/self/exe", path, size);
    char *slash;

    if (got <= 0 || (uint32_t)got >= size)
        return false;
    path[got] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

bool proa_process_find(const char *name, char *path, uint32_t size)
{
    const char *list = getenv("PATH");
    char found[PATH_BYTES_MAX];

    while (list != NULL && *list != '\0') {
        int folder_size = (int)strcspn(list, ":");
        /* A relative folder would mean the one we happen to be in. */
        int used = list[0] != '/' ? 0
                                  : snprintf(found, sizeof found, "%.*s/%s",
                                             folder_size, list, name);

        if (used > 0 && used < (int)sizeof found && (uint32_t)used < size &&
            access(found, X_OK) == 0) {
            memcpy(path, found, (size_t)used + 1);
            return true;
        }
        list += folder_size;
        list += *list == ':';
    }
    return false;
}
