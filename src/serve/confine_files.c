/*
 * Landlock, with what newer kernels than our headers know.
 * https://docs.kernel.org/userspace-api/landlock.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/confine.h"

/* The headers of 2022 end with version 2. */
enum {
    VERSION_TRUNCATE = 3,
    VERSION_NETWORK = 4,
    VERSION_DEVICES = 5,
    VERSION_SCOPE = 6,
};

#define ACCESS_TRUNCATE (1ULL << 14)
#define ACCESS_IOCTL_DEVICE (1ULL << 15)
#define NETWORK_TCP 3ULL /* bind and connect */
#define SCOPE_ALL 3ULL   /* abstract Unix sockets and signals */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
};

enum {
    READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    REMOVE = LANDLOCK_ACCESS_FS_REMOVE_FILE,
    WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
            LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM,
    ALL = LANDLOCK_ACCESS_FS_EXECUTE | READ | WRITE |
          LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
          LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK,
    /* What may be allowed for a file that is no folder. */
    OF_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
               LANDLOCK_ACCESS_FS_WRITE_FILE,
};

/* All rights that this kernel can take away. */
static uint64_t handled_files(int version)
{
    uint64_t rights = ALL;

    if (version >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= VERSION_TRUNCATE)
        rights |= ACCESS_TRUNCATE;
    if (version >= VERSION_DEVICES)
        rights |= ACCESS_IOCTL_DEVICE;
    return rights;
}

static uint64_t rights_of(unsigned allowed)
{
    uint64_t rights = 0;

    if (allowed & PROA_CONFINE_READ)
        rights |= READ;
    if (allowed & PROA_CONFINE_WRITE)
        rights |= WRITE | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE;
    if (allowed & PROA_CONFINE_EXECUTE)
        rights |= LANDLOCK_ACCESS_FS_EXECUTE;
    if (allowed & PROA_CONFINE_REMOVE)
        rights |= REMOVE;
    return rights;
}

static enum proa_status add_rule(int ruleset, uint64_t handled,
                                 const struct proa_confine_path *path,
                                 struct proa_confined *confined,
                                 struct proa_error *err)
{
    struct landlock_path_beneath_attr rule = { 0 };
    struct stat state;

    rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return PROA_OK;
    rule.allowed_access = rights_of(path->allowed) & handled;
    if (fstat(rule.parent_fd, &state) == 0 && !S_ISDIR(state.st_mode))
        rule.allowed_access &= OF_FILES | ACCESS_TRUNCATE;
    long result = syscall(SYS_landlock_add_rule, ruleset,
                          LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int number = errno;
    (void)close(rule.parent_fd);
    if (result != 0)
        return proa_fail(err, PROA_IO, 0, "cannot confine to %.200s: %s",
                         path->path, strerror(number));
    confined->path_count++;
    return PROA_OK;
}

enum proa_status proa_confine_files(const struct proa_confine_paths *paths,
                                    struct proa_confined *confined,
                                    struct proa_error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset handled = { 0 };
    size_t size = sizeof handled.files;
    enum proa_status status = PROA_OK;

    if (version < 1)
        return PROA_OK;
    handled.files = handled_files((int)version);
    if (version >= VERSION_NETWORK) {
        handled.network = NETWORK_TCP;
        size += sizeof handled.network;
    }
    if (version >= VERSION_SCOPE) {
        handled.scope = SCOPE_ALL;
        size += sizeof handled.scope;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (ruleset < 0)
        return proa_fail(err, PROA_IO, 0, "Landlock: %s", strerror(errno));
    for (uint32_t i = 0; i < paths->count && status == PROA_OK; i++)
        status =
            add_rule(ruleset, handled.files, &paths->items[i], confined, err);
    if (status == PROA_OK &&
        syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        status = proa_fail(err, PROA_IO, 0, "Landlock: %s", strerror(errno));
    (void)close(ruleset);
    if (status == PROA_OK)
        confined->landlock_version = (int)version;
    return status;
}
