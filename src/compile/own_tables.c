/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/own_tables.h"

#include "base/fail.h"
#include "wasm/instruction.h"

/* False when the segment may put in what is not an own function. */
static bool holds_own(const struct proa_wasm_module *module,
                      const struct proa_wasm_elem *elem)
{
    struct proa_cursor in = elem->items;
    struct proa_error err = { 0 };

    if (elem->has_expressions)
        return false;
    for (uint32_t i = 0; i < elem->item_count; i++) {
        uint32_t function;

        if (proa_cursor_u32(&in, &function, &err) != PROA_OK ||
            function < module->imported_function_count)
            return false;
    }
    return true;
}

static void drop_declared(const struct proa_wasm_module *module, bool *is_own)
{
    for (uint32_t i = 0; i < module->table_count; i++)
        is_own[i] = i >= module->imported_table_count &&
                    module->tables[i].type.element == PROA_FUNCREF &&
                    proa_cursor_left(&module->tables[i].init) == 0;
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].kind == PROA_KIND_TABLE)
            is_own[module->exports[i].index] = false;
    for (uint32_t i = 0; i < module->elem_count; i++)
        if (module->elems[i].mode == PROA_SEGMENT_ACTIVE &&
            !holds_own(module, &module->elems[i]))
            is_own[module->elems[i].table_index] = false;
}

static void drop_written(const struct proa_instruction *instruction,
                         bool *is_own)
{
    switch (instruction->op) {
    case PROA_OP_TABLE_SET:
    case PROA_OP_TABLE_GROW:
    case PROA_OP_TABLE_FILL:
    case PROA_OP_TABLE_COPY: /* its destination comes first */
        is_own[instruction->index] = false;
        break;
    case PROA_OP_TABLE_INIT:
        is_own[instruction->index2] = false;
        break;
    default:
        break;
    }
}

static enum proa_status read_body(const struct proa_wasm_function *function,
                                  bool *is_own, struct proa_error *err)
{
    struct proa_cursor in = function->body;
    uint32_t group_count;
    enum proa_status status = proa_cursor_u32(&in, &group_count, err);

    for (uint32_t i = 0; status == PROA_OK && i < group_count; i++) {
        uint32_t count;
        uint8_t type;

        status = proa_cursor_u32(&in, &count, err);
        if (status == PROA_OK)
            status = proa_cursor_u8(&in, &type, err);
    }
    while (status == PROA_OK && proa_cursor_left(&in) > 0) {
        struct proa_instruction instruction;

        status = proa_instruction_read(&in, &instruction, err);
        if (status == PROA_OK)
            drop_written(&instruction, is_own);
    }
    return status;
}

enum proa_status proa_own_tables_find(const struct proa_wasm_module *module,
                                      struct proa_arena *arena,
                                      const bool **own_tables,
                                      struct proa_error *err)
{
    bool *is_own = proa_arena_array(arena, module->table_count, sizeof *is_own);

    if (is_own == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for tables");
    drop_declared(module, is_own);
    for (uint32_t i = module->imported_function_count;
         module->table_count > 0 && i < module->function_count; i++) {
        enum proa_status status = read_body(&module->functions[i], is_own, err);

        if (status != PROA_OK)
            return status;
    }
    *own_tables = is_own;
    return PROA_OK;
}
