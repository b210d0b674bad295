/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/hot.h"

#include <string.h>

#include "base/fail.h"
#include "wasm/instruction.h"

/* Bytes of a body that LLVM may inline into another. */
enum { SMALL_BODY_BYTES = 160 };

/* What a hot function calls and is small is worth as much. */
static enum proa_status mark_small(const struct proa_wasm_module *module,
                                   uint32_t caller, uint8_t level,
                                   uint8_t *levels, struct proa_error *err)
{
    struct proa_cursor in = module->functions[caller].body;
    enum proa_status status = proa_instruction_skip_locals(&in, err);

    while (status == PROA_OK && proa_cursor_left(&in) > 0) {
        struct proa_instruction instruction;
        status = proa_instruction_read(&in, &instruction, err);
        if (status != PROA_OK || instruction.op != PROA_OP_CALL ||
            instruction.index < module->imported_function_count)
            continue;
        const struct proa_wasm_function *callee =
            &module->functions[instruction.index];
        if (proa_cursor_left(&callee->body) <= SMALL_BODY_BYTES)
            levels[instruction.index] = level;
    }
    return status;
}

enum proa_status proa_hot_levels(const struct proa_wasm_module *module,
                                 const uint32_t *functions, uint32_t count,
                                 int level, struct proa_arena *arena,
                                 const uint8_t **levels, struct proa_error *err)
{
    uint8_t *made = proa_arena_array(arena, module->function_count, 1);
    enum proa_status status = PROA_OK;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to plan");
    if (module->function_count > 0)
        memset(made, PROA_LEVEL_NONE, module->function_count);
    for (uint32_t i = 0; status == PROA_OK && i < count; i++) {
        if (functions[i] < module->imported_function_count ||
            functions[i] >= module->function_count)
            continue;
        made[functions[i]] = (uint8_t)level;
        status = mark_small(module, functions[i], (uint8_t)level, made, err);
    }
    if (status == PROA_OK)
        *levels = made;
    return status;
}
