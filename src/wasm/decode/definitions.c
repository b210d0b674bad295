/*
 * What a module defines itself: functions, tables, memories, globals, their
 * code, and which function starts it. Own things follow the imported ones.
 * https://webassembly.github.io/spec/core/binary/modules.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/instruction.h"
#include "wasm/limits.h"

enum { TABLE_WITH_INIT = 0x40 };

/* An index space as it is and as a section makes it. */
struct space {
    void *items;
    uint32_t imported_count;
    uint32_t count_max; /* of imported and own ones */
    const char *what;
};

/* Read how many own ones there are and make room for them at the space's end.
 */
static enum proa_status extend(struct proa_wasm_module *module,
                               struct proa_cursor *in, struct space *space,
                               size_t size, uint32_t *count_all,
                               struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    enum proa_status status = proa_decode_count(
        in, space->count_max - space->imported_count, space->what, &count, err);

    if (status == PROA_OK)
        status = proa_decode_array(module, space->imported_count + count, size,
                                   &array, err);
    if (status != PROA_OK)
        return status;
    if (space->imported_count > 0)
        memcpy(array, space->items, space->imported_count * size);
    space->items = array;
    *count_all = space->imported_count + count;
    return PROA_OK;
}

enum proa_status proa_decode_functions(struct proa_wasm_module *module,
                                       struct proa_cursor *in,
                                       struct proa_error *err)
{
    struct space space = { module->functions, module->imported_function_count,
                           PROA_FUNCTIONS_MAX, "functions" };
    uint32_t count = space.imported_count;
    enum proa_status status =
        extend(module, in, &space, sizeof *module->functions, &count, err);

    module->functions = space.items;
    for (uint32_t i = space.imported_count; status == PROA_OK && i < count;
         i++) {
        module->functions[i].offset = in->offset;
        status = proa_cursor_u32(in, &module->functions[i].type_index, err);
    }
    module->function_count = count;
    return status;
}

/* A table may say what fills it: 0x40 0x00, the type, an expression. */
static enum proa_status read_table(struct proa_cursor *in,
                                   struct proa_wasm_table *table,
                                   struct proa_error *err)
{
    bool has_init =
        proa_cursor_left(in) > 0 && in->bytes[in->offset] == TABLE_WITH_INIT;
    enum proa_status status = PROA_OK;

    table->offset = in->offset;
    if (has_init) {
        uint8_t reserved = 0;
        in->offset++;
        status = proa_cursor_u8(in, &reserved, err);
        if (status == PROA_OK && reserved != 0)
            return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                             "malformed table: zero byte expected");
    }
    if (status == PROA_OK)
        status = proa_decode_tabletype(in, &table->type, err);
    if (status == PROA_OK && has_init)
        status = proa_decode_expression(in, &table->init, err);
    return status;
}

enum proa_status proa_decode_tables(struct proa_wasm_module *module,
                                    struct proa_cursor *in,
                                    struct proa_error *err)
{
    struct space space = { module->tables, module->imported_table_count,
                           PROA_TABLES_MAX, "tables" };
    uint32_t count = space.imported_count;
    enum proa_status status =
        extend(module, in, &space, sizeof *module->tables, &count, err);

    module->tables = space.items;
    for (uint32_t i = space.imported_count; status == PROA_OK && i < count; i++)
        status = read_table(in, &module->tables[i], err);
    module->table_count = count;
    return status;
}

enum proa_status proa_decode_memories(struct proa_wasm_module *module,
                                      struct proa_cursor *in,
                                      struct proa_error *err)
{
    struct space space = { module->memories, module->imported_memory_count,
                           PROA_MEMORIES_MAX, "memories" };
    uint32_t count = space.imported_count;
    enum proa_status status =
        extend(module, in, &space, sizeof *module->memories, &count, err);

    module->memories = space.items;
    for (uint32_t i = space.imported_count; status == PROA_OK && i < count; i++)
        status = proa_decode_memorytype(in, &module->memories[i], err);
    module->memory_count = count;
    return status;
}

enum proa_status proa_decode_globals(struct proa_wasm_module *module,
                                     struct proa_cursor *in,
                                     struct proa_error *err)
{
    struct space space = { module->globals, module->imported_global_count,
                           PROA_GLOBALS_MAX, "globals" };
    uint32_t count = space.imported_count;
    enum proa_status status =
        extend(module, in, &space, sizeof *module->globals, &count, err);

    module->globals = space.items;
    for (uint32_t i = space.imported_count; status == PROA_OK && i < count;
         i++) {
        struct proa_wasm_global *global = &module->globals[i];
        status = proa_decode_globaltype(in, &global->type, err);
        if (status == PROA_OK)
            status = proa_decode_expression(in, &global->init, err);
    }
    module->global_count = count;
    return status;
}

enum proa_status proa_decode_start(struct proa_wasm_module *module,
                                   struct proa_cursor *in,
                                   struct proa_error *err)
{
    module->start_offset = in->offset;
    return proa_cursor_u32(in, &module->start_function, err);
}

enum proa_status proa_decode_code(struct proa_wasm_module *module,
                                  struct proa_cursor *in,
                                  struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t count = 0;
    uint32_t first = module->imported_function_count;
    enum proa_status status =
        proa_decode_count(in, PROA_FUNCTIONS_MAX, "bodies", &count, err);

    if (status != PROA_OK)
        return status;
    if (count != module->function_count - first)
        return proa_fail(err, PROA_MALFORMED, offset,
                         "function and code section have inconsistent lengths: "
                         "%u functions, %u bodies",
                         module->function_count - first, count);
    for (uint32_t i = first; i < module->function_count; i++) {
        uint32_t size = 0;
        offset = in->offset;
        status = proa_cursor_u32(in, &size, err);
        if (status == PROA_OK)
            status =
                proa_cursor_window(in, size, &module->functions[i].body, err);
        if (status != PROA_OK)
            return status;
        if (size > PROA_FUNCTION_BYTES_MAX)
            return proa_fail(err, PROA_LIMIT, offset,
                             "function %u has %u bytes, at most %d", i, size,
                             PROA_FUNCTION_BYTES_MAX);
    }
    return PROA_OK;
}

enum proa_status proa_decode_expression(struct proa_cursor *in,
                                        struct proa_cursor *expression,
                                        struct proa_error *err)
{
    struct proa_cursor found = *in;
    uint32_t depth = 1;

    while (depth > 0) {
        struct proa_instruction instruction;
        enum proa_status status = proa_instruction_read(in, &instruction, err);
        if (status != PROA_OK)
            return status;
        if (proa_opcodes[instruction.op].immediate == PROA_IMM_BLOCK)
            depth++;
        else if (instruction.op == PROA_OP_END)
            depth--;
    }
    found.size = in->offset;
    *expression = found;
    return PROA_OK;
}
