/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/heat.h"

#include <stdio.h>
#include <stdlib.h>

#include "platform/code.h"
#include "runtime/module.h"
#include "runtime/tier.h"

enum {
    SAMPLES_ENOUGH = 128,  /* to forget some of them */
    SAMPLES_MIN = 16,      /* fewer say nothing */
    COUNT_MIN = 2,         /* of one function */
    PERCENT_MIN = 3,       /* of all samples, that a batch must be about */
    PERCENT_ENOUGH = 97,   /* of those left, that it need not exceed */
    BYTES_FOR_EACH = 2000, /* that compiling a function takes besides */
    NUMBER_BYTES = 11,     /* of an index and what divides it */
    PARTS_FUNCTIONS_MAX = 8000,
};

bool proa_heat_init(struct proa_heat *heat, const struct proa_module *module)
{
    size_t count = module->artifact.function_count;

    *heat = (struct proa_heat){
        .module = module,
        .counts = calloc(count + 1, sizeof *heat->counts),
        .is_taken = calloc(count + 1, sizeof *heat->is_taken),
    };
    if (heat->counts != NULL && heat->is_taken != NULL)
        return true;
    proa_heat_deinit(heat);
    return false;
}

void proa_heat_deinit(struct proa_heat *heat)
{
    free(heat->counts);
    free(heat->is_taken);
    heat->counts = NULL;
    heat->is_taken = NULL;
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

bool proa_heat_is_of(const struct proa_module *module, const void *owner)
{
    if (owner == module)
        return true;
    for (const struct proa_module *some = atomic_load(&module->some);
         some != NULL; some = atomic_load(&some->some))
        if (some == owner)
            return true;
    return owner == atomic_load(&module->better) && owner != NULL;
}

bool proa_heat_note(struct proa_heat *heat, uintptr_t pc)
{
    const struct proa_module *module = heat->module;
    const struct proa_artifact *artifact = &module->artifact;
    const void *owner = NULL;
    uint32_t function;

    if (!proa_code_find(pc, &owner))
        owner = NULL;
    if (owner == module &&
        function_at(artifact,
                    pc - (uintptr_t)module->base - artifact->text_offset,
                    &function) &&
        heat->counts[function] < UINT32_MAX)
        heat->counts[function]++;
    if (heat->all < UINT32_MAX)
        heat->all++;
    return owner != NULL && proa_heat_is_of(module, owner);
}

void proa_heat_fade(struct proa_heat *heat)
{
    if (heat->all < SAMPLES_ENOUGH)
        return;
    for (uint32_t i = 0; i < heat->module->artifact.function_count; i++)
        heat->counts[i] /= 2;
    heat->all /= 2;
}

bool proa_heat_is_known(const struct proa_heat *heat)
{
    return heat->all >= SAMPLES_MIN;
}

struct candidate {
    uint32_t function;
    uint32_t count;
    uint64_t bytes; /* that compiling it is like */
};

/* Most samples for a byte first: so the least is waited for the most. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    uint64_t x_worth = x->count * y->bytes;
    uint64_t y_worth = y->count * x->bytes;

    if (x_worth != y_worth)
        return x_worth < y_worth ? 1 : -1;
    return (x->function > y->function) - (x->function < y->function);
}

/* Those that run on baseline code. @return how many samples lie in them */
static uint64_t find_candidates(const struct proa_heat *heat,
                                struct candidate *candidates, uint32_t *count)
{
    const struct proa_artifact *artifact = &heat->module->artifact;
    uint64_t sum = 0;

    *count = 0;
    for (uint32_t i = artifact->imported_function_count;
         i < artifact->function_count; i++) {
        if (heat->counts[i] < COUNT_MIN || heat->is_taken[i] ||
            proa_module_has_some(heat->module, i))
            continue;
        candidates[(*count)++] =
            (struct candidate){ i, heat->counts[i],
                                (uint64_t)artifact->functions[i].code_size +
                                    BYTES_FOR_EACH };
        sum += heat->counts[i];
    }
    qsort(candidates, *count, sizeof *candidates, compare_candidates);
    return sum;
}

static void put(struct proa_heat *heat, const struct candidate *candidates,
                uint32_t count, char text[PROA_HEAT_TEXT_SIZE])
{
    size_t used = 0;

    for (uint32_t i = 0; i < count; i++) {
        heat->is_taken[candidates[i].function] = true;
        used +=
            (size_t)snprintf(text + used, PROA_HEAT_TEXT_SIZE - used, "%s%u",
                             i > 0 ? "," : "", candidates[i].function);
    }
}

bool proa_heat_take(struct proa_heat *heat, uint64_t bytes_max,
                    char text[PROA_HEAT_TEXT_SIZE])
{
    struct candidate *candidates = calloc(
        (size_t)heat->module->artifact.function_count + 1, sizeof *candidates);
    uint32_t count = 0;
    uint32_t taken = 0;
    uint64_t bytes = 0;
    uint64_t covered = 0;
    uint64_t sum;

    if (candidates == NULL)
        return false;
    sum = find_candidates(heat, candidates, &count);
    if (sum < SAMPLES_MIN || sum * 100 < (uint64_t)heat->all * PERCENT_MIN)
        count = 0;
    while (taken < count && taken < PROA_HEAT_FUNCTIONS_MAX &&
           covered * 100 < sum * PERCENT_ENOUGH &&
           (taken == 0 || bytes + candidates[taken].bytes <= bytes_max)) {
        bytes += candidates[taken].bytes;
        covered += candidates[taken].count;
        taken++;
    }
    put(heat, candidates, taken, text);
    free(candidates);
    return taken > 0;
}

uint32_t proa_heat_count_text(const char *text)
{
    uint32_t count = *text != '\0';

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

char *proa_heat_text_of_parts(const struct proa_module *module)
{
    const struct proa_artifact *artifact = &module->artifact;
    size_t size = (size_t)PARTS_FUNCTIONS_MAX * NUMBER_BYTES + 1;
    char *text = malloc(size);
    size_t used = 0;

    for (uint32_t i = artifact->imported_function_count;
         text != NULL && i < artifact->function_count &&
         used + NUMBER_BYTES < size;
         i++)
        if (proa_module_has_some(module, i))
            used += (size_t)snprintf(text + used, size - used, "%s%u",
                                     used > 0 ? "," : "", i);
    if (used > 0)
        return text;
    free(text);
    return NULL;
}
