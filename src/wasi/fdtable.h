/*
 * A guest's file descriptors.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_FDTABLE_H
#define PROA_WASI_FDTABLE_H

#include <stdbool.h>
#include <stdint.h>

struct proa_wasi_stream;

/* New descriptors are never below this: those are stdin, stdout, stderr. */
enum { PROA_WASI_FD_FIRST = 3 };

struct proa_wasi_fd {
    int host_fd;       /* -1: this place is free */
    uint8_t filetype;  /* enum proa_wasi_filetype */
    bool is_borrowed;  /* the host's own: neither closed nor changed */
    bool is_read_only; /* below a folder that is */
    uint16_t flags;    /* of a borrowed one: what F_SETFL would have set */
    uint64_t rights;
    uint64_t inheriting;
    char *preopen_name; /* owned; NULL unless it is a preopened folder */
    const struct proa_wasi_stream *stream; /* borrowed; NULL: `host_fd` */
};

struct proa_wasi_fdtable {
    struct proa_wasi_fd *fds; /* owned */
    uint32_t count;           /* places, free ones too */
    uint32_t free_from;       /* no place between FIRST and this is free */
    uint32_t count_max;
};

void proa_wasi_fdtable_init(struct proa_wasi_fdtable *table,
                            uint32_t count_max);
/* Closes what is not borrowed. */
void proa_wasi_fdtable_deinit(struct proa_wasi_fdtable *table);

/*
 * Put `entry` in the lowest free place from PROA_WASI_FD_FIRST on, or in
 * `number` itself, which must be free. What it owns is taken, but only on
 * success.
 *
 * @return SUCCESS, EMFILE, ENOMEM of enum proa_wasi_errno
 */
uint32_t proa_wasi_fdtable_add(struct proa_wasi_fdtable *table,
                               const struct proa_wasi_fd *entry_take,
                               uint32_t *number);
uint32_t proa_wasi_fdtable_put(struct proa_wasi_fdtable *table,
                               const struct proa_wasi_fd *entry_take,
                               uint32_t number);

/* SUCCESS with *fd valid until the table changes; EBADF, ENOTCAPABLE. */
uint32_t proa_wasi_fdtable_find(struct proa_wasi_fdtable *table,
                                uint32_t number, uint64_t rights,
                                struct proa_wasi_fd **fd);

/* SUCCESS, or EBADF; the host's close() may report a late EIO, too. */
uint32_t proa_wasi_fdtable_close(struct proa_wasi_fdtable *table,
                                 uint32_t number);

/* `to` is closed and becomes `from`, whose number is then free. */
uint32_t proa_wasi_fdtable_renumber(struct proa_wasi_fdtable *table,
                                    uint32_t from, uint32_t to);

#endif
