/*
 * What a confined process can no longer do. Each part runs in a child, as none
 * of it can be taken back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "platform/process.h"

enum { ARENA_BYTES_MAX = 1 << 20, SKIPPED = 77 };

static char base[64]; /* a folder of this test: ro, rw, secret, run */

static void make_file(const char *name, const char *text, mode_t mode)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", base, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, mode);
    CHECK_EQ(fd >= 0, true);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void make_folders(void)
{
    static const char *const names[] = { "ro", "rw", "secret" };
    char path[128];

    (void)snprintf(base, sizeof base, "/tmp/proa-confine-XXXXXX");
    CHECK_EQ(mkdtemp(base) != NULL, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", base, names[i]);
        CHECK_EQ(mkdir(path, 0777), 0);
    }
    make_file("ro/a", "a", 0644);
    make_file("rw/a", "a", 0644);
    make_file("secret/a", "a", 0644);
    make_file("ro/run", "#!/bin/sh\n", 0755);
}

static void remove_folders(void)
{
    static const char *const names[] = { "ro/a", "ro/run",   "rw/a",
                                         "rw/b", "secret/a", "ro",
                                         "rw",   "secret",   "." };
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", base, names[i]);
        (void)remove(path);
    }
    (void)rmdir(base);
}

/* 0, or the number of the error. */
static int try_open(const char *name, int flags)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", base, name);
    fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

static struct proa_confine_paths two_folders(struct proa_arena *arena)
{
    struct proa_confine_paths paths = { .arena = arena };
    char path[128];

    (void)snprintf(path, sizeof path, "%s/ro/a", base);
    proa_confine_add_folder_of(&paths, path, PROA_CONFINE_READ);
    (void)snprintf(path, sizeof path, "%s/rw", base);
    proa_confine_add(&paths, path, PROA_CONFINE_READ | PROA_CONFINE_WRITE);
    proa_confine_add(&paths, path, PROA_CONFINE_READ);
    CHECK_EQ(paths.count, 2);
    proa_confine_add(&paths, "/proc", PROA_CONFINE_READ);
    proa_confine_add(&paths, "/nowhere/at/all", PROA_CONFINE_READ);
    return paths;
}

static void files_are_few(void)
{
    struct proa_arena *arena = proa_arena_create(ARENA_BYTES_MAX);
    struct proa_confine_paths paths = two_folders(arena);
    struct proa_confined confined = { 0 };
    struct proa_error err = { 0 };
    char path[128];

    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(proa_confine_files(&paths, &confined, &err), PROA_OK);
    if (confined.landlock_version == 0)
        _exit(SKIPPED);
    CHECK_EQ(confined.path_count, 3);
    CHECK_EQ(try_open("ro/a", O_RDONLY), 0);
    CHECK_EQ(try_open("ro/a", O_WRONLY), EACCES);
    CHECK_EQ(try_open("ro/b", O_WRONLY | O_CREAT), EACCES);
    CHECK_EQ(try_open("rw/a", O_RDWR), 0);
    CHECK_EQ(try_open("rw/b", O_WRONLY | O_CREAT), 0);
    CHECK_EQ(try_open("secret/a", O_RDONLY), EACCES);
    CHECK_EQ(try_open("secret", O_RDONLY | O_DIRECTORY), EACCES);
    CHECK_EQ(try_open("ro/../secret/a", O_RDONLY), EACCES);
    (void)snprintf(path, sizeof path, "%s/ro/run", base);
    CHECK_EQ(execl(path, path, (char *)NULL), -1);
    CHECK_EQ(errno, EACCES);
    proa_arena_destroy(arena);
}

/* Neither can the network be reached nor be listened to. */
static void network_is_closed(void)
{
    struct proa_confine_paths paths = { 0 };
    struct proa_confined confined = { 0 };
    struct proa_error err = { 0 };
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_addr.s_addr =
                                             htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(proa_confine_files(&paths, &confined, &err), PROA_OK);
    if (confined.landlock_version < 4)
        _exit(SKIPPED);
    CHECK_EQ(bind(fd, (const struct sockaddr *)&address, sizeof address), -1);
    CHECK_EQ(errno, EACCES);
    CHECK_EQ(connect(fd, (const struct sockaddr *)&address, sizeof address),
             -1);
    CHECK_EQ(errno, EACCES);
    (void)close(fd);
}

static void *nothing(void *argument)
{
    return argument;
}

static void calls_are_few(void)
{
    struct proa_confined confined = { 0 };
    struct proa_error err = { 0 };
    pthread_t thread;
    int end;

    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(proa_confine_calls(&confined, &err), PROA_OK);
    CHECK_EQ(confined.call_count > 100, true);
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(mount("none", "/mnt", "tmpfs", 0, NULL), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(unshare(CLONE_NEWUSER), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(syscall(SYS_bpf, 0, NULL, 0), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(syscall(SYS_io_uring_setup, 1, NULL), -1);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), -1);
    CHECK_EQ(errno, EPERM);
    /* Threads and children still begin. */
    CHECK_EQ(pthread_create(&thread, NULL, nothing, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    CHECK_EQ(waitpid(child, &end, 0), child);
    CHECK_EQ(WEXITSTATUS(end), 7);
}

static void all_together(void)
{
    struct proa_arena *arena = proa_arena_create(ARENA_BYTES_MAX);
    struct proa_confine_paths paths = two_folders(arena);
    struct proa_confined confined = { 0 };
    struct proa_error err = { 0 };
    struct proa_buffer line;

    CHECK_EQ(proa_confine(&paths, &confined, &err), PROA_OK);
    CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    CHECK_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 2);
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), -1);
    if (confined.landlock_version > 0)
        CHECK_EQ(try_open("secret/a", O_RDONLY), EACCES);
    proa_buffer_init(&line, 1000);
    proa_confined_write(&confined, &line);
    CHECK_EQ(line.size > 20, true);
    proa_buffer_deinit(&line);
    proa_arena_destroy(arena);
}

static void users_change(void)
{
    static const char *const bad[] = { "",   "no-such-user", "1:",        "1:x",
                                       "-1", "1x",           "4294967295" };
    struct proa_error err = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct proa_error){ 0 };
        CHECK_EQ(proa_confine_user(bad[i], &err), PROA_USAGE);
    }
    err = (struct proa_error){ 0 };
    if (geteuid() != 0) {
        CHECK_EQ(proa_confine_user("0", &err), PROA_USAGE);
        _exit(SKIPPED);
    }
    CHECK_EQ(setgroups(1, &(const gid_t){ 12345 }), 0);
    CHECK_EQ(proa_confine_user("65534:65533", &err), PROA_OK);
    CHECK_EQ(geteuid(), 65534);
    CHECK_EQ(getegid(), 65533);
    CHECK_EQ(getgroups(0, NULL), 0);
    CHECK_EQ(setuid(0), -1);
    CHECK_EQ(proa_confine_user("65534", &err), PROA_OK);
    CHECK_EQ(proa_confine_user("0", &err), PROA_USAGE);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "files_are_few", files_are_few },
    { "network_is_closed", network_is_closed },
    { "calls_are_few", calls_are_few },
    { "all_together", all_together },
    { "users_change", users_change },
};

int main(void)
{
    int failed_count = 0;

    make_folders();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int end = -1;
        pid_t child = fork();
        if (child == 0) {
            cases[i].run();
            _exit(0);
        }
        CHECK_EQ(waitpid(child, &end, 0), child);
        if (WIFEXITED(end) && WEXITSTATUS(end) == SKIPPED)
            printf("skip %s: not on this machine\n", cases[i].name);
        else if (!WIFEXITED(end) || WEXITSTATUS(end) != 0) {
            fprintf(stderr, "%s failed: %d\n", cases[i].name, end);
            failed_count++;
        }
    }
    remove_folders();
    return failed_count > 0;
}
