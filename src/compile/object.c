/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/object.h"

#include <assert.h>

#include "compile/lower/copy.h"
#include "compile/lower/function.h"
#include "compile/pipeline.h"

static enum proa_status lower_all(struct proa_unit *unit,
                                  const struct proa_partition *partition,
                                  struct proa_error *err)
{
    const uint8_t *levels = unit->plan->levels;

    for (uint32_t i = partition->first; i < partition->end; i++) {
        enum proa_status status;

        if (levels != NULL && levels[i] != partition->level)
            continue;
        status = proa_lower_function(unit, i, err);
        if (status != PROA_OK)
            return status;
    }
    if (partition->is_first) {
        enum proa_status status = proa_lower_init(unit, err);

        if (status != PROA_OK)
            return status;
        proa_lower_trampolines(unit);
    }
    return proa_lower_copies(unit, err);
}

enum proa_status
proa_codegen_partition(const struct proa_codegen_plan *plan,
                       const struct proa_partition *partition,
                       const struct proa_codegen_options *options,
                       struct proa_buffer *object, struct proa_error *err)
{
    struct proa_pipeline pipeline;
    struct proa_unit unit;
    enum proa_status status;

    assert(partition->first >= plan->module->imported_function_count);
    assert(partition->end <= plan->module->function_count);
    assert(options->opt_level >= 0 && options->opt_level <= 3);
    status = proa_unit_init(&unit, plan, options, err);
    if (status != PROA_OK)
        return status;
    status = proa_pipeline_init(&pipeline, &unit, err);
    if (status == PROA_OK)
        status = lower_all(&unit, partition, err);
    if (status == PROA_OK)
        status = proa_pipeline_run(&pipeline, object, err);
    proa_pipeline_deinit(&pipeline);
    proa_unit_deinit(&unit);
    return status;
}
