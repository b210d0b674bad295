/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "platform/map.h"
#include "proa/fuel.h"
#include "runtime/call.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/module.h"
#include "runtime/store.h"
#include "runtime/table.h"

/* So many uses may leave the stack as deep as it was. */
enum { TRIM_EVERY = 64 };

/* Of copies of what instances begin with. */
static const size_t arena_bytes_max = (size_t)1024 * 1024 * 1024;
static const uint64_t resident_bytes_default = (uint64_t)64 * 1024 * 1024;

/* Tables up to this size are compared; larger ones are areas. */
static const uint64_t small_table_size = (uint64_t)64 * 1024;

static const struct proa_artifact *artifact_of(const struct proa_slot *slot)
{
    return &slot->module->artifact;
}

static uint32_t own_global_count(const struct proa_slot *slot)
{
    return artifact_of(slot)->global_count -
           artifact_of(slot)->imported_global_count;
}

/* Where the own globals' values are. */
static void *globals_of(const struct proa_slot *slot)
{
    return (uint8_t *)slot->instance->context +
           artifact_of(slot)->layout.globals;
}

/* --- its beginning ------------------------------------------------------- */

static void *copy(struct proa_arena *arena, const void *bytes, uint64_t size)
{
    void *made = proa_arena_alloc(arena, size);

    if (made != NULL && size > 0)
        memcpy(made, bytes, size);
    return made;
}

/* The pieces of a memory that come from the module's file. */
static enum proa_status find_files(struct proa_slot *slot, uint32_t memory,
                                   struct proa_area_pieces *files,
                                   struct proa_error *err)
{
    const struct proa_artifact *artifact = artifact_of(slot);
    struct proa_area_piece *pieces =
        proa_arena_array(slot->arena, artifact->image_count, sizeof *pieces);

    if (pieces == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    for (uint32_t i = 0; i < artifact->image_count; i++) {
        const struct proa_artifact_image *image = &artifact->images[i];
        if (image->memory != memory)
            continue;
        pieces[files->count++] = (struct proa_area_piece){
            .start = image->address,
            .end = image->address + image->size,
            .bytes = slot->module->base + image->offset,
        };
    }
    files->items = pieces;
    return PROA_OK;
}

/*
 * With `init` there may be much that no use writes: then it is not kept in the
 * slot's arena.
 */
static enum proa_status capture_area(struct proa_slot *slot,
                                     struct proa_area *area,
                                     struct proa_error *err)
{
    struct proa_arena *arena = NULL;
    enum proa_status status;
    bool is_shown;

    if (slot->options.init != NULL)
        arena = proa_arena_create(arena_bytes_max);
    if (arena == NULL)
        return proa_area_capture(area, slot->arena, &slot->policy, err);
    status = proa_area_capture(area, arena, &slot->policy, err);
    is_shown = status == PROA_OK && proa_area_show(area, slot->arena);
    if (status == PROA_OK && !is_shown) {
        area->owned = (struct proa_area_pieces){ 0 };
        status = proa_area_capture(area, slot->arena, &slot->policy, err);
    }
    proa_arena_destroy(arena);
    return status;
}

static enum proa_status capture_memories(struct proa_slot *slot,
                                         struct proa_error *err)
{
    uint32_t count = artifact_of(slot)->memory_count;
    enum proa_status status = PROA_OK;

    slot->memories =
        proa_arena_array(slot->arena, count, sizeof *slot->memories);
    if (slot->memories == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    for (uint32_t i = 0; i < count && status == PROA_OK; i++) {
        struct proa_slot_memory *kept = &slot->memories[i];
        kept->memory = slot->instance->memories[i];
        kept->area.base = kept->memory->base;
        kept->area.size = kept->memory->size;
        status = find_files(slot, i, &kept->area.files, err);
        if (status == PROA_OK)
            status = capture_area(slot, &kept->area, err);
    }
    return status;
}

static enum proa_status capture_table(struct proa_slot *slot,
                                      struct proa_slot_table *kept,
                                      struct proa_error *err)
{
    struct proa_table *table = kept->table;

    kept->count = table->count;
    kept->size = table->reservation_size == 0
                     ? table->count_max * table->row_size
                     : table->committed_size;
    if (kept->size <= small_table_size) {
        kept->bytes = copy(slot->arena, table->entries, kept->size);
        if (kept->bytes == NULL)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
        return PROA_OK;
    }
    kept->area.base = table->entries;
    kept->area.size = kept->size;
    return capture_area(slot, &kept->area, err);
}

static enum proa_status capture_tables(struct proa_slot *slot,
                                       struct proa_error *err)
{
    uint32_t count = artifact_of(slot)->table_count;
    enum proa_status status = PROA_OK;

    slot->tables = proa_arena_array(slot->arena, count, sizeof *slot->tables);
    if (slot->tables == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    for (uint32_t i = 0; i < count && status == PROA_OK; i++) {
        slot->tables[i].table = slot->instance->tables[i];
        status = capture_table(slot, &slot->tables[i], err);
    }
    return status;
}

static enum proa_status capture(struct proa_slot *slot, struct proa_error *err)
{
    const struct proa_artifact *artifact = artifact_of(slot);
    const struct proa_instance *instance = slot->instance;

    slot->globals = copy(slot->arena, globals_of(slot),
                         own_global_count(slot) * sizeof *slot->globals);
    slot->data_is_dropped = copy(slot->arena, instance->data_is_dropped,
                                 artifact->data_count * sizeof(bool));
    slot->elem_is_dropped = copy(slot->arena, instance->elem_is_dropped,
                                 artifact->elem_count * sizeof(bool));
    if (slot->globals == NULL || slot->data_is_dropped == NULL ||
        slot->elem_is_dropped == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    enum proa_status status = capture_memories(slot, err);
    if (status == PROA_OK)
        status = capture_tables(slot, err);
    slot->memory_bytes = slot->store->memory_bytes;
    slot->object_bytes = slot->store->object_bytes;
    slot->fuel = slot->store->fuel;
    slot->made_count = slot->store->made_count;
    return status;
}

/* --- back to it ---------------------------------------------------------- */

static bool restore_memory(struct proa_slot_memory *kept,
                           const struct proa_area_policy *policy)
{
    struct proa_memory *memory = kept->memory;
    uint64_t more = memory->size - kept->area.size;

    proa_area_restore(&kept->area, memory->size, policy);
    memory->size = kept->area.size;
    return proa_map_hide(memory->base + memory->size, more);
}

static void restore_table(struct proa_slot_table *kept,
                          const struct proa_area_policy *policy)
{
    struct proa_table *table = kept->table;
    uint8_t *rows = table->entries;

    table->count = kept->count;
    if (kept->bytes == NULL) {
        proa_area_restore(&kept->area, table->committed_size, policy);
        return;
    }
    if (kept->size > 0 && memcmp(rows, kept->bytes, kept->size) != 0)
        memcpy(rows, kept->bytes, kept->size);
    if (table->committed_size > kept->size &&
        !proa_map_discard(rows + kept->size,
                          table->committed_size - kept->size))
        memset(rows + kept->size, 0, table->committed_size - kept->size);
}

static void restore_store(struct proa_slot *slot)
{
    struct proa_store *store = slot->store;

    store->memory_bytes = slot->memory_bytes;
    store->object_bytes = slot->object_bytes;
    proa_store_fuel_set(store, slot->options.store.fuel);
    store->fuel = slot->fuel;
    store->exit_code = 0;
    store->trap_text[0] = '\0';
    free(store->backtrace);
    store->backtrace = NULL;
    store->guest.pending = 0;
    store->guest.frame_count = 0;
    store->guest.frames_are_cut = false;
    (void)proa_guest_take_interrupt(&store->guest);
    if (++slot->use_count % TRIM_EVERY == 0)
        proa_guest_trim(&store->guest);
}

/* False: it could not, and the store must not be used any more. */
static bool restore(struct proa_slot *slot)
{
    const struct proa_artifact *artifact = artifact_of(slot);
    struct proa_instance *instance = slot->instance;

    /* The host made something, which lives as long as the store. */
    if (slot->store->made_count != slot->made_count)
        return false;
    if (slot->policy.counts_faults)
        slot->policy.faults = proa_pages_faults();
    for (uint32_t i = 0; i < artifact->memory_count; i++) {
        if (!restore_memory(&slot->memories[i], &slot->policy))
            return false;
    }
    for (uint32_t i = 0; i < artifact->table_count; i++)
        restore_table(&slot->tables[i], &slot->policy);
    memcpy(globals_of(slot), slot->globals,
           own_global_count(slot) * sizeof *slot->globals);
    memcpy(instance->data_is_dropped, slot->data_is_dropped,
           artifact->data_count * sizeof(bool));
    memcpy(instance->elem_is_dropped, slot->elem_is_dropped,
           artifact->elem_count * sizeof(bool));
    restore_store(slot);
    return true;
}

/* --- made and unmade ----------------------------------------------------- */

static void unmake(struct proa_slot *slot)
{
    const struct proa_artifact *artifact = artifact_of(slot);

    for (uint32_t i = 0; slot->memories != NULL && i < artifact->memory_count;
         i++)
        proa_area_hide(&slot->memories[i].area);
    for (uint32_t i = 0; slot->tables != NULL && i < artifact->table_count; i++)
        proa_area_hide(&slot->tables[i].area);
    slot->memories = NULL;
    slot->tables = NULL;
    proa_store_destroy(slot->store);
    proa_arena_destroy(slot->arena);
    slot->store = NULL;
    slot->arena = NULL;
    slot->instance = NULL;
    slot->is_whole = false;
}

static enum proa_status link_imports(struct proa_slot *slot,
                                     struct proa_extern *imports,
                                     struct proa_error *err)
{
    const struct proa_artifact *artifact = artifact_of(slot);

    if (slot->options.link == NULL && artifact->import_count == 0)
        return PROA_OK;
    if (slot->options.link == NULL)
        return proa_fail(err, PROA_UNLINKABLE, 0,
                         "the module has imports, and nothing to find them");
    enum proa_status status =
        slot->options.link(slot->options.link_env, slot->store, imports, err);
    for (uint32_t i = 0; i < artifact->import_count && status == PROA_OK; i++) {
        if (imports[i].kind != PROA_KIND_FUNC ||
            proa_call_of(imports[i].of.func) == NULL)
            status = proa_fail(err, PROA_UNLINKABLE, 0,
                               "%.100s.%.100s: an instance in a slot can only "
                               "import host functions",
                               artifact->imports[i].module,
                               artifact->imports[i].name);
    }
    return status;
}

/*
 * A huge page would be copied whole for each byte written, and small ones that
 * the kernel makes into one become ours without a fault. All of a reservation,
 * or its two parts were an area each of the few we may have.
 */
static bool keep_pages_small(const struct proa_slot *slot)
{
    const struct proa_artifact *artifact = artifact_of(slot);
    bool is_sure = true;

    for (uint32_t i = 0; i < artifact->memory_count; i++) {
        struct proa_memory *memory = slot->instance->memories[i];
        if (!proa_map_keep_small(memory->reservation, memory->reservation_size))
            is_sure = false;
    }
    for (uint32_t i = 0; i < artifact->table_count; i++) {
        struct proa_table *table = slot->instance->tables[i];
        if (!proa_map_keep_small(table->entries, table->reservation_size))
            is_sure = false;
    }
    return is_sure;
}

static enum proa_status make_instance(struct proa_slot *slot,
                                      struct proa_error *err)
{
    uint32_t count = artifact_of(slot)->import_count;
    struct proa_extern *imports =
        proa_arena_array(slot->arena, count, sizeof *imports);

    if (imports == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    enum proa_status status = link_imports(slot, imports, err);
    if (status == PROA_OK)
        status = proa_instance_prepare(slot->store, slot->module, imports,
                                       count, &slot->instance, err);
    if (status != PROA_OK)
        return status;
    if (!keep_pages_small(slot))
        slot->policy.counts_faults = false;
    return PROA_OK;
}

/* Run the start function with no host function to call; *is_refused: it called
 * one. */
static enum proa_status start_alone(struct proa_slot *slot, bool *is_refused,
                                    struct proa_error *err)
{
    struct proa_error trap = { 0 };
    const proa_host_fn *fns = proa_slot_hold(slot, false);

    if (fns == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    enum proa_status status = proa_instance_start(slot->instance, &trap);
    proa_slot_let_go(slot, fns);
    *is_refused = status == PROA_TRAP && trap.text[0] == '\0';
    if (*is_refused || status == PROA_OK)
        return PROA_OK;
    return proa_fail(err, status, 0, "%s", trap.text);
}

/* What `init` spends is no use's. */
static enum proa_status prepare(struct proa_slot *slot, struct proa_error *err)
{
    const struct proa_slot_options *options = &slot->options;
    const proa_host_fn *fns = proa_slot_hold(slot, true);
    enum proa_status status;
    int64_t fuel;

    if (fns == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    status = proa_instance_start(slot->instance, err);
    fuel = slot->store->fuel;
    if (status == PROA_OK)
        status =
            options->init(options->init_env, slot->store, slot->instance, err);
    proa_slot_let_go(slot, fns);
    if (status != PROA_OK)
        return status;
    slot->store->fuel = fuel;
    status = capture(slot, err);
    if (status == PROA_OK)
        restore_store(slot);
    return status;
}

/*
 * A use begins with what the start function leaves. One that calls the host
 * must do so in each use: then that begins with what init finds.
 */
static enum proa_status make_beginning(struct proa_slot *slot,
                                       struct proa_error *err)
{
    enum proa_status status;

    if (slot->options.init != NULL)
        return prepare(slot, err);
    status = capture(slot, err);
    if (status == PROA_OK)
        status = start_alone(slot, &slot->inits_always, err);
    if (status != PROA_OK)
        return status;
    if (!slot->inits_always)
        return capture(slot, err);
    if (!restore(slot))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    return PROA_OK;
}

static enum proa_status make(struct proa_slot *slot, struct proa_error *err)
{
    enum proa_status status = proa_store_create(
        slot->engine, &slot->options.store, &slot->store, err);

    if (status != PROA_OK)
        return status;
    slot->arena = proa_arena_create(arena_bytes_max);
    if (slot->arena == NULL)
        status = proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    if (status == PROA_OK)
        status = make_instance(slot, err);
    if (status == PROA_OK)
        status = make_beginning(slot, err);
    slot->is_whole = status == PROA_OK;
    return status;
}

enum proa_status proa_slot_create(struct proa_engine *engine,
                                  struct proa_module *module,
                                  const struct proa_slot_options *options,
                                  struct proa_slot **slot,
                                  struct proa_error *err)
{
    struct proa_slot *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    made->engine = engine;
    made->module = proa_module_retain(module);
    made->options = *options;
    made->policy.run_max = PROA_PAGES_RUNS_MAX;
    made->policy.counts_faults = options->stays_on_thread;
    made->policy.resident_bytes_max = options->resident_bytes_max != 0
                                          ? options->resident_bytes_max
                                          : resident_bytes_default;
    *slot = made;
    return PROA_OK;
}

void proa_slot_destroy(struct proa_slot *slot)
{
    if (slot == NULL)
        return;
    assert(!slot->is_used);
    unmake(slot);
    proa_module_release(slot->module);
    free(slot);
}

/* --- a use --------------------------------------------------------------- */

enum proa_status proa_slot_begin(struct proa_slot *slot,
                                 struct proa_instance **instance,
                                 struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (slot->is_used)
        return proa_fail(err, PROA_USAGE, 0, "the slot is in use");
    slot->is_used = true;
    if (!slot->is_whole)
        status = make(slot, err);
    if (status == PROA_OK && slot->inits_always)
        status = proa_instance_start(slot->instance, err);
    if (status == PROA_OK)
        *instance = slot->instance;
    return status;
}

void proa_slot_end(struct proa_slot *slot)
{
    slot->is_used = false;
    if (!slot->is_whole || !restore(slot))
        unmake(slot);
}

struct proa_store *proa_slot_store(const struct proa_slot *slot)
{
    return slot->store;
}

static void replace(struct proa_call *call, const void *previous, void *env)
{
    if (call->env == previous)
        call->env = env;
}

void proa_slot_replace_env(struct proa_slot *slot, const void *previous,
                           void *env)
{
    if (!slot->is_whole)
        return;
    for (uint32_t i = 0; i < artifact_of(slot)->imported_function_count; i++) {
        struct proa_func *given = slot->instance->imported_funcs[i];
        replace(proa_slot_call_of(slot->instance, i), previous, env);
        replace(given->context, previous, env);
    }
}
