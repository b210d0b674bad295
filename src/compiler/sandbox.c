/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fail.h"

/*
 * What glibc and LLVM try in passing and can do without: malloc looks into
 * /proc/sys/vm/overcommit_memory, LLVM asks whether a file is there. The answer
 * is no.
 */
static const int refused[] = {
    SCMP_SYS(access), SCMP_SYS(faccessat),  SCMP_SYS(getcwd),
    SCMP_SYS(open),   SCMP_SYS(openat),     SCMP_SYS(readlink),
    SCMP_SYS(stat),   SCMP_SYS(ioctl),      SCMP_SYS(statx),
    SCMP_SYS(uname),  SCMP_SYS(readlinkat),
};

/* No open, no socket, no exec, no kill, no ptrace: nothing that names a thing
 * outside. */
static const int allowed[] = {
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fstat),
    SCMP_SYS(ftruncate),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(lseek),
    SCMP_SYS(madvise),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(newfstatat),
    SCMP_SYS(pread64),
    SCMP_SYS(prlimit64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(read),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo), /* glibc's qsort */
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

static enum proa_status load_filter(struct proa_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int result = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof *allowed; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; result == 0 && i < sizeof refused / sizeof *refused; i++)
        result =
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    /* abort() signals its own thread: LLVM's way to say that it is lost. */
    const struct scmp_arg_cmp own = { .arg = 0,
                                      .op = SCMP_CMP_EQ,
                                      .datum_a = (scmp_datum_t)getpid(),
                                      .datum_b = 0 };
    if (result == 0)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
                                        SCMP_SYS(tgkill), 1, &own);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    if (result != 0)
        return proa_fail(err, PROA_IO, 0,
                         "the compiler cannot confine itself: %s",
                         strerror(-result));
    return PROA_OK;
}

enum proa_status proa_compiler_sandbox_enter(struct proa_error *err)
{
    const struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return proa_fail(err, PROA_IO, 0,
                         "the compiler cannot give up its privileges: %s",
                         strerror(errno));
    return load_filter(err);
}
