/*
 * A guest's beginning: its arguments, its environment and the descriptors that
 * it starts with. These are all that it will ever reach.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "wasi/place.h"
#include "wasi/preview1.h"
#include "wasi/rights.h"
#include "wasi/state.h"
#include "wasi/wasi.h"

/* A descriptor of the host's; one that is not open is left out. */
static enum proa_status add_borrowed(struct proa_wasi *wasi, int host_fd,
                                     const uint32_t *number,
                                     struct proa_error *err)
{
    struct proa_wasi_fd fd;
    uint32_t got, error;

    if (host_fd < 0 ||
        proa_wasi_fd_describe(host_fd, UINT64_MAX, &fd) != PROA_WASI_SUCCESS)
        return PROA_OK;
    fd.is_borrowed = true;
    if (fd.filetype == PROA_WASI_FILETYPE_DIRECTORY) {
        /* As stdin it is no gift of a folder: it can only fail to be read. */
        fd.filetype = PROA_WASI_FILETYPE_UNKNOWN;
        fd.rights = PROA_WASI_FD_READ | PROA_WASI_FD_FILESTAT_GET;
    }
    fd.inheriting = (fd.rights & PROA_WASI_SOCK_ACCEPT) != 0 ? fd.rights : 0;
    error = number != NULL ? proa_wasi_fdtable_put(&wasi->fds, &fd, *number)
                           : proa_wasi_fdtable_add(&wasi->fds, &fd, &got);
    if (error != PROA_WASI_SUCCESS)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a descriptor");
    return PROA_OK;
}

/* It looks like a pipe. */
static enum proa_status add_stream(struct proa_wasi *wasi,
                                   const struct proa_wasi_options *options,
                                   uint32_t number, struct proa_error *err)
{
    const int host_fds[] = { options->stdin_fd, options->stdout_fd,
                             options->stderr_fd };
    struct proa_wasi_fd fd = {
        .host_fd = host_fds[number],
        .filetype = PROA_WASI_FILETYPE_UNKNOWN,
        .is_borrowed = true,
        .stream = options->streams[number],
    };

    fd.rights = proa_wasi_rights_grant(UINT64_MAX, fd.filetype, false, true);
    fd.rights &=
        ~(uint64_t)(number == 0 ? PROA_WASI_FD_WRITE : PROA_WASI_FD_READ);
    if (proa_wasi_fdtable_put(&wasi->fds, &fd, number) != PROA_WASI_SUCCESS)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a descriptor");
    return PROA_OK;
}

static enum proa_status open_folder(const char *path, int *fd,
                                    struct proa_error *err)
{
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (opened < 0)
        return proa_fail(err, PROA_IO, 0, "cannot open the folder %s: %s", path,
                         strerror(errno));
    if (!proa_wasi_can_resolve(opened)) {
        close(opened);
        return proa_fail(err, PROA_IO, 0,
                         "cannot confine a guest to the folder %s: openat2 is "
                         "not there (it needs Linux 5.6)",
                         path);
    }
    *fd = opened;
    return PROA_OK;
}

static enum proa_status add_folder(struct proa_wasi *wasi,
                                   const struct proa_wasi_preopen *preopen,
                                   struct proa_error *err)
{
    struct proa_wasi_fd fd = {
        .filetype = PROA_WASI_FILETYPE_DIRECTORY,
        .is_read_only = preopen->is_read_only,
        .rights = proa_wasi_rights_of_directory(),
        .inheriting = proa_wasi_rights_below_directory(),
    };
    uint32_t number;
    enum proa_status status = open_folder(preopen->host_path, &fd.host_fd, err);

    if (status != PROA_OK)
        return status;
    fd.preopen_name = strdup(preopen->guest_path);
    if (fd.preopen_name == NULL ||
        proa_wasi_fdtable_add(&wasi->fds, &fd, &number) != PROA_WASI_SUCCESS) {
        free(fd.preopen_name);
        close(fd.host_fd);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the folder %s",
                         preopen->host_path);
    }
    return PROA_OK;
}

static enum proa_status fill(struct proa_wasi *wasi,
                             const struct proa_wasi_options *options,
                             struct proa_error *err)
{
    const int stdio[] = { options->stdin_fd, options->stdout_fd,
                          options->stderr_fd };
    enum proa_status status = proa_wasi_text_init(&wasi->args, options->args,
                                                  options->arg_count, err);

    if (status == PROA_OK)
        status = proa_wasi_text_init(&wasi->env, options->env,
                                     options->env_count, err);
    for (uint32_t i = 0; status == PROA_OK && i < 3; i++)
        status = options->streams[i] != NULL
                     ? add_stream(wasi, options, i, err)
                     : add_borrowed(wasi, stdio[i], &i, err);
    for (uint32_t i = 0; status == PROA_OK && i < options->preopen_count; i++)
        status = add_folder(wasi, &options->preopens[i], err);
    for (uint32_t i = 0; status == PROA_OK && i < options->socket_count; i++)
        status = add_borrowed(wasi, options->socket_fds[i], NULL, err);
    return status;
}

enum proa_status proa_wasi_create(const struct proa_wasi_options *options,
                                  struct proa_wasi **wasi,
                                  struct proa_error *err)
{
    struct proa_wasi *made = calloc(1, sizeof *made);
    enum proa_status status;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a guest's state");
    proa_wasi_fdtable_init(&made->fds, PROA_WASI_FD_COUNT_MAX);
    status = fill(made, options, err);
    if (status != PROA_OK) {
        proa_wasi_destroy(made);
        return status;
    }
    *wasi = made;
    return PROA_OK;
}

void proa_wasi_destroy(struct proa_wasi *wasi)
{
    if (wasi == NULL)
        return;
    proa_wasi_fdtable_deinit(&wasi->fds);
    proa_wasi_text_deinit(&wasi->args);
    proa_wasi_text_deinit(&wasi->env);
    free(wasi);
}

void proa_wasi_moved(const struct proa_wasi *wasi, uint64_t *bytes_in,
                     uint64_t *bytes_out)
{
    *bytes_in = wasi->bytes_in;
    *bytes_out = wasi->bytes_out;
}

/* EBADF ends the search that a guest's library makes from 3 upwards. */
static uint32_t find_preopen(const struct proa_call *call, uint32_t number,
                             const char **name)
{
    struct proa_wasi_fd *fd;
    uint32_t error = proa_wasi_find(call, number, 0, &fd);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (fd->preopen_name == NULL)
        return PROA_WASI_EBADF;
    *name = fd->preopen_name;
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_prestat_get(struct proa_call *call, uint32_t fd,
                                  uint32_t prestat)
{
    uint8_t *to = proa_guest_bytes(call, prestat, PROA_WASI_PRESTAT_SIZE);
    const char *name;
    uint32_t error = find_preopen(call, fd, &name);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (to == NULL)
        return PROA_WASI_EFAULT;
    memset(to, 0, PROA_WASI_PRESTAT_SIZE); /* type 0: a folder */
    proa_guest_store_u32(to + 4, (uint32_t)strlen(name));
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fd_prestat_dir_name(struct proa_call *call, uint32_t fd,
                                       uint32_t path, uint32_t path_size)
{
    const char *name;
    uint32_t error = find_preopen(call, fd, &name);
    uint32_t size;
    void *to;

    if (error != PROA_WASI_SUCCESS)
        return error;
    size = (uint32_t)strlen(name);
    if (path_size < size)
        return PROA_WASI_ENAMETOOLONG;
    to = proa_guest_bytes(call, path, size);
    if (to == NULL)
        return PROA_WASI_EFAULT;
    memcpy(to, name, size);
    return PROA_WASI_SUCCESS;
}
