/*
 * The compiler process: started, listened to and waited for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/report.h"
#include "platform/process.h"

enum { READ_BYTES = 4096, CPU_SECONDS_PER_CORE_SPARE = 60 };

static bool is_program(const char *path)
{
    return access(path, X_OK) == 0;
}

static bool path_try(char *path, const char *folder, size_t folder_size,
                     const char *rest)
{
    int size = snprintf(path, PROA_COMPILER_PATH_MAX, "%.*s%s",
                        (int)folder_size, folder, rest);

    return size > 0 && size < PROA_COMPILER_PATH_MAX && is_program(path);
}

/* The one that a person names. */
static enum proa_status named(const char *wanted, char *path,
                              struct proa_error *err)
{
    char found[PROA_COMPILER_PATH_MAX];

    if (realpath(wanted, found) == NULL || !is_program(found))
        return proa_fail(err, PROA_COMPILER, 0, "compiler %.200s: %s", wanted,
                         strerror(errno));
    memcpy(path, found, strlen(found) + 1);
    return PROA_OK;
}

/* In this folder of programs, or in ../libexec/proa from there. */
static bool look_in(const char *folder, const char *name, char *found)
{
    char rest[64];

    (void)snprintf(rest, sizeof rest, "/%s", name);
    if (path_try(found, folder, strlen(folder), rest))
        return true;
    (void)snprintf(rest, sizeof rest, "/../libexec/proa/%s", name);
    return path_try(found, folder, strlen(folder), rest);
}

/* As beside us, but beside the proa that is on the PATH: for a program that
 * embeds an installed library, and is somewhere else. */
static bool look_beside_proa(const char *name, char *found)
{
    char folder[PROA_COMPILER_PATH_MAX];

    if (!proa_process_find("proa", folder, sizeof folder))
        return false;
    *strrchr(folder, '/') = '\0';
    return look_in(folder, name, found);
}

/* Beside us, on the PATH, or beside proa. */
static bool look_for(const char *name, char *path)
{
    char folder[PROA_COMPILER_PATH_MAX];
    char found[PROA_COMPILER_PATH_MAX];

    if (!(proa_process_own_folder(folder, sizeof folder) &&
          look_in(folder, name, found)) &&
        !proa_process_find(name, found, sizeof found) &&
        !look_beside_proa(name, found))
        return false;
    memcpy(path, found, strlen(found) + 1);
    return true;
}

enum proa_status proa_compiler_find(const char *wanted, char *path,
                                    struct proa_error *err)
{
    if (wanted == NULL)
        wanted = getenv("PROA_COMPILER");
    if (wanted != NULL && wanted[0] != '\0')
        return named(wanted, path, err);
    if (look_for("proa-compiler", path))
        return PROA_OK;
    return proa_fail(err, PROA_COMPILER, 0,
                     "no proa-compiler beside this program, on the PATH "
                     "or beside a proa on it; PROA_COMPILER can name it");
}

enum proa_status proa_compiler_find_baseline(const char *wanted, char *path,
                                             struct proa_error *err)
{
    const char *in_env = getenv("PROA_COMPILER");

    if (wanted == NULL && (in_env == NULL || in_env[0] == '\0') &&
        look_for("proa-baseline", path))
        return PROA_OK;
    return proa_compiler_find(wanted, path, err);
}

enum proa_status proa_compiler_input(const uint8_t *bytes, size_t size, int *fd,
                                     struct proa_error *err)
{
    int made = memfd_create("proa-module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t offset = 0;

    if (made < 0)
        return proa_fail(err, PROA_IO, 0, "memfd: %s", strerror(errno));
    while (offset < size) {
        ssize_t put = write(made, bytes + offset, size - offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            int code = errno;

            (void)close(made);
            return proa_fail(err, PROA_IO, 0, "memfd: %s", strerror(code));
        }
        offset += (size_t)put;
    }
    (void)lseek(made, 0, SEEK_SET);
    (void)fcntl(made, F_ADD_SEALS,
                F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    *fd = made;
    return PROA_OK;
}

/* What is read from the process, and where it goes. */
enum stream { STREAM_REPORT, STREAM_ERRORS, STREAM_TEXT, STREAM_COUNT };

struct talk {
    const struct proa_compiler_run *run;
    struct proa_report report;
    struct proa_process process;
    int read_fds[STREAM_COUNT];  /* owned; -1: at its end */
    int write_fds[STREAM_COUNT]; /* owned; -1 after the start */
    int64_t deadline_ms;
    bool is_late;
    bool is_stopped;
    bool is_too_long; /* more text than the buffer may hold */
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fds_close(int *fds)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
        fds[i] = -1;
    }
}

static bool pipes_make(struct talk *talk)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) != 0)
            return false;
        talk->read_fds[i] = fds[0];
        talk->write_fds[i] = fds[1];
    }
    return true;
}

static enum proa_status start(struct talk *talk, struct proa_error *err)
{
    const struct proa_compiler_run *run = talk->run;
    const int fds[] = {
        -1,
        talk->write_fds[STREAM_TEXT],
        talk->write_fds[STREAM_ERRORS],
        [PROA_COMPILER_INPUT_FD] = run->input_fd,
        [PROA_COMPILER_OUTPUT_FD] = run->output_fd,
        [PROA_COMPILER_REPORT_FD] = talk->write_fds[STREAM_REPORT],
    };
    const struct proa_process_options options = {
        .path = run->path,
        .argv = run->argv,
        .fds = fds,
        .fd_count = sizeof fds / sizeof fds[0],
        .memory_bytes_max = run->memory_bytes_max,
        .file_bytes_max = run->memory_bytes_max,
        .nice = run->nice,
        .cpu_seconds_max =
            ((uint64_t)run->seconds_max + CPU_SECONDS_PER_CORE_SPARE) *
            proa_process_cores(),
    };

    return proa_process_start(&options, &talk->process, err);
}

/* Hand what was read to its taker. */
static void bytes_take(struct talk *talk, int stream, const char *bytes,
                       size_t size)
{
    const struct proa_compiler_run *run = talk->run;

    switch (stream) {
    case STREAM_REPORT:
        if (proa_report_add(&talk->report, bytes, size) &&
            run->progress != NULL)
            run->progress(run->progress_env, talk->report.done_bytes,
                          talk->report.all_bytes);
        break;
    case STREAM_ERRORS:
        proa_report_add_stderr(&talk->report, bytes, size);
        break;
    default:
        if (run->text != NULL && !proa_buffer_append(run->text, bytes, size))
            talk->is_too_long = true;
        break;
    }
}

static void stream_read(struct talk *talk, int stream)
{
    char bytes[READ_BYTES];
    ssize_t got = read(talk->read_fds[stream], bytes, sizeof bytes);

    if (got < 0 && errno == EINTR)
        return;
    if (got > 0) {
        bytes_take(talk, stream, bytes, (size_t)got);
        return;
    }
    (void)close(talk->read_fds[stream]);
    talk->read_fds[stream] = -1;
}

/*
 * Listen until the process has ended and all it wrote is read. What it started
 * itself may hold the pipes open longer: that is not waited for.
 */
static void listen(struct talk *talk)
{
    enum { PROCESS = STREAM_COUNT, STOP, POLLED };
    const int *stop_fd = talk->run->stop_fd;
    struct pollfd polled[POLLED];
    bool has_ended = false;

    while (!talk->is_late && !talk->is_too_long && !talk->is_stopped) {
        int64_t left = talk->deadline_ms - now_ms();
        int ready;

        for (int i = 0; i < STREAM_COUNT; i++)
            polled[i] = (struct pollfd){ talk->read_fds[i], POLLIN, 0 };
        polled[PROCESS] =
            (struct pollfd){ has_ended ? -1 : talk->process.fd, POLLIN, 0 };
        polled[STOP] =
            (struct pollfd){ stop_fd != NULL ? *stop_fd : -1, POLLIN, 0 };
        if (left <= 0) {
            talk->is_late = !has_ended;
            return;
        }
        ready = poll(polled, POLLED,
                     has_ended ? 0 : (left > 60000 ? 60000 : (int)left));
        if (ready < 0 && errno != EINTR)
            return;
        if (ready == 0 && has_ended)
            return;
        if (ready <= 0)
            continue;
        for (int i = 0; i < STREAM_COUNT; i++)
            if (polled[i].revents != 0)
                stream_read(talk, i);
        has_ended = has_ended || polled[PROCESS].revents != 0;
        talk->is_stopped = polled[STOP].revents != 0;
    }
}

static const char *signal_reason(int number)
{
    switch (number) {
    case SIGKILL:
    case SIGABRT:
        return " (out of memory?)";
    case SIGSYS:
        return " (it called what it may not)";
    case SIGXCPU:
        return " (too much time)";
    case SIGXFSZ:
        return " (the code is too large)";
    default:
        return "";
    }
}

static enum proa_status end_judge(const struct talk *talk,
                                  struct proa_process_end end,
                                  struct proa_error *err)
{
    const struct proa_report *report = &talk->report;
    const char *said = report->said[0] != '\0' ? ": " : "";

    if (talk->is_late)
        return proa_fail(err, PROA_COMPILER, 0,
                         "compiler was stopped after %u s",
                         talk->run->seconds_max);
    if (talk->is_stopped)
        return proa_fail(err, PROA_COMPILER, 0, "compiler was stopped");
    if (talk->is_too_long)
        return proa_fail(err, PROA_LIMIT, 0, "the compiler's text is too long");
    if (end.signal != 0)
        return proa_fail(err, PROA_COMPILER, 0,
                         "compiler was killed by signal %d%s%s%s", end.signal,
                         signal_reason(end.signal), said, report->said);
    if (report->status != PROA_OK)
        return proa_fail(err, report->status, report->offset, "%s",
                         report->text);
    if (end.exit_code == -1)
        return proa_fail(err, PROA_COMPILER, 0,
                         "the end of the compiler was taken by another");
    if (end.exit_code != 0)
        return proa_fail(err, PROA_COMPILER, 0,
                         "compiler ended with status %d%s%s", end.exit_code,
                         said, report->said);
    return PROA_OK;
}

enum proa_status proa_compiler_run(const struct proa_compiler_run *run,
                                   struct proa_error *err)
{
    struct talk talk = {
        .run = run,
        .read_fds = { -1, -1, -1 },
        .write_fds = { -1, -1, -1 },
        .deadline_ms = now_ms() + (int64_t)run->seconds_max * 1000,
    };
    enum proa_status status;

    proa_report_init(&talk.report);
    if (!pipes_make(&talk))
        status = proa_fail(err, PROA_IO, 0, "pipe: %s", strerror(errno));
    else
        status = start(&talk, err);
    fds_close(talk.write_fds);
    if (status == PROA_OK) {
        listen(&talk);
        proa_process_kill(&talk.process);
        status = end_judge(&talk, proa_process_wait(&talk.process), err);
    }
    fds_close(talk.read_fds);
    return status;
}
