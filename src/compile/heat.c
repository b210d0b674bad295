/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/heat.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/instruction.h"

/*
 * A loop is taken to run 8 times, and what a condition guards every time. So a
 * call in two loops counts 64 times. What is called indirectly shares the calls
 * of its type with all functions of that type that anybody refers to.
 */
enum {
    LOOP_TURNS_LOG2 = 3,
    LOOPS_MAX = 4, /* deeper ones count as this */
    ROUNDS = 3,    /* how far calls of calls are followed */
};

static const double CALLS_MAX = 1e12;

/*
 * What the better levels may be spent on: a fixed sum, so that small modules
 * are compiled whole, and a share of all bytes. A function above the maximum
 * could take seconds alone.
 */
struct budget {
    uint64_t bytes;
    uint64_t share; /* one of so many bytes of the module */
    uint32_t bytes_max;
};

static const struct budget best_budget = { 24 << 10, 48, 64 << 10 };
static const struct budget good_budget = { 48 << 10, 4, 96 << 10 };

struct heat {
    const struct proa_wasm_module *module;
    double *calls;        /* by function: as estimated in the last round */
    double *next_calls;   /* by function: direct ones, in this round */
    double *indirect;     /* by type, in this round */
    double *work;         /* by function: instructions run in one call */
    uint32_t *referenced; /* by type: functions that may be called so */
    uint8_t *loops;       /* by block: loops around it; owned */
    uint32_t block_capacity;
};

static enum proa_status no_memory(struct proa_error *err)
{
    return proa_fail(err, PROA_NOMEM, 0, "no memory to weigh functions");
}

static bool make_room(struct heat *heat, uint32_t depth)
{
    uint32_t capacity = 2 * depth + 64;
    uint8_t *grown;

    if (depth < heat->block_capacity)
        return true;
    grown = realloc(heat->loops, capacity);
    if (grown == NULL)
        return false;
    heat->loops = grown;
    heat->block_capacity = capacity;
    return true;
}

/* What one instruction adds, run `times` times by a call of `caller`. */
static void count(struct heat *heat, uint32_t caller, double times,
                  const struct proa_instruction *instruction)
{
    double calls = heat->calls[caller] * times;

    heat->work[caller] += times;
    switch (instruction->op) {
    case PROA_OP_CALL:
    case PROA_OP_RETURN_CALL:
        heat->next_calls[instruction->index] += calls;
        break;
    case PROA_OP_CALL_INDIRECT:
    case PROA_OP_RETURN_CALL_INDIRECT:
        heat->indirect[instruction->index] += calls;
        break;
    default:
        break;
    }
}

static enum proa_status read_body(struct heat *heat, uint32_t index,
                                  struct proa_error *err)
{
    struct proa_cursor in = heat->module->functions[index].body;
    uint32_t depth = 0; /* blocks around, without the function's own */
    uint8_t loops = 0;
    enum proa_status status = proa_instruction_skip_locals(&in, err);

    heat->work[index] = 1;
    while (status == PROA_OK && proa_cursor_left(&in) > 0) {
        struct proa_instruction instruction;

        status = proa_instruction_read(&in, &instruction, err);
        if (status != PROA_OK)
            break;
        count(heat, index, (double)(1u << (LOOP_TURNS_LOG2 * loops)),
              &instruction);
        switch (instruction.op) {
        case PROA_OP_LOOP:
        case PROA_OP_BLOCK:
        case PROA_OP_IF:
            if (!make_room(heat, depth))
                return no_memory(err);
            heat->loops[depth++] = loops;
            if (instruction.op == PROA_OP_LOOP && loops < LOOPS_MAX)
                loops++;
            break;
        case PROA_OP_END:
            if (depth > 0)
                loops = heat->loops[--depth];
            break;
        default:
            break;
        }
    }
    return status;
}

static void share_indirect(struct heat *heat, uint32_t index)
{
    const struct proa_wasm_function *function = &heat->module->functions[index];
    uint32_t type = function->type_index;
    double calls = heat->next_calls[index];

    if (function->is_referenced)
        calls += 1 + heat->indirect[type] / heat->referenced[type];
    heat->calls[index] = calls < CALLS_MAX ? calls : CALLS_MAX;
    heat->next_calls[index] = 0;
}

static enum proa_status estimate(struct heat *heat, struct proa_error *err)
{
    const struct proa_wasm_module *module = heat->module;

    for (uint32_t i = 0; i < module->function_count; i++) {
        heat->calls[i] = 1;
        if (module->functions[i].is_referenced)
            heat->referenced[module->functions[i].type_index]++;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = module->imported_function_count;
             i < module->function_count; i++) {
            enum proa_status status = read_body(heat, i, err);

            if (status != PROA_OK)
                return status;
        }
        for (uint32_t i = 0; i < module->function_count; i++)
            share_indirect(heat, i);
        for (uint32_t i = 0; i < module->type_count; i++)
            heat->indirect[i] = 0;
    }
    return PROA_OK;
}

static bool allocate(struct heat *heat, struct proa_arena *arena)
{
    size_t functions = heat->module->function_count;
    size_t types = heat->module->type_count;

    heat->calls = proa_arena_array(arena, functions, sizeof(double));
    heat->next_calls = proa_arena_array(arena, functions, sizeof(double));
    heat->indirect = proa_arena_array(arena, types, sizeof(double));
    heat->work = proa_arena_array(arena, functions, sizeof(double));
    heat->referenced = proa_arena_array(arena, types, sizeof(uint32_t));
    return heat->calls != NULL && heat->next_calls != NULL &&
           heat->indirect != NULL && heat->work != NULL &&
           heat->referenced != NULL;
}

struct ranked {
    double score;
    uint32_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static uint32_t body_size(const struct heat *heat, uint32_t index)
{
    return proa_cursor_left(&heat->module->functions[index].body);
}

/*
 * Time spent there for a byte to compile, with a preference for small ones:
 * what a large function spends it may spend anywhere in it.
 */
static double score(const struct heat *heat, uint32_t index)
{
    double time = heat->calls[index] * heat->work[index];
    double size = 16.0 + body_size(heat, index);

    return time * time / (size * size * size);
}

static uint64_t budget_bytes(const struct budget *budget, uint64_t all_bytes)
{
    return budget->bytes + all_bytes / budget->share;
}

static bool take(const struct budget *budget, uint32_t size, uint64_t *left)
{
    if (size > *left || size > budget->bytes_max)
        return false;
    *left -= size;
    return true;
}

static void hand_out(const struct heat *heat, struct ranked *ranked,
                     uint8_t *levels)
{
    uint32_t first = heat->module->imported_function_count;
    uint32_t count = heat->module->function_count - first;
    uint64_t all = 0, best, good;

    for (uint32_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){ score(heat, first + i), first + i };
        all += body_size(heat, first + i);
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    best = budget_bytes(&best_budget, all);
    good = budget_bytes(&good_budget, all);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = body_size(heat, ranked[i].index);

        if (take(&best_budget, size, &best))
            levels[ranked[i].index] = 2;
        else if (take(&good_budget, size, &good))
            levels[ranked[i].index] = 1;
    }
}

static enum proa_status rank(struct heat *heat, struct proa_arena *arena,
                             uint8_t *levels, struct proa_error *err)
{
    struct ranked *ranked;
    enum proa_status status;

    if (!allocate(heat, arena))
        return no_memory(err);
    status = estimate(heat, err);
    free(heat->loops);
    if (status != PROA_OK)
        return status;
    ranked =
        proa_arena_array(arena, heat->module->function_count, sizeof *ranked);
    if (ranked == NULL)
        return no_memory(err);
    hand_out(heat, ranked, levels);
    return PROA_OK;
}

enum proa_status proa_heat_levels(const struct proa_wasm_module *module,
                                  int opt_level, struct proa_arena *arena,
                                  const uint8_t **levels,
                                  struct proa_error *err)
{
    struct heat heat = { .module = module };
    uint8_t *made = proa_arena_array(arena, module->function_count, 1);
    enum proa_status status = PROA_OK;

    if (made == NULL)
        return no_memory(err);
    if (opt_level == 2)
        status = rank(&heat, arena, made, err);
    else
        memset(made, opt_level, module->function_count);
    if (status == PROA_OK)
        *levels = made;
    return status;
}
