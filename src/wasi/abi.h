/*
 * The numbers of preview 1.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_ABI_H
#define PROA_WASI_ABI_H

#include <stdint.h>

enum proa_wasi_errno {
    PROA_WASI_SUCCESS = 0,
#define ERRNO(name, number, host) PROA_WASI_E##name = (number),
#include "wasi/errno.def"
#undef ERRNO
    PROA_WASI_ENOTCAPABLE = 76, /* no host has it: a right is missing, or a
                                   path leaves its folder */
};

enum proa_wasi_clock {
    PROA_WASI_CLOCK_REALTIME = 0,
    PROA_WASI_CLOCK_MONOTONIC = 1,
    PROA_WASI_CLOCK_PROCESS_CPU = 2,
    PROA_WASI_CLOCK_THREAD_CPU = 3,
};

enum proa_wasi_filetype {
    PROA_WASI_FILETYPE_UNKNOWN = 0,
    PROA_WASI_FILETYPE_BLOCK_DEVICE = 1,
    PROA_WASI_FILETYPE_CHARACTER_DEVICE = 2,
    PROA_WASI_FILETYPE_DIRECTORY = 3,
    PROA_WASI_FILETYPE_REGULAR_FILE = 4,
    PROA_WASI_FILETYPE_SOCKET_DGRAM = 5,
    PROA_WASI_FILETYPE_SOCKET_STREAM = 6,
    PROA_WASI_FILETYPE_SYMBOLIC_LINK = 7,
};

enum proa_wasi_right {
    PROA_WASI_FD_DATASYNC = 1 << 0,
    PROA_WASI_FD_READ = 1 << 1,
    PROA_WASI_FD_SEEK = 1 << 2,
    PROA_WASI_FD_FDSTAT_SET_FLAGS = 1 << 3,
    PROA_WASI_FD_SYNC = 1 << 4,
    PROA_WASI_FD_TELL = 1 << 5,
    PROA_WASI_FD_WRITE = 1 << 6,
    PROA_WASI_FD_ADVISE = 1 << 7,
    PROA_WASI_FD_ALLOCATE = 1 << 8,
    PROA_WASI_PATH_CREATE_DIRECTORY = 1 << 9,
    PROA_WASI_PATH_CREATE_FILE = 1 << 10,
    PROA_WASI_PATH_LINK_SOURCE = 1 << 11,
    PROA_WASI_PATH_LINK_TARGET = 1 << 12,
    PROA_WASI_PATH_OPEN = 1 << 13,
    PROA_WASI_FD_READDIR = 1 << 14,
    PROA_WASI_PATH_READLINK = 1 << 15,
    PROA_WASI_PATH_RENAME_SOURCE = 1 << 16,
    PROA_WASI_PATH_RENAME_TARGET = 1 << 17,
    PROA_WASI_PATH_FILESTAT_GET = 1 << 18,
    PROA_WASI_PATH_FILESTAT_SET_SIZE = 1 << 19,
    PROA_WASI_PATH_FILESTAT_SET_TIMES = 1 << 20,
    PROA_WASI_FD_FILESTAT_GET = 1 << 21,
    PROA_WASI_FD_FILESTAT_SET_SIZE = 1 << 22,
    PROA_WASI_FD_FILESTAT_SET_TIMES = 1 << 23,
    PROA_WASI_PATH_SYMLINK = 1 << 24,
    PROA_WASI_PATH_REMOVE_DIRECTORY = 1 << 25,
    PROA_WASI_PATH_UNLINK_FILE = 1 << 26,
    PROA_WASI_POLL_FD_READWRITE = 1 << 27,
    PROA_WASI_SOCK_SHUTDOWN = 1 << 28,
    PROA_WASI_SOCK_ACCEPT = 1 << 29,
};

enum proa_wasi_fdflag {
    PROA_WASI_FDFLAG_APPEND = 1 << 0,
    PROA_WASI_FDFLAG_DSYNC = 1 << 1,
    PROA_WASI_FDFLAG_NONBLOCK = 1 << 2,
    PROA_WASI_FDFLAG_RSYNC = 1 << 3,
    PROA_WASI_FDFLAG_SYNC = 1 << 4,
    PROA_WASI_FDFLAG_ALL = (1 << 5) - 1,
};

enum proa_wasi_oflag {
    PROA_WASI_OFLAG_CREAT = 1 << 0,
    PROA_WASI_OFLAG_DIRECTORY = 1 << 1,
    PROA_WASI_OFLAG_EXCL = 1 << 2,
    PROA_WASI_OFLAG_TRUNC = 1 << 3,
    PROA_WASI_OFLAG_ALL = (1 << 4) - 1,
};

enum proa_wasi_fstflag {
    PROA_WASI_FSTFLAG_ATIM = 1 << 0,
    PROA_WASI_FSTFLAG_ATIM_NOW = 1 << 1,
    PROA_WASI_FSTFLAG_MTIM = 1 << 2,
    PROA_WASI_FSTFLAG_MTIM_NOW = 1 << 3,
    PROA_WASI_FSTFLAG_ALL = (1 << 4) - 1,
};

enum { PROA_WASI_LOOKUP_FOLLOW = 1 };

enum proa_wasi_whence {
    PROA_WASI_WHENCE_SET = 0,
    PROA_WASI_WHENCE_CUR = 1,
    PROA_WASI_WHENCE_END = 2,
};

enum proa_wasi_eventtype {
    PROA_WASI_EVENT_CLOCK = 0,
    PROA_WASI_EVENT_FD_READ = 1,
    PROA_WASI_EVENT_FD_WRITE = 2,
};

enum { PROA_WASI_EVENT_HANGUP = 1, PROA_WASI_SUBCLOCK_ABSTIME = 1 };

enum {
    PROA_WASI_RECV_PEEK = 1,
    PROA_WASI_RECV_WAITALL = 2,
    PROA_WASI_RECV_TRUNCATED = 1,
    PROA_WASI_SHUTDOWN_RD = 1,
    PROA_WASI_SHUTDOWN_WR = 2,
};

/* What one guest may have at most. */
enum {
    PROA_WASI_FD_COUNT_MAX = 16384,
    PROA_WASI_PATH_SIZE_MAX = 4096, /* bytes with the terminator */
    PROA_WASI_IOV_COUNT_MAX = 1024, /* of one call; more are left for the
                                       next, as a short write does */
    PROA_WASI_SUBSCRIPTION_COUNT_MAX = 4096,
    PROA_WASI_TEXT_SIZE_MAX = 64 * 1024 * 1024, /* args, or the environment */
};

/* The host's errno as the guest's; a host error it cannot know is IO. */
uint32_t proa_wasi_errno_from_host(int host_errno);

#endif
