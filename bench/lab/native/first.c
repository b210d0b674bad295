/*
 * From the start of a command to its first good HTTP answer:
 *
 *   lab_first PORT TARGET SECONDS_MAX [COMMAND...]
 *
 * Prints two numbers: nanoseconds from just before the command is started to
 * the end of the first answer with status 200, and the command's process
 * number. The command goes on: who started us ends it. One clock for
 * processes, containers and machines; without a command, for a server that
 * runs already, and the second number is 0.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_NS = 100000 };

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One try: 0 when it was answered 200. */
static int ask(uint16_t port, const char *request)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct timeval patience = { .tv_sec = 1 };
    char bytes[4096];
    ssize_t size = 0, all = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, request, strlen(request), MSG_NOSIGNAL) > 0) {
        /* Connection: close, so the end of the answer is the end. */
        while ((size = recv(fd, bytes + all, sizeof bytes - (size_t)all, 0)) >
                   0 &&
               (size_t)(all += size) < sizeof bytes)
            ;
    }
    (void)close(fd);
    return all > 12 && size >= 0 && memcmp(bytes + 8, " 200", 4) == 0 ? 0 : -1;
}

static int has_ended(pid_t child)
{
    int status;

    return child > 0 && waitpid(child, &status, WNOHANG) == child;
}

int main(int argc, char **argv)
{
    struct timespec pause = { .tv_nsec = PAUSE_NS };
    posix_spawn_file_actions_t actions;
    extern char **environ;
    char request[512];
    uint64_t start, end;
    uint16_t port;
    pid_t child = 0;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: lab_first PORT TARGET SECONDS_MAX "
                              "[COMMAND...]\n");
        return 2;
    }
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n",
                   argv[2]);
    /* The command outlives us: it must not hold our standard output open. */
    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                         O_WRONLY, 0) != 0)
        return 1;
    start = now_ns();
    end = start + strtoull(argv[3], NULL, 10) * 1000000000u;
    if (argc > 4 &&
        posix_spawnp(&child, argv[4], &actions, NULL, argv + 4, environ) != 0) {
        perror("lab_first");
        return 1;
    }
    while (ask(port, request) != 0) {
        if (now_ns() > end || has_ended(child)) {
            (void)fprintf(stderr, "lab_first: no answer\n");
            if (child > 0)
                (void)kill(child, SIGKILL);
            return 1;
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)printf("%llu %d\n", (unsigned long long)(now_ns() - start),
                 (int)child);
    return 0;
}
