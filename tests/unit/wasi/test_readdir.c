/*
 * Listing a folder, with buffers of every size and from every cookie.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

static char folder[64];

enum { FILE_COUNT = 300, LIST_SIZE = 65536 };

/* The whole list, asked for in pieces of `step` bytes as a C library does. */
static uint32_t list(struct proa_call *guest, uint32_t step, uint8_t *to)
{
    uint32_t used = guest->used;
    uint32_t buf = guest_room(guest, step), size = guest_room(guest, 4);
    uint32_t got, total = 0;
    uint64_t cookie = 0;

    do {
        const uint8_t *at = guest->memory + buf;
        uint32_t left;

        CHECK_EQ(
            proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, step, cookie, size),
            0);
        got = left = guest_u32(guest, size);
        CHECK_EQ(got <= step, 1);
        /* Whole entries only; the last, cut one is asked for again. */
        while (left >= PROA_WASI_DIRENT_SIZE) {
            uint32_t whole =
                PROA_WASI_DIRENT_SIZE + proa_guest_load_u32(at + 16);

            if (whole > left)
                break;
            CHECK_EQ(total + whole <= LIST_SIZE, 1);
            memcpy(to + total, at, whole);
            total += whole;
            cookie = proa_guest_load_u64(at);
            at += whole;
            left -= whole;
        }
    } while (got == step);
    guest->used = used;
    return total;
}

static void test_every_size_lists_the_same(struct proa_call *guest,
                                           const uint8_t *expected,
                                           uint32_t expected_size)
{
    static const uint32_t steps[] = { 64, 65, 127, 1000, 4096, 40000 };
    uint8_t *got = malloc(LIST_SIZE);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK_EQ(list(guest, steps[i], got), expected_size);
        CHECK_EQ(memcmp(got, expected, expected_size), 0);
    }
    free(got);
}

static void test_entries(struct proa_call *guest, const uint8_t *bytes,
                         uint32_t size)
{
    uint32_t count = 0, dots = 0;

    for (uint32_t at = 0; at < size; count++) {
        uint32_t name_size = proa_guest_load_u32(bytes + at + 16);
        const char *name = (const char *)bytes + at + PROA_WASI_DIRENT_SIZE;
        char text[64] = { 0 };
        struct stat st;

        CHECK_EQ(name_size < sizeof text, 1);
        memcpy(text, name, name_size);
        CHECK_EQ(lstat(host_path(folder, text), &st), 0);
        CHECK_EQ(proa_guest_load_u64(bytes + at + 8), st.st_ino);
        if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
            dots++;
        else
            CHECK_EQ(bytes[at + 20], proa_wasi_filetype_from_mode(st.st_mode));
        at += PROA_WASI_DIRENT_SIZE + name_size;
    }
    CHECK_EQ(dots, 2);
    CHECK_EQ(count, FILE_COUNT + 2 + 2);
    (void)guest;
}

/* Going on from any entry gives the rest of the list, in any order. */
static void test_cookies(struct proa_call *guest, const uint8_t *bytes,
                         uint32_t size)
{
    uint32_t used = guest->used;
    uint32_t buf = guest_room(guest, LIST_SIZE), out = guest_room(guest, 4);
    uint64_t cookies[FILE_COUNT + 8];
    uint32_t rests[FILE_COUNT + 8], count = 0;

    for (uint32_t at = 0; at < size;) {
        cookies[count] = proa_guest_load_u64(bytes + at);
        at += PROA_WASI_DIRENT_SIZE + proa_guest_load_u32(bytes + at + 16);
        rests[count++] = at;
    }
    for (uint32_t i = count; i-- > 0;) {
        CHECK_EQ(proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, LIST_SIZE,
                                      cookies[i], out),
                 0);
        CHECK_EQ(guest_u32(guest, out), size - rests[i]);
        CHECK_EQ(memcmp(guest->memory + buf, bytes + rests[i], size - rests[i]),
                 0);
    }
    guest->used = used;
}

static void test_arguments(struct proa_call *guest)
{
    uint32_t buf = guest_room(guest, 64), out = guest_room(guest, 4);
    uint32_t file = 0;

    CHECK_EQ(proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, 0, 0, out), 0);
    CHECK_EQ(guest_u32(guest, out), 0);
    CHECK_EQ(
        proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, 64, UINT64_MAX, out),
        PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, GUEST_MEMORY_SIZE - 63,
                                  64, 0, out),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, 64, 0,
                                  GUEST_MEMORY_SIZE - 3),
             PROA_WASI_EFAULT);
    CHECK_EQ(guest_open(guest, "f0", 0, 0, UINT64_MAX, &file), 0);
    CHECK_EQ(proa_wasi_fd_readdir(guest, file, buf, 64, 0, out),
             PROA_WASI_ENOTDIR);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, GUEST_ROOT_FD, 0, 0), 0);
    CHECK_EQ(proa_wasi_fd_readdir(guest, GUEST_ROOT_FD, buf, 64, 0, out),
             PROA_WASI_ENOTCAPABLE);
}

int main(void)
{
    struct proa_call guest;
    uint8_t *bytes = malloc(LIST_SIZE);
    uint32_t size;

    folder_make(folder);
    for (int i = 0; i < FILE_COUNT; i++) {
        char name[16];

        snprintf(name, sizeof name, "f%d", i);
        host_file(folder, name, "");
    }
    CHECK_EQ(mkdir(host_path(folder, "a folder"), 0755), 0);
    CHECK_EQ(symlink("f0", host_path(folder, "a link")), 0);
    guest_init_folder(&guest, folder, false);
    size = list(&guest, LIST_SIZE, bytes);
    test_entries(&guest, bytes, size);
    test_every_size_lists_the_same(&guest, bytes, size);
    test_cookies(&guest, bytes, size);
    test_arguments(&guest);
    guest_deinit(&guest);
    free(bytes);
    folder_remove(folder);
    return 0;
}
