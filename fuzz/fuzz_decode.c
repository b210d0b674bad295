/*
 * Any bytes to a module, and what the module says about them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "wasm/decode.h"
#include "wasm/instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A window of the module's bytes, or none at all. */
static void check_window(const struct proa_wasm_module *module,
                         const struct proa_cursor *window)
{
    if (window->bytes == NULL)
        return;
    if (window->bytes != module->bytes || window->offset > window->size ||
        window->size > module->size)
        abort();
}

static void check_module(const struct proa_wasm_module *module)
{
    if (module->imported_function_count > module->function_count ||
        module->imported_table_count > module->table_count ||
        module->imported_memory_count > module->memory_count ||
        module->imported_global_count > module->global_count)
        abort();
    for (uint32_t i = 0; i < module->table_count; i++)
        check_window(module, &module->tables[i].init);
    for (uint32_t i = 0; i < module->global_count; i++)
        check_window(module, &module->globals[i].init);
    for (uint32_t i = 0; i < module->elem_count; i++) {
        check_window(module, &module->elems[i].offset);
        check_window(module, &module->elems[i].items);
    }
    for (uint32_t i = 0; i < module->data_count; i++)
        check_window(module, &module->datas[i].offset);
}

/* As many instructions as there are, whether or not they are code. */
static void read_bodies(const struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->function_count; i++) {
        struct proa_cursor in = module->functions[i].body;
        struct proa_instruction instruction;
        struct proa_error err = { 0 };

        check_window(module, &in);
        while (proa_instruction_read(&in, &instruction, &err) == PROA_OK)
            if (instruction.offset >= in.offset)
                abort();
        if (err.status == PROA_OK || err.text[0] == '\0')
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    if (proa_wasm_decode(bytes, size, &module, &err) != PROA_OK) {
        if (err.status == PROA_OK || err.offset > size)
            abort();
        return 0;
    }
    check_module(&module);
    read_bodies(&module);
    proa_wasm_module_deinit(&module);
    return 0;
}
