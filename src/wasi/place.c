/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wasi/state.h"

/*
 * A `..` that races with a rename anywhere on the machine fails with EAGAIN, so
 * that it can be tried again; but not for ever.
 */
enum { RACE_COUNT_MAX = 1000 };

static int open_once(int folder_fd, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint32_t)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? 0666 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
}

bool proa_wasi_can_resolve(int folder_fd)
{
    int fd = open_once(folder_fd, ".", O_PATH | O_DIRECTORY);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

uint32_t proa_wasi_open_beneath(const struct proa_call *call, int folder_fd,
                                const char *path, int flags, int *fd)
{
    int opened, race_count = 0;
    bool again;

    if (path[0] == '/')
        return PROA_WASI_ENOTCAPABLE;
    do {
        opened = open_once(folder_fd, path, flags);
        if (opened >= 0) {
            *fd = opened;
            return PROA_WASI_SUCCESS;
        }
        again = errno == EAGAIN && race_count++ < RACE_COUNT_MAX;
        if (errno == EINTR)
            again = call == NULL || !proa_call_interrupted(call);
    } while (again);
    /* Here it means that the path leaves the folder, not a device. */
    return errno == EXDEV ? (uint32_t)PROA_WASI_ENOTCAPABLE : proa_wasi_errno();
}

static bool is_dots(const char *name, size_t size)
{
    return (size == 1 && name[0] == '.') ||
           (size == 2 && name[0] == '.' && name[1] == '.');
}

uint32_t proa_wasi_place_find(int folder_fd, char *path,
                              struct proa_wasi_place *place)
{
    size_t end = strlen(path); /* of the last component */
    size_t start;
    const char *folder = path;
    struct proa_wasi_place found = { .folder_fd = folder_fd, .owned_fd = -1 };
    uint32_t error;

    if (path[0] == 0)
        return PROA_WASI_ENOENT;
    if (path[0] == '/')
        return PROA_WASI_ENOTCAPABLE;
    while (path[end - 1] == '/') /* path[0] is none */
        end--;
    start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    found.name = path + start;
    if (is_dots(found.name, end - start)) {
        /* The last component names no entry: the whole path is a folder. */
        found.name = ".";
    } else if (start > 0) {
        path[start - 1] = 0;
    } else {
        *place = found;
        return PROA_WASI_SUCCESS;
    }
    error = proa_wasi_open_beneath(NULL, folder_fd, folder,
                                   O_PATH | O_DIRECTORY, &found.owned_fd);
    if (error != PROA_WASI_SUCCESS)
        return error;
    found.folder_fd = found.owned_fd;
    *place = found;
    return PROA_WASI_SUCCESS;
}

void proa_wasi_place_deinit(struct proa_wasi_place *place)
{
    if (place->owned_fd >= 0)
        close(place->owned_fd);
    place->owned_fd = -1;
}
