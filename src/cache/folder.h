/*
 * Names in the cache folder, for the files of this layer.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_FOLDER_H
#define PROA_CACHE_FOLDER_H

#include "cache/store.h"

#define PROA_CACHE_SUFFIX ".proa"
#define PROA_CACHE_TEMPORARY ".draft-"
#define PROA_CACHE_LOCK_NAME ".lock"

enum { PROA_CACHE_NAME_SIZE = PROA_CACHE_KEY_SIZE + 8 };

struct proa_cache {
    int fd; /* of the folder; owned */
};

void proa_cache_entry_name(const char *key, char name[PROA_CACHE_NAME_SIZE]);

/* Prune, but keep the entry of this name, which was just made. */
PROA_NODISCARD enum proa_status proa_cache_prune_after(struct proa_cache *cache,
                                                       const char *name,
                                                       uint64_t bytes_max,
                                                       struct proa_error *err);

#endif
