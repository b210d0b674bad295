/*
 * https://webassembly.github.io/spec/core/exec/runtime.html#table-instances
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/table.h"

#include <assert.h>
#include <string.h>

#include "base/fail.h"
#include "platform/map.h"
#include "runtime/store.h"

/* A table that cannot exceed this needs no mapping of its own. */
enum { SMALL_BYTES = 16384 };

static bool table_commit(struct proa_table *table, uint64_t count)
{
    uint64_t size = proa_map_round(count * table->row_size);

    if (table->reservation_size == 0 || size <= table->committed_size)
        return true;
    uint8_t *start = (uint8_t *)table->entries + table->committed_size;
    if (!proa_map_commit(start, size - table->committed_size))
        return false;
    table->committed_size = size;
    return true;
}

/* Room for count_max rows, of which the first `count` may be used. */
static bool table_reserve(struct proa_table *table)
{
    uint64_t size = proa_map_round(table->count_max * table->row_size);

    if (size <= SMALL_BYTES) {
        table->entries = proa_arena_alloc(table->store->arena,
                                          table->count_max * table->row_size);
        return table->entries != NULL;
    }
    table->entries = proa_map_reserve(size);
    if (table->entries == NULL)
        return false;
    table->reservation_size = size;
    if (table_commit(table, table->count))
        return true;
    proa_map_release(table->entries, size);
    return false;
}

enum proa_status proa_table_create(struct proa_store *store,
                                   struct proa_tabletype type,
                                   struct proa_table **table,
                                   struct proa_error *err)
{
    uint64_t max = store->limits.table_elements_max;

    if (type.limits.min > max)
        return proa_fail(err, PROA_LIMIT, 0,
                         "a table of %llu elements is above the limit",
                         (unsigned long long)type.limits.min);
    struct proa_table *made = proa_store_alloc(store, 1, sizeof *made, err);
    if (made == NULL)
        return PROA_NOMEM;
    made->store = store;
    made->type = type;
    made->count = type.limits.min;
    made->count_max = type.limits.max < max ? type.limits.max : max;
    made->row_size = type.element == PROA_FUNCREF
                         ? sizeof(struct proa_table_entry)
                         : sizeof(void *);
    if (!proa_store_has_room(store, 0, made->count * made->row_size))
        return proa_fail(err, PROA_LIMIT, 0,
                         "a table of %llu elements is above the limit",
                         (unsigned long long)type.limits.min);
    if (made->count_max > UINT64_MAX / 2 / made->row_size ||
        !table_reserve(made))
        return proa_fail(err, PROA_NOMEM, 0,
                         "no memory for a table of %llu elements",
                         (unsigned long long)type.limits.min);
    store->object_bytes += made->count * made->row_size;
    made->next = store->tables;
    store->tables = made;
    *table = made;
    return PROA_OK;
}

void proa_table_release_all(struct proa_table *tables)
{
    for (; tables != NULL; tables = tables->next) {
        if (tables->reservation_size != 0)
            proa_map_release(tables->entries, tables->reservation_size);
    }
}

void *proa_table_reference(const struct proa_table *table, uint64_t index)
{
    assert(index < table->count);
    if (table->type.element == PROA_FUNCREF)
        return ((const struct proa_table_entry *)table->entries)[index].func;
    return ((void *const *)table->entries)[index];
}

void proa_table_set(struct proa_table *table, uint64_t index, uint64_t count,
                    void *reference)
{
    assert(index <= table->count && count <= table->count - index);
    if (table->type.element != PROA_FUNCREF) {
        for (uint64_t i = index; i < index + count; i++)
            ((void **)table->entries)[i] = reference;
        return;
    }
    struct proa_table_entry entry = { 0 };
    struct proa_func *func = reference;
    if (func != NULL) {
        entry.code = func->code;
        entry.context = func->context;
        entry.signature = func->signature;
        entry.func = func;
    }
    for (uint64_t i = index; i < index + count; i++)
        ((struct proa_table_entry *)table->entries)[i] = entry;
}

uint64_t proa_table_grow(struct proa_table *table, void *reference,
                         uint64_t count)
{
    struct proa_store *store = table->store;
    uint64_t old = table->count;

    if (count > table->count_max - old ||
        !proa_store_has_room(store, 0, count * table->row_size) ||
        !table_commit(table, old + count))
        return UINT64_MAX;
    table->count += count;
    store->object_bytes += count * table->row_size;
    if (reference != NULL)
        proa_table_set(table, old, count, reference);
    return old;
}

/* Growing raises a table's minimum. */
struct proa_tabletype proa_table_type(const struct proa_table *table)
{
    struct proa_tabletype type = table->type;

    type.limits.min = table->count;
    return type;
}

uint64_t proa_table_size(const struct proa_table *table)
{
    return table->count;
}

bool proa_table_get(const struct proa_table *table, uint64_t index,
                    union proa_value *value)
{
    if (index >= table->count)
        return false;
    *value =
        (union proa_value){ .externref = proa_table_reference(table, index) };
    return true;
}
