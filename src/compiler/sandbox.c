/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

enum {
    ALLOWED_COUNT = sizeof allowed / sizeof allowed[0],
    REFUSED_COUNT = sizeof refused / sizeof refused[0],
    /* What is not of a row: the machine, the own signal, the last word. */
    FILTER_MAX = 2 * (ALLOWED_COUNT + REFUSED_COUNT) + 16,
};

#ifdef __x86_64__
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

struct filter {
    struct sock_filter code[FILTER_MAX];
    unsigned short size;
};

static void filter_add(struct filter *filter, struct sock_filter instruction)
{
    assert(filter->size < FILTER_MAX);
    filter->code[filter->size++] = instruction;
}

static void filter_load(struct filter *filter, size_t offset)
{
    filter_add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                    (unsigned)offset));
}

/* Go on when what was loaded is this, else pass over `skipped`. */
static void filter_match(struct filter *filter, unsigned value,
                         unsigned char skipped)
{
    filter_add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                    value, 0, skipped));
}

static void filter_end(struct filter *filter, unsigned action)
{
    filter_add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The same answer to each of these calls. */
static void filter_list(struct filter *filter, const int *calls, size_t count,
                        unsigned action)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i] < 0)
            continue; /* this machine has no such call */
        filter_match(filter, (unsigned)calls[i], 1);
        filter_end(filter, action);
    }
}

/*
 * Two instructions a call: what libseccomp would make, without the time that it
 * takes to find out what the kernel knows and to sort, which is longer than to
 * compile a small module. A call of another machine's table, i386's or x32's,
 * is in no row.
 */
static void filter_make(struct filter *filter)
{
    const size_t own = offsetof(struct seccomp_data, args);

    filter->size = 0;
    filter_load(filter, offsetof(struct seccomp_data, arch));
    filter_match(filter, NATIVE_ARCH, 1);
    filter_add(filter, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
    filter_end(filter, SECCOMP_RET_KILL_PROCESS);
    filter_load(filter, offsetof(struct seccomp_data, nr));
    filter_list(filter, allowed, ALLOWED_COUNT, SECCOMP_RET_ALLOW);
    filter_list(filter, refused, REFUSED_COUNT, SECCOMP_RET_ERRNO | EACCES);
    /* abort() signals its own thread: LLVM's way to say that it is lost. The
     * machines are little-endian; the number's upper half is 0. */
    filter_match(filter, SCMP_SYS(tgkill), 5);
    filter_load(filter, own);
    filter_match(filter, (unsigned)getpid(), 3);
    filter_load(filter, own + sizeof(unsigned));
    filter_match(filter, 0, 1);
    filter_end(filter, SECCOMP_RET_ALLOW);
    filter_end(filter, SECCOMP_RET_KILL_PROCESS);
}

static enum proa_status load_filter(struct proa_error *err)
{
    struct filter filter;
    struct sock_fprog program = { .filter = filter.code };

    filter_make(&filter);
    program.len = filter.size;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        return proa_fail(err, PROA_IO, 0,
                         "the compiler cannot confine itself: %s",
                         strerror(errno));
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
