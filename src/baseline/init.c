/*
 * What an instance does first, and how the host calls in.
 * https://webassembly.github.io/spec/core/exec/modules.html#instantiation
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "baseline/function.h"

#include "baseline/fuel.h"

static enum proa_status init_globals(struct proa_emit *emit,
                                     struct proa_error *err)
{
    const struct proa_wasm_module *module = emit->chunk->module;

    for (uint32_t i = module->imported_global_count; i < module->global_count;
         i++) {
        struct proa_instruction set = { .op = PROA_OP_GLOBAL_SET };
        enum proa_status status =
            proa_emit_expression(emit, module->globals[i].init, err);
        if (status != PROA_OK)
            return status;
        set.index = i;
        (void)proa_emit_variable(emit, &set);
    }
    return PROA_OK;
}

static void push_number(struct proa_emit *emit, uint64_t value, bool is_64)
{
    proa_push_const(emit, is_64 ? PROA_I64 : PROA_I32, value);
}

static enum proa_status init_tables(struct proa_emit *emit,
                                    struct proa_error *err)
{
    const struct proa_wasm_module *module = emit->chunk->module;

    for (uint32_t i = module->imported_table_count; i < module->table_count;
         i++) {
        const struct proa_wasm_table *table = &module->tables[i];
        const struct proa_limits *limits = &table->type.limits;
        struct proa_instruction fill = { .op = PROA_OP_TABLE_FILL };
        if (proa_cursor_left(&table->init) == 0)
            continue;
        push_number(emit, 0, limits->is_64);
        enum proa_status status = proa_emit_expression(emit, table->init, err);
        if (status != PROA_OK)
            return status;
        push_number(emit, limits->min, limits->is_64);
        fill.index = i;
        (void)proa_emit_table(emit, &fill);
    }
    return PROA_OK;
}

static enum proa_status init_elems(struct proa_emit *emit,
                                   struct proa_error *err)
{
    const struct proa_wasm_module *module = emit->chunk->module;

    for (uint32_t i = 0; i < module->elem_count; i++) {
        const struct proa_wasm_elem *elem = &module->elems[i];
        struct proa_instruction init = { .op = PROA_OP_TABLE_INIT };
        struct proa_instruction drop = { .op = PROA_OP_ELEM_DROP };
        if (elem->mode == PROA_SEGMENT_PASSIVE)
            continue;
        if (elem->mode == PROA_SEGMENT_ACTIVE) {
            enum proa_status status =
                proa_emit_expression(emit, elem->offset, err);
            if (status != PROA_OK)
                return status;
            push_number(emit, 0, false);
            push_number(emit, elem->item_count, false);
            init.index = i;
            init.index2 = elem->table_index;
            (void)proa_emit_table(emit, &init);
        }
        drop.index = i;
        (void)proa_emit_table(emit, &drop);
    }
    return PROA_OK;
}

static enum proa_status init_datas(struct proa_emit *emit,
                                   const bool *data_in_image,
                                   struct proa_error *err)
{
    const struct proa_wasm_module *module = emit->chunk->module;

    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct proa_wasm_data *data = &module->datas[i];
        struct proa_instruction init = { .op = PROA_OP_MEMORY_INIT };
        struct proa_instruction drop = { .op = PROA_OP_DATA_DROP };
        if (data->mode != PROA_SEGMENT_ACTIVE || data_in_image[i])
            continue;
        enum proa_status status = proa_emit_expression(emit, data->offset, err);
        if (status != PROA_OK)
            return status;
        push_number(emit, 0, false);
        push_number(emit, data->size, false);
        init.index = i;
        init.index2 = data->memory_index;
        (void)proa_emit_memory(emit, &init);
        drop.index = i;
        (void)proa_emit_memory(emit, &drop);
    }
    return PROA_OK;
}

enum proa_status proa_emit_init(struct proa_emit *emit,
                                struct proa_chunk *chunk,
                                const bool *data_in_image, uint32_t *at,
                                struct proa_error *err)
{
    static const struct proa_functype nothing = { 0 };
    uint32_t start = chunk->module->start_function;
    enum proa_status status = proa_emit_open(emit, chunk, &nothing, at, err);

    if (status != PROA_OK)
        return status;
    proa_emit_fuel_of_start(emit);
    status = init_globals(emit, err);
    if (status == PROA_OK)
        status = init_tables(emit, err);
    if (status == PROA_OK)
        status = init_elems(emit, err);
    if (status == PROA_OK)
        status = init_datas(emit, data_in_image, err);
    if (status != PROA_OK)
        return status;
    if (start != UINT32_MAX)
        proa_emit_call_function(emit, start);
    return proa_emit_close(emit, err);
}

/* rdi the code, rsi the context, rdx the arguments: in r10 while they are
 * loaded; rcx the results: kept in rbx. */
static void open_trampoline(struct proa_emit *emit, int32_t stack_size)
{
    struct proa_asm *as = &emit->as;

    proa_asm_push(as, PROA_RBP);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBP, PROA_RSP);
    proa_asm_push(as, PROA_RBX);
    proa_asm_group_ri(as, PROA_ASM_GROUP_SUB, true, PROA_RSP, stack_size + 8);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBX, PROA_RCX);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_R10, PROA_RDX);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_RAX, PROA_RDI);
    proa_asm_rr(as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI, PROA_RSI);
}

static void load_value(struct proa_emit *emit, const struct proa_arg *arg,
                       uint32_t index)
{
    struct proa_place from = proa_place(PROA_R10, 16 * (int32_t)index);
    struct proa_place to = proa_place(PROA_RSP, arg->stack);
    unsigned reg = arg->reg;

    if (arg->reg == PROA_NO_GPR)
        reg = proa_is_xmm(arg->type) ? PROA_SCRATCH_XMM : PROA_SCRATCH;
    proa_load_typed(emit, arg->type, reg, &from);
    if (arg->reg == PROA_NO_GPR)
        proa_store_typed(emit, arg->type, reg, &to);
}

static struct proa_args count_args(const struct proa_functype *type)
{
    struct proa_args args = { .int_count = 1 };

    for (uint32_t i = 0; i < type->param_count; i++)
        (void)proa_next_arg(&args, type->params[i]);
    if (type->result_count > 1)
        (void)proa_next_arg(&args, PROA_I64);
    return args;
}

enum proa_status proa_emit_trampoline(struct proa_emit *emit,
                                      struct proa_chunk *chunk,
                                      uint32_t type_index, uint32_t *at,
                                      struct proa_error *err)
{
    const struct proa_functype *type = &chunk->module->types[type_index];
    struct proa_args args = count_args(type);
    int32_t stack_size = (args.stack_size + 15) & ~15;
    struct proa_place first = proa_place(PROA_RBX, 0);
    struct proa_place saved = proa_place(PROA_RBP, -8);

    *at = proa_emit_align(emit, chunk);
    open_trampoline(emit, stack_size);
    args = (struct proa_args){ .int_count = 1 };
    for (uint32_t i = 0; i < type->param_count; i++) {
        struct proa_arg arg = proa_next_arg(&args, type->params[i]);
        load_value(emit, &arg, i);
    }
    if (type->result_count > 1) {
        struct proa_arg arg = proa_next_arg(&args, PROA_I64);
        struct proa_place to = proa_place(PROA_RSP, arg.stack);
        if (arg.reg != PROA_NO_GPR)
            proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, arg.reg,
                        PROA_RBX);
        else
            proa_asm_rm(&emit->as, PROA_ASM_MOV_STORE | PROA_ASM_W, PROA_RBX,
                        &to);
    }
    proa_asm_call_r(&emit->as, PROA_RAX);
    if (type->result_count == 1)
        proa_store_typed(emit, type->results[0],
                         proa_is_xmm(type->results[0]) ? 0 : PROA_RAX, &first);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RBX, &saved);
    proa_asm_leave(&emit->as);
    proa_asm_ret(&emit->as);
    return proa_emit_check(emit, err);
}
