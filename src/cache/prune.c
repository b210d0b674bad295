/*
 * What is in the cache folder, and what goes when it grows too large.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/folder.h"

enum {
    ENTRIES_MAX = 1000000,
    DRAFT_SECONDS_MAX = 3600, /* an older one is of a process that died */
};

static bool is_entry_name(const char *name)
{
    if (strspn(name, "0123456789abcdef") != PROA_CACHE_KEY_SIZE)
        return false;
    return strcmp(name + PROA_CACHE_KEY_SIZE, PROA_CACHE_SUFFIX) == 0;
}

static bool is_draft_name(const char *name)
{
    return strncmp(name, PROA_CACHE_TEMPORARY,
                   sizeof PROA_CACHE_TEMPORARY - 1) == 0;
}

struct listing {
    struct proa_cache_entry *entries; /* owned */
    uint32_t count;
    uint32_t capacity;
};

static bool listing_add(struct listing *listing, const char *name,
                        const struct stat *st)
{
    struct proa_cache_entry *entry;

    if (listing->count == listing->capacity) {
        uint32_t capacity = listing->capacity == 0 ? 64 : listing->capacity * 2;
        struct proa_cache_entry *larger =
            realloc(listing->entries, capacity * sizeof *larger);

        if (larger == NULL)
            return false;
        listing->entries = larger;
        listing->capacity = capacity;
    }
    entry = &listing->entries[listing->count++];
    memcpy(entry->key, name, PROA_CACHE_KEY_SIZE);
    entry->key[PROA_CACHE_KEY_SIZE] = '\0';
    entry->size = (uint64_t)st->st_size;
    entry->used_ns =
        (int64_t)st->st_atim.tv_sec * 1000000000 + st->st_atim.tv_nsec;
    return true;
}

static int by_use(const void *left, const void *right)
{
    const struct proa_cache_entry *a = left;
    const struct proa_cache_entry *b = right;

    if (a->used_ns != b->used_ns)
        return a->used_ns < b->used_ns ? 1 : -1;
    return strcmp(a->key, b->key);
}

/* Remove drafts that nobody writes any more; all of them when told so. */
static void draft_visit(struct proa_cache *cache, const char *name,
                        bool is_clearing)
{
    struct stat st;

    if (fstatat(cache->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (is_clearing || time(NULL) - st.st_mtim.tv_sec > DRAFT_SECONDS_MAX))
        (void)unlinkat(cache->fd, name, 0);
}

static bool folder_visit(struct proa_cache *cache, DIR *folder,
                         struct listing *listing, bool is_clearing)
{
    const struct dirent *item;
    struct stat st;

    while ((item = readdir(folder)) != NULL) {
        if (is_draft_name(item->d_name))
            draft_visit(cache, item->d_name, is_clearing);
        if (!is_entry_name(item->d_name) || listing->count == ENTRIES_MAX ||
            fstatat(cache->fd, item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (!listing_add(listing, item->d_name, &st))
            return false;
    }
    return true;
}

static enum proa_status entries_read(struct proa_cache *cache, bool is_clearing,
                                     struct listing *listing,
                                     struct proa_error *err)
{
    /* A descriptor of its own: reading moves its position. */
    int fd = openat(cache->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    bool is_read;

    if (folder == NULL) {
        int code = errno;

        if (fd >= 0)
            (void)close(fd);
        return proa_fail(err, PROA_IO, 0, "reading the cache folder: %s",
                         strerror(code));
    }
    is_read = folder_visit(cache, folder, listing, is_clearing);
    (void)closedir(folder);
    if (!is_read) {
        free(listing->entries);
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    }
    if (listing->count > 0)
        qsort(listing->entries, listing->count, sizeof listing->entries[0],
              by_use);
    return PROA_OK;
}

enum proa_status proa_cache_list(struct proa_cache *cache,
                                 struct proa_cache_entry **entries,
                                 uint32_t *count, struct proa_error *err)
{
    struct listing listing = { 0 };
    enum proa_status status = entries_read(cache, false, &listing, err);

    if (status != PROA_OK)
        return status;
    *entries = listing.entries;
    *count = listing.count;
    return PROA_OK;
}

/* Keep from the last used on what fits; `kept_name` may be NULL. */
static struct proa_cache_pruned listing_prune(struct proa_cache *cache,
                                              const struct listing *listing,
                                              const char *kept_name,
                                              uint64_t bytes_max)
{
    struct proa_cache_pruned pruned = { 0 };
    char name[PROA_CACHE_NAME_SIZE];
    uint64_t kept = 0;

    for (uint32_t i = 0; i < listing->count; i++) {
        const struct proa_cache_entry *entry = &listing->entries[i];

        proa_cache_entry_name(entry->key, name);
        if ((kept_name != NULL && strcmp(name, kept_name) == 0) ||
            (kept <= bytes_max && entry->size <= bytes_max - kept &&
             bytes_max != 0)) {
            kept += entry->size;
        } else if (unlinkat(cache->fd, name, 0) == 0) {
            pruned.count++;
            pruned.bytes += entry->size;
        }
    }
    return pruned;
}

enum proa_status proa_cache_prune(struct proa_cache *cache, uint64_t bytes_max,
                                  struct proa_cache_pruned *pruned,
                                  struct proa_error *err)
{
    struct listing listing = { 0 };
    enum proa_status status =
        entries_read(cache, bytes_max == 0, &listing, err);
    struct proa_cache_pruned done;

    if (status != PROA_OK)
        return status;
    done = listing_prune(cache, &listing, NULL, bytes_max);
    free(listing.entries);
    if (pruned != NULL)
        *pruned = done;
    return PROA_OK;
}

enum proa_status proa_cache_prune_after(struct proa_cache *cache,
                                        const char *name, uint64_t bytes_max,
                                        struct proa_error *err)
{
    struct listing listing = { 0 };
    enum proa_status status = entries_read(cache, false, &listing, err);
    uint64_t all = 0;

    if (status != PROA_OK)
        return status;
    for (uint32_t i = 0; i < listing.count; i++)
        all += listing.entries[i].size;
    /* A tenth more than needed, so that it is not done at each entry. */
    if (all > bytes_max)
        (void)listing_prune(cache, &listing, name, bytes_max - bytes_max / 10);
    free(listing.entries);
    return PROA_OK;
}
