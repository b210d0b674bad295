/*
 * What a program and all it starts take: usage PROGRAM [ARGS...]. Prints, on
 * descriptor 3, its exit code, wall and processor nanoseconds, and the peak of
 * resident bytes of its largest process. In C, and small, because a child's
 * peak begins with what its parent had.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t ns_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;
    struct rusage used;
    uint64_t start = now_ns();
    uint64_t wall_ns;
    pid_t pid;
    int status;

    if (argc < 2)
        return 2;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, 3);
    if (posix_spawnp(&pid, argv[1], &actions, NULL, argv + 1, environ) != 0)
        return 2;
    if (wait4(pid, &status, 0, &used) != pid)
        return 2;
    wall_ns = now_ns() - start;
    dprintf(3, "%d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            wall_ns, ns_of(used.ru_utime) + ns_of(used.ru_stime),
            (uint64_t)used.ru_maxrss * 1024);
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
