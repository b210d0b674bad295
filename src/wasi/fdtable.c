/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/fdtable.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "wasi/abi.h"

static const struct proa_wasi_fd free_place = { .host_fd = -1 };

void proa_wasi_fdtable_init(struct proa_wasi_fdtable *table, uint32_t count_max)
{
    *table = (struct proa_wasi_fdtable){
        .free_from = PROA_WASI_FD_FIRST,
        .count_max = count_max,
    };
}

/* The place stays as it was; it is for the caller to free or to fill it. */
static uint32_t release(struct proa_wasi_fd *fd)
{
    free(fd->preopen_name);
    if (fd->is_borrowed || close(fd->host_fd) == 0)
        return PROA_WASI_SUCCESS;
    /* Linux has closed it, whatever it says; a signal is no news then. */
    return errno == EINTR ? (uint32_t)PROA_WASI_SUCCESS
                          : proa_wasi_errno_from_host(errno);
}

void proa_wasi_fdtable_deinit(struct proa_wasi_fdtable *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->fds[i].host_fd >= 0)
            release(&table->fds[i]);
    }
    free(table->fds);
    table->fds = NULL;
    table->count = 0;
}

/* Make `number` a place of the table. */
static uint32_t reach(struct proa_wasi_fdtable *table, uint32_t number)
{
    uint32_t count = table->count;
    struct proa_wasi_fd *fds;

    if (number < count)
        return PROA_WASI_SUCCESS;
    if (number >= table->count_max)
        return PROA_WASI_EMFILE;
    count = count < 8 ? 16 : count * 2;
    if (count <= number)
        count = number + 1;
    if (count > table->count_max)
        count = table->count_max;
    fds = realloc(table->fds, count * sizeof *fds);
    if (fds == NULL)
        return PROA_WASI_ENOMEM;
    for (uint32_t i = table->count; i < count; i++)
        fds[i] = free_place;
    table->fds = fds;
    table->count = count;
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fdtable_put(struct proa_wasi_fdtable *table,
                               const struct proa_wasi_fd *entry_take,
                               uint32_t number)
{
    uint32_t error = reach(table, number);

    if (error == PROA_WASI_SUCCESS)
        table->fds[number] = *entry_take;
    return error;
}

uint32_t proa_wasi_fdtable_add(struct proa_wasi_fdtable *table,
                               const struct proa_wasi_fd *entry_take,
                               uint32_t *number)
{
    uint32_t at = table->free_from;
    uint32_t error;

    while (at < table->count && table->fds[at].host_fd >= 0)
        at++;
    error = proa_wasi_fdtable_put(table, entry_take, at);
    if (error != PROA_WASI_SUCCESS)
        return error;
    table->free_from = at + 1;
    *number = at;
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_fdtable_find(struct proa_wasi_fdtable *table,
                                uint32_t number, uint64_t rights,
                                struct proa_wasi_fd **fd)
{
    if (number >= table->count || table->fds[number].host_fd < 0)
        return PROA_WASI_EBADF;
    if ((table->fds[number].rights & rights) != rights)
        return PROA_WASI_ENOTCAPABLE;
    *fd = &table->fds[number];
    return PROA_WASI_SUCCESS;
}

static void set_free(struct proa_wasi_fdtable *table, uint32_t number)
{
    table->fds[number] = free_place;
    if (number >= PROA_WASI_FD_FIRST && number < table->free_from)
        table->free_from = number;
}

uint32_t proa_wasi_fdtable_close(struct proa_wasi_fdtable *table,
                                 uint32_t number)
{
    struct proa_wasi_fd *fd;
    uint32_t error = proa_wasi_fdtable_find(table, number, 0, &fd);

    if (error != PROA_WASI_SUCCESS)
        return error;
    error = release(fd);
    set_free(table, number);
    return error;
}

uint32_t proa_wasi_fdtable_renumber(struct proa_wasi_fdtable *table,
                                    uint32_t from, uint32_t to)
{
    struct proa_wasi_fd *source, *target;
    uint32_t error = proa_wasi_fdtable_find(table, from, 0, &source);

    if (error == PROA_WASI_SUCCESS)
        error = proa_wasi_fdtable_find(table, to, 0, &target);
    if (error != PROA_WASI_SUCCESS || from == to)
        return error;
    /* A late error of the old file is not the new one's. */
    release(target);
    *target = *source;
    set_free(table, from);
    return PROA_WASI_SUCCESS;
}
