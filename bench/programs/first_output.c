/*
 * How long a program takes from its start to its first byte of output, and to
 * its end: first_output COUNT PROGRAM [ARGS...]. A line each run: nanoseconds
 * to the first byte, nanoseconds to the end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* 0, or the exit code for this program. */
static int measure(char **argv)
{
    posix_spawn_file_actions_t actions;
    uint64_t start, first, end;
    int out[2];
    char bytes[4096];
    ssize_t got;
    pid_t pid;
    int status;

    if (pipe(out) != 0)
        return 2;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    posix_spawn_file_actions_addclose(&actions, out[1]);
    start = now_ns();
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        return 2;
    close(out[1]);
    got = read(out[0], bytes, sizeof bytes);
    first = now_ns();
    while (read(out[0], bytes, sizeof bytes) > 0)
        continue;
    if (waitpid(pid, &status, 0) != pid)
        return 2;
    end = now_ns();
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (got <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return 3;
    printf("%" PRIu64 " %" PRIu64 "\n", first - start, end - start);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = atoi(argv[1]); i > 0; i--) {
        int code = measure(argv + 2);

        if (code != 0)
            return code;
    }
    return 0;
}
