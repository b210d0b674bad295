/*
 * A path as a guest gives it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_PATH_H
#define PROA_WASI_PATH_H

#include "wasi/state.h"

/* The folder that a path starts from, and the path. */
struct proa_wasi_path {
    struct proa_wasi_fd *folder;
    char text[PROA_WASI_PATH_SIZE_MAX];
};

/*
 * @return SUCCESS, EBADF, ENOTDIR, ENOTCAPABLE (a right is missing), EFAULT,
 *         ENAMETOOLONG, EINVAL (a zero byte inside), EILSEQ (not UTF-8)
 */
uint32_t proa_wasi_path_load(const struct proa_call *call, uint32_t fd,
                             uint64_t rights, uint32_t address, uint32_t size,
                             struct proa_wasi_path *path);

/* The text alone. */
uint32_t proa_wasi_path_copy(const struct proa_call *call, uint32_t address,
                             uint32_t size, char text[PROA_WASI_PATH_SIZE_MAX]);

#endif
