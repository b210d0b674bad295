/*
 * Structures of preview 1 and of wasi_unstable as bytes in a guest's memory.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#types
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_LAYOUT_H
#define PROA_WASI_LAYOUT_H

#include <stdint.h>
#include <sys/stat.h>

enum proa_wasi_version { PROA_WASI_UNSTABLE, PROA_WASI_PREVIEW1 };

enum {
    PROA_WASI_IOVEC_SIZE = 8,
    PROA_WASI_PRESTAT_SIZE = 8,
    PROA_WASI_FDSTAT_SIZE = 24,
    PROA_WASI_DIRENT_SIZE = 24,
    PROA_WASI_EVENT_SIZE = 32,
    PROA_WASI_FILESTAT_SIZE = 64,
    PROA_WASI_FILESTAT_SIZE_UNSTABLE = 56, /* its link count has 32 bits */
    PROA_WASI_SUBSCRIPTION_SIZE = 48,
    PROA_WASI_SUBSCRIPTION_SIZE_UNSTABLE = 56, /* its clocks have a name */
};

struct proa_wasi_fdstat {
    uint8_t filetype;
    uint16_t flags;
    uint64_t rights_base;
    uint64_t rights_inheriting;
};

struct proa_wasi_filestat {
    uint64_t device;
    uint64_t inode;
    uint8_t filetype;
    uint64_t link_count;
    uint64_t size;
    uint64_t accessed_ns;
    uint64_t modified_ns;
    uint64_t changed_ns;
};

struct proa_wasi_dirent {
    uint64_t next; /* cookie of the entry after this one */
    uint64_t inode;
    uint32_t name_size;
    uint8_t filetype;
};

struct proa_wasi_subscription {
    uint64_t userdata;
    uint8_t type; /* enum proa_wasi_eventtype, if it is one */
    uint32_t fd;  /* of FD_READ and FD_WRITE; the rest is of CLOCK */
    uint32_t clock;
    uint64_t timeout_ns;
    uint16_t flags;
};

struct proa_wasi_event {
    uint64_t userdata;
    uint16_t error;
    uint8_t type;
    uint64_t byte_count;
    uint16_t flags;
};

uint32_t proa_wasi_filestat_size(enum proa_wasi_version version);
uint32_t proa_wasi_subscription_size(enum proa_wasi_version version);

/* `to` has room for the structure's size. */
void proa_wasi_fdstat_store(uint8_t *to, const struct proa_wasi_fdstat *stat);
void proa_wasi_filestat_store(uint8_t *to, enum proa_wasi_version version,
                              const struct proa_wasi_filestat *stat);
void proa_wasi_dirent_store(uint8_t *to, const struct proa_wasi_dirent *entry);
void proa_wasi_event_store(uint8_t *to, const struct proa_wasi_event *event);
struct proa_wasi_subscription
proa_wasi_subscription_load(const uint8_t *from,
                            enum proa_wasi_version version);

/* From what the host says. A socket without more knowledge is a stream. */
uint8_t proa_wasi_filetype_from_mode(mode_t mode);
uint8_t proa_wasi_filetype_from_dirent(unsigned char d_type);
struct proa_wasi_filestat proa_wasi_filestat_from_host(const struct stat *st);

#endif
