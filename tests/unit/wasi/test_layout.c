/* SPDX-License-Identifier: Apache-2.0 */
#include "wasi/layout.h"

#include "../check.h"
#include "wasi/abi.h"

#include <errno.h>
#include <string.h>

static void check_bytes(const uint8_t *bytes, const uint8_t *expected,
                        size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK_EQ(bytes[i], expected[i]);
}

/* Into a block of the exact size, full of what must not stay there. */
static uint8_t *block(size_t size)
{
    uint8_t *bytes = malloc(size);

    if (bytes == NULL)
        abort();
    memset(bytes, 0xee, size);
    return bytes;
}

static const struct proa_wasi_filestat filestat = {
    .device = 0x0101010101010101,
    .inode = 0x0202020202020202,
    .filetype = 4,
    .link_count = 0x03030303,
    .size = 0x0404040404040404,
    .accessed_ns = 0x0505050505050505,
    .modified_ns = 0x0606060606060606,
    .changed_ns = 0x0707070707070707,
};

static void test_filestat(void)
{
    static const uint8_t preview1[64] = {
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 4, 0, 0, 0, 0, 0,
        0, 0, 3, 3, 3, 3, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5,
        5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7,
    };
    static const uint8_t unstable[56] = {
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 4, 0, 0,
        0, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5,
        5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7,
    };
    uint8_t *bytes = block(sizeof preview1);

    proa_wasi_filestat_store(bytes, PROA_WASI_PREVIEW1, &filestat);
    check_bytes(bytes, preview1, sizeof preview1);
    CHECK_EQ(proa_wasi_filestat_size(PROA_WASI_PREVIEW1), sizeof preview1);
    free(bytes);

    bytes = block(sizeof unstable);
    proa_wasi_filestat_store(bytes, PROA_WASI_UNSTABLE, &filestat);
    check_bytes(bytes, unstable, sizeof unstable);
    CHECK_EQ(proa_wasi_filestat_size(PROA_WASI_UNSTABLE), sizeof unstable);
    free(bytes);
}

static void test_fdstat(void)
{
    static const uint8_t expected[24] = {
        3, 0, 5, 1, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
    };
    struct proa_wasi_fdstat stat = { 3, 0x0105, 0x0202020202020202,
                                     0x0303030303030303 };
    uint8_t *bytes = block(sizeof expected);

    proa_wasi_fdstat_store(bytes, &stat);
    check_bytes(bytes, expected, sizeof expected);
    free(bytes);
}

static void test_dirent(void)
{
    static const uint8_t expected[24] = {
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 5, 0, 0, 0, 7, 0, 0, 0,
    };
    struct proa_wasi_dirent dirent = { 0x0101010101010101, 0x0202020202020202,
                                       5, 7 };
    uint8_t *bytes = block(sizeof expected);

    proa_wasi_dirent_store(bytes, &dirent);
    check_bytes(bytes, expected, sizeof expected);
    free(bytes);
}

static void test_event(void)
{
    static const uint8_t expected[32] = {
        1, 1, 1, 1, 1, 1, 1, 1, 8, 0, 2, 0, 0, 0, 0, 0,
        3, 3, 3, 3, 3, 3, 3, 3, 1, 0, 0, 0, 0, 0, 0, 0,
    };
    struct proa_wasi_event event = { 0x0101010101010101, 8, 2,
                                     0x0303030303030303, 1 };
    uint8_t *bytes = block(sizeof expected);

    proa_wasi_event_store(bytes, &event);
    check_bytes(bytes, expected, sizeof expected);
    free(bytes);
}

static void test_subscription(void)
{
    /* userdata, type and gap, clock and gap, timeout, precision, flags. */
    static const uint8_t preview1[48] = {
        9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        2, 2, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 1, 0, 0, 0, 0, 0, 0, 0,
    };
    static const uint8_t unstable[56] = {
        9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 6,
        6, 6, 6, 6, 6, 1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0,
        0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 1, 0, 0, 0, 0, 0, 0, 0,
    };
    static const struct {
        const uint8_t *bytes;
        enum proa_wasi_version version;
        uint32_t size;
    } clocks[] = { { preview1, PROA_WASI_PREVIEW1, 48 },
                   { unstable, PROA_WASI_UNSTABLE, 56 } };

    for (size_t i = 0; i < 2; i++) {
        uint8_t *bytes = exact_copy(clocks[i].bytes, clocks[i].size);
        struct proa_wasi_subscription s =
            proa_wasi_subscription_load(bytes, clocks[i].version);

        CHECK_EQ(proa_wasi_subscription_size(clocks[i].version),
                 clocks[i].size);
        CHECK_EQ(s.userdata, 9);
        CHECK_EQ(s.type, PROA_WASI_EVENT_CLOCK);
        CHECK_EQ(s.clock, 1);
        CHECK_EQ(s.timeout_ns, 0x0202);
        CHECK_EQ(s.flags, 1);
        bytes[8] = PROA_WASI_EVENT_FD_WRITE;
        bytes[16] = 5;
        bytes[17] = bytes[18] = bytes[19] = 0;
        s = proa_wasi_subscription_load(bytes, clocks[i].version);
        CHECK_EQ(s.type, PROA_WASI_EVENT_FD_WRITE);
        CHECK_EQ(s.fd, 5);
        free(bytes);
    }
}

static void test_from_host(void)
{
    static const struct {
        mode_t mode;
        uint8_t filetype;
    } types[] = {
        { S_IFBLK, 1 }, { S_IFCHR, 2 },  { S_IFDIR, 3 }, { S_IFREG, 4 },
        { S_IFLNK, 7 }, { S_IFSOCK, 6 }, { S_IFIFO, 0 },
    };
    struct stat st = { .st_size = 12, .st_nlink = 2 };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        CHECK_EQ(proa_wasi_filetype_from_mode(types[i].mode | 0644),
                 types[i].filetype);
        CHECK_EQ(proa_wasi_filetype_from_dirent(
                     (unsigned char)(types[i].mode >> 12)),
                 types[i].filetype);
    }
    st.st_mtim = (struct timespec){ 3, 5 };
    st.st_atim = (struct timespec){ -1, 5 };        /* before 1970 */
    st.st_ctim = (struct timespec){ INT64_MAX, 5 }; /* after 2554 */
    CHECK_EQ(proa_wasi_filestat_from_host(&st).modified_ns, 3000000005);
    CHECK_EQ(proa_wasi_filestat_from_host(&st).accessed_ns, 0);
    CHECK_EQ(proa_wasi_filestat_from_host(&st).changed_ns == UINT64_MAX, 1);
    CHECK_EQ(proa_wasi_filestat_from_host(&st).size, 12);
}

static void test_errno(void)
{
    CHECK_EQ(proa_wasi_errno_from_host(0), 0);
    CHECK_EQ(proa_wasi_errno_from_host(E2BIG), 1);
    CHECK_EQ(proa_wasi_errno_from_host(ENOENT), 44);
    CHECK_EQ(proa_wasi_errno_from_host(EXDEV), 75);
    CHECK_EQ(proa_wasi_errno_from_host(EWOULDBLOCK), 6);
    CHECK_EQ(proa_wasi_errno_from_host(ENOTSUP), 58);
    CHECK_EQ(proa_wasi_errno_from_host(EL3RST), PROA_WASI_EIO);
    CHECK_EQ(proa_wasi_errno_from_host(99999), PROA_WASI_EIO);
}

int main(void)
{
    test_filestat();
    test_fdstat();
    test_dirent();
    test_event();
    test_subscription();
    test_from_host();
    test_errno();
    return 0;
}
