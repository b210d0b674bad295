/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"

struct outcome {
    enum proa_status status;
    struct proa_process_end end;
    char said[512];
};

/* Run a shell script whose standard output is kept. */
static struct outcome shell(const char *script,
                            struct proa_process_options options)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    int out = memfd_create("out", MFD_CLOEXEC);
    const int fds[] = { -1, out, -1 };
    struct outcome outcome = { .status = PROA_OK };
    struct proa_process process;
    struct proa_error err = { 0 };
    ssize_t got;

    options.path = "/bin/sh";
    options.argv = argv;
    options.fds = fds;
    options.fd_count = 3;
    outcome.status = proa_process_start(&options, &process, &err);
    if (outcome.status == PROA_OK)
        outcome.end = proa_process_wait(&process);
    got = pread(out, outcome.said, sizeof outcome.said - 1, 0);
    outcome.said[got < 0 ? 0 : got] = '\0';
    close(out);
    return outcome;
}

static void check_said(const char *script, const char *expected)
{
    struct outcome outcome = shell(script, (struct proa_process_options){ 0 });

    CHECK_EQ(outcome.status, PROA_OK);
    CHECK_EQ(outcome.end.exit_code, 0);
    CHECK_EQ(outcome.end.signal, 0);
    if (strcmp(outcome.said, expected) != 0)
        fprintf(stderr, "'%s' said '%s'\n", script, outcome.said);
    CHECK_EQ(strcmp(outcome.said, expected), 0);
}

static void a_child_has_only_what_it_was_given(void)
{
    int leak = dup2(STDIN_FILENO, 77); /* not close-on-exec */

    CHECK_EQ(leak, 77);
    setenv("PROA_TEST_SECRET", "x", 1);
    check_said("echo \"${PROA_TEST_SECRET-none}\"", "none\n");
    check_said("pwd", "/\n");
    check_said("cd /proc/self/fd && for f in [0-9]*; do "
               "[ -e $f ] && echo $f; done; :",
               "0\n1\n2\n");
    check_said("cat", "");
    check_said("ulimit -c", "0\n");
    close(leak);
}

static void signals_are_as_at_first(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    check_said("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d ' \\t\\n'",
               "SigBlk:0000000000000000SigIgn:0000000000000000");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void ends_are_told(void)
{
    struct proa_process_options none = { 0 };

    CHECK_EQ(shell("exit 3", none).end.exit_code, 3);
    CHECK_EQ(shell("kill -9 $$", none).end.signal, SIGKILL);
    none.cpu_seconds_max = 1;
    CHECK_EQ(shell("while :; do :; done", none).end.signal, SIGKILL);
}

static void limits_hold(void)
{
    struct proa_process_options options = { .file_bytes_max = 5000 };

    CHECK_EQ(shell("head -c 10000 /dev/zero >&1", options).end.exit_code != 0,
             1);
    if (proa_process_is_sanitized())
        return;
    options = (struct proa_process_options){ .memory_bytes_max = 64 << 20 };
    CHECK_EQ(shell("head -c 1000000000 /dev/zero | tail > /dev/null; ulimit -d",
                   options)
                 .end.exit_code,
             0);
}

static void a_program_that_is_none_is_refused(void)
{
    static const char *const argv[] = { "x", NULL };
    struct proa_process_options options = { .path = "/proa/no/such",
                                            .argv = argv };
    struct proa_process process = { .id = 7 };
    struct proa_error err = { 0 };

    CHECK_EQ(proa_process_start(&options, &process, &err), PROA_IO);
    CHECK_EQ(process.id, 7);
    CHECK_EQ(strcmp(err.text, "/proa/no/such: No such file or directory"), 0);
    options.fd_count = PROA_PROCESS_FDS_MAX + 1;
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_process_start(&options, &process, &err), PROA_USAGE);
}

static void descriptors_may_change_places(void)
{
    /* 0 and 1 swapped, and one of them twice. */
    static const char *const argv[] = { "sh", "-c", "echo a >&0; echo b >&2",
                                        NULL };
    int first = memfd_create("first", MFD_CLOEXEC);
    int second = memfd_create("second", MFD_CLOEXEC);
    const int fds[] = { second, first, second };
    struct proa_process_options options = {
        .path = "/bin/sh", .argv = argv, .fds = fds, .fd_count = 3
    };
    struct proa_process process;
    struct proa_error err = { 0 };
    char text[8] = { 0 };

    CHECK_EQ(proa_process_start(&options, &process, &err), PROA_OK);
    CHECK_EQ(proa_process_wait(&process).exit_code, 0);
    CHECK_EQ(pread(second, text, sizeof text, 0), 4);
    CHECK_EQ(strcmp(text, "a\nb\n"), 0);
    CHECK_EQ(pread(first, text, sizeof text, 0), 0);
    close(first);
    close(second);
}

static void programs_are_found_in_absolute_folders_only(void)
{
    char path[64] = "kept";

    setenv("PATH", "bin:.::/proa/none:/bin", 1);
    CHECK_EQ(proa_process_find("sh", path, sizeof path), 1);
    CHECK_EQ(strcmp(path, "/bin/sh"), 0);
    CHECK_EQ(proa_process_find("proa-no-such", path, sizeof path), 0);
    CHECK_EQ(strcmp(path, "/bin/sh"), 0);
    CHECK_EQ(proa_process_find("sh", path, 7), 0);
    CHECK_EQ(chdir("/"), 0);
    setenv("PATH", "bin:.", 1);
    CHECK_EQ(proa_process_find("sh", path, sizeof path), 0);
    CHECK_EQ(proa_process_own_folder(path, 2), 0);
}

int main(void)
{
    signals_are_as_at_first();
    a_child_has_only_what_it_was_given();
    ends_are_told();
    limits_hold();
    a_program_that_is_none_is_refused();
    descriptors_may_change_places();
    programs_are_found_in_absolute_folders_only();
    return 0;
}
