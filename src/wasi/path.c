/*
 * Names in folders. Opening is in path_open.c.
 *
 * In a read-only folder whatever would change anything fails with EROFS, as on
 * a file system mounted so. (Missing rights would be the other way to say it,
 * but a guest's C library asks only for rights that the folder has: it would
 * open a file for writing, succeed, and fail at the first write.)
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/place.h"
#include "wasi/preview1.h"
#include "wasi/times.h"

uint32_t proa_wasi_path_copy(const struct proa_call *call, uint32_t address,
                             uint32_t size, char text[PROA_WASI_PATH_SIZE_MAX])
{
    switch (proa_guest_text_copy(call, address, size, text,
                                 PROA_WASI_PATH_SIZE_MAX)) {
    case PROA_GUEST_TEXT_OK:
        return PROA_WASI_SUCCESS;
    case PROA_GUEST_TEXT_FAULT:
        return PROA_WASI_EFAULT;
    case PROA_GUEST_TEXT_LONG:
        return PROA_WASI_ENAMETOOLONG;
    case PROA_GUEST_TEXT_NUL:
        return PROA_WASI_EINVAL;
    case PROA_GUEST_TEXT_ILLEGAL:
        break;
    }
    return PROA_WASI_EILSEQ;
}

uint32_t proa_wasi_path_load(const struct proa_call *call, uint32_t fd,
                             uint64_t rights, uint32_t address, uint32_t size,
                             struct proa_wasi_path *path)
{
    uint32_t error = proa_wasi_find_directory(call, fd, rights, &path->folder);

    if (error != PROA_WASI_SUCCESS)
        return error;
    return proa_wasi_path_copy(call, address, size, path->text);
}

/* The same for a path at which something is to change. */
static uint32_t load_to_change(const struct proa_call *call, uint32_t fd,
                               uint64_t rights, uint32_t address, uint32_t size,
                               struct proa_wasi_path *path)
{
    uint32_t error = proa_wasi_path_load(call, fd, rights, address, size, path);

    if (error == PROA_WASI_SUCCESS && path->folder->is_read_only)
        return PROA_WASI_EROFS;
    return error;
}

static uint32_t place_of(struct proa_wasi_path *path,
                         struct proa_wasi_place *place)
{
    return proa_wasi_place_find(path->folder->host_fd, path->text, place);
}

/* The errno of a system call, after which the place is of no more use. */
static uint32_t finish(int result, struct proa_wasi_place *place)
{
    uint32_t error =
        result == 0 ? (uint32_t)PROA_WASI_SUCCESS : proa_wasi_errno();

    proa_wasi_place_deinit(place);
    return error;
}

uint32_t proa_wasi_path_create_directory(struct proa_call *call, uint32_t fd,
                                         uint32_t path, uint32_t path_size)
{
    struct proa_wasi_path at;
    struct proa_wasi_place place;
    uint32_t error = load_to_change(call, fd, PROA_WASI_PATH_CREATE_DIRECTORY,
                                    path, path_size, &at);

    if (error == PROA_WASI_SUCCESS)
        error = place_of(&at, &place);
    if (error != PROA_WASI_SUCCESS)
        return error;
    return finish(mkdirat(place.folder_fd, place.name, 0777), &place);
}

uint32_t proa_wasi_path_remove_directory(struct proa_call *call, uint32_t fd,
                                         uint32_t path, uint32_t path_size)
{
    struct proa_wasi_path at;
    struct proa_wasi_place place;
    uint32_t error = load_to_change(call, fd, PROA_WASI_PATH_REMOVE_DIRECTORY,
                                    path, path_size, &at);

    if (error == PROA_WASI_SUCCESS)
        error = place_of(&at, &place);
    if (error != PROA_WASI_SUCCESS)
        return error;
    return finish(unlinkat(place.folder_fd, place.name, AT_REMOVEDIR), &place);
}

uint32_t proa_wasi_path_unlink_file(struct proa_call *call, uint32_t fd,
                                    uint32_t path, uint32_t path_size)
{
    struct proa_wasi_path at;
    struct proa_wasi_place place;
    uint32_t error = load_to_change(call, fd, PROA_WASI_PATH_UNLINK_FILE, path,
                                    path_size, &at);

    if (error == PROA_WASI_SUCCESS)
        error = place_of(&at, &place);
    if (error != PROA_WASI_SUCCESS)
        return error;
    return finish(unlinkat(place.folder_fd, place.name, 0), &place);
}

uint32_t proa_wasi_path_symlink(struct proa_call *call, uint32_t target,
                                uint32_t target_size, uint32_t fd,
                                uint32_t path, uint32_t path_size)
{
    char target_text[PROA_WASI_PATH_SIZE_MAX];
    struct proa_wasi_path at;
    struct proa_wasi_place place;
    uint32_t error =
        load_to_change(call, fd, PROA_WASI_PATH_SYMLINK, path, path_size, &at);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_path_copy(call, target, target_size, target_text);
    /*
     * No guest could follow a link to an absolute path. A program outside
     * could, and would be led to where the guest cannot go itself.
     */
    if (error == PROA_WASI_SUCCESS && target_text[0] == '/')
        error = PROA_WASI_ENOTCAPABLE;
    if (error == PROA_WASI_SUCCESS)
        error = place_of(&at, &place);
    if (error != PROA_WASI_SUCCESS)
        return error;
    return finish(symlinkat(target_text, place.folder_fd, place.name), &place);
}

/* Two places, of which both or neither are there. */
static uint32_t places_of(struct proa_wasi_path *from,
                          struct proa_wasi_path *to,
                          struct proa_wasi_place places[2])
{
    uint32_t error = place_of(from, &places[0]);

    if (error != PROA_WASI_SUCCESS)
        return error;
    error = place_of(to, &places[1]);
    if (error != PROA_WASI_SUCCESS)
        proa_wasi_place_deinit(&places[0]);
    return error;
}

/*
 * A path with a slash after it can only be a folder's, which has no hard links.
 * linkat() would follow a link here, out of the guest's folder.
 */
static uint32_t refuse_folder(const struct proa_wasi_place *place)
{
    int fd;
    uint32_t error = proa_wasi_open_beneath(NULL, place->folder_fd, place->name,
                                            O_PATH | O_DIRECTORY, &fd);

    if (error != PROA_WASI_SUCCESS)
        return error;
    close(fd);
    return PROA_WASI_EPERM;
}

/*
 * A hard link gives another name to a file, and so changes it: from a read-only
 * folder to another one it would even make it writable.
 */
// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_path_link(struct proa_call *call, uint32_t old_fd,
                             uint32_t lookup, uint32_t old_path,
                             uint32_t old_path_size, uint32_t new_fd,
                             uint32_t new_path, uint32_t new_path_size)
{
    struct proa_wasi_path from, to;
    struct proa_wasi_place places[2];
    uint32_t error = load_to_change(call, old_fd, PROA_WASI_PATH_LINK_SOURCE,
                                    old_path, old_path_size, &from);

    if (error == PROA_WASI_SUCCESS)
        error = load_to_change(call, new_fd, PROA_WASI_PATH_LINK_TARGET,
                               new_path, new_path_size, &to);
    /* Following would need the target's own folder and name. */
    if (error == PROA_WASI_SUCCESS && lookup != 0)
        error = PROA_WASI_EINVAL;
    if (error == PROA_WASI_SUCCESS)
        error = places_of(&from, &to, places);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (strchr(places[0].name, '/') != NULL) {
        error = refuse_folder(&places[0]);
    } else if (linkat(places[0].folder_fd, places[0].name, places[1].folder_fd,
                      places[1].name, 0) != 0) {
        error = proa_wasi_errno();
    }
    proa_wasi_place_deinit(&places[0]);
    proa_wasi_place_deinit(&places[1]);
    return error;
}

// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_path_rename(struct proa_call *call, uint32_t old_fd,
                               uint32_t old_path, uint32_t old_path_size,
                               uint32_t new_fd, uint32_t new_path,
                               uint32_t new_path_size)
{
    struct proa_wasi_path from, to;
    struct proa_wasi_place places[2];
    uint32_t error = load_to_change(call, old_fd, PROA_WASI_PATH_RENAME_SOURCE,
                                    old_path, old_path_size, &from);

    if (error == PROA_WASI_SUCCESS)
        error = load_to_change(call, new_fd, PROA_WASI_PATH_RENAME_TARGET,
                               new_path, new_path_size, &to);
    if (error == PROA_WASI_SUCCESS)
        error = places_of(&from, &to, places);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (renameat(places[0].folder_fd, places[0].name, places[1].folder_fd,
                 places[1].name) != 0)
        error = proa_wasi_errno();
    proa_wasi_place_deinit(&places[0]);
    proa_wasi_place_deinit(&places[1]);
    return error;
}

/* A handle on what a path leads to, for asking and not for reading. */
static uint32_t open_handle(const struct proa_wasi_path *path, uint32_t lookup,
                            int *fd)
{
    int follow = (lookup & PROA_WASI_LOOKUP_FOLLOW) != 0 ? 0 : O_NOFOLLOW;

    if ((lookup & ~(uint32_t)PROA_WASI_LOOKUP_FOLLOW) != 0)
        return PROA_WASI_EINVAL;
    return proa_wasi_open_beneath(NULL, path->folder->host_fd, path->text,
                                  O_PATH | follow, fd);
}

static uint32_t filestat_get(const struct proa_wasi_path *at, uint32_t lookup,
                             enum proa_wasi_version version, uint8_t *to)
{
    struct proa_wasi_filestat found;
    struct stat st;
    uint32_t error;
    int fd;

    if (to == NULL)
        return PROA_WASI_EFAULT;
    error = open_handle(at, lookup, &fd);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (fstat(fd, &st) != 0) {
        error = proa_wasi_errno();
    } else {
        found = proa_wasi_filestat_from_host(&st);
        proa_wasi_filestat_store(to, version, &found);
    }
    close(fd);
    return error;
}

uint32_t proa_wasi_path_filestat_get(struct proa_call *call, uint32_t fd,
                                     uint32_t lookup, uint32_t path,
                                     uint32_t path_size, uint32_t stat)
{
    struct proa_wasi_path at;
    uint32_t error = proa_wasi_path_load(call, fd, PROA_WASI_PATH_FILESTAT_GET,
                                         path, path_size, &at);

    if (error != PROA_WASI_SUCCESS)
        return error;
    return filestat_get(&at, lookup, PROA_WASI_PREVIEW1,
                        proa_guest_bytes(call, stat, PROA_WASI_FILESTAT_SIZE));
}

uint32_t proa_wasi_path_filestat_get_unstable(struct proa_call *call,
                                              uint32_t fd, uint32_t lookup,
                                              uint32_t path, uint32_t path_size,
                                              uint32_t stat)
{
    struct proa_wasi_path at;
    uint32_t error = proa_wasi_path_load(call, fd, PROA_WASI_PATH_FILESTAT_GET,
                                         path, path_size, &at);

    if (error != PROA_WASI_SUCCESS)
        return error;
    return filestat_get(
        &at, lookup, PROA_WASI_UNSTABLE,
        proa_guest_bytes(call, stat, PROA_WASI_FILESTAT_SIZE_UNSTABLE));
}

// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_path_filestat_set_times(struct proa_call *call, uint32_t fd,
                                           uint32_t lookup, uint32_t path,
                                           uint32_t path_size,
                                           uint64_t accessed, uint64_t modified,
                                           uint32_t fst_flags)
{
    struct proa_wasi_path at;
    struct timespec times[2];
    int handle;
    uint32_t error = load_to_change(call, fd, PROA_WASI_PATH_FILESTAT_SET_TIMES,
                                    path, path_size, &at);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_times_make(accessed, modified, fst_flags, times);
    if (error == PROA_WASI_SUCCESS)
        error = open_handle(&at, lookup, &handle);
    if (error != PROA_WASI_SUCCESS)
        return error;
    if (utimensat(handle, "", times, AT_EMPTY_PATH) != 0)
        error = proa_wasi_errno();
    close(handle);
    return error;
}

/* The target of the link behind `handle`, cut at `size` as readlink(2) does. */
static uint32_t read_target(int handle, char *to, uint32_t size, uint32_t *used)
{
    char nothing[1]; /* the kernel refuses to fill no bytes */
    ssize_t got = readlinkat(handle, "", size > 0 ? to : nothing,
                             size > 0 ? (size_t)size : sizeof nothing);

    /* This is how it says that what it was given is no link. */
    if (got < 0)
        return errno == ENOENT ? (uint32_t)PROA_WASI_EINVAL : proa_wasi_errno();
    *used = size > 0 ? (uint32_t)got : 0;
    return PROA_WASI_SUCCESS;
}

// NOLINTNEXTLINE(readability-function-size): the specification's parameters
uint32_t proa_wasi_path_readlink(struct proa_call *call, uint32_t fd,
                                 uint32_t path, uint32_t path_size,
                                 uint32_t buf, uint32_t buf_size,
                                 uint32_t used_size)
{
    struct proa_wasi_path at;
    uint32_t size = buf_size < PROA_WASI_PATH_SIZE_MAX
                        ? buf_size
                        : (uint32_t)PROA_WASI_PATH_SIZE_MAX;
    char *to = proa_guest_bytes(call, buf, buf_size);
    uint32_t used;
    int handle;
    uint32_t error = proa_wasi_path_load(call, fd, PROA_WASI_PATH_READLINK,
                                         path, path_size, &at);

    if (error == PROA_WASI_SUCCESS && to == NULL)
        error = PROA_WASI_EFAULT;
    if (error == PROA_WASI_SUCCESS)
        error = open_handle(&at, 0, &handle);
    if (error != PROA_WASI_SUCCESS)
        return error;
    error = read_target(handle, to, size, &used);
    close(handle);
    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_store_u32(call, used_size, used);
    return error;
}
