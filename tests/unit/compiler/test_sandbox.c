/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

/* One call, and what is to come of it: 0, an errno, or a signal below 0. */
struct attempt {
    long number;
    long args[3];
    int outcome;
};

static int wait_for(pid_t id)
{
    int status = 0;

    CHECK_EQ(waitpid(id, &status, 0), id);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void confine(void)
{
    struct proa_error err = { 0 };

    if (proa_compiler_sandbox_enter(&err) != PROA_OK)
        _exit(255);
}

static int try(const struct attempt *attempt)
{
    const long *args = attempt->args;
    pid_t id = fork();

    if (id == 0) {
        confine();
        _exit(syscall(attempt->number, args[0], args[1], args[2]) < 0 ? errno
                                                                      : 0);
    }
    return wait_for(id);
}

static void only_what_names_nothing_outside_is_allowed(void)
{
    const long root = (long)(uintptr_t) "/";
    const struct attempt table[] = {
        { SYS_getpid, { 0 }, 0 },
        { SYS_write, { -1, root, 1 }, EBADF },
        { SYS_openat, { AT_FDCWD, root, O_RDONLY }, EACCES },
        { SYS_readlinkat, { AT_FDCWD, root, root }, EACCES },
        { SYS_socket, { 1, 1, 0 }, -SIGSYS },
        { SYS_execve, { root, 0, 0 }, -SIGSYS },
        { SYS_kill, { getpid(), 0, 0 }, -SIGSYS },
        { SYS_ptrace, { 0 }, -SIGSYS },
        { SYS_unlinkat, { AT_FDCWD, root, 0 }, -SIGSYS },
        { SYS_getppid, { 0 }, -SIGSYS },
        { SYS_tgkill, { getpid(), getpid(), 0 }, -SIGSYS },
#ifdef __x86_64__
        { 0x40000000 | SYS_getpid, { 0 }, -SIGSYS }, /* x32's */
        { SYS_open, { root, O_RDONLY, 0 }, EACCES },
#endif
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        CHECK_EQ(try(&table[i]), table[i].outcome);
}

/* Which is what abort() does. */
static void a_signal_reaches_only_its_sender(void)
{
    pid_t id = fork();

    if (id == 0) {
        confine();
        _exit(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0) < 0);
    }
    CHECK_EQ(wait_for(id), 0);
}

/* 20 is getpid there, and writev here. */
static void the_calls_of_another_machine_are_not_allowed(void)
{
#ifdef __x86_64__
    pid_t id = fork();

    if (id == 0) {
        long result = 20;

        confine();
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
        _exit(result < 0);
    }
    CHECK_EQ(wait_for(id) < 0, 1);
#endif
}

static bool is_possible(void)
{
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return false; /* it makes calls of its own */
#endif
#endif
    return true;
}

int main(void)
{
    if (!is_possible())
        return 0;
    only_what_names_nothing_outside_is_allowed();
    a_signal_reaches_only_its_sender();
    the_calls_of_another_machine_are_not_allowed();
    return 0;
}
