/*
 * Listing a folder.
 *
 * A cookie is the host's own position in the folder, so listing keeps no state:
 * any cookie that was ever handed out works, in any order.
 * https://man7.org/linux/man-pages/man2/getdents.2.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <stddef.h>
#include <unistd.h>

#include "wasi/preview1.h"
#include "wasi/state.h"

enum { CHUNK_SIZE = 4096 };

struct output {
    uint8_t *bytes;
    uint32_t size;
    uint32_t used;
};

/* As much as there is room for: a guest sees from a full buffer to ask again.
 */
static void put(struct output *out, const void *bytes, uint32_t size)
{
    uint32_t room = out->size - out->used;

    if (size > room)
        size = room;
    memcpy(out->bytes + out->used, bytes, size);
    out->used += size;
}

static void put_entry(struct output *out, const struct dirent64 *entry)
{
    uint8_t head[PROA_WASI_DIRENT_SIZE];
    uint32_t name_size = (uint32_t)strlen(entry->d_name);
    struct proa_wasi_dirent dirent = {
        .next = (uint64_t)entry->d_off,
        .inode = entry->d_ino,
        .name_size = name_size,
        .filetype = proa_wasi_filetype_from_dirent(entry->d_type),
    };

    proa_wasi_dirent_store(head, &dirent);
    put(out, head, sizeof head);
    put(out, entry->d_name, name_size);
}

/* False at the folder's end and on an error, which *error then tells. */
static bool put_chunk(int folder_fd, struct output *out, uint32_t *error)
{
    /* Aligned as the kernel's records are. */
    union {
        uint64_t align;
        char bytes[CHUNK_SIZE];
    } chunk;
    ssize_t size = getdents64(folder_fd, chunk.bytes, sizeof chunk.bytes);

    if (size < 0)
        *error = proa_wasi_errno();
    for (ssize_t at = 0; at < size && out->used < out->size;) {
        const struct dirent64 *entry =
            (const struct dirent64 *)(const void *)(chunk.bytes + at);

        put_entry(out, entry);
        at += entry->d_reclen;
    }
    return size > 0;
}

uint32_t proa_wasi_fd_readdir(struct proa_call *call, uint32_t fd, uint32_t buf,
                              uint32_t buf_size, uint64_t cookie,
                              uint32_t used_size)
{
    struct output out = {
        .bytes = proa_guest_bytes(call, buf, buf_size),
        .size = buf_size,
    };
    struct proa_wasi_fd *folder;
    uint32_t error =
        proa_wasi_find_directory(call, fd, PROA_WASI_FD_READDIR, &folder);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (out.bytes == NULL)
        return PROA_WASI_EFAULT;
    if (cookie > INT64_MAX)
        return PROA_WASI_EINVAL;
    if (lseek(folder->host_fd, (off_t)cookie, SEEK_SET) < 0)
        return proa_wasi_errno();
    while (out.used < out.size && put_chunk(folder->host_fd, &out, &error)) {
        if (proa_call_interrupted(call))
            return PROA_WASI_EINTR;
    }
    if (error != PROA_WASI_SUCCESS)
        return error;
    return proa_wasi_store_u32(call, used_size, out.used);
}
