/*
 * Names in folders: opening, making, linking, moving, removing; and the same in
 * a read-only folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

static const uint32_t end = GUEST_MEMORY_SIZE;
static char folder[64];

enum { RW = PROA_WASI_FD_READ | PROA_WASI_FD_WRITE };
enum {
    CREAT = PROA_WASI_OFLAG_CREAT,
    DIRECTORY = PROA_WASI_OFLAG_DIRECTORY,
    EXCL = PROA_WASI_OFLAG_EXCL,
    TRUNC = PROA_WASI_OFLAG_TRUNC,
    FOLLOW = PROA_WASI_LOOKUP_FOLLOW,
};

/* dir, dir/inner, file, link -> file, dir_link -> dir, dangling -> nothing */
static void fill(void)
{
    folder_make(folder);
    CHECK_EQ(mkdir(host_path(folder, "dir"), 0755), 0);
    CHECK_EQ(mkdir(host_path(folder, "dir/inner"), 0755), 0);
    host_file(folder, "file", "content");
    CHECK_EQ(symlink("file", host_path(folder, "link")), 0);
    CHECK_EQ(symlink("dir", host_path(folder, "dir_link")), 0);
    CHECK_EQ(symlink("nothing", host_path(folder, "dangling")), 0);
    CHECK_EQ(symlink("loop", host_path(folder, "loop")), 0);
}

static void test_open(struct proa_call *guest)
{
    static const struct {
        const char *path;
        uint32_t lookup;
        uint32_t oflags;
        uint64_t rights;
        uint32_t error;
    } cases[] = {
        { "file", 0, 0, RW, 0 },
        { "file", 0, DIRECTORY, 0, PROA_WASI_ENOTDIR },
        { "file", 0, CREAT | EXCL, RW, PROA_WASI_EEXIST },
        { "file", 0, CREAT, RW, 0 },
        { "file", 0, TRUNC, RW, 0 },
        { "file/", 0, 0, RW, PROA_WASI_ENOTDIR },
        { "file/x", 0, 0, RW, PROA_WASI_ENOTDIR },
        { "nothing", 0, 0, RW, PROA_WASI_ENOENT },
        { "nothing/", 0, CREAT, RW, PROA_WASI_EISDIR },
        { "nothing/x", 0, CREAT, RW, PROA_WASI_ENOENT },
        { "nothing", 0, CREAT | DIRECTORY, 0, PROA_WASI_EINVAL },
        { "dir", 0, 0, 0, 0 },
        { "dir/", 0, 0, 0, 0 },
        { "dir///", 0, DIRECTORY, 0, 0 },
        { "dir", 0, 0, RW, PROA_WASI_EISDIR },
        { "dir", 0, DIRECTORY, RW, PROA_WASI_EISDIR },
        { "dir", 0, TRUNC, 0, PROA_WASI_EISDIR },
        { ".", 0, DIRECTORY, 0, 0 },
        { "", 0, 0, 0, PROA_WASI_ENOENT },
        { "link", 0, 0, RW, PROA_WASI_ELOOP },
        { "link", FOLLOW, 0, RW, 0 },
        { "dir_link", 0, DIRECTORY, 0, PROA_WASI_ENOTDIR },
        { "dir_link", 0, 0, 0, PROA_WASI_ELOOP },
        { "dir_link", FOLLOW, DIRECTORY, 0, 0 },
        { "dir_link/inner", 0, DIRECTORY, 0, 0 },
        { "dangling", 0, 0, 0, PROA_WASI_ELOOP },
        { "dangling", FOLLOW, 0, 0, PROA_WASI_ENOENT },
        { "dangling", FOLLOW, CREAT | EXCL, RW, PROA_WASI_EEXIST },
        { "loop", FOLLOW, 0, 0, PROA_WASI_ELOOP },
        { "loop/x", FOLLOW, 0, 0, PROA_WASI_ELOOP },
        { "file", 2, 0, 0, PROA_WASI_EINVAL },
        { "file", 0, 16, 0, PROA_WASI_EINVAL },
        { "fi\xffle", 0, 0, 0, PROA_WASI_EILSEQ },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t fd = 0;
        uint32_t error = guest_open(guest, cases[i].path, cases[i].lookup,
                                    cases[i].oflags, cases[i].rights, &fd);

        if (error != cases[i].error)
            fprintf(stderr, "path %s, case %zu\n", cases[i].path, i);
        CHECK_EQ(error, cases[i].error);
        if (error == 0)
            CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
    }
}

static void test_open_arguments(struct proa_call *guest)
{
    uint32_t out = guest_room(guest, 4);
    uint32_t big = guest_room(guest, 5000);

    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0,
                                 GUEST_PATH(guest, "new"), CREAT, RW, 0, 0,
                                 end - 3),
             PROA_WASI_EFAULT);
    CHECK_EQ(access(host_path(folder, "new"), F_OK), -1); /* nothing happened */
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0, end - 3, 4, 0, 0, 0,
                                 0, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0,
                                 GUEST_PATH(guest, "file"), 0, 0, 0, 32, out),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0,
                                 guest_put(guest, "fi\0le", 5), 5, 0, 0, 0, 0,
                                 out),
             PROA_WASI_EINVAL);
    memset(guest->memory + big, 'x', 5000);
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0, big, 5000, 0, 0, 0, 0,
                                 out),
             PROA_WASI_ENAMETOOLONG);
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0, big, 4095, 0, 0, 0, 0,
                                 out),
             PROA_WASI_ENAMETOOLONG);
    for (uint32_t i = 0; i < 4000; i++) /* long, but a name at a time */
        guest->memory[big + i] = i % 2 == 0 ? '.' : '/';
    memcpy(guest->memory + big + 4000, "file", 4);
    CHECK_EQ(proa_wasi_path_open(guest, GUEST_ROOT_FD, 0, big, 4004, 0, 0, 0, 0,
                                 out),
             0);
    CHECK_EQ(proa_wasi_fd_close(guest, guest_u32(guest, out)), 0);
}

/* The rights on a folder bound those of what is opened below it. */
static void test_open_rights(struct proa_call *guest)
{
    uint32_t dir = 0, file = 0, out = guest_room(guest, 24);
    uint64_t need = PROA_WASI_PATH_OPEN | PROA_WASI_PATH_CREATE_FILE |
                    PROA_WASI_PATH_FILESTAT_SET_SIZE;

    CHECK_EQ(guest_open(guest, "dir", 0, 0,
                        UINT64_MAX & ~(uint64_t)PROA_WASI_FD_WRITE, &dir),
             0);
    CHECK_EQ(
        proa_wasi_fd_fdstat_set_rights(guest, dir, need, PROA_WASI_FD_READ), 0);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 0, GUEST_PATH(guest, "f"), CREAT,
                                 RW, 0, 0, out),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 0, GUEST_PATH(guest, "f"), CREAT,
                                 0, RW, 0, out),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 0, GUEST_PATH(guest, "f"), CREAT,
                                 PROA_WASI_FD_READ, 0, 0, out),
             0);
    file = guest_u32(guest, out);
    CHECK_EQ(proa_wasi_fd_fdstat_get(guest, file, out), 0);
    CHECK_EQ(guest_u64(guest, out + 8), PROA_WASI_FD_READ);
    CHECK_EQ(proa_wasi_fd_close(guest, file), 0);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, dir, PROA_WASI_PATH_OPEN, 0),
             0);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 0, GUEST_PATH(guest, "g"), CREAT,
                                 0, 0, 0, out),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_open(guest, dir, 0, GUEST_PATH(guest, "f"), TRUNC,
                                 0, 0, 0, out),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_path_unlink_file(guest, dir, GUEST_PATH(guest, "f")),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(
        proa_wasi_path_create_directory(guest, dir, GUEST_PATH(guest, "d")),
        PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_close(guest, dir), 0);
    CHECK_EQ(unlink(host_path(folder, "dir/f")), 0);
}

enum call { MKDIR, RMDIR, UNLINK };

static uint32_t call_on(struct proa_call *guest, enum call call,
                        const char *path)
{
    uint32_t used = guest->used, error = 0;

    switch (call) {
    case MKDIR:
        error = proa_wasi_path_create_directory(guest, GUEST_ROOT_FD,
                                                GUEST_PATH(guest, path));
        break;
    case RMDIR:
        error = proa_wasi_path_remove_directory(guest, GUEST_ROOT_FD,
                                                GUEST_PATH(guest, path));
        break;
    case UNLINK:
        error = proa_wasi_path_unlink_file(guest, GUEST_ROOT_FD,
                                           GUEST_PATH(guest, path));
        break;
    }
    guest->used = used;
    return error;
}

static void test_make_and_remove(struct proa_call *guest)
{
    static const struct {
        enum call call;
        const char *path;
        uint32_t error;
    } steps[] = {
        { MKDIR, "made", 0 },
        { MKDIR, "made", PROA_WASI_EEXIST },
        { MKDIR, "made/", PROA_WASI_EEXIST },
        { MKDIR, "made/a/", 0 },
        { MKDIR, "made/../made/b", 0 },
        { MKDIR, ".", PROA_WASI_EEXIST },
        { MKDIR, "made/..", PROA_WASI_EEXIST },
        { MKDIR, "", PROA_WASI_ENOENT },
        { MKDIR, "file", PROA_WASI_EEXIST },
        { MKDIR, "file/x", PROA_WASI_ENOTDIR },
        { MKDIR, "dangling", PROA_WASI_EEXIST },
        { RMDIR, "made", PROA_WASI_ENOTEMPTY },
        { RMDIR, "made/a/.", PROA_WASI_EINVAL },
        { RMDIR, "made/a/", 0 },
        { RMDIR, "made/b", 0 },
        { UNLINK, "made", PROA_WASI_EISDIR },
        { UNLINK, "made/", PROA_WASI_EISDIR },
        { RMDIR, "made", 0 },
        { RMDIR, "made", PROA_WASI_ENOENT },
        { RMDIR, "file", PROA_WASI_ENOTDIR },
        { RMDIR, "file/", PROA_WASI_ENOTDIR },
        { RMDIR, "dir_link", PROA_WASI_ENOTDIR },
        { UNLINK, "file/", PROA_WASI_ENOTDIR },
        { UNLINK, "nothing", PROA_WASI_ENOENT },
        { UNLINK, "dir_link/", PROA_WASI_ENOTDIR },
        { UNLINK, "dir_link", 0 },
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        uint32_t error = call_on(guest, steps[i].call, steps[i].path);

        if (error != steps[i].error)
            fprintf(stderr, "path %s, step %zu\n", steps[i].path, i);
        CHECK_EQ(error, steps[i].error);
    }
    CHECK_EQ(symlink("dir", host_path(folder, "dir_link")), 0);
}

static uint32_t move(struct proa_call *guest, const char *from, const char *to)
{
    return proa_wasi_path_rename(guest, GUEST_ROOT_FD, GUEST_PATH(guest, from),
                                 GUEST_ROOT_FD, GUEST_PATH(guest, to));
}

static uint32_t link_to(struct proa_call *guest, const char *from,
                        const char *to)
{
    return proa_wasi_path_link(guest, GUEST_ROOT_FD, 0, GUEST_PATH(guest, from),
                               GUEST_ROOT_FD, GUEST_PATH(guest, to));
}

static void test_move_and_link(struct proa_call *guest)
{
    CHECK_EQ(move(guest, "file", "dir/moved"), 0);
    CHECK_EQ(move(guest, "file", "dir/moved"), PROA_WASI_ENOENT);
    CHECK_EQ(move(guest, "dir/moved", "file/"), PROA_WASI_ENOTDIR);
    CHECK_EQ(move(guest, "dir", "dir/inner/x"), PROA_WASI_EINVAL);
    CHECK_EQ(move(guest, "dir/moved", "dir/inner"), PROA_WASI_EISDIR);
    CHECK_EQ(move(guest, "dir/.", "x"), PROA_WASI_EBUSY);
    CHECK_EQ(move(guest, "dir/inner/", "inner/"), 0);
    CHECK_EQ(move(guest, "inner", "dir/inner"), 0);
    CHECK_EQ(move(guest, "dir/moved", "file"), 0);
    CHECK_EQ(link_to(guest, "file", "dir/again"), 0);
    CHECK_EQ(link_to(guest, "file", "dir/again"), PROA_WASI_EEXIST);
    CHECK_EQ(link_to(guest, "file", "file"), PROA_WASI_EEXIST);
    CHECK_EQ(link_to(guest, "file", "x/"), PROA_WASI_ENOENT);
    CHECK_EQ(link_to(guest, "dir", "x"), PROA_WASI_EPERM);
    CHECK_EQ(link_to(guest, "dir/", "x"), PROA_WASI_EPERM);
    CHECK_EQ(link_to(guest, "nothing", "x"), PROA_WASI_ENOENT);
    CHECK_EQ(link_to(guest, "nothing/", "x"), PROA_WASI_ENOENT);
    CHECK_EQ(link_to(guest, "file/", "x"), PROA_WASI_ENOTDIR);
    CHECK_EQ(link_to(guest, "dangling", "x"), 0); /* the link itself */
    CHECK_EQ(call_on(guest, UNLINK, "x"), 0);
    CHECK_EQ(call_on(guest, UNLINK, "dir/again"), 0);
}

static void test_links(struct proa_call *guest)
{
    uint32_t room = guest_room(guest, 64), used = guest_room(guest, 4);
    uint32_t name = guest_put(guest, "dangling", 8);

    memset(guest->memory + room, 0xee, 64);
    CHECK_EQ(
        proa_wasi_path_readlink(guest, GUEST_ROOT_FD, name, 8, room, 64, used),
        0);
    CHECK_EQ(guest_u32(guest, used), 7);
    CHECK_EQ(memcmp(guest->memory + room, "nothing\xee", 8), 0);
    CHECK_EQ(
        proa_wasi_path_readlink(guest, GUEST_ROOT_FD, name, 8, room, 3, used),
        0);
    CHECK_EQ(guest_u32(guest, used), 3);
    CHECK_EQ(
        proa_wasi_path_readlink(guest, GUEST_ROOT_FD, name, 8, room, 0, used),
        0);
    CHECK_EQ(guest_u32(guest, used), 0);
    CHECK_EQ(proa_wasi_path_readlink(guest, GUEST_ROOT_FD, name, 8, end - 3, 4,
                                     used),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_path_readlink(guest, GUEST_ROOT_FD,
                                     GUEST_PATH(guest, "file"), room, 64, used),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, "x"),
                                    GUEST_ROOT_FD, GUEST_PATH(guest, "new/")),
             PROA_WASI_ENOENT);
    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, ""), GUEST_ROOT_FD,
                                    GUEST_PATH(guest, "new")),
             PROA_WASI_ENOENT);
    CHECK_EQ(proa_wasi_path_symlink(guest, GUEST_PATH(guest, "x"),
                                    GUEST_ROOT_FD, GUEST_PATH(guest, "dir/")),
             PROA_WASI_EEXIST);
}

static void test_attributes(struct proa_call *guest)
{
    uint32_t stat = guest_room(guest, 64);
    uint32_t link = guest_put(guest, "link", 4);

    CHECK_EQ(proa_wasi_path_filestat_set_times(guest, GUEST_ROOT_FD, FOLLOW,
                                               link, 4, 0, 5000000000,
                                               PROA_WASI_FSTFLAG_MTIM),
             0);
    CHECK_EQ(proa_wasi_path_filestat_set_times(guest, GUEST_ROOT_FD, 0, link, 4,
                                               0, 6000000000,
                                               PROA_WASI_FSTFLAG_MTIM),
             0);
    CHECK_EQ(proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, FOLLOW, link, 4,
                                         stat),
             0);
    CHECK_EQ(guest->memory[stat + 16], PROA_WASI_FILETYPE_REGULAR_FILE);
    CHECK_EQ(guest_u64(guest, stat + 48), 5000000000);
    CHECK_EQ(
        proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, 0, link, 4, stat), 0);
    CHECK_EQ(guest->memory[stat + 16], PROA_WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK_EQ(guest_u64(guest, stat + 48), 6000000000);
    CHECK_EQ(guest_u64(guest, stat + 32), 4);
    CHECK_EQ(proa_wasi_path_filestat_get_unstable(guest, GUEST_ROOT_FD, 0, link,
                                                  4, stat),
             0);
    CHECK_EQ(guest_u64(guest, stat + 40), 6000000000);
    CHECK_EQ(
        proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, 2, link, 4, stat),
        PROA_WASI_EINVAL);
    CHECK_EQ(
        proa_wasi_path_filestat_get(guest, GUEST_ROOT_FD, 0, link, 4, end - 63),
        PROA_WASI_EFAULT);
}

/* Nothing changes below a read-only folder, by whatever descriptor. */
static void test_read_only(void)
{
    static const struct {
        const char *path;
        uint32_t oflags;
        uint64_t rights;
        uint32_t error;
    } opens[] = {
        { "file", 0, PROA_WASI_FD_READ, 0 },
        { "file", CREAT, PROA_WASI_FD_READ, 0 },
        { "file", CREAT | EXCL, PROA_WASI_FD_READ, PROA_WASI_EEXIST },
        { "file", TRUNC, PROA_WASI_FD_READ, PROA_WASI_EROFS },
        { "file", 0, RW, PROA_WASI_EROFS },
        { "file", 0, PROA_WASI_FD_WRITE, PROA_WASI_EROFS },
        { "nothing", 0, PROA_WASI_FD_READ, PROA_WASI_ENOENT },
        { "nothing", CREAT, PROA_WASI_FD_READ, PROA_WASI_EROFS },
        { "nothing", CREAT | EXCL, PROA_WASI_FD_READ, PROA_WASI_EROFS },
    };
    struct proa_call guest;
    uint32_t fd = 0, dir = 0;

    guest_init_folder(&guest, folder, true);
    for (size_t i = 0; i < sizeof opens / sizeof opens[0]; i++) {
        uint32_t error = guest_open(&guest, opens[i].path, 0, opens[i].oflags,
                                    opens[i].rights, &fd);

        CHECK_EQ(error, opens[i].error);
        if (error == 0)
            CHECK_EQ(proa_wasi_fd_close(&guest, fd), 0);
    }
    CHECK_EQ(call_on(&guest, MKDIR, "x"), PROA_WASI_EROFS);
    CHECK_EQ(call_on(&guest, RMDIR, "dir"), PROA_WASI_EROFS);
    CHECK_EQ(call_on(&guest, UNLINK, "file"), PROA_WASI_EROFS);
    CHECK_EQ(move(&guest, "file", "x"), PROA_WASI_EROFS);
    CHECK_EQ(link_to(&guest, "file", "x"), PROA_WASI_EROFS);
    CHECK_EQ(proa_wasi_path_symlink(&guest, GUEST_PATH(&guest, "x"),
                                    GUEST_ROOT_FD, GUEST_PATH(&guest, "y")),
             PROA_WASI_EROFS);
    CHECK_EQ(proa_wasi_path_filestat_set_times(&guest, GUEST_ROOT_FD, 0,
                                               GUEST_PATH(&guest, "file"), 0, 0,
                                               PROA_WASI_FSTFLAG_MTIM_NOW),
             PROA_WASI_EROFS);
    /* What is opened below is as read-only. */
    CHECK_EQ(guest_open(&guest, "dir", 0, 0,
                        UINT64_MAX & ~(uint64_t)PROA_WASI_FD_WRITE, &dir),
             0);
    CHECK_EQ(
        proa_wasi_path_create_directory(&guest, dir, GUEST_PATH(&guest, "x")),
        PROA_WASI_EROFS);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(&guest, dir, 0, 0,
                                             PROA_WASI_FSTFLAG_MTIM_NOW),
             PROA_WASI_EROFS);
    CHECK_EQ(guest_open(&guest, "file", 0, 0,
                        UINT64_MAX & ~(uint64_t)PROA_WASI_FD_WRITE, &fd),
             0);
    CHECK_EQ(guest_write(&guest, fd, "x"), -PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_filestat_set_size(&guest, fd, 0),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_allocate(&guest, fd, 0, 1), PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(&guest, fd, 0, 0,
                                             PROA_WASI_FSTFLAG_MTIM_NOW),
             PROA_WASI_EROFS);
    guest_deinit(&guest);
}

/* A hard link must not carry a file from a read-only folder to another. */
static void test_read_only_beside_another(void)
{
    struct proa_wasi_preopen preopens[] = { { folder, "/ro", true },
                                            { folder, "/rw", false } };
    struct proa_wasi_options options = {
        .preopens = preopens,
        .preopen_count = 2,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    struct proa_call guest;

    guest_init(&guest, &options);
    CHECK_EQ(proa_wasi_path_link(&guest, 3, 0, GUEST_PATH(&guest, "file"), 4,
                                 GUEST_PATH(&guest, "x")),
             PROA_WASI_EROFS);
    CHECK_EQ(proa_wasi_path_rename(&guest, 3, GUEST_PATH(&guest, "file"), 4,
                                   GUEST_PATH(&guest, "x")),
             PROA_WASI_EROFS);
    CHECK_EQ(proa_wasi_path_rename(&guest, 4, GUEST_PATH(&guest, "file"), 3,
                                   GUEST_PATH(&guest, "x")),
             PROA_WASI_EROFS);
    guest_deinit(&guest);
}

int main(void)
{
    struct proa_call guest;

    fill();
    guest_init_folder(&guest, folder, false);
    test_open(&guest);
    test_open_arguments(&guest);
    test_open_rights(&guest);
    test_make_and_remove(&guest);
    test_move_and_link(&guest);
    test_links(&guest);
    test_attributes(&guest);
    guest_deinit(&guest);
    test_read_only();
    test_read_only_beside_another();
    folder_remove(folder);
    return 0;
}
