/*
 * Descriptors: rights, flags, positions, attributes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

static const uint32_t end = GUEST_MEMORY_SIZE;
static char folder[64];

static const uint64_t all_rights = UINT64_MAX;

static uint32_t open_file(struct proa_call *guest, const char *name,
                          uint64_t rights)
{
    uint32_t fd = 0;

    CHECK_EQ(guest_open(guest, name, 0, PROA_WASI_OFLAG_CREAT, rights, &fd), 0);
    return fd;
}

static uint64_t rights_of(struct proa_call *guest, uint32_t fd)
{
    uint32_t stat = guest_room(guest, 24);

    CHECK_EQ(proa_wasi_fd_fdstat_get(guest, fd, stat), 0);
    return guest_u64(guest, stat + 8);
}

enum call {
    READ,
    PREAD,
    WRITE,
    PWRITE,
    SEEK,
    TELL,
    SYNC,
    DATASYNC,
    ADVISE,
    ALLOCATE,
    FILESTAT_GET,
    SET_SIZE,
    SET_TIMES,
    SET_FLAGS,
};

static uint32_t call_on(struct proa_call *guest, enum call call, uint32_t fd)
{
    uint32_t room = guest_room(guest, 64);
    uint32_t iov = guest_iov(guest, guest_put(guest, "hello", 5), 5);

    switch (call) {
    case READ:
        return proa_wasi_fd_read(guest, fd, iov, 1, room);
    case PREAD:
        return proa_wasi_fd_pread(guest, fd, iov, 1, 0, room);
    case WRITE:
        return proa_wasi_fd_write(guest, fd, iov, 1, room);
    case PWRITE:
        return proa_wasi_fd_pwrite(guest, fd, iov, 1, 0, room);
    case SEEK:
        return proa_wasi_fd_seek(guest, fd, 1, 0, room);
    case TELL:
        return proa_wasi_fd_tell(guest, fd, room);
    case SYNC:
        return proa_wasi_fd_sync(guest, fd);
    case DATASYNC:
        return proa_wasi_fd_datasync(guest, fd);
    case ADVISE:
        return proa_wasi_fd_advise(guest, fd, 0, 0, 0);
    case ALLOCATE:
        return proa_wasi_fd_allocate(guest, fd, 0, 1);
    case FILESTAT_GET:
        return proa_wasi_fd_filestat_get(guest, fd, room);
    case SET_SIZE:
        return proa_wasi_fd_filestat_set_size(guest, fd, 9);
    case SET_TIMES:
        return proa_wasi_fd_filestat_set_times(guest, fd, 1, 1, 5);
    case SET_FLAGS:
        return proa_wasi_fd_fdstat_set_flags(guest, fd, 0);
    }
    return 99;
}

/* Each operation on a file takes its right, and no other one will do. */
static void test_rights_are_needed(struct proa_call *guest)
{
    static const struct {
        uint64_t right;
        enum call call;
    } calls[] = {
        { PROA_WASI_FD_READ, READ },
        { PROA_WASI_FD_READ, PREAD },
        { PROA_WASI_FD_SEEK, PREAD },
        { PROA_WASI_FD_WRITE, WRITE },
        { PROA_WASI_FD_WRITE, PWRITE },
        { PROA_WASI_FD_SEEK, PWRITE },
        { PROA_WASI_FD_SEEK, SEEK },
        { PROA_WASI_FD_TELL, TELL },
        { PROA_WASI_FD_SYNC, SYNC },
        { PROA_WASI_FD_DATASYNC, DATASYNC },
        { PROA_WASI_FD_ADVISE, ADVISE },
        { PROA_WASI_FD_ALLOCATE, ALLOCATE },
        { PROA_WASI_FD_FILESTAT_GET, FILESTAT_GET },
        { PROA_WASI_FD_FILESTAT_SET_SIZE, SET_SIZE },
        { PROA_WASI_FD_FILESTAT_SET_TIMES, SET_TIMES },
        { PROA_WASI_FD_FDSTAT_SET_FLAGS, SET_FLAGS },
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        uint32_t used = guest->used;
        uint32_t fd = open_file(guest, "rights", all_rights);
        uint64_t rights = rights_of(guest, fd);
        uint32_t error = call_on(guest, calls[i].call, fd);

        if (error == PROA_WASI_ENOTSUP && calls[i].call == ALLOCATE)
            error = 0; /* not every file system allocates */
        CHECK_EQ(error, PROA_WASI_SUCCESS);
        CHECK_EQ((rights & calls[i].right) != 0, 1);
        CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, fd,
                                                rights & ~calls[i].right, 0),
                 0);
        CHECK_EQ(call_on(guest, calls[i].call, fd), PROA_WASI_ENOTCAPABLE);
        CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
        guest->used = used;
    }
}

static void test_rights_only_shrink(struct proa_call *guest)
{
    uint32_t fd =
        open_file(guest, "shrink",
                  PROA_WASI_FD_READ | PROA_WASI_FD_TELL | PROA_WASI_FD_SEEK);
    uint64_t rights = rights_of(guest, fd);

    CHECK_EQ(rights, PROA_WASI_FD_READ | PROA_WASI_FD_TELL | PROA_WASI_FD_SEEK);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, fd,
                                            rights | PROA_WASI_FD_WRITE, 0),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(
        proa_wasi_fd_fdstat_set_rights(guest, fd, rights, PROA_WASI_FD_READ),
        PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(rights_of(guest, fd), rights);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, fd, PROA_WASI_FD_TELL, 0),
             0);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, fd, rights, 0),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(rights_of(guest, fd), PROA_WASI_FD_TELL);
    CHECK_EQ(proa_wasi_fd_fdstat_set_rights(guest, 99, 0, 0), PROA_WASI_EBADF);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static void test_positions(struct proa_call *guest)
{
    uint32_t fd = open_file(guest, "seek", all_rights);
    uint32_t at = guest_room(guest, 8);
    static const struct {
        int64_t offset;
        uint32_t whence;
        uint32_t error;
        uint64_t position;
    } seeks[] = {
        { 3, PROA_WASI_WHENCE_SET, 0, 3 },
        { 4, PROA_WASI_WHENCE_CUR, 0, 7 },
        { -2, PROA_WASI_WHENCE_END, 0, 8 },
        { 0, PROA_WASI_WHENCE_CUR, 0, 8 },
        { -9, PROA_WASI_WHENCE_CUR, PROA_WASI_EINVAL, 8 },
        { -1, PROA_WASI_WHENCE_SET, PROA_WASI_EINVAL, 8 },
        { INT64_MAX, PROA_WASI_WHENCE_CUR, PROA_WASI_EINVAL, 8 },
        { 0, 3, PROA_WASI_EINVAL, 8 },
        { 0, UINT32_MAX, PROA_WASI_EINVAL, 8 },
    };

    CHECK_EQ(guest_write(guest, fd, "0123456789"), 10);
    for (size_t i = 0; i < sizeof seeks / sizeof seeks[0]; i++) {
        uint32_t error =
            proa_wasi_fd_seek(guest, fd, seeks[i].offset, seeks[i].whence, at);

        if (seeks[i].offset == INT64_MAX && error == PROA_WASI_EOVERFLOW)
            error = PROA_WASI_EINVAL; /* the kernel's name for it */
        CHECK_EQ(error, seeks[i].error);
        CHECK_EQ(proa_wasi_fd_tell(guest, fd, at), 0);
        CHECK_EQ(guest_u64(guest, at), seeks[i].position);
    }
    CHECK_EQ(proa_wasi_fd_seek(guest, fd, 0, 0, end - 7), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_tell(guest, fd, at), 0);
    CHECK_EQ(guest_u64(guest, at), 8); /* a fault moves nothing */
    /* wasi_unstable counts its whences from CUR. */
    CHECK_EQ(proa_wasi_fd_seek_unstable(guest, fd, -1, 0, at), 0);
    CHECK_EQ(guest_u64(guest, at), 7);
    CHECK_EQ(proa_wasi_fd_seek_unstable(guest, fd, -1, 1, at), 0);
    CHECK_EQ(guest_u64(guest, at), 9);
    CHECK_EQ(proa_wasi_fd_seek_unstable(guest, fd, 2, 2, at), 0);
    CHECK_EQ(guest_u64(guest, at), 2);
    CHECK_EQ(proa_wasi_fd_seek_unstable(guest, fd, 2, 3, at), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static void test_attributes(struct proa_call *guest)
{
    uint32_t fd = open_file(guest, "attributes", all_rights);
    uint32_t stat = guest_room(guest, 64);

    CHECK_EQ(proa_wasi_fd_filestat_set_size(guest, fd, 77), 0);
    CHECK_EQ(proa_wasi_fd_filestat_set_size(guest, fd, UINT64_MAX),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(guest, fd, 3000000001, 4000000002,
                                             PROA_WASI_FSTFLAG_ATIM |
                                                 PROA_WASI_FSTFLAG_MTIM),
             0);
    CHECK_EQ(proa_wasi_fd_filestat_get(guest, fd, stat), 0);
    CHECK_EQ(guest->memory[stat + 16], PROA_WASI_FILETYPE_REGULAR_FILE);
    CHECK_EQ(guest_u64(guest, stat + 24), 1);
    CHECK_EQ(guest_u64(guest, stat + 32), 77);
    CHECK_EQ(guest_u64(guest, stat + 40), 3000000001);
    CHECK_EQ(guest_u64(guest, stat + 48), 4000000002);
    CHECK_EQ(proa_wasi_fd_filestat_get_unstable(guest, fd, stat), 0);
    CHECK_EQ(guest_u32(guest, stat + 20), 1);
    CHECK_EQ(guest_u64(guest, stat + 24), 77);
    CHECK_EQ(guest_u64(guest, stat + 40), 4000000002);
    CHECK_EQ(proa_wasi_fd_filestat_get(guest, fd, end - 64), 0);
    CHECK_EQ(proa_wasi_fd_filestat_get(guest, fd, end - 63), PROA_WASI_EFAULT);
    CHECK_EQ(proa_wasi_fd_filestat_get_unstable(guest, fd, end - 56), 0);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(guest, fd, 0, 0,
                                             PROA_WASI_FSTFLAG_MTIM_NOW),
             0);
    CHECK_EQ(proa_wasi_fd_filestat_get(guest, fd, stat), 0);
    CHECK_EQ(guest_u64(guest, stat + 40), 3000000001); /* left alone */
    CHECK_EQ(guest_u64(guest, stat + 48) > 4000000002, 1);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(guest, fd, 0, 0, 3),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(guest, fd, 0, 0, 12),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_filestat_set_times(guest, fd, 0, 0, 16),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static void test_advise_and_allocate(struct proa_call *guest)
{
    uint32_t fd = open_file(guest, "allocate", all_rights);

    for (uint32_t advice = 0; advice < 6; advice++)
        CHECK_EQ(proa_wasi_fd_advise(guest, fd, 0, 100, advice), 0);
    CHECK_EQ(proa_wasi_fd_advise(guest, fd, 0, 100, 6), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_advise(guest, fd, UINT64_MAX, 1, 0),
             PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_allocate(guest, fd, 0, 0), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_allocate(guest, fd, UINT64_MAX, 1), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_allocate(guest, fd, 1, INT64_MAX) != 0, 1);
    CHECK_EQ(proa_wasi_fd_allocate(guest, GUEST_ROOT_FD, 0, 1),
             PROA_WASI_ENOTCAPABLE);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

static uint32_t flags_of(struct proa_call *guest, uint32_t fd)
{
    uint32_t stat = guest_room(guest, 24);

    CHECK_EQ(proa_wasi_fd_fdstat_get(guest, fd, stat), 0);
    return proa_guest_load_u16(guest->memory + stat + 2);
}

static void test_flags(struct proa_call *guest)
{
    uint32_t fd = open_file(guest, "flags", all_rights);
    char text[32];
    uint32_t at = guest_room(guest, 8);

    CHECK_EQ(flags_of(guest, fd), 0);
    CHECK_EQ(guest_write(guest, fd, "abc"), 3);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, fd,
                                           PROA_WASI_FDFLAG_APPEND |
                                               PROA_WASI_FDFLAG_NONBLOCK),
             0);
    CHECK_EQ(flags_of(guest, fd),
             PROA_WASI_FDFLAG_APPEND | PROA_WASI_FDFLAG_NONBLOCK);
    CHECK_EQ(proa_wasi_fd_seek(guest, fd, 0, 0, at), 0);
    CHECK_EQ(guest_write(guest, fd, "def"), 3);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, fd, 0), 0);
    CHECK_EQ(proa_wasi_fd_seek(guest, fd, 0, 0, at), 0);
    CHECK_EQ(guest_write(guest, fd, "X"), 1);
    CHECK_EQ(proa_wasi_fd_seek(guest, fd, 0, 0, at), 0);
    CHECK_EQ(guest_read(guest, fd, text, sizeof text), 6);
    CHECK_EQ(strcmp(text, "Xbcdef"), 0);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, fd, PROA_WASI_FDFLAG_DSYNC),
             PROA_WASI_ENOTSUP);
    CHECK_EQ(proa_wasi_fd_fdstat_set_flags(guest, fd, 32), PROA_WASI_EINVAL);
    CHECK_EQ(proa_wasi_fd_close(guest, fd), 0);
}

/* What a bad descriptor does everywhere. */
static void test_bad_descriptor(struct proa_call *guest)
{
    uint32_t room = guest_room(guest, 64);
    static const uint32_t bad[] = { 0, 4, 1000, UINT32_MAX };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ(proa_wasi_fd_close(guest, bad[i]), PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_sync(guest, bad[i]), PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_tell(guest, bad[i], room), PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_read(guest, bad[i], 0, 0, room), PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_readdir(guest, bad[i], room, 8, 0, room),
                 PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_renumber(guest, bad[i], GUEST_ROOT_FD),
                 PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_fd_renumber(guest, GUEST_ROOT_FD, bad[i]),
                 PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_path_unlink_file(guest, bad[i], room, 1),
                 PROA_WASI_EBADF);
        CHECK_EQ(proa_wasi_sock_shutdown(guest, bad[i], 1), PROA_WASI_EBADF);
    }
}

int main(void)
{
    struct proa_call guest;

    folder_make(folder);
    guest_init_folder(&guest, folder, false);
    test_rights_are_needed(&guest);
    test_rights_only_shrink(&guest);
    test_positions(&guest);
    test_attributes(&guest);
    test_advise_and_allocate(&guest);
    test_flags(&guest);
    test_bad_descriptor(&guest);
    guest_deinit(&guest);
    folder_remove(folder);
    return 0;
}
