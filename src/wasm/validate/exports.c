/*
 * https://webassembly.github.io/spec/core/valid/modules.html#exports
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/validate/parts.h"
#include "wasm/where.h"

/* Any order will do that brings equal names together. */
static int compare_names(const void *left, const void *right)
{
    const struct proa_wasm_export *a =
        *(const struct proa_wasm_export *const *)left;
    const struct proa_wasm_export *b =
        *(const struct proa_wasm_export *const *)right;

    if (a->name.size != b->name.size)
        return a->name.size < b->name.size ? -1 : 1;
    return memcmp(a->name.bytes, b->name.bytes, a->name.size);
}

static enum proa_status find_duplicate(const struct proa_wasm_module *module,
                                       const struct proa_wasm_export **sorted,
                                       struct proa_error *err)
{
    char text[100];
    uint32_t count = module->export_count;

    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &module->exports[i];
    qsort(sorted, count, sizeof(const struct proa_wasm_export *),
          compare_names);
    for (uint32_t i = 1; i < count; i++) {
        if (compare_names(&sorted[i - 1], &sorted[i]) != 0)
            continue;
        uint32_t later = sorted[i - 1]->offset > sorted[i]->offset
                             ? sorted[i - 1]->offset
                             : sorted[i]->offset;
        return proa_fail(err, PROA_INVALID, later,
                         "duplicate export name \"%s\"",
                         proa_where_name(sorted[i]->name, text, sizeof text));
    }
    return PROA_OK;
}

static enum proa_status check_names(const struct proa_wasm_module *module,
                                    struct proa_error *err)
{
    const struct proa_wasm_export **sorted;
    enum proa_status status;

    if (module->export_count < 2)
        return PROA_OK;
    sorted =
        calloc(module->export_count, sizeof(const struct proa_wasm_export *));
    if (sorted == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for %u exports",
                         module->export_count);
    status = find_duplicate(module, sorted, err);
    free(sorted);
    return status;
}

static enum proa_status check_export(struct proa_wasm_module *module,
                                     const struct proa_wasm_export *export,
                                     struct proa_error *err)
{
    const uint32_t counts[] = { [PROA_KIND_FUNC] = module->function_count,
                                [PROA_KIND_TABLE] = module->table_count,
                                [PROA_KIND_MEMORY] = module->memory_count,
                                [PROA_KIND_GLOBAL] = module->global_count };
    /* The kind's name in the specification's messages. */
    static const char *const names[] = { "function", "table", "memory",
                                         "global" };
    char text[100];

    if (export->index >= counts[export->kind])
        return proa_fail(err, PROA_INVALID, export->offset,
                         "unknown %s %u in export \"%s\"", names[export->kind],
                         export->index,
                         proa_where_name(export->name, text, sizeof text));
    if (export->kind == PROA_KIND_FUNC)
        module->functions[export->index].is_referenced = true;
    if (export->kind == PROA_KIND_GLOBAL &&
        module->globals[export->index].type.is_mutable)
        module->feature_used[PROA_FEATURE_MUTABLE_GLOBALS] = true;
    return PROA_OK;
}

enum proa_status proa_validate_exports(struct proa_wasm_module *module,
                                       struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; status == PROA_OK && i < module->export_count; i++)
        status = check_export(module, &module->exports[i], err);
    if (status == PROA_OK)
        status = check_names(module, err);
    return status;
}
