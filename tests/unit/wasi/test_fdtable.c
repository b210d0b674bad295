/* SPDX-License-Identifier: Apache-2.0 */
#include "wasi/fdtable.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "wasi/abi.h"

static struct proa_wasi_fd make(void)
{
    return (struct proa_wasi_fd){
        .host_fd = open("/dev/null", O_RDWR),
        .rights = 6,
        .inheriting = 2,
    };
}

static bool is_open(int host_fd)
{
    return fcntl(host_fd, F_GETFD) >= 0;
}

static uint32_t add(struct proa_wasi_fdtable *table)
{
    struct proa_wasi_fd fd = make();
    uint32_t number = 0;

    CHECK_EQ(proa_wasi_fdtable_add(table, &fd, &number), PROA_WASI_SUCCESS);
    return number;
}

static void test_lowest_from_three(void)
{
    struct proa_wasi_fdtable table;

    proa_wasi_fdtable_init(&table, 64);
    for (uint32_t i = 0; i < 40; i++)
        CHECK_EQ(add(&table), 3 + i);
    CHECK_EQ(proa_wasi_fdtable_close(&table, 20), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_close(&table, 5), PROA_WASI_SUCCESS);
    CHECK_EQ(add(&table), 5);
    CHECK_EQ(add(&table), 20);
    CHECK_EQ(add(&table), 43);
    proa_wasi_fdtable_deinit(&table);
}

static void test_limit(void)
{
    struct proa_wasi_fdtable table;
    struct proa_wasi_fd fd = make();
    uint32_t number = 77;

    proa_wasi_fdtable_init(&table, 5);
    CHECK_EQ(add(&table), 3);
    CHECK_EQ(add(&table), 4);
    CHECK_EQ(proa_wasi_fdtable_add(&table, &fd, &number), PROA_WASI_EMFILE);
    CHECK_EQ(number, 77);
    CHECK_EQ(is_open(fd.host_fd), 1); /* still ours */
    close(fd.host_fd);
    proa_wasi_fdtable_deinit(&table);
}

static void test_find(void)
{
    struct proa_wasi_fdtable table;
    struct proa_wasi_fd *fd = NULL;

    proa_wasi_fdtable_init(&table, 64);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 0, &fd), PROA_WASI_EBADF);
    add(&table);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 8, &fd), PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 2 | 8, &fd),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fdtable_find(&table, UINT32_MAX, 0, &fd),
             PROA_WASI_EBADF);
    CHECK_EQ(fd == NULL, 1);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 2 | 4, &fd), PROA_WASI_SUCCESS);
    CHECK_EQ(fd->rights, 6);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 0, 0, &fd), PROA_WASI_EBADF);
    proa_wasi_fdtable_deinit(&table);
}

static void test_close_keeps_what_is_borrowed(void)
{
    struct proa_wasi_fdtable table;
    struct proa_wasi_fd own = make(), borrowed = make();

    borrowed.is_borrowed = true;
    own.preopen_name = strdup("/");
    proa_wasi_fdtable_init(&table, 64);
    CHECK_EQ(proa_wasi_fdtable_put(&table, &borrowed, 0), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_put(&table, &own, 1), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_close(&table, 0), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_close(&table, 1), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_close(&table, 1), PROA_WASI_EBADF);
    CHECK_EQ(is_open(borrowed.host_fd), 1);
    CHECK_EQ(is_open(own.host_fd), 0);
    CHECK_EQ(add(&table), 3); /* never 0 to 2 */
    close(borrowed.host_fd);
    proa_wasi_fdtable_deinit(&table);
}

static void test_renumber(void)
{
    struct proa_wasi_fdtable table;
    struct proa_wasi_fd *fd;
    int from_host, to_host;

    proa_wasi_fdtable_init(&table, 64);
    add(&table);
    add(&table);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 0, &fd), 0);
    to_host = fd->host_fd;
    CHECK_EQ(proa_wasi_fdtable_find(&table, 4, 0, &fd), 0);
    from_host = fd->host_fd;
    CHECK_EQ(proa_wasi_fdtable_renumber(&table, 4, 9), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fdtable_renumber(&table, 9, 4), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fdtable_renumber(&table, 4, 4), PROA_WASI_SUCCESS);
    CHECK_EQ(proa_wasi_fdtable_renumber(&table, 4, 3), PROA_WASI_SUCCESS);
    CHECK_EQ(is_open(to_host), 0);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 4, 0, &fd), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fdtable_find(&table, 3, 0, &fd), PROA_WASI_SUCCESS);
    CHECK_EQ(fd->host_fd, from_host);
    CHECK_EQ(add(&table), 4);
    proa_wasi_fdtable_deinit(&table);
    CHECK_EQ(is_open(from_host), 0);
}

int main(void)
{
    test_lowest_from_three();
    test_limit();
    test_find();
    test_close_keeps_what_is_borrowed();
    test_renumber();
    return 0;
}
