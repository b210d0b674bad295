/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/slots.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/fail.h"
#include "host/link.h"

/* So many functions a worker keeps slots of; the least recently used goes. */
enum { SLOTS_MAX = 16 };

struct entry {
    struct proa_slot *slot;
    const struct proa_module *module; /* which the slot retains */
    uint64_t memory_bytes_max;
    uint64_t used_at;
    struct proa_wasi *wasi;           /* which the imports are bound to */
    const struct proa_slots_use *use; /* the present one */
};

struct slots {
    struct entry entries[SLOTS_MAX];
    uint32_t count;
    uint64_t use_count;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_exists;

static void slots_destroy(void *memory)
{
    struct slots *slots = memory;

    for (uint32_t i = 0; i < slots->count; i++)
        proa_slot_destroy(slots->entries[i].slot);
    free(slots);
}

static void key_make(void)
{
    key_exists = pthread_key_create(&key, slots_destroy) == 0;
}

/* This thread's; NULL: no memory. */
static struct slots *slots_own(void)
{
    (void)pthread_once(&once, key_make);
    if (!key_exists)
        return NULL;
    struct slots *slots = pthread_getspecific(key);
    if (slots != NULL)
        return slots;
    slots = calloc(1, sizeof *slots);
    if (slots != NULL && pthread_setspecific(key, slots) != 0) {
        free(slots);
        return NULL;
    }
    return slots;
}

static void watch(const struct proa_slots_use *use, struct proa_store *store)
{
    proa_watchdog_begin(use->host->watchdog, use->request->slot_index, store,
                        use->deadline_ns);
}

static enum proa_status link_imports(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    const struct entry *entry = env;
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT];

    proa_wasi_tables(entry->wasi, tables);
    enum proa_status status =
        proa_host_link(store, entry->module, tables, PROA_WASI_TABLE_COUNT,
                       entry->use->host->trap_missing, imports, NULL, err);
    if (status == PROA_OK)
        watch(entry->use, store);
    return status;
}

static bool is_for(const struct entry *entry,
                   const struct proa_function *function)
{
    return entry->module == function->module &&
           entry->memory_bytes_max == function->settings.memory_bytes_max;
}

/* The function's entry, or one to be filled. */
static struct entry *entry_find(struct slots *slots,
                                const struct proa_function *function)
{
    struct entry *oldest = &slots->entries[0];

    for (uint32_t i = 0; i < slots->count; i++) {
        struct entry *entry = &slots->entries[i];
        if (is_for(entry, function))
            return entry;
        if (entry->used_at < oldest->used_at)
            oldest = entry;
    }
    if (slots->count < SLOTS_MAX)
        return &slots->entries[slots->count++];
    proa_slot_destroy(oldest->slot);
    *oldest = (struct entry){ 0 };
    return oldest;
}

static enum proa_status entry_fill(struct entry *entry,
                                   const struct proa_slots_use *use,
                                   struct proa_error *err)
{
    const struct proa_function *function = use->request->function;
    const struct proa_slot_options options = {
        .store.memory_bytes_max = function->settings.memory_bytes_max,
        .link = link_imports,
        .link_env = entry,
    };

    entry->module = function->module;
    entry->memory_bytes_max = function->settings.memory_bytes_max;
    return proa_slot_create(use->host->engine, function->module, &options,
                            &entry->slot, err);
}

enum proa_status proa_slots_begin(const struct proa_slots_use *use,
                                  struct proa_slot **slot,
                                  struct proa_instance **instance,
                                  struct proa_error *err)
{
    struct slots *slots = slots_own();
    enum proa_status status = PROA_OK;

    if (slots == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    struct entry *entry = entry_find(slots, use->request->function);
    if (entry->slot == NULL)
        status = entry_fill(entry, use, err);
    if (status != PROA_OK)
        return status;
    entry->used_at = ++slots->use_count;
    proa_slot_replace_env(entry->slot, entry->wasi, use->wasi);
    entry->wasi = use->wasi;
    entry->use = use;
    *slot = entry->slot;
    if (proa_slot_store(entry->slot) != NULL)
        watch(use, proa_slot_store(entry->slot));
    return proa_slot_begin(entry->slot, instance, err);
}
