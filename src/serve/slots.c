/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "serve/init.h"

/* So many are kept of all functions together; the one that has waited longest
 * goes. */
enum { IDLE_COUNT_MAX = 64 };

struct proa_slots_entry {
    struct proa_slots_entry *next; /* idle ones, the latest first */
    struct proa_slots_entry *previous;
    struct proa_slot *slot;
    const struct proa_module *module; /* which the slot retains */
    uint64_t memory_bytes_max;
    uint64_t fuel;
    char *init;      /* owned; NULL: nothing is done before the first use */
    uint64_t number; /* of the function, whose that is alone; 0: any */
    void *envs[2];   /* which the imports are bound to */
    const struct proa_slots_use *use; /* the present one */
    struct proa_instance *instance;   /* of the present one; NULL: none */
};

struct proa_slots {
    struct proa_slots_entry *first;
    struct proa_slots_entry *last;
    uint32_t count;
};

struct proa_slots *proa_slots_create(void)
{
    return calloc(1, sizeof(struct proa_slots));
}

static void take_out(struct proa_slots *slots, struct proa_slots_entry *entry)
{
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        slots->last = entry->previous;
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        slots->first = entry->next;
    entry->next = NULL;
    entry->previous = NULL;
    slots->count--;
}

static void put_in(struct proa_slots *slots, struct proa_slots_entry *entry)
{
    entry->previous = NULL;
    entry->next = slots->first;
    if (entry->next != NULL)
        entry->next->previous = entry;
    else
        slots->last = entry;
    slots->first = entry;
    slots->count++;
}

static void entry_destroy(struct proa_slots_entry *entry)
{
    proa_slot_destroy(entry->slot);
    free(entry->init);
    free(entry);
}

void proa_slots_destroy(struct proa_slots *slots)
{
    if (slots == NULL)
        return;
    while (slots->first != NULL) {
        struct proa_slots_entry *entry = slots->first;
        take_out(slots, entry);
        entry_destroy(entry);
    }
    free(slots);
}

static enum proa_status link_imports(void *env, struct proa_store *store,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    const struct proa_slots_entry *entry = env;

    entry->use->task->store = store;
    return entry->use->link(entry->use->link_env, store, imports, err);
}

/* What was done beforehand knew the function's environment and folders. */
static uint64_t number_of(const struct proa_function *function)
{
    return function->init != NULL ? function->number : 0;
}

static struct proa_slots_entry *find_idle(struct proa_slots *slots,
                                          const struct proa_function *function)
{
    struct proa_slots_entry *entry = slots->first;
    uint64_t number = number_of(function);

    while (entry != NULL &&
           (entry->number != number || entry->module != function->module ||
            entry->memory_bytes_max != function->settings.memory_bytes_max ||
            entry->fuel != function->settings.fuel))
        entry = entry->next;
    if (entry != NULL)
        take_out(slots, entry);
    return entry;
}

static enum proa_status entry_create(const struct proa_slots_use *use,
                                     struct proa_slots_entry **entry,
                                     struct proa_error *err)
{
    const struct proa_function *function = use->function;
    struct proa_slots_entry *made = calloc(1, sizeof *made);
    const char *init = function->init;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    if (init != NULL && (made->init = strdup(init)) == NULL) {
        free(made);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    }
    const struct proa_slot_options options = {
        .store = { .memory_bytes_max = function->settings.memory_bytes_max,
                   .fuel = function->settings.fuel,
                   .wait = proa_task_wait },
        .link = link_imports,
        .link_env = made,
        .stays_on_thread = true,
        .init = init != NULL ? proa_init_call : NULL,
        .init_env = made->init,
        .init_may_call = proa_init_may_call,
    };
    made->module = function->module;
    made->number = number_of(function);
    made->memory_bytes_max = function->settings.memory_bytes_max;
    made->fuel = function->settings.fuel;
    enum proa_status status = proa_slot_create(use->engine, function->module,
                                               &options, &made->slot, err);
    if (status != PROA_OK) {
        free(made->init);
        free(made);
        return status;
    }
    *entry = made;
    return PROA_OK;
}

enum proa_status proa_slots_begin(struct proa_slots *slots,
                                  const struct proa_slots_use *use,
                                  struct proa_slots_entry **entry,
                                  struct proa_instance **instance,
                                  struct proa_error *err)
{
    struct proa_slots_entry *used = find_idle(slots, use->function);

    if (used == NULL) {
        enum proa_status status = entry_create(use, &used, err);
        if (status != PROA_OK)
            return status;
        atomic_fetch_add(&use->function->stats->cold_starts, 1);
    }
    for (int i = 0; i < 2; i++) {
        if (used->envs[i] != NULL)
            proa_slot_replace_env(used->slot, used->envs[i], use->envs[i]);
        used->envs[i] = use->envs[i];
    }
    used->use = use;
    use->task->store = proa_slot_store(used->slot);
    *entry = used;
    used->instance = NULL;
    enum proa_status status = proa_slot_begin(used->slot, instance, err);
    if (status != PROA_OK)
        return status;
    used->instance = *instance;
    if (use->first_env != NULL)
        proa_slot_replace_env(used->slot, use->first_env, use->envs[0]);
    return status;
}

struct proa_store *proa_slots_store(const struct proa_slots_entry *entry)
{
    return proa_slot_store(entry->slot);
}

/* Of the memory that it shows under the usual name. */
static uint64_t memory_of(struct proa_instance *instance)
{
    struct proa_extern memory;

    if (instance == NULL ||
        !proa_instance_export(instance, "memory", &memory) ||
        memory.kind != PROA_KIND_MEMORY)
        return 0;
    return proa_memory_size(memory.of.memory);
}

void proa_slots_end(struct proa_slots *slots, struct proa_slots_entry *entry)
{
    if (entry == NULL)
        return;
    entry->use->task->memory_bytes = memory_of(entry->instance);
    entry->use->task->store = NULL;
    entry->use = NULL;
    proa_slot_end(entry->slot);
    put_in(slots, entry);
    if (slots->count <= IDLE_COUNT_MAX)
        return;
    entry = slots->last;
    take_out(slots, entry);
    entry_destroy(entry);
}
