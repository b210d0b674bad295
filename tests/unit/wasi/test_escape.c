/*
 * A guest that tries to leave its folder, by every way that is known.
 *
 * Beside the folder lies another one with a secret; every attempt that reads
 * must not see it, every attempt that writes must leave it as it was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <pthread.h>
#include <sys/syscall.h>

#define SECRET "secret"

static char base[64]; /* holds "in", the guest's, and "out" */
static char in[80];
static char out[80];

static void world_make(void)
{
    folder_make(base);
    snprintf(in, sizeof in, "%s/in", base);
    snprintf(out, sizeof out, "%s/out", base);
    CHECK_EQ(mkdir(in, 0755), 0);
    CHECK_EQ(mkdir(out, 0755), 0);
    CHECK_EQ(mkdir(host_path(in, "dir"), 0755), 0);
    CHECK_EQ(mkdir(host_path(in, "dir/deep"), 0755), 0);
    CHECK_EQ(mkdir(host_path(out, "folder"), 0755), 0);
    host_file(in, "file", "mine");
    host_file(out, "file", SECRET);
}

/* The secret is as it was, and nothing else has come to lie beside it. */
static void world_check(void)
{
    char text[32] = { 0 };
    struct stat st;
    int fd = open(host_path(out, "file"), O_RDONLY);

    CHECK_EQ(fd >= 0, 1);
    CHECK_EQ(read(fd, text, sizeof text), (ssize_t)strlen(SECRET));
    CHECK_EQ(strcmp(text, SECRET), 0);
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_nlink, 1);
    close(fd);
    CHECK_EQ(rmdir(host_path(out, "folder")), 0); /* there, and empty */
    CHECK_EQ(unlink(host_path(out, "file")), 0);
    CHECK_EQ(rmdir(out), 0); /* nothing else was there */
    CHECK_EQ(mkdir(out, 0755), 0);
    CHECK_EQ(mkdir(host_path(out, "folder"), 0755), 0);
    host_file(out, "file", SECRET);
}

/* Paths that lead out, by the links that links_make() puts there. */
static const char *const ways_out[] = {
    "..",
    "../",
    "../out/file",
    "../out/new",
    "../out/folder",
    "dir/../../out/file",
    "dir/deep/../../../out/file",
    "./././../out/file",
    "dir//..//../out/file",
    "../in/../out/file",
    "../in/file", /* leaving to come back is leaving */
    "/",
    "//",
    "/etc/passwd",
    "/proc/self/root/etc/passwd",
    "link_up/out/file",
    "link_up/",
    "link_out/file",
    "link_out/new",
    "link_out/folder",
    "link_out/",
    "link_out/.",
    "link_out/..",
    "link_absolute/file",
    "link_absolute/new",
    "link_absolute/folder/",
    "link_chain/file",
    "link_chain/new",
    "dir/link_up_two/out/file",
    "link_into/../../../out/file",
    "link_root/etc/passwd",
};

static void links_make(void)
{
    char absolute[96];

    snprintf(absolute, sizeof absolute, "%s", out);
    CHECK_EQ(symlink("..", host_path(in, "link_up")), 0);
    CHECK_EQ(symlink("../out", host_path(in, "link_out")), 0);
    CHECK_EQ(symlink(absolute, host_path(in, "link_absolute")), 0);
    CHECK_EQ(symlink("/", host_path(in, "link_root")), 0);
    CHECK_EQ(symlink("link_chain_2", host_path(in, "link_chain")), 0);
    CHECK_EQ(symlink("dir/deep/link_chain_3", host_path(in, "link_chain_2")),
             0);
    CHECK_EQ(symlink("../../link_out", host_path(in, "dir/deep/link_chain_3")),
             0);
    CHECK_EQ(symlink("../..", host_path(in, "dir/link_up_two")), 0);
    CHECK_EQ(symlink("dir/deep", host_path(in, "link_into")), 0);
    CHECK_EQ(symlink("../out/file", host_path(in, "link_file")), 0);
    CHECK_EQ(symlink("../out/new", host_path(in, "link_new")), 0);
    snprintf(absolute, sizeof absolute, "%s/file", out);
    CHECK_EQ(symlink(absolute, host_path(in, "link_file_absolute")), 0);
}

/* Each function that takes a path; none may succeed on a way out. */
static void try_path(struct proa_call *guest, const char *path)
{
    uint32_t used = guest->used;
    uint32_t room = guest_room(guest, 128);
    uint32_t fd = 0;

    for (uint32_t lookup = 0; lookup < 2; lookup++) {
        for (uint32_t oflags = 0; oflags < 16; oflags++) {
            CHECK_EQ(guest_open(guest, path, lookup, oflags, 0, &fd) != 0, 1);
            CHECK_EQ(guest_open(guest, path, lookup, oflags,
                                PROA_WASI_FD_READ | PROA_WASI_FD_WRITE,
                                &fd) != 0,
                     1);
        }
        CHECK_EQ(proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, lookup,
                                             GUEST_PATH(guest, path), room),
                 PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(proa_wasi_path_filestat_set_times(guest, GUEST_ROOT_FD, lookup,
                                                   GUEST_PATH(guest, path), 1,
                                                   1, PROA_WASI_FSTFLAG_MTIM),
                 PROA_WASI_ENOTCAPABLE);
    }
    CHECK_EQ(proa_wasi_path_readlink(guest, GUEST_ROOT_FD,
                                     GUEST_PATH(guest, path), room, 64,
                                     room + 64),
             PROA_WASI_ENOTCAPABLE);
    guest->used = used;
}

static void try_to_change(struct proa_call *guest, const char *path)
{
    uint32_t used = guest->used;

    CHECK_EQ(proa_wasi_path_create_directory(guest, GUEST_ROOT_FD,
                                             GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_remove_directory(guest, GUEST_ROOT_FD,
                                             GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_unlink_file(guest, GUEST_ROOT_FD,
                                        GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, "x"),
                                    GUEST_ROOT_FD, GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_link(guest, GUEST_ROOT_FD, 0,
                                 GUEST_PATH(guest, "file"), GUEST_ROOT_FD,
                                 GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_link(guest, GUEST_ROOT_FD, 0,
                                 GUEST_PATH(guest, path), GUEST_ROOT_FD,
                                 GUEST_PATH(guest, "stolen")),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_rename(guest, GUEST_ROOT_FD,
                                   GUEST_PATH(guest, "file"), GUEST_ROOT_FD,
                                   GUEST_PATH(guest, path)),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_rename(guest, GUEST_ROOT_FD,
                                   GUEST_PATH(guest, path), GUEST_ROOT_FD,
                                   GUEST_PATH(guest, "stolen")),
             PROA_WASI_ENOTCAPABLE);
    guest->used = used;
}

/* A link at the path's end: followed it leads out; itself it may be used. */
static void test_link_at_the_end(struct proa_call *guest)
{
    static const char *const names[] = { "link_file",     "link_file_absolute",
                                         "link_new",      "link_out",
                                         "link_absolute", "link_root" };
    uint32_t used = guest->used;
    uint32_t room = guest_room(guest, 128);
    uint32_t fd = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (uint32_t oflags = 0; oflags < 16; oflags++) {
            CHECK_EQ(guest_open(guest, names[i], PROA_WASI_LOOKUP_FOLLOW,
                                oflags, PROA_WASI_FD_WRITE, &fd) != 0,
                     1);
            CHECK_EQ(guest_open(guest, names[i], 0, oflags, PROA_WASI_FD_READ,
                                &fd) != 0,
                     1);
        }
        CHECK_EQ(proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD,
                                             PROA_WASI_LOOKUP_FOLLOW,
                                             GUEST_PATH(guest, names[i]), room),
                 PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(proa_wasi_path_filestat_set_times(
                     guest, GUEST_ROOT_FD, PROA_WASI_LOOKUP_FOLLOW,
                     GUEST_PATH(guest, names[i]), 1, 1, PROA_WASI_FSTFLAG_MTIM),
                 PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(proa_wasi_path_link(guest, GUEST_ROOT_FD,
                                     PROA_WASI_LOOKUP_FOLLOW,
                                     GUEST_PATH(guest, names[i]), GUEST_ROOT_FD,
                                     GUEST_PATH(guest, "stolen")),
                 PROA_WASI_EINVAL);
        CHECK_EQ(proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, 0,
                                             GUEST_PATH(guest, names[i]), room),
                 PROA_WASI_SUCCESS);
        CHECK_EQ(guest->memory[room + 16], PROA_WASI_FILETYPE_SYMBOLIC_LINK);
        CHECK_EQ(proa_wasi_path_filestat_set_times(
                     guest, GUEST_ROOT_FD, 0, GUEST_PATH(guest, names[i]), 1, 1,
                     PROA_WASI_FSTFLAG_MTIM),
                 PROA_WASI_SUCCESS);
        guest->used = used;
    }
}

/* A slash after a link makes Linux follow it where it would not else. */
static void test_link_with_slash(struct proa_call *guest)
{
    uint32_t used = guest->used;
    uint32_t room = guest_room(guest, 128);
    static const char *const names[] = { "link_out/", "link_absolute///" };

    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(proa_wasi_path_link(guest, GUEST_ROOT_FD, 0,
                                     GUEST_PATH(guest, names[i]), GUEST_ROOT_FD,
                                     GUEST_PATH(guest, "stolen")),
                 PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(proa_wasi_path_rename(
                     guest, GUEST_ROOT_FD, GUEST_PATH(guest, names[i]),
                     GUEST_ROOT_FD, GUEST_PATH(guest, "stolen")),
                 PROA_WASI_ENOTDIR);
        CHECK_EQ(proa_wasi_path_remove_directory(guest, GUEST_ROOT_FD,
                                                 GUEST_PATH(guest, names[i])),
                 PROA_WASI_ENOTDIR);
        CHECK_EQ(proa_wasi_path_unlink_file(guest, GUEST_ROOT_FD,
                                            GUEST_PATH(guest, names[i])),
                 PROA_WASI_ENOTDIR);
        CHECK_EQ(proa_wasi_path_create_directory(guest, GUEST_ROOT_FD,
                                                 GUEST_PATH(guest, names[i])),
                 PROA_WASI_EEXIST);
        CHECK_EQ(proa_wasi_path_readlink(guest, GUEST_ROOT_FD,
                                         GUEST_PATH(guest, names[i]), room, 64,
                                         room + 64),
                 PROA_WASI_ENOTCAPABLE);
        guest->used = used;
    }
}

/* What a way out leads to must not show even in an error. */
static void test_errors_tell_nothing(struct proa_call *guest)
{
    static const char *const names[] = { "link_out/file", "link_out/nothing",
                                         "link_new/", "link_file/",
                                         "link_out/file/x" };
    uint32_t used = guest->used, fd = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_EQ(proa_wasi_path_link(guest, GUEST_ROOT_FD, 0,
                                     GUEST_PATH(guest, names[i]), GUEST_ROOT_FD,
                                     GUEST_PATH(guest, "stolen")),
                 PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(guest_open(guest, names[i], 0, 0, 0, &fd),
                 PROA_WASI_ENOTCAPABLE);
        guest->used = used;
    }
}

/* Links of the guest's own making. */
static void test_own_links(struct proa_call *guest)
{
    uint32_t fd = 0;

    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, "/etc"),
                                    GUEST_ROOT_FD, GUEST_PATH(guest, "mine")),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, "../out"),
                                    GUEST_ROOT_FD, GUEST_PATH(guest, "mine")),
             PROA_WASI_SUCCESS);
    CHECK_EQ(guest_open(guest, "mine/file", 1, 0, PROA_WASI_FD_READ, &fd),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(guest_open(guest, "mine", 1, 0, PROA_WASI_FD_READ, &fd),
             PROA_WASI_ENOTCAPABLE);
    /* Moved deeper, `..` means another folder, but one inside. */
    CHECK_EQ(proa_wasi_path_rename(guest, GUEST_ROOT_FD,
                                   GUEST_PATH(guest, "mine"), GUEST_ROOT_FD,
                                   GUEST_PATH(guest, "dir/mine")),
             PROA_WASI_SUCCESS);
    CHECK_EQ(guest_open(guest, "dir/mine/file", 1, 0, PROA_WASI_FD_READ, &fd),
             PROA_WASI_ENOENT);
    CHECK_EQ(proa_wasi_path_unlink_file(guest, GUEST_ROOT_FD,
                                        GUEST_PATH(guest, "dir/mine")),
             PROA_WASI_SUCCESS);
}

/* A folder opened inside is a border of its own. */
static void test_inner_folder(struct proa_call *guest)
{
    uint32_t dir = 0, opened = guest_room(guest, 4);

    CHECK_EQ(guest_open(guest, "dir", 0, PROA_WASI_OFLAG_DIRECTORY,
                        UINT64_MAX & ~(uint64_t)PROA_WASI_FD_WRITE, &dir),
             PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 1, GUEST_PATH(guest, "../file"), 0,
                                 0, 0, 0, opened),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 1, GUEST_PATH(guest, "deep"), 0, 0,
                                 0, 0, opened),
             PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fd_close(guest, guest_u32(guest, opened)), 0);
    CHECK_EQ(proa_wasi_fd_close(guest, dir), 0);
}

/* In /proc, links that are none lead to open files and to the root. */
static void test_magic_links(void)
{
    static const char *const paths[] = {
        "self/root/etc/passwd", "self/cwd",  "self/root", "self/exe",
        "thread-self/root/etc", "self/fd/0",
    };
    struct proa_call guest;
    uint32_t fd = 0;

    guest_init_folder(&guest, "/proc", false);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        uint32_t room = guest_room(&guest, 64);

        CHECK_EQ(guest_open(&guest, paths[i], PROA_WASI_LOOKUP_FOLLOW, 0,
                            PROA_WASI_FD_READ, &fd) != 0,
                 1);
        CHECK_EQ(proa_wasi_path_filestat_get(
                     &guest, GUEST_ROOT_FD, PROA_WASI_LOOKUP_FOLLOW,
                     GUEST_PATH(&guest, paths[i]), room) != 0,
                 1);
    }
    guest_deinit(&guest);
}

enum { RACE_ROUNDS = 4000 };

static atomic_bool race_is_over;

/* Swap a folder and a link that leads out, under the same name, in one step if
 * the file system can: a check and a use of the name then see two things. */
static void *swap_names(void *unused)
{
    char name[96], folder[96], link[96];

    (void)unused;
    snprintf(name, sizeof name, "%s/race", in);
    snprintf(folder, sizeof folder, "%s/race_folder", in);
    snprintf(link, sizeof link, "%s/race_link", in);
    while (!atomic_load(&race_is_over)) {
        if (renameat2(AT_FDCWD, name, AT_FDCWD, link, RENAME_EXCHANGE) == 0)
            continue;
        CHECK_EQ(rename(name, folder), 0);
        CHECK_EQ(rename(link, name), 0);
        CHECK_EQ(rename(name, link), 0);
        CHECK_EQ(rename(folder, name), 0);
    }
    return NULL;
}

/* Move a deep folder up and down, so that its `..` changes while in use. */
static void *move_folder(void *unused)
{
    char deep[96], shallow[96];

    (void)unused;
    snprintf(deep, sizeof deep, "%s/dir/deep/moved", in);
    snprintf(shallow, sizeof shallow, "%s/moved", in);
    while (!atomic_load(&race_is_over)) {
        CHECK_EQ(rename(deep, shallow), 0);
        CHECK_EQ(rename(shallow, deep), 0);
    }
    return NULL;
}

static void race_begin(pthread_t *thread, void *(*run)(void *))
{
    atomic_store(&race_is_over, false);
    CHECK_EQ(pthread_create(thread, NULL, run, NULL), 0);
}

static void race_end(pthread_t thread)
{
    atomic_store(&race_is_over, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

/* What was opened under the name "file" is the guest's own, or nothing. */
static void check_opened(struct proa_call *guest, const char *path)
{
    char text[16];
    uint32_t fd = 0;

    if (guest_open(guest, path, PROA_WASI_LOOKUP_FOLLOW, 0, PROA_WASI_FD_READ,
                   &fd) != PROA_WASI_SUCCESS)
        return;
    CHECK_EQ(guest_read(guest, fd, text, sizeof text), 4);
    CHECK_EQ(strcmp(text, "mine"), 0);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static void test_race_with_link(struct proa_call *guest)
{
    pthread_t thread;

    CHECK_EQ(mkdir(host_path(in, "race"), 0755), 0);
    host_file(in, "race/file", "mine");
    CHECK_EQ(symlink("../out", host_path(in, "race_link")), 0);
    race_begin(&thread, swap_names);
    for (int i = 0; i < RACE_ROUNDS; i++) {
        uint32_t used = guest->used;
        uint32_t fd = 0;

        check_opened(guest, "race/file");
        if (guest_open(guest, "race/new", 1, PROA_WASI_OFLAG_CREAT,
                       PROA_WASI_FD_WRITE, &fd) == PROA_WASI_SUCCESS)
            CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
        (void)proa_wasi_path_unlink_file(guest, GUEST_ROOT_FD,
                                         GUEST_PATH(guest, "race/new"));
        (void)proa_wasi_path_create_directory(guest, GUEST_ROOT_FD,
                                              GUEST_PATH(guest, "race/made"));
        (void)proa_wasi_path_remove_directory(guest, GUEST_ROOT_FD,
                                              GUEST_PATH(guest, "race/made"));
        (void)proa_wasi_path_remove_directory(guest, GUEST_ROOT_FD,
                                              GUEST_PATH(guest, "race/folder"));
        guest->used = used;
    }
    race_end(thread);
}

static void test_race_with_dots(struct proa_call *guest)
{
    pthread_t thread;

    CHECK_EQ(mkdir(host_path(in, "dir/deep/moved"), 0755), 0);
    race_begin(&thread, move_folder);
    for (int i = 0; i < RACE_ROUNDS; i++) {
        check_opened(guest, "dir/deep/moved/../../../file");
        check_opened(guest, "dir/deep/moved/../../../out/file");
        check_opened(guest, "dir/deep/moved/../../../../out/file");
        check_opened(guest, "moved/../../out/file");
    }
    race_end(thread);
}

/* The same calls find what is inside, so that they do not fail for nothing. */
static void test_inside_is_reached(struct proa_call *guest)
{
    static const char *const paths[] = {
        "file",
        "./file",
        "dir/../file",
        "dir/deep/../../file",
        "link_into/../../file",
        "dir//deep/.././../file",
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char text[16];
        uint32_t fd = 0;

        CHECK_EQ(guest_open(guest, paths[i], 0, 0, PROA_WASI_FD_READ, &fd), 0);
        CHECK_EQ(guest_read(guest, fd, text, sizeof text), 4);
        CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
    }
}

int main(void)
{
    struct proa_call guest;

    world_make();
    links_make();
    guest_init_folder(&guest, in, false);
    for (size_t i = 0; i < sizeof ways_out / sizeof ways_out[0]; i++)
        try_path(&guest, ways_out[i]);
    world_check();
    for (size_t i = 0; i < sizeof ways_out / sizeof ways_out[0]; i++) {
        size_t size = strlen(ways_out[i]);

        /* A link itself with a slash after it can be named; see below. */
        if (strcmp(ways_out[i], "link_out/") != 0 &&
            strcmp(ways_out[i], "link_up/") != 0 && size > 0)
            try_to_change(&guest, ways_out[i]);
    }
    world_check();
    test_link_at_the_end(&guest);
    test_link_with_slash(&guest);
    test_errors_tell_nothing(&guest);
    test_own_links(&guest);
    test_inner_folder(&guest);
    test_inside_is_reached(&guest);
    world_check();
    test_race_with_link(&guest);
    test_race_with_dots(&guest);
    world_check();
    test_magic_links();
    guest_deinit(&guest);
    folder_remove(base);
    return 0;
}
