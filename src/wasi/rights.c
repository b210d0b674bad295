/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/rights.h"

#include "wasi/abi.h"

enum {
    RIGHTS_DIRECTORY =
        PROA_WASI_FD_FDSTAT_SET_FLAGS | PROA_WASI_FD_SYNC |
        PROA_WASI_FD_DATASYNC | PROA_WASI_FD_ADVISE |
        PROA_WASI_PATH_CREATE_DIRECTORY | PROA_WASI_PATH_CREATE_FILE |
        PROA_WASI_PATH_LINK_SOURCE | PROA_WASI_PATH_LINK_TARGET |
        PROA_WASI_PATH_OPEN | PROA_WASI_FD_READDIR | PROA_WASI_PATH_READLINK |
        PROA_WASI_PATH_RENAME_SOURCE | PROA_WASI_PATH_RENAME_TARGET |
        PROA_WASI_PATH_FILESTAT_GET | PROA_WASI_PATH_FILESTAT_SET_SIZE |
        PROA_WASI_PATH_FILESTAT_SET_TIMES | PROA_WASI_FD_FILESTAT_GET |
        PROA_WASI_FD_FILESTAT_SET_TIMES | PROA_WASI_PATH_SYMLINK |
        PROA_WASI_PATH_REMOVE_DIRECTORY | PROA_WASI_PATH_UNLINK_FILE,

    RIGHTS_SEEK = PROA_WASI_FD_SEEK | PROA_WASI_FD_TELL,

    /* A pipe, a terminal; whatever has no file behind it. */
    RIGHTS_STREAM = PROA_WASI_FD_READ | PROA_WASI_FD_WRITE |
                    PROA_WASI_FD_FDSTAT_SET_FLAGS | PROA_WASI_FD_FILESTAT_GET |
                    PROA_WASI_POLL_FD_READWRITE,

    RIGHTS_FILE = RIGHTS_STREAM | RIGHTS_SEEK | PROA_WASI_FD_DATASYNC |
                  PROA_WASI_FD_SYNC | PROA_WASI_FD_ADVISE |
                  PROA_WASI_FD_ALLOCATE | PROA_WASI_FD_FILESTAT_SET_SIZE |
                  PROA_WASI_FD_FILESTAT_SET_TIMES,

    RIGHTS_SOCKET =
        RIGHTS_STREAM | PROA_WASI_SOCK_SHUTDOWN | PROA_WASI_SOCK_ACCEPT,

    RIGHTS_OF_WRITERS = PROA_WASI_FD_WRITE | PROA_WASI_FD_ALLOCATE |
                        PROA_WASI_FD_FILESTAT_SET_SIZE,
};

uint64_t proa_wasi_rights_of_directory(void)
{
    return RIGHTS_DIRECTORY;
}

uint64_t proa_wasi_rights_below_directory(void)
{
    return RIGHTS_DIRECTORY | RIGHTS_FILE;
}

uint64_t proa_wasi_rights_of(uint8_t filetype, bool can_seek)
{
    switch (filetype) {
    case PROA_WASI_FILETYPE_DIRECTORY:
        return RIGHTS_DIRECTORY;
    case PROA_WASI_FILETYPE_SOCKET_DGRAM:
    case PROA_WASI_FILETYPE_SOCKET_STREAM:
        return RIGHTS_SOCKET;
    default:
        /* Sync and truncation of a device or a pipe fail by themselves. */
        return can_seek ? (uint64_t)RIGHTS_FILE
                        : (uint64_t)(RIGHTS_FILE & ~RIGHTS_SEEK);
    }
}

uint64_t proa_wasi_rights_grant(uint64_t asked, uint8_t filetype, bool can_seek,
                                bool can_write)
{
    uint64_t granted = asked & proa_wasi_rights_of(filetype, can_seek);

    if (filetype != PROA_WASI_FILETYPE_DIRECTORY && !can_write)
        granted &= ~(uint64_t)RIGHTS_OF_WRITERS;
    return granted;
}
