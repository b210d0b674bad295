/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/record.h"

#include "artifact/artifact.h"

uint32_t *proa_records_make(const struct proa_wasm_module *module,
                            struct proa_arena *arena, uint32_t *count)
{
    uint32_t *records =
        proa_arena_array(arena, module->function_count, sizeof *records);
    uint32_t next = 0;

    if (records == NULL)
        return NULL;
    for (uint32_t i = 0; i < module->function_count; i++) {
        records[i] = PROA_ARTIFACT_NONE;
        if (module->functions[i].is_referenced)
            records[i] = next++;
    }
    *count = next;
    return records;
}

struct proa_layout proa_module_layout(const struct proa_wasm_module *module,
                                      uint32_t record_count)
{
    struct proa_layout_counts counts = {
        .imported_functions = module->imported_function_count,
        .memories = module->memory_count,
        .tables = module->table_count,
        .imported_globals = module->imported_global_count,
        .globals = module->global_count - module->imported_global_count,
        .funcs = record_count,
    };

    return proa_layout_make(&counts);
}
