/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/rights.h"

uint32_t proa_wasi_find_directory(const struct proa_call *call, uint32_t number,
                                  uint64_t rights, struct proa_wasi_fd **fd)
{
    struct proa_wasi_fd *found;
    uint32_t error = proa_wasi_find(call, number, 0, &found);

    if (error != PROA_WASI_SUCCESS)
        return error;
    if (found->filetype != PROA_WASI_FILETYPE_DIRECTORY)
        return PROA_WASI_ENOTDIR;
    return proa_wasi_find(call, number, rights, fd);
}

uint32_t proa_wasi_store_u32(const struct proa_call *call, uint32_t address,
                             uint32_t value)
{
    uint8_t *to = proa_guest_bytes(call, address, sizeof value);

    if (to == NULL)
        return PROA_WASI_EFAULT;
    proa_guest_store_u32(to, value);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_store_u64(const struct proa_call *call, uint32_t address,
                             uint64_t value)
{
    uint8_t *to = proa_guest_bytes(call, address, sizeof value);

    if (to == NULL)
        return PROA_WASI_EFAULT;
    proa_guest_store_u64(to, value);
    return PROA_WASI_SUCCESS;
}

bool proa_wasi_try_again(const struct proa_call *call)
{
    return errno == EINTR && !proa_call_interrupted(call);
}

/*
 * A guest takes a character device without SEEK and TELL for a terminal; so
 * those that are none, as /dev/null, have both.
 */
static bool can_seek(int host_fd, mode_t mode)
{
    if (S_ISCHR(mode))
        return isatty(host_fd) == 0;
    return lseek(host_fd, 0, SEEK_CUR) >= 0;
}

uint32_t proa_wasi_fd_describe(int host_fd, uint64_t rights_asked,
                               struct proa_wasi_fd *fd)
{
    struct stat st;
    int flags = fcntl(host_fd, F_GETFL);
    int access = flags & O_ACCMODE;
    int socket_type = 0;
    socklen_t size = sizeof socket_type;
    uint8_t filetype;
    uint64_t rights;

    if (flags < 0 || fstat(host_fd, &st) != 0)
        return PROA_WASI_EBADF;
    filetype = proa_wasi_filetype_from_mode(st.st_mode);
    if (S_ISSOCK(st.st_mode) &&
        getsockopt(host_fd, SOL_SOCKET, SO_TYPE, &socket_type, &size) == 0 &&
        socket_type == SOCK_DGRAM)
        filetype = PROA_WASI_FILETYPE_SOCKET_DGRAM;
    rights = proa_wasi_rights_grant(rights_asked, filetype,
                                    can_seek(host_fd, st.st_mode),
                                    access != O_RDONLY);
    if (access == O_WRONLY)
        rights &= ~(uint64_t)PROA_WASI_FD_READ;
    *fd = (struct proa_wasi_fd){
        .host_fd = host_fd,
        .filetype = filetype,
        .rights = rights,
    };
    return PROA_WASI_SUCCESS;
}
