/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/heat.h"

#include <stdio.h>
#include <stdlib.h>

#include "platform/code.h"
#include "runtime/module.h"

/* Fewer say nothing. */
enum { SAMPLES_MIN = 16, PERCENT = 97 };

struct counted {
    uint32_t function;
    uint32_t count;
};

static int compare_function(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;

    return (*x > *y) - (*x < *y);
}

static int compare_count(const void *a, const void *b)
{
    const struct counted *x = a;
    const struct counted *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->function > y->function) - (x->function < y->function);
}

/* The own function at a text offset: the last that begins at or before it. */
static bool function_at(const struct proa_artifact *artifact, uint64_t offset,
                        uint32_t *function)
{
    uint32_t low = 0;
    uint32_t high =
        artifact->function_count - artifact->imported_function_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (artifact->functions[artifact->functions_by_code[middle]].code <=
            offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *function = artifact->functions_by_code[low - 1];
    return offset - artifact->functions[*function].code <
           artifact->functions[*function].code_size;
}

/* The functions of all samples in the module's code, sorted. @return count */
static uint32_t take_samples(const struct proa_module *module,
                             const struct proa_sampler *sampler,
                             uint32_t *functions)
{
    uint32_t all = atomic_load(&sampler->count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < all && i < PROA_SAMPLES_MAX; i++) {
        uintptr_t pc = atomic_load(&sampler->pcs[i]);
        const void *owner = NULL;
        if (proa_code_find(pc, &owner) && owner == module &&
            function_at(&module->artifact,
                        pc - (uintptr_t)module->base -
                            module->artifact.text_offset,
                        &functions[count]))
            count++;
    }
    qsort(functions, count, sizeof *functions, compare_function);
    return count;
}

static uint32_t count_each(const uint32_t *functions, uint32_t count,
                           struct counted *counted)
{
    uint32_t kinds = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (kinds == 0 || counted[kinds - 1].function != functions[i])
            counted[kinds++] = (struct counted){ .function = functions[i] };
        counted[kinds - 1].count++;
    }
    qsort(counted, kinds, sizeof *counted, compare_count);
    return kinds;
}

bool proa_heat_text(const struct proa_module *module,
                    const struct proa_sampler *sampler,
                    char text[PROA_HEAT_TEXT_SIZE])
{
    uint32_t *functions = calloc(PROA_SAMPLES_MAX, sizeof *functions);
    struct counted *counted = calloc(PROA_SAMPLES_MAX, sizeof *counted);
    uint32_t sum = 0;
    uint32_t kinds;
    uint32_t count;
    size_t used = 0;

    if (functions == NULL || counted == NULL) {
        free(functions);
        free(counted);
        return false;
    }
    count = take_samples(module, sampler, functions);
    kinds = count_each(functions, count, counted);
    for (uint32_t i = 0;
         count >= SAMPLES_MIN && i < kinds && i < PROA_HEAT_FUNCTIONS_MAX &&
         (uint64_t)sum * 100 < (uint64_t)count * PERCENT;
         i++) {
        used += (size_t)snprintf(text + used, PROA_HEAT_TEXT_SIZE - used,
                                 "%s%u", i > 0 ? "," : "", counted[i].function);
        sum += counted[i].count;
    }
    free(functions);
    free(counted);
    return used > 0;
}
