/*
 * What a guest starts with: arguments, environment, clocks, random bytes,
 * descriptors; and how it ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

static const uint32_t end = GUEST_MEMORY_SIZE;

static void test_arguments(void)
{
    const char *args[] = { "prog", "", "b c" };
    struct proa_wasi_options options = {
        .args = args,
        .arg_count = 3,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    struct proa_call guest;
    uint32_t sizes, argv, buf;

    guest_init(&guest, &options);
    sizes = guest_room(&guest, 8);
    argv = guest_room(&guest, 12);
    buf = guest_room(&guest, 16);
    CHECK_EQ(proa_wasi_args_sizes_get(&guest, sizes, sizes + 4), 0);
    CHECK_EQ(guest_u32(&guest, sizes), 3);
    CHECK_EQ(guest_u32(&guest, sizes + 4), 10);
    CHECK_EQ(proa_wasi_args_get(&guest, argv, buf), 0);
    CHECK_EQ(guest_u32(&guest, argv), buf);
    CHECK_EQ(guest_u32(&guest, argv + 4), buf + 5);
    CHECK_EQ(guest_u32(&guest, argv + 8), buf + 6);
    CHECK_EQ(memcmp(guest.memory + buf, "prog\0\0b c", 10), 0);
    CHECK_EQ(proa_wasi_args_get(&guest, end - 12, buf), 0);
    CHECK_EQ(proa_wasi_args_get(&guest, end - 11, buf), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_args_get(&guest, argv, end - 10), 0);
    CHECK_EQ(proa_wasi_args_get(&guest, argv, end - 9), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_args_get(&guest, UINT32_MAX, buf), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_args_sizes_get(&guest, end - 3, sizes),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_args_sizes_get(&guest, sizes, end - 3),
             PROA_WASI_EFAULT);
    guest_deinit(&guest);
}

static void test_environment_may_be_empty(void)
{
    struct proa_wasi_options options = { .stdin_fd = -1,
                                         .stdout_fd = -1,
                                         .stderr_fd = -1 };
    struct proa_call guest;
    uint32_t sizes;

    guest_init(&guest, &options);
    sizes = guest_room(&guest, 8);
    memset(guest.memory + sizes, 0xee, 8);
    CHECK_EQ(proa_wasi_environ_sizes_get(&guest, sizes, sizes + 4), 0);
    CHECK_EQ(guest_u64(&guest, sizes), 0);
    CHECK_EQ(proa_wasi_environ_get(&guest, 0, 0), 0);
    CHECK_EQ(proa_wasi_environ_get(&guest, UINT32_MAX, UINT32_MAX), 0);
    guest_deinit(&guest);
}

static void test_environment(void)
{
    const char *env[] = { "A=1" };
    struct proa_wasi_options options = {
        .env = env,
        .env_count = 1,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    struct proa_call guest;
    uint32_t list, buf;

    guest_init(&guest, &options);
    list = guest_room(&guest, 4);
    buf = guest_room(&guest, 4);
    CHECK_EQ(proa_wasi_environ_get(&guest, list, buf), 0);
    CHECK_EQ(memcmp(guest.memory + buf, "A=1", 4), 0);
    guest_deinit(&guest);
}

static void test_clocks(struct proa_call *guest)
{
    uint32_t out = guest_room(guest, 8);
    uint64_t first;

    for (uint32_t id = 0; id < 4; id++) {
        CHECK_EQ(proa_wasi_clock_res_get(guest, id, out), 0);
        CHECK_EQ(guest_u64(guest, out) > 0, 1);
        CHECK_EQ(proa_wasi_clock_time_get(guest, id, 1, out), 0);
        first = guest_u64(guest, out);
        CHECK_EQ(first > 0, 1);
        CHECK_EQ(proa_wasi_clock_time_get(guest, id, 1, out), 0);
        CHECK_EQ(guest_u64(guest, out) >= first, 1);
        CHECK_EQ(proa_wasi_clock_time_get(guest, id, 1, end - 7),
                 PROA_WASI_EFAULT);
    }
    CHECK_EQ(proa_wasi_clock_res_get(guest, 4, out), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_clock_time_get(guest, UINT32_MAX, 1, out),
             PROA_WASI_EINVAL);
}

static void test_random(struct proa_call *guest)
{
    static const uint8_t zeros[64];
    uint32_t buf = guest_room(guest, 64);

    CHECK_EQ(proa_wasi_random_get(guest, buf, 64), 0);
    CHECK_EQ(memcmp(guest->memory + buf, zeros, 64) != 0, 1);
    CHECK_EQ(proa_wasi_random_get(guest, 0, 0), 0);
    CHECK_EQ(proa_wasi_random_get(guest, end - 8, 9), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_random_get(guest, 8, UINT32_MAX), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_random_get(guest, 1024, end - 1024), 0);
    atomic_store(&guest->is_interrupted, true);
    CHECK_EQ(proa_wasi_random_get(guest, 1024, end - 1024), PROA_WASI_EINTR);
    atomic_store(&guest->is_interrupted, false);
}

static void test_ends(struct proa_call *guest)
{
    CHECK_EQ(proa_wasi_sched_yield(guest), 0);
    CHECK_EQ(proa_wasi_proc_raise(guest, 0), 0);
    CHECK_EQ(proa_wasi_proc_raise(guest, 16), 0); /* CHLD */
    CHECK_EQ(proa_wasi_proc_raise(guest, 31), PROA_WASI_EINVAL);
    CHECK_EQ(guest->trap[0], 0);
    CHECK_EQ(proa_wasi_proc_raise(guest, 6), 0);
    CHECK_EQ(strcmp(guest->trap, "signal ABRT raised"), 0);
    CHECK_EQ(proa_wasi_proc_raise(guest, 30), 0);
    CHECK_EQ(strcmp(guest->trap, "signal SYS raised"), 0);
    proa_wasi_proc_exit(guest, 33);
    CHECK_EQ(guest->has_exited, 1);
    CHECK_EQ(guest->exit_code, 33);
}

static void test_preopens(void)
{
    char folder[64];
    struct proa_call guest;
    uint32_t out;

    folder_make(folder);
    guest_init_folder(&guest, folder, false);
    out = guest_room(&guest, 8);
    CHECK_EQ(proa_wasi_fd_prestat_get(&guest, 3, out), 0);
    CHECK_EQ(guest_u32(&guest, out), 0);
    CHECK_EQ(guest_u32(&guest, out + 4), 1);
    CHECK_EQ(proa_wasi_fd_prestat_get(&guest, 4, out), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fd_prestat_get(&guest, 0, out), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fd_prestat_get(&guest, 3, end - 7), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_prestat_dir_name(&guest, 3, out, 0),
             PROA_WASI_ENAMETOOLONG);
    memset(guest.memory + out, 0xee, 8);
    CHECK_EQ(proa_wasi_fd_prestat_dir_name(&guest, 3, out, 2), 0);
    CHECK_EQ(guest.memory[out], '/');
    CHECK_EQ(guest.memory[out + 1], 0xee);
    CHECK_EQ(proa_wasi_fd_prestat_dir_name(&guest, 3, end, 1),
             PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_close(&guest, 3), 0);
    CHECK_EQ(proa_wasi_fd_prestat_get(&guest, 3, out), PROA_WASI_EBADF);
    guest_deinit(&guest);
    folder_remove(folder);
}

/* One missing folder among others: nothing leaks, the text names it. */
static void test_missing_preopen(void)
{
    struct proa_wasi_preopen preopens[] = { { "/", "/", false },
                                            { "/nonexistent/x", "/x", false } };
    struct proa_wasi_options options = {
        .preopens = preopens,
        .preopen_count = 2,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    struct proa_wasi *wasi = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_wasi_create(&options, &wasi, &err), PROA_IO);
    CHECK_EQ(wasi == NULL, 1);
    CHECK_EQ(strstr(err.text, "/nonexistent/x") != NULL, 1);
    preopens[1].host_path = "/dev/null";
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_wasi_create(&options, &wasi, &err), PROA_IO);
    CHECK_EQ(strstr(err.text, "/dev/null") != NULL, 1);
    proa_wasi_destroy(NULL);
}

/* Closed, a folder, a device: whatever the host was started with. */
static void test_stdio(void)
{
    int folder = open("/", O_RDONLY | O_DIRECTORY);
    int null = open("/dev/null", O_RDWR);
    struct proa_wasi_options options = {
        .stdin_fd = folder,
        .stdout_fd = null,
        .stderr_fd = 1000000, /* not open */
    };
    struct proa_call guest;
    uint32_t stat, fd = 0;

    guest_init(&guest, &options);
    stat = guest_room(&guest, 24);
    CHECK_EQ(proa_wasi_fd_fdstat_get(&guest, 2, stat), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fd_fdstat_get(&guest, 1, stat), 0);
    CHECK_EQ(guest.memory[stat], PROA_WASI_FILETYPE_CHARACTER_DEVICE);
    /* Without these it would pass for a terminal. */
    CHECK_EQ(guest_u64(&guest, stat + 8) &
                 (PROA_WASI_FD_SEEK | PROA_WASI_FD_TELL),
             PROA_WASI_FD_SEEK | PROA_WASI_FD_TELL);
    /* A folder as stdin is no preopen. */
    CHECK_EQ(proa_wasi_fd_fdstat_get(&guest, 0, stat), 0);
    CHECK_EQ(guest.memory[stat], PROA_WASI_FILETYPE_UNKNOWN);
    CHECK_EQ(proa_wasi_path_open(&guest, 0, 0, GUEST_PATH(&guest, "etc"), 0, 0,
                                 0, 0, stat),
             PROA_WASI_ENOTDIR);
    CHECK_EQ(guest_open(&guest, "x", 0, 0, 0, &fd), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fd_close(&guest, 0), 0);
    CHECK_EQ(proa_wasi_fd_close(&guest, 1), 0);
    CHECK_EQ(proa_wasi_fd_close(&guest, 2), PROA_WASI_EBADF);
    guest_deinit(&guest);
    CHECK_EQ(fcntl(null, F_GETFD) >= 0, 1); /* the host's are left alone */
    CHECK_EQ(close(null), 0);
    CHECK_EQ(close(folder), 0);
}

int main(void)
{
    struct proa_wasi_options options = { .stdin_fd = -1,
                                         .stdout_fd = -1,
                                         .stderr_fd = -1 };
    struct proa_call guest;

    test_arguments();
    test_environment_may_be_empty();
    test_environment();
    guest_init(&guest, &options);
    test_clocks(&guest);
    test_random(&guest);
    test_ends(&guest);
    guest_deinit(&guest);
    test_preopens();
    test_missing_preopen();
    test_stdio();
    return 0;
}
