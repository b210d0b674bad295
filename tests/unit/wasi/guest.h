/*
 * A guest that is only a memory: host functions are called on it as compiled
 * code would, without an engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_WASI_GUEST_H
#define PROA_TESTS_WASI_GUEST_H

#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "call.h"
#include "folder.h"
#include "wasi/abi.h"
#include "wasi/layout.h"
#include "wasi/preview1.h"
#include "wasi/wasi.h"

static inline void guest_init(struct proa_call *guest,
                              const struct proa_wasi_options *options)
{
    struct proa_error err = { 0 };

    memset(guest, 0, sizeof *guest);
    guest->memory = calloc(1, GUEST_MEMORY_SIZE);
    guest->used = 8;
    CHECK_EQ(guest->memory != NULL, 1);
    CHECK_EQ(proa_wasi_create(options, &guest->wasi, &err), PROA_OK);
}

static inline void guest_deinit(struct proa_call *guest)
{
    proa_wasi_destroy(guest->wasi);
    free(guest->memory);
}

/* The address of `size` fresh bytes. */
static inline uint32_t guest_room(struct proa_call *guest, uint32_t size)
{
    uint32_t address = guest->used;

    guest->used += (size + 7) & ~7u;
    CHECK_EQ(guest->used <= GUEST_MEMORY_SIZE, 1);
    return address;
}

static inline uint32_t guest_put(struct proa_call *guest, const void *bytes,
                                 uint32_t size)
{
    uint32_t address = guest_room(guest, size);

    memcpy(guest->memory + address, bytes, size);
    return address;
}

static inline uint32_t guest_u32(const struct proa_call *guest,
                                 uint32_t address)
{
    return proa_guest_load_u32(guest->memory + address);
}

static inline uint64_t guest_u64(const struct proa_call *guest,
                                 uint32_t address)
{
    return proa_guest_load_u64(guest->memory + address);
}

/* A path, as the two arguments that functions take: address and size. */
#define GUEST_PATH(guest, text)                                                \
    guest_put((guest), (text), (uint32_t)strlen(text)), (uint32_t)strlen(text)

/* A list of one buffer. */
static inline uint32_t guest_iov(struct proa_call *guest, uint32_t address,
                                 uint32_t size)
{
    uint32_t iov[2] = { address, size };

    return guest_put(guest, iov, sizeof iov);
}

/* Open with every right; the errno, and the descriptor on success. */
static inline uint32_t guest_open(struct proa_call *guest, const char *path,
                                  uint32_t lookup, uint32_t oflags,
                                  uint64_t rights, uint32_t *fd)
{
    uint32_t used = guest->used;
    uint32_t out = guest_room(guest, 4);
    uint32_t error = proa_wasi_path_open(guest, GUEST_ROOT_FD, lookup,
                                         GUEST_PATH(guest, path), oflags,
                                         rights, UINT64_MAX, 0, out);

    if (error == PROA_WASI_SUCCESS)
        *fd = guest_u32(guest, out);
    guest->used = used;
    return error;
}

/* Write text; how much went out, or minus the errno. */
static inline int64_t guest_write(struct proa_call *guest, uint32_t fd,
                                  const char *text)
{
    uint32_t used = guest->used;
    uint32_t size = guest_room(guest, 4);
    uint32_t iov =
        guest_iov(guest, guest_put(guest, text, (uint32_t)strlen(text)),
                  (uint32_t)strlen(text));
    uint32_t error = proa_wasi_fd_write(guest, fd, iov, 1, size);

    guest->used = used;
    return error == PROA_WASI_SUCCESS ? (int64_t)guest_u32(guest, size)
                                      : -(int64_t)error;
}

/* Read at most `room` - 1 bytes as text; how many, or minus the errno. */
static inline int64_t guest_read(struct proa_call *guest, uint32_t fd,
                                 char *text, uint32_t room)
{
    uint32_t used = guest->used;
    uint32_t size = guest_room(guest, 4);
    uint32_t bytes = guest_room(guest, room);
    uint32_t error = proa_wasi_fd_read(
        guest, fd, guest_iov(guest, bytes, room - 1), 1, size);

    guest->used = used;
    if (error != PROA_WASI_SUCCESS)
        return -(int64_t)error;
    memcpy(text, guest->memory + bytes, guest_u32(guest, size));
    text[guest_u32(guest, size)] = 0;
    return (int64_t)guest_u32(guest, size);
}

/* A guest whose only preopen, GUEST_ROOT_FD, is `folder` as "/". */
static inline void guest_init_folder(struct proa_call *guest,
                                     const char *folder, bool is_read_only)
{
    struct proa_wasi_preopen preopen = { folder, "/", is_read_only };
    struct proa_wasi_options options = {
        .preopens = &preopen,
        .preopen_count = 1,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };

    guest_init(guest, &options);
}

#endif
