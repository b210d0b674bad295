/*
 * The compiler process, played by shell scripts: what a good one says, and all
 * the ways in which one may go wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/compiler.h"

#include <sys/mman.h>

#include "../check.h"
#include "scratch.h"

struct script_case {
    const char *script;
    enum proa_status status;
    uint64_t offset;
    const char *text; /* part of the error's */
};

static const struct script_case cases[] = {
    { "exit 0", PROA_OK, 0, "" },
    { "echo noise; echo noise >&2; exit 0", PROA_OK, 0, "" },
    { "echo error 1 18 unexpected end >&5; exit 1", PROA_MALFORMED, 18,
      "unexpected end" },
    { "echo error 4 0 too many functions >&5; exit 1", PROA_LIMIT, 0,
      "too many functions" },
    { "echo 'LLVM ERROR: bad' >&2; exit 70", PROA_COMPILER, 0,
      "compiler ended with status 70: LLVM ERROR: bad" },
    { "kill -9 $$", PROA_COMPILER, 0,
      "compiler was killed by signal 9 (out of memory?)" },
    { "kill -6 $$", PROA_COMPILER, 0, "signal 6" },
    { "kill -31 $$", PROA_COMPILER, 0, "it called what it may not" },
    /* Killed after an error: the death tells more. */
    { "echo error 1 1 x >&5; kill -11 $$", PROA_COMPILER, 0, "signal 11" },
    /* An error, and yet it says that all is well. */
    { "echo error 2 5 x >&5; exit 0", PROA_INVALID, 5, "x" },
    { "printf 'error 1 1 \\033[2Jx\\a\\n' >&5; exit 1", PROA_MALFORMED, 1,
      "?[2Jx?" },
    { "exec >&- 2>&- 5>&-; exit 4", PROA_COMPILER, 0, "status 4" },
    { "head -c 1000000 /dev/zero >&5; head -c 1000000 /dev/zero >&2; exit 0",
      PROA_OK, 0, "" },
    { "[ $# = 2 ] && [ $1 = b ] && [ -z \"$2\" ]", PROA_OK, 0, "" },
    { "[ -z \"$PROA_COMPILER$HOME\" ]", PROA_OK, 0, "" },
    { "[ \"$(cat <&3)\" = input ] && printf output >&4", PROA_OK, 0, "" },
};

static enum proa_status run_script(const char *script, uint32_t seconds_max,
                                   struct proa_buffer *text, int output_fd,
                                   struct proa_error *err)
{
    static const char *const argv[] = { "a", "b", "", NULL };
    char whole[1024];
    struct proa_compiler_run run = {
        .path = scratch_path("compiler"),
        .argv = argv,
        .output_fd = output_fd,
        .text = text,
        .seconds_max = seconds_max,
    };
    enum proa_status status;

    snprintf(whole, sizeof whole, "#!/bin/sh\n%s\n", script);
    scratch_write("compiler", whole, 0700);
    CHECK_EQ(
        proa_compiler_input((const uint8_t *)"input", 5, &run.input_fd, err),
        PROA_OK);
    status = proa_compiler_run(&run, err);
    close(run.input_fd);
    return status;
}

static void ends_are_judged(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct script_case *c = &cases[i];
        struct proa_error err = { 0 };
        int output = memfd_create("output", MFD_CLOEXEC);
        enum proa_status status = run_script(c->script, 60, NULL, output, &err);

        if (status != c->status || strstr(err.text, c->text) == NULL)
            fprintf(stderr, "'%s': %s\n", c->script, err.text);
        CHECK_EQ(status, c->status);
        CHECK_EQ(err.status, c->status);
        CHECK_EQ(err.offset, c->offset);
        CHECK_EQ(strstr(err.text, c->text) != NULL, 1);
        close(output);
    }
}

static void one_that_hangs_is_killed(void)
{
    struct proa_error err = { 0 };

    CHECK_EQ(run_script("exec sleep 1000", 1, NULL, -1, &err), PROA_COMPILER);
    CHECK_EQ(strcmp(err.text, "compiler was stopped after 1 s"), 0);
    /* With all its pipes closed, too. */
    err = (struct proa_error){ 0 };
    CHECK_EQ(run_script("exec sleep 1000 >&- 2>&- 5>&-", 1, NULL, -1, &err),
             PROA_COMPILER);
    /* What it left running is not waited for. */
    err = (struct proa_error){ 0 };
    CHECK_EQ(run_script("sleep 1000 & echo $! >&2; exit 3", 60, NULL, -1, &err),
             PROA_COMPILER);
    CHECK_EQ(strncmp(err.text, "compiler ended with status 3: ", 30), 0);
    char command[32];
    snprintf(command, sizeof command, "kill %d", atoi(err.text + 30));
    CHECK_EQ(system(command), 0);
}

static void its_text_has_a_limit(void)
{
    struct proa_buffer text;
    struct proa_error err = { 0 };

    proa_buffer_init(&text, 100);
    CHECK_EQ(run_script("echo 22.1", 60, &text, -1, &err), PROA_OK);
    CHECK_EQ(text.size, 5);
    CHECK_EQ(memcmp(text.bytes, "22.1\n", 5), 0);
    CHECK_EQ(run_script("yes", 60, &text, -1, &err), PROA_LIMIT);
    proa_buffer_deinit(&text);
}

struct seen {
    int calls;
    uint64_t done;
};

static void progress_seen(void *env, uint64_t done, uint64_t all)
{
    struct seen *seen = env;

    CHECK_EQ(all, 10);
    CHECK_EQ(done >= seen->done, 1);
    seen->done = done;
    seen->calls++;
}

static void progress_is_told(void)
{
    static const char *const argv[] = { "a", NULL };
    struct seen seen = { 0 };
    struct proa_compiler_run run = {
        .path = scratch_path("compiler"),
        .argv = argv,
        .input_fd = -1,
        .output_fd = -1,
        .seconds_max = 60,
        .progress = progress_seen,
        .progress_env = &seen,
    };
    struct proa_error err = { 0 };

    scratch_write("compiler",
                  "#!/bin/sh\nfor i in 0 1 2 3 4 5 6 7 8 9 10; do echo "
                  "progress $i 10; done >&5\n",
                  0700);
    CHECK_EQ(proa_compiler_run(&run, &err), PROA_OK);
    CHECK_EQ(seen.calls > 0, 1);
    CHECK_EQ(seen.done, 10);
}

static void it_is_found(void)
{
    char path[PROA_COMPILER_PATH_MAX] = "kept";
    struct proa_error err = { 0 };

    scratch_write("compiler", "#!/bin/sh\n", 0700);
    scratch_write("plain", "", 0600);
    CHECK_EQ(proa_compiler_find(scratch_path("compiler"), path, &err), PROA_OK);
    CHECK_EQ(strcmp(path, scratch_path("compiler")), 0);
    CHECK_EQ(proa_compiler_find(scratch_path("plain"), path, &err),
             PROA_COMPILER);
    CHECK_EQ(proa_compiler_find("/proa/none", path, &err), PROA_COMPILER);
    CHECK_EQ(proa_compiler_find_baseline(scratch_path("compiler"), path, &err),
             PROA_OK);
    CHECK_EQ(strcmp(path + strlen(path) - 9, "/compiler"), 0);
    CHECK_EQ(strcmp(path, scratch_path("compiler")), 0);
    setenv("PROA_COMPILER", scratch_path("compiler"), 1);
    strcpy(path, "other");
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_OK);
    CHECK_EQ(strcmp(path, scratch_path("compiler")), 0);
    unsetenv("PROA_COMPILER");
    scratch_write("proa-compiler", "#!/bin/sh\n", 0700);
    setenv("PATH", scratch, 1);
    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_OK);
    CHECK_EQ(strcmp(path, scratch_path("proa-compiler")), 0);
    CHECK_EQ(mkdir(scratch_path("bin"), 0700), 0);
    CHECK_EQ(mkdir(scratch_path("libexec"), 0700), 0);
    CHECK_EQ(mkdir(scratch_path("libexec/proa"), 0700), 0);
    scratch_write("libexec/proa/proa-compiler", "#!/bin/sh\n", 0700);
    setenv("PATH", scratch_path("bin"), 1);
    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_COMPILER);
    err = (struct proa_error){ 0 };
    scratch_write("bin/proa", "#!/bin/sh\n", 0700);
    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_OK);
    CHECK_EQ(strcmp(path, scratch_path("bin/../libexec/proa/proa-compiler")),
             0);
    setenv("PATH", "/proa/none", 1);
    CHECK_EQ(proa_compiler_find(NULL, path, &err), PROA_COMPILER);
    CHECK_EQ(strstr(err.text, "no proa-compiler") != NULL, 1);
}

static void its_input_cannot_change(void)
{
    struct proa_error err = { 0 };
    char bytes[8] = { 0 };
    int fd;

    CHECK_EQ(proa_compiler_input((const uint8_t *)"abc", 3, &fd, &err),
             PROA_OK);
    CHECK_EQ(pwrite(fd, "x", 1, 0), -1);
    CHECK_EQ(ftruncate(fd, 0), -1);
    CHECK_EQ(pread(fd, bytes, sizeof bytes, 0), 3);
    CHECK_EQ(strcmp(bytes, "abc"), 0);
    close(fd);
}

int main(void)
{
    scratch_make();
    ends_are_judged();
    one_that_hangs_is_killed();
    its_text_has_a_limit();
    progress_is_told();
    its_input_cannot_change();
    it_is_found();
    return 0;
}
