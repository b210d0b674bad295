/*
 * From the start of a command to its first good HTTP answer:
 *
 *   lab_first PORT TARGET SECONDS_MAX [COMMAND...]
 *
 * Prints two numbers: nanoseconds from just before the command is started to
 * the end of the first answer with status 200, and the command's process
 * number. One clock for processes, containers and machines; without a command,
 * for a server that runs already, and the second number is 0.
 *
 * The command goes on until our standard input ends, which it does when who
 * started us dies, too: then all that has come of the command is killed, also
 * what left it, as containers do, and only then we end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

static bool has_ended(pid_t child)
{
    int status;

    return child > 0 && waitpid(child, &status, WNOHANG) == child;
}

/* Whether who started us wants it to end, or is no longer there. */
static bool is_unwanted(int wait_ms)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char byte;

    return poll(&input, 1, wait_ms) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

/* SIGKILL to every process whose parent we are. */
static void kill_children(void)
{
    FILE *list = fopen("/proc/thread-self/children", "re");
    int pid;

    if (list == NULL)
        return;
    while (fscanf(list, "%d", &pid) == 1)
        (void)kill(pid, SIGKILL);
    (void)fclose(list);
}

/* Whoever loses its parent becomes our child, so this gets at all of them. */
static void end_all(void)
{
    do {
        kill_children();
    } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

/* The command as our child, which dies with us; -1: see errno. */
static pid_t start_command(char **argv)
{
    pid_t parent = getpid(), child = fork();

    if (child != 0)
        return child;
    /* It reads nothing, and must not hold our standard output open. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
        close(STDIN_FILENO) == 0 && open("/dev/null", O_RDWR) == STDIN_FILENO &&
        dup2(STDIN_FILENO, STDOUT_FILENO) == STDOUT_FILENO)
        (void)execvp(argv[0], argv);
    perror("lab_first");
    _exit(127);
}

/* True when there was a good answer in time. */
static bool wait_for_answer(uint16_t port, const char *request, uint64_t end_ns,
                            pid_t child)
{
    struct timespec pause = { .tv_nsec = PAUSE_NS };

    while (ask(port, request) != 0) {
        if (now_ns() > end_ns || has_ended(child) ||
            (child > 0 && is_unwanted(0)))
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

int main(int argc, char **argv)
{
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
    /* Our own end comes by standard input, so that there is time to clean up.
     */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
        prctl(PR_SET_PDEATHSIG, 0) != 0)
        return 1;
    start = now_ns();
    end = start + strtoull(argv[3], NULL, 10) * 1000000000u;
    if (argc > 4 && (child = start_command(argv + 4)) < 0) {
        perror("lab_first");
        return 1;
    }
    if (!wait_for_answer(port, request, end, child)) {
        (void)fprintf(stderr, "lab_first: no answer\n");
        end_all();
        return 1;
    }
    (void)printf("%llu %d\n", (unsigned long long)(now_ns() - start),
                 (int)child);
    (void)fflush(stdout);
    while (child > 0 && !is_unwanted(-1))
        ;
    end_all();
    return 0;
}
