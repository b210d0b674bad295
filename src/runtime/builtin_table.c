/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/builtin.h"
#include "runtime/instance.h"
#include "runtime/module.h"
#include "runtime/table.h"

static struct proa_table *table_of(const struct proa_context *context,
                                   uint32_t table)
{
    return context->instance->tables[table];
}

static bool is_inside(uint64_t all, uint64_t start, uint64_t count)
{
    return start <= all && count <= all - start;
}

static void *item_reference(const struct proa_instance *instance,
                            const struct proa_artifact_item *item)
{
    switch ((enum proa_item_kind)item->kind) {
    case PROA_ITEM_NULL:
        break;
    case PROA_ITEM_FUNC:
        return proa_instance_func(instance, item->index);
    case PROA_ITEM_GLOBAL:
        return instance->globals[item->index]->value->externref;
    }
    return NULL;
}

uint32_t proa_builtin_table_init(struct proa_context *context, uint32_t elem,
                                 uint32_t table, uint64_t to, uint32_t from,
                                 uint32_t count)
{
    const struct proa_instance *instance = context->instance;
    const struct proa_artifact_elem *segment =
        &instance->module->artifact.elems[elem];
    struct proa_table *target = table_of(context, table);
    uint32_t left = instance->elem_is_dropped[elem] ? 0 : segment->item_count;

    if (!is_inside(left, from, count) || !is_inside(target->count, to, count))
        return PROA_TRAP_TABLE_BOUNDS;
    for (uint32_t i = 0; i < count; i++)
        proa_table_set(target, to + i, 1,
                       item_reference(instance, &segment->items[from + i]));
    return PROA_TRAP_NONE;
}

uint32_t proa_builtin_table_copy(struct proa_context *context,
                                 uint32_t to_table, uint32_t from_table,
                                 uint64_t to, uint64_t from, uint64_t count)
{
    struct proa_table *target = table_of(context, to_table);
    const struct proa_table *source = table_of(context, from_table);

    if (!is_inside(target->count, to, count) ||
        !is_inside(source->count, from, count))
        return PROA_TRAP_TABLE_BOUNDS;
    if (count > 0)
        memmove((uint8_t *)target->entries + to * target->row_size,
                (const uint8_t *)source->entries + from * source->row_size,
                count * target->row_size);
    return PROA_TRAP_NONE;
}

uint32_t proa_builtin_table_fill(struct proa_context *context, uint32_t table,
                                 uint64_t to, void *reference, uint64_t count)
{
    struct proa_table *target = table_of(context, table);

    if (!is_inside(target->count, to, count))
        return PROA_TRAP_TABLE_BOUNDS;
    proa_table_set(target, to, count, reference);
    return PROA_TRAP_NONE;
}

uint64_t proa_builtin_table_grow(struct proa_context *context, uint32_t table,
                                 void *reference, uint64_t count)
{
    return proa_table_grow(table_of(context, table), reference, count);
}

void proa_builtin_elem_drop(struct proa_context *context, uint32_t elem)
{
    context->instance->elem_is_dropped[elem] = true;
}
