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
                                 const struct proa_hot *hot,
                                 const uint8_t *others,
                                 struct proa_arena *arena,
                                 const uint8_t **levels, struct proa_error *err)
{
    uint8_t *made = proa_arena_array(arena, module->function_count, 1);
    enum proa_status status = PROA_OK;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to plan");
    if (module->function_count > 0 && others != NULL)
        memcpy(made, others, module->function_count);
    else if (module->function_count > 0)
        memset(made, PROA_LEVEL_NONE, module->function_count);
    for (uint32_t i = 0; status == PROA_OK && i < hot->count; i++) {
        uint32_t function = hot->functions[i];

        if (function < module->imported_function_count ||
            function >= module->function_count)
            continue;
        made[function] = (uint8_t)hot->level;
        status = mark_small(module, function, (uint8_t)hot->level, made, err);
    }
    if (status == PROA_OK)
        *levels = made;
    return status;
}
