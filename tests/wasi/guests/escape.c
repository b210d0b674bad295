/*
 * A guest that tries to leave its folder, through the whole of proa. It knows
 * what lies outside, and links that lead there are waiting for it; meanwhile
 * "race" is now a folder and now a link. See ../run, and for more of the kind
 * tests/unit/wasi/test_escape.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

enum { ROOT = 3, RACE_ROUNDS = 20000 };

static int escapes;

static void escaped(const char *how, const char *path)
{
    printf("escaped: %s %s\n", how, path);
    escapes++;
}

/* Nonzero when something was opened that is not the guest's. */
static int try_open(const char *path, __wasi_oflags_t oflags,
                    __wasi_rights_t rights)
{
    __wasi_fd_t fd;
    char text[32] = { 0 };
    int is_bad;

    if (__wasi_path_open(ROOT, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, oflags,
                         rights, 0, 0, &fd) != 0)
        return 0;
    is_bad = read(fd, text, sizeof text - 1) >= 0 && strcmp(text, "mine") != 0;
    (void)__wasi_fd_close(fd);
    return is_bad;
}

static void try_path(const char *path)
{
    __wasi_filestat_t stat;
    __wasi_size_t used;
    uint8_t target[64];

    if (try_open(path, 0, __WASI_RIGHTS_FD_READ))
        escaped("read", path);
    if (try_open(path, 0, 0) || try_open(path, __WASI_OFLAGS_DIRECTORY, 0))
        escaped("open", path);
    if (__wasi_path_filestat_get(ROOT, 1, path, &stat) == 0)
        escaped("stat", path);
    if (__wasi_path_create_directory(ROOT, path) == 0)
        escaped("create_directory", path);
    if (__wasi_path_link(ROOT, 0, path, ROOT, "stolen") == 0 &&
        try_open("stolen", 0, __WASI_RIGHTS_FD_READ))
        escaped("link", path);
    if (__wasi_path_link(ROOT, 0, "file", ROOT, path) == 0)
        escaped("link to", path);
    if (__wasi_path_symlink("x", ROOT, path) == 0)
        escaped("symlink", path);
    (void)__wasi_path_readlink(ROOT, path, target, sizeof target, &used);
}

static void try_race(void)
{
    int reached = 0;

    for (int i = 0; i < RACE_ROUNDS; i++) {
        __wasi_fd_t fd;

        if (try_open("race/file", 0, __WASI_RIGHTS_FD_READ))
            escaped("race", "race/file");
        if (__wasi_path_open(ROOT, 1, "race/made", __WASI_OFLAGS_CREAT,
                             __WASI_RIGHTS_FD_WRITE, 0, 0, &fd) == 0) {
            (void)__wasi_fd_close(fd);
            reached++;
        }
        (void)__wasi_path_unlink_file(ROOT, "race/made");
        (void)__wasi_path_remove_directory(ROOT, "race/folder");
    }
    if (reached == 0)
        printf("the race never showed the guest its own folder\n");
}

int main(void)
{
    static const char *const paths[] = {
        "..",
        "../out/file",
        "../out/new",
        "dir/../../out/file",
        "dir/../../out/new",
        "/",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
        "link_up/out/file",
        "link_up/out/new",
        "link_out/file",
        "link_out/new",
        "link_out/folder",
        "link_absolute/file",
        "link_absolute/new",
        "link_chain/file",
        "link_chain/new",
        "link_root/etc/passwd",
    };
    char text[8] = { 0 };
    FILE *mine = fopen("/dir/../file", "r");

    if (mine == NULL || fread(text, 1, 4, mine) != 4 ||
        strcmp(text, "mine") != 0)
        printf("its own file was not to be read\n");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        try_path(paths[i]);
    try_race();
    printf("%d escapes\n", escapes);
    return escapes > 0;
}
