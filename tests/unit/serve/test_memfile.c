/*
 * Files in memory: what is written is read, and a limit holds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/memfile.h"

#include <errno.h>
#include <unistd.h>

#include "../check.h"

static void check_input(void)
{
    struct proa_error err = { 0 };
    char text[8];
    int fd = -1;

    CHECK_EQ(proa_memfile_input("hello", 5, &fd, &err), PROA_OK);
    CHECK_EQ(read(fd, text, sizeof text), 5);
    CHECK_EQ(memcmp(text, "hello", 5), 0);
    CHECK_EQ(read(fd, text, sizeof text), 0);
    (void)close(fd);
}

static void check_output(void)
{
    struct proa_error err = { 0 };
    char text[11];
    int fd = -1;

    CHECK_EQ(proa_memfile_output(100, &fd, &err), PROA_OK);
    CHECK_EQ(proa_memfile_size(fd), 0);
    CHECK_EQ(write(fd, "hello ", 6), 6);
    CHECK_EQ(write(fd, "world", 5), 5);
    CHECK_EQ(proa_memfile_size(fd), 11);
    CHECK_EQ(proa_memfile_read(fd, 0, text, 11, &err), PROA_OK);
    CHECK_EQ(memcmp(text, "hello world", 11), 0);
    CHECK_EQ(proa_memfile_read(fd, 6, text, 5, &err), PROA_OK);
    CHECK_EQ(memcmp(text, "world", 5), 0);
    /* Nothing that a guest could ask for makes it larger or smaller. */
    CHECK_EQ(ftruncate(fd, 1 << 30), -1);
    CHECK_EQ(ftruncate(fd, 0), -1);
    (void)close(fd);
}

/* However large the pieces are, passing the limit is refused and seen. */
static void check_limit(void)
{
    static const size_t pieces[] = { 1000, 4096, 65536, 3 << 20, 64 << 20 };
    const uint64_t limit = 1 << 20;
    uint8_t *bytes = calloc(1, 64 << 20);

    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct proa_error err = { 0 };
        uint64_t all = 0;
        int fd = -1;
        CHECK_EQ(proa_memfile_output((size_t)limit, &fd, &err), PROA_OK);
        ssize_t written;
        do {
            written = write(fd, bytes, pieces[i]);
            all += written > 0 ? (uint64_t)written : 0;
        } while (written > 0);
        CHECK_EQ(errno, EPERM);
        CHECK_EQ(proa_memfile_size(fd), all);
        CHECK_EQ(all > limit, 1);
        CHECK_EQ(all < limit + (8 << 20), 1);
        (void)close(fd);
    }
    free(bytes);
}

int main(void)
{
    check_input();
    check_output();
    check_limit();
    return 0;
}
