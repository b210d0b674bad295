/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/copy.h"

#include <stdio.h>

/*
 * Bytes of a body. A call costs what some ten instructions do. A function that
 * calls itself gets copies within copies, of which each level has twice as many
 * as the one before: all of a level together may have so many bytes.
 */
enum { SMALL_BYTES = 32, SELF_BYTES = 640, SELF_CALLS = 2, DEPTH_MAX = 3 };

static bool is_wanted(struct proa_lower *lower, uint32_t function_index)
{
    const struct proa_unit *unit = lower->unit;
    size_t size =
        proa_cursor_left(&unit->module->functions[function_index].body);

    if (lower->type == NULL || unit->options->opt_level < 2 ||
        unit->options->counts_fuel || unit->plan->has_tail[function_index] ||
        unit->copy_count == PROA_UNIT_COPIES_MAX)
        return false;
    if (function_index != lower->function_index)
        return size <= SMALL_BYTES && lower->copy_depth == 0;
    return lower->copy_depth < DEPTH_MAX &&
           size << (lower->copy_depth + 1) <= SELF_BYTES &&
           lower->self_calls++ < SELF_CALLS;
}

LLVMValueRef proa_copy_wanted(struct proa_lower *lower, uint32_t function_index)
{
    struct proa_unit *unit = lower->unit;
    LLVMValueRef copy;
    uint32_t depth = lower->copy_depth + 1;
    char name[24];

    if (!is_wanted(lower, function_index))
        return NULL;
    (void)snprintf(name, sizeof name, "c%u.%u", function_index, depth);
    copy = LLVMGetNamedFunction(unit->llvm_module, name);
    if (copy != NULL)
        return copy;
    copy = proa_unit_function(
        unit, name,
        proa_unit_functype(unit,
                           unit->module->functions[function_index].type_index));
    LLVMSetVisibility(copy, LLVMDefaultVisibility);
    LLVMSetLinkage(copy, LLVMInternalLinkage);
    proa_unit_attribute(copy, unit->alwaysinline);
    unit->copies[unit->copy_count++] = (struct proa_unit_copy){
        .function = copy, .index = function_index, .depth = depth
    };
    return copy;
}
