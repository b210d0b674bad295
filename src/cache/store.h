/*
 * The folder of compiled modules: KEY.proa files, found by what they hold.
 *
 * Any number of processes use one folder at once. An entry appears whole (a
 * file without a name, or with a temporary one, is written first), never
 * changes and may vanish at any time; whoever has it open keeps it. What is
 * not ours alone to write, folder or file, is not used.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_STORE_H
#define PROA_CACHE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "proa/error.h"

struct proa_cache;

enum { PROA_CACHE_KEY_SIZE = 64 }; /* hexadecimal digits, without the end */

/* What the folder may hold unless PROA_CACHE_MAX says otherwise. */
#define PROA_CACHE_BYTES_DEFAULT (1ULL << 30)

/*
 * Where the cache is: PROA_CACHE_DIR, XDG_CACHE_HOME/proa, ~/.cache/proa.
 * False when none of them is set (or PROA_CACHE_DIR is empty): no cache.
 */
bool proa_cache_default_dir(char *path, uint32_t size);

/* PROA_CACHE_MAX, or the default when it is unset or makes no sense. */
uint64_t proa_cache_default_bytes_max(void);

/*
 * Open the folder, and make it if it is not there.
 *
 * @param path  borrowed for the call; an absolute path
 * @param cache set on success; owned: end with proa_cache_close()
 * @return PROA_OK, PROA_IO (it cannot be made, or is another's, or others may
 *         write to it), PROA_NOMEM
 * Threads: a cache belongs to one thread at a time.
 */
PROA_NODISCARD enum proa_status proa_cache_open(const char *path,
                                                struct proa_cache **cache,
                                                struct proa_error *err);
/* NULL does nothing. */
void proa_cache_close(struct proa_cache *cache);

/* Open an entry and note that it was used. -1: there is none. */
int proa_cache_find(struct proa_cache *cache, const char *key);

/* Forget an entry. It may be gone already. */
void proa_cache_drop(struct proa_cache *cache, const char *key);

/*
 * Hold this key alone; `wait` until nobody else does. A descriptor: closing it
 * unlocks; -1 when it cannot be locked, which is no reason to stop unless there
 * was no waiting. The end of the process unlocks too.
 */
int proa_cache_lock(struct proa_cache *cache, const char *key, bool wait);

/* A file of the folder that is not an entry yet. */
struct proa_cache_draft {
    int fd;        /* owned */
    char name[48]; /* "" when it has no name at all */
    uint64_t size; /* bytes */
};

/*
 * Copy `size` bytes from the start of a file into a new draft.
 *
 * @param to_disk wait for the disk: what is not there may be garbage after the
 *                machine has failed
 * @param draft set on success; end with proa_cache_publish() or _discard()
 * @return PROA_OK, PROA_IO (the disk is full, the folder is read-only ...)
 */
PROA_NODISCARD enum proa_status proa_cache_draft(struct proa_cache *cache,
                                                 int source_fd, uint64_t size,
                                                 bool to_disk,
                                                 struct proa_cache_draft *draft,
                                                 struct proa_error *err);

/*
 * Make a draft the entry of a key, in place of one that may be there, and
 * prune the folder when it holds more than `bytes_max`. The draft's descriptor
 * is closed in any case.
 */
PROA_NODISCARD enum proa_status
proa_cache_publish(struct proa_cache *cache, struct proa_cache_draft *draft,
                   const char *key, uint64_t bytes_max, struct proa_error *err);
void proa_cache_discard(struct proa_cache *cache,
                        struct proa_cache_draft *draft);

struct proa_cache_entry {
    char key[PROA_CACHE_KEY_SIZE + 1];
    uint64_t size;   /* bytes on the disk */
    int64_t used_ns; /* since 1970 */
};

/*
 * All entries, the one that was used last first.
 *
 * @param entries set on success; owned: free() it; NULL when there are none
 */
PROA_NODISCARD enum proa_status
proa_cache_list(struct proa_cache *cache, struct proa_cache_entry **entries,
                uint32_t *count, struct proa_error *err);

struct proa_cache_pruned {
    uint32_t count; /* entries removed */
    uint64_t bytes; /* that they took */
};

/*
 * Remove what was not used for longest until at most `bytes_max` are left, and
 * leftovers of processes that died. 0 clears the cache.
 *
 * @param pruned may be NULL; set on success
 */
PROA_NODISCARD enum proa_status
proa_cache_prune(struct proa_cache *cache, uint64_t bytes_max,
                 struct proa_cache_pruned *pruned, struct proa_error *err);

#endif
