/*
 * Where a guest's path leads, without ever leaving the folder it starts from.
 *
 * Every path is resolved by the kernel (openat2 with RESOLVE_BENEATH), in one
 * step, so no symbolic link, no `..` and no concurrent rename leads out.
 * Operations that make, remove or rename a name resolve its folder in that way
 * and then act on the last component alone, which none of them follows.
 * https://man7.org/linux/man-pages/man2/openat2.2.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_PLACE_H
#define PROA_WASI_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proa_call;

/* A name in a folder. */
struct proa_wasi_place {
    int folder_fd;
    int owned_fd;     /* of place_find's own, or -1 */
    const char *name; /* one component of the path, perhaps with slashes after
                         it; "." when the path is the folder itself */
};

/* True if this kernel can do it; it needs Linux 5.6. */
bool proa_wasi_can_resolve(int folder_fd);

/*
 * Open what a path leads to.
 *
 * @param call  may be NULL: then no interrupt ends a blocking open
 * @param flags O_... of open(2); O_NOFOLLOW refuses a link at the path's end
 * @param fd    set on success
 * @return SUCCESS, ENOTCAPABLE (the path leaves the folder), or the host's
 *         error, of enum proa_wasi_errno
 */
uint32_t proa_wasi_open_beneath(const struct proa_call *call, int folder_fd,
                                const char *path, int flags, int *fd);

/*
 * Find the folder and the last component of a path.
 *
 * @param path  changed, and part of the result
 * @param place set on success; end with proa_wasi_place_deinit()
 */
uint32_t proa_wasi_place_find(int folder_fd, char *path,
                              struct proa_wasi_place *place);
void proa_wasi_place_deinit(struct proa_wasi_place *place);

#endif
