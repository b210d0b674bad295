/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/layout.h"

#include <dirent.h>
#include <string.h>

#include "host/guest.h"
#include "wasi/abi.h"

uint32_t proa_wasi_filestat_size(enum proa_wasi_version version)
{
    return version == PROA_WASI_UNSTABLE ? PROA_WASI_FILESTAT_SIZE_UNSTABLE
                                         : PROA_WASI_FILESTAT_SIZE;
}

uint32_t proa_wasi_subscription_size(enum proa_wasi_version version)
{
    return version == PROA_WASI_UNSTABLE ? PROA_WASI_SUBSCRIPTION_SIZE_UNSTABLE
                                         : PROA_WASI_SUBSCRIPTION_SIZE;
}

/* Gaps between members are zeroed, so that nothing of ours shows there. */

void proa_wasi_fdstat_store(uint8_t *to, const struct proa_wasi_fdstat *stat)
{
    memset(to, 0, PROA_WASI_FDSTAT_SIZE);
    to[0] = stat->filetype;
    proa_guest_store_u16(to + 2, stat->flags);
    proa_guest_store_u64(to + 8, stat->rights_base);
    proa_guest_store_u64(to + 16, stat->rights_inheriting);
}

void proa_wasi_filestat_store(uint8_t *to, enum proa_wasi_version version,
                              const struct proa_wasi_filestat *stat)
{
    uint8_t *rest; /* size and times follow the link count */

    memset(to, 0, proa_wasi_filestat_size(version));
    proa_guest_store_u64(to, stat->device);
    proa_guest_store_u64(to + 8, stat->inode);
    to[16] = stat->filetype;
    if (version == PROA_WASI_UNSTABLE) {
        proa_guest_store_u32(to + 20, (uint32_t)stat->link_count);
        rest = to + 24;
    } else {
        proa_guest_store_u64(to + 24, stat->link_count);
        rest = to + 32;
    }
    proa_guest_store_u64(rest, stat->size);
    proa_guest_store_u64(rest + 8, stat->accessed_ns);
    proa_guest_store_u64(rest + 16, stat->modified_ns);
    proa_guest_store_u64(rest + 24, stat->changed_ns);
}

void proa_wasi_dirent_store(uint8_t *to, const struct proa_wasi_dirent *entry)
{
    memset(to, 0, PROA_WASI_DIRENT_SIZE);
    proa_guest_store_u64(to, entry->next);
    proa_guest_store_u64(to + 8, entry->inode);
    proa_guest_store_u32(to + 16, entry->name_size);
    to[20] = entry->filetype;
}

void proa_wasi_event_store(uint8_t *to, const struct proa_wasi_event *event)
{
    memset(to, 0, PROA_WASI_EVENT_SIZE);
    proa_guest_store_u64(to, event->userdata);
    proa_guest_store_u16(to + 8, event->error);
    to[10] = event->type;
    proa_guest_store_u64(to + 16, event->byte_count);
    proa_guest_store_u16(to + 24, event->flags);
}

struct proa_wasi_subscription
proa_wasi_subscription_load(const uint8_t *from, enum proa_wasi_version version)
{
    struct proa_wasi_subscription subscription = {
        .userdata = proa_guest_load_u64(from),
        .type = from[8],
    };
    const uint8_t *body = from + 16;

    if (subscription.type != PROA_WASI_EVENT_CLOCK) {
        subscription.fd = proa_guest_load_u32(body);
        return subscription;
    }
    if (version == PROA_WASI_UNSTABLE)
        body += 8; /* an identifier, which nothing ever used */
    subscription.clock = proa_guest_load_u32(body);
    subscription.timeout_ns = proa_guest_load_u64(body + 8);
    subscription.flags = proa_guest_load_u16(body + 24);
    return subscription;
}

uint8_t proa_wasi_filetype_from_mode(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return PROA_WASI_FILETYPE_BLOCK_DEVICE;
    case S_IFCHR:
        return PROA_WASI_FILETYPE_CHARACTER_DEVICE;
    case S_IFDIR:
        return PROA_WASI_FILETYPE_DIRECTORY;
    case S_IFREG:
        return PROA_WASI_FILETYPE_REGULAR_FILE;
    case S_IFLNK:
        return PROA_WASI_FILETYPE_SYMBOLIC_LINK;
    case S_IFSOCK:
        return PROA_WASI_FILETYPE_SOCKET_STREAM;
    default: /* a pipe has no type of its own */
        return PROA_WASI_FILETYPE_UNKNOWN;
    }
}

uint8_t proa_wasi_filetype_from_dirent(unsigned char d_type)
{
    return proa_wasi_filetype_from_mode((mode_t)DTTOIF(d_type));
}

/* Nanoseconds since 1970; what lies before or too far after is cut off. */
static uint64_t nanoseconds(const struct timespec *time)
{
    uint64_t seconds_max = UINT64_MAX / 1000000000 - 1;

    if (time->tv_sec < 0)
        return 0;
    if ((uint64_t)time->tv_sec > seconds_max)
        return UINT64_MAX;
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

struct proa_wasi_filestat proa_wasi_filestat_from_host(const struct stat *st)
{
    return (struct proa_wasi_filestat){
        .device = st->st_dev,
        .inode = st->st_ino,
        .filetype = proa_wasi_filetype_from_mode(st->st_mode),
        .link_count = st->st_nlink,
        .size = (uint64_t)st->st_size,
        .accessed_ns = nanoseconds(&st->st_atim),
        .modified_ns = nanoseconds(&st->st_mtim),
        .changed_ns = nanoseconds(&st->st_ctim),
    };
}
