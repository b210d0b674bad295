/*
 * A list of blocks of slots that only ever grows; slots are used again. Each
 * slot has a version, odd while it changes, so that a reader never pairs one
 * range's start with another's end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/code.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct proa_code_slot {
    atomic_uint version;
    bool is_used; /* under the lock */
    atomic_uintptr_t start;
    atomic_uintptr_t end;
    _Atomic(const void *) owner;
};

enum { BLOCK_SLOTS = 64 };

struct block {
    struct block *next;
    struct proa_code_slot slots[BLOCK_SLOTS];
};

static struct block first_block;
static _Atomic(struct block *) blocks = &first_block;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void slot_set(struct proa_code_slot *slot, uintptr_t start,
                     uintptr_t end, const void *owner)
{
    atomic_fetch_add(&slot->version, 1);
    atomic_store(&slot->start, start);
    atomic_store(&slot->end, end);
    atomic_store(&slot->owner, owner);
    atomic_fetch_add(&slot->version, 1);
}

static struct proa_code_slot *free_slot(void)
{
    for (struct block *block = blocks; block != NULL; block = block->next) {
        for (int i = 0; i < BLOCK_SLOTS; i++) {
            if (!block->slots[i].is_used)
                return &block->slots[i];
        }
    }
    struct block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return NULL;
    block->next = atomic_load(&blocks);
    atomic_store(&blocks, block);
    return &block->slots[0];
}

struct proa_code_slot *proa_code_add(const void *start, uint64_t size,
                                     const void *owner)
{
    (void)pthread_mutex_lock(&lock);
    struct proa_code_slot *slot = free_slot();
    if (slot != NULL) {
        slot->is_used = true;
        slot_set(slot, (uintptr_t)start, (uintptr_t)start + size, owner);
    }
    (void)pthread_mutex_unlock(&lock);
    return slot;
}

void proa_code_remove(struct proa_code_slot *slot)
{
    if (slot == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    slot_set(slot, 0, 0, NULL);
    slot->is_used = false;
    (void)pthread_mutex_unlock(&lock);
}

/*
 * A slot whose version changes while it is read is skipped: whoever asks about
 * code that is running knows that its slot does not change.
 */
static bool slot_holds(struct proa_code_slot *slot, uintptr_t address,
                       const void **owner)
{
    unsigned version = atomic_load(&slot->version);
    uintptr_t start = atomic_load(&slot->start);
    uintptr_t end = atomic_load(&slot->end);
    const void *slot_owner = atomic_load(&slot->owner);

    if (version % 2 != 0 || address < start || address >= end ||
        atomic_load(&slot->version) != version)
        return false;
    *owner = slot_owner;
    return true;
}

bool proa_code_find(uintptr_t address, const void **owner)
{
    for (struct block *block = blocks; block != NULL; block = block->next) {
        for (int i = 0; i < BLOCK_SLOTS; i++) {
            if (slot_holds(&block->slots[i], address, owner))
                return true;
        }
    }
    return false;
}
