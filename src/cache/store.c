/*
 * The folder of compiled modules: opening it, entries and drafts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/quantity.h"
#include "cache/folder.h"

enum { PATH_BYTES_MAX = 4096, COPY_BYTES = 65536 };

static bool path_join(char *path, uint32_t size, const char *folder,
                      const char *rest)
{
    int used;

    /* The specification of XDG_CACHE_HOME has relative paths ignored. */
    if (folder == NULL || folder[0] != '/')
        return false;
    used = snprintf(path, size, "%s%s", folder, rest);
    return used > 0 && (uint32_t)used < size;
}

bool proa_cache_default_dir(char *path, uint32_t size)
{
    const char *own = getenv("PROA_CACHE_DIR");

    if (own != NULL)
        return path_join(path, size, own, "");
    return path_join(path, size, getenv("XDG_CACHE_HOME"), "/proa") ||
           path_join(path, size, getenv("HOME"), "/.cache/proa");
}

uint64_t proa_cache_default_bytes_max(void)
{
    const char *text = getenv("PROA_CACHE_MAX");
    uint64_t bytes = PROA_CACHE_BYTES_DEFAULT;

    if (text != NULL)
        (void)proa_quantity_bytes(text, &bytes);
    return bytes;
}

/* Make a folder and those above it. Failures show when it is opened. */
static void folders_make(const char *path)
{
    char part[PATH_BYTES_MAX];
    size_t size = strlen(path);

    if (size >= sizeof part)
        return;
    memcpy(part, path, size + 1);
    for (char *c = part + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        (void)mkdir(part, 0700);
        *c = '/';
    }
    (void)mkdir(part, 0700);
}

static enum proa_status folder_check(int fd, const char *path,
                                     struct proa_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "cache folder %s: %s", path,
                         strerror(errno));
    if (st.st_uid != geteuid())
        return proa_fail(err, PROA_IO, 0,
                         "cache folder %s belongs to another user", path);
    if ((st.st_mode & 0077) != 0)
        return proa_fail(err, PROA_IO, 0,
                         "cache folder %s is open to others (mode %03o, 700 "
                         "wanted)",
                         path, (unsigned)st.st_mode & 0777);
    return PROA_OK;
}

enum proa_status proa_cache_open(const char *path, struct proa_cache **cache,
                                 struct proa_error *err)
{
    struct proa_cache *made;
    enum proa_status status;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        folders_make(path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0)
        return proa_fail(err, PROA_IO, 0, "cache folder %s: %s", path,
                         strerror(errno));
    status = folder_check(fd, path, err);
    if (status != PROA_OK) {
        (void)close(fd);
        return status;
    }
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        (void)close(fd);
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    }
    made->fd = fd;
    *cache = made;
    return PROA_OK;
}

void proa_cache_close(struct proa_cache *cache)
{
    if (cache == NULL)
        return;
    (void)close(cache->fd);
    free(cache);
}

void proa_cache_entry_name(const char *key, char name[PROA_CACHE_NAME_SIZE])
{
    (void)snprintf(name, PROA_CACHE_NAME_SIZE, "%.*s%s", PROA_CACHE_KEY_SIZE,
                   key, PROA_CACHE_SUFFIX);
}

/* A file of native code is trusted only when nobody else could write it. */
static bool is_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_uid == geteuid() && (st.st_mode & 0022) == 0;
}

int proa_cache_find(struct proa_cache *cache, const char *key)
{
    const struct timespec used[2] = { { .tv_nsec = UTIME_NOW },
                                      { .tv_nsec = UTIME_OMIT } };
    char name[PROA_CACHE_NAME_SIZE];
    int fd;

    proa_cache_entry_name(key, name);
    fd =
        openat(cache->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (!is_ours(fd)) {
        (void)close(fd);
        return -1;
    }
    (void)futimens(fd, used); /* for pruning; not on a read-only disk */
    return fd;
}

void proa_cache_drop(struct proa_cache *cache, const char *key)
{
    char name[PROA_CACHE_NAME_SIZE];

    proa_cache_entry_name(key, name);
    (void)unlinkat(cache->fd, name, 0);
}

/*
 * One file for all keys, one of its bytes for each: nothing is left behind, and
 * two keys that share a byte only wait for each other needlessly.
 */
int proa_cache_lock(struct proa_cache *cache, const char *key, bool wait)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    char digits[16];
    int fd;

    fd = openat(cache->fd, PROA_CACHE_LOCK_NAME,
                O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    memcpy(digits, key, sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    lock.l_start = (off_t)strtoull(digits, NULL, 16);
    while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) != 0) {
        if (errno == EINTR)
            continue;
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* What the kernel cannot copy by itself. 0 or an errno. */
static int copy_by_hand(int from, int to, off_t offset, uint64_t size)
{
    char *bytes = malloc(COPY_BYTES);
    int code = bytes == NULL ? ENOMEM : 0;

    while (code == 0 && (uint64_t)offset < size) {
        uint64_t left = size - (uint64_t)offset;
        ssize_t got = pread(
            from, bytes, left < COPY_BYTES ? (size_t)left : COPY_BYTES, offset);
        ssize_t put = got <= 0 ? -1 : pwrite(to, bytes, (size_t)got, offset);

        if (got == 0)
            code = EIO; /* shorter than it was */
        else if (put < 0 && errno != EINTR)
            code = errno;
        else if (put > 0)
            offset += put;
    }
    free(bytes);
    return code;
}

static enum proa_status copy(int from, int to, uint64_t size, bool to_disk,
                             struct proa_error *err)
{
    off_t offset = 0;
    int code = 0;

    while ((uint64_t)offset < size) {
        ssize_t put = sendfile(to, from, &offset, (size_t)size);

        if (put <= 0 && !(put < 0 && errno == EINTR))
            break;
    }
    if ((uint64_t)offset < size)
        code = copy_by_hand(from, to, offset, size);
    if (code == 0 && to_disk && fdatasync(to) != 0)
        code = errno;
    return code == 0 ? PROA_OK
                     : proa_fail(err, PROA_IO, 0, "writing to the cache: %s",
                                 strerror(code));
}

static void temporary_name(char *name, size_t size)
{
    uint64_t number = 0;

    /* Only has to be free: O_EXCL and linkat() refuse one that is taken. */
    (void)!getrandom(&number, sizeof number, 0);
    (void)snprintf(name, size, PROA_CACHE_TEMPORARY "%d-%016llx", getpid(),
                   (unsigned long long)number);
}

enum proa_status proa_cache_draft(struct proa_cache *cache, int source_fd,
                                  uint64_t size, bool to_disk,
                                  struct proa_cache_draft *draft,
                                  struct proa_error *err)
{
    struct proa_cache_draft made = { .size = size };
    enum proa_status status;

    /* Without a name it is gone with us, whatever happens. */
    made.fd = openat(cache->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (made.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        temporary_name(made.name, sizeof made.name);
        made.fd = openat(cache->fd, made.name,
                         O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (made.fd < 0)
        return proa_fail(err, PROA_IO, 0, "writing to the cache: %s",
                         strerror(errno));
    status = copy(source_fd, made.fd, size, to_disk, err);
    if (status != PROA_OK) {
        proa_cache_discard(cache, &made);
        return status;
    }
    *draft = made;
    return PROA_OK;
}

void proa_cache_discard(struct proa_cache *cache,
                        struct proa_cache_draft *draft)
{
    if (draft->name[0] != '\0')
        (void)unlinkat(cache->fd, draft->name, 0);
    (void)close(draft->fd);
    draft->fd = -1;
}

/* A file without a name gets this one, unless it is taken. */
static bool name_give(struct proa_cache *cache,
                      const struct proa_cache_draft *draft, const char *name)
{
    char path[32];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", draft->fd);
    return linkat(AT_FDCWD, path, cache->fd, name, AT_SYMLINK_FOLLOW) == 0;
}

/* Give a draft a name of the folder, so that it can be renamed. */
static bool draft_name(struct proa_cache *cache, struct proa_cache_draft *draft)
{
    char name[sizeof draft->name];

    if (draft->name[0] != '\0')
        return true;
    temporary_name(name, sizeof name);
    if (!name_give(cache, draft, name))
        return false;
    memcpy(draft->name, name, sizeof name);
    return true;
}

/* In one step where there is no such entry yet. */
static bool entry_make(struct proa_cache *cache, struct proa_cache_draft *draft,
                       const char *name)
{
    if (draft->name[0] == '\0' && name_give(cache, draft, name))
        return true;
    return draft_name(cache, draft) &&
           renameat(cache->fd, draft->name, cache->fd, name) == 0;
}

enum proa_status proa_cache_publish(struct proa_cache *cache,
                                    struct proa_cache_draft *draft,
                                    const char *key, uint64_t bytes_max,
                                    struct proa_error *err)
{
    char name[PROA_CACHE_NAME_SIZE];

    proa_cache_entry_name(key, name);
    if (!entry_make(cache, draft, name)) {
        int code = errno;

        proa_cache_discard(cache, draft);
        return proa_fail(err, PROA_IO, 0, "writing to the cache: %s",
                         strerror(code));
    }
    (void)close(draft->fd);
    draft->fd = -1;
    return proa_cache_prune_after(cache, name, bytes_max, err);
}
