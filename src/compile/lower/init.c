/*
 * What an instance does first: its globals, tables, segments, start function.
 * https://webassembly.github.io/spec/core/exec/modules.html#instantiation
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/fail.h"
#include "compile/lower/fuel.h"
#include "compile/lower/function.h"

/* The value of a constant expression, pushed. */
static enum proa_status expression(struct proa_lower *lower,
                                   struct proa_cursor in,
                                   struct proa_error *err)
{
    proa_lower_open_function(lower);
    return proa_lower_instructions(lower, &in, err);
}

static enum proa_status init_globals(struct proa_lower *lower,
                                     struct proa_error *err)
{
    const struct proa_wasm_module *module = lower->unit->module;

    for (uint32_t i = module->imported_global_count; i < module->global_count;
         i++) {
        enum proa_status status =
            expression(lower, module->globals[i].init, err);

        if (status != PROA_OK)
            return status;
        proa_unit_state_store(lower->builder, proa_lower_pop(lower),
                              proa_lower_global_place(lower, i));
    }
    return PROA_OK;
}

static void push_size(struct proa_lower *lower, uint64_t value, bool is_64)
{
    proa_lower_push(lower, is_64 ? proa_unit_i64(lower->unit, value)
                                 : proa_unit_i32(lower->unit, (uint32_t)value));
}

/* A table that says what is in it at first. */
static enum proa_status init_tables(struct proa_lower *lower,
                                    struct proa_error *err)
{
    const struct proa_wasm_module *module = lower->unit->module;

    for (uint32_t i = module->imported_table_count; i < module->table_count;
         i++) {
        const struct proa_wasm_table *table = &module->tables[i];
        const struct proa_limits *limits = &table->type.limits;
        enum proa_status status;

        if (proa_cursor_left(&table->init) == 0)
            continue;
        push_size(lower, 0, limits->is_64);
        status = expression(lower, table->init, err);
        if (status != PROA_OK)
            return status;
        push_size(lower, limits->min, limits->is_64);
        proa_lower_table_fill(lower, i);
    }
    return PROA_OK;
}

static enum proa_status init_elems(struct proa_lower *lower,
                                   struct proa_error *err)
{
    const struct proa_wasm_module *module = lower->unit->module;

    for (uint32_t i = 0; i < module->elem_count; i++) {
        const struct proa_wasm_elem *elem = &module->elems[i];

        if (elem->mode == PROA_SEGMENT_PASSIVE)
            continue;
        if (elem->mode == PROA_SEGMENT_ACTIVE) {
            enum proa_status status = expression(lower, elem->offset, err);

            if (status != PROA_OK)
                return status;
            push_size(lower, 0, false);
            push_size(lower, elem->item_count, false);
            proa_lower_table_init(lower, i, elem->table_index);
        }
        proa_lower_elem_drop(lower, i);
    }
    return PROA_OK;
}

static enum proa_status init_datas(struct proa_lower *lower,
                                   struct proa_error *err)
{
    const struct proa_wasm_module *module = lower->unit->module;

    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct proa_wasm_data *data = &module->datas[i];
        enum proa_status status;

        if (data->mode != PROA_SEGMENT_ACTIVE ||
            lower->unit->plan->data_in_image[i])
            continue;
        status = expression(lower, data->offset, err);
        if (status != PROA_OK)
            return status;
        push_size(lower, 0, false);
        push_size(lower, data->size, false);
        proa_lower_memory_init(lower, i, data->memory_index);
        proa_lower_data_drop(lower, i);
    }
    return PROA_OK;
}

static enum proa_status fill_init(struct proa_lower *lower,
                                  struct proa_error *err)
{
    proa_lower_fuel_of_start(lower);
    enum proa_status status = init_globals(lower, err);

    if (status == PROA_OK)
        status = init_tables(lower, err);
    if (status == PROA_OK)
        status = init_elems(lower, err);
    if (status == PROA_OK)
        status = init_datas(lower, err);
    if (status == PROA_OK && lower->unit->module->start_function != UINT32_MAX)
        proa_lower_call_function(lower, lower->unit->module->start_function);
    LLVMBuildRetVoid(lower->builder);
    return status;
}

/* Runs once an instance and may be long: it is not worth any optimisation. */
static LLVMValueRef declare_init(struct proa_unit *unit)
{
    LLVMValueRef function = proa_unit_function(
        unit, "init", LLVMFunctionType(unit->nothing, &unit->ptr, 1, false));

    proa_unit_attribute(function, unit->noinline);
    proa_unit_attribute(function, unit->optnone);
    return function;
}

enum proa_status proa_lower_init(struct proa_unit *unit, struct proa_error *err)
{
    struct proa_lower *lower = malloc(sizeof *lower);
    enum proa_status status;

    if (lower == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to lower init");
    status = proa_lower_begin(lower, unit, declare_init(unit), err);
    if (status == PROA_OK) {
        status = fill_init(lower, err);
        proa_lower_finish(lower);
        proa_lower_deinit(lower);
    }
    free(lower);
    return status;
}
