/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/plan.h"

#include <stdlib.h>

#include "artifact/artifact.h"
#include "artifact/record.h"
#include "base/fail.h"
#include "compile/heat.h"
#include "compile/hot.h"
#include "compile/own_tables.h"
#include "wasm/instruction.h"

/*
 * Bytes of bodies in a partition. A fixed size, not one from the number of
 * cores, so that the same module gives the same artifact everywhere. Smaller
 * loses inlining and pays LLVM's start more often, larger leaves cores idle.
 */
enum { PARTITION_BYTES = 48 * 1024 };

static enum proa_status no_memory(struct proa_error *err)
{
    return proa_fail(err, PROA_NOMEM, 0, "no memory to plan the compilation");
}

static uint32_t body_size(const struct proa_wasm_function *function)
{
    return proa_cursor_left(&function->body);
}

/* Mark the tail calls of one body: itself, and whom it jumps to. */
static enum proa_status mark_tails(const struct proa_wasm_module *module,
                                   uint32_t index, bool *has_tail,
                                   struct proa_error *err)
{
    const struct proa_wasm_function *function = &module->functions[index];
    struct proa_cursor in = function->body;
    uint32_t group_count;
    enum proa_status status = proa_cursor_u32(&in, &group_count, err);

    for (uint32_t i = 0; status == PROA_OK && i < group_count; i++) {
        uint32_t count;
        uint8_t type;
        status = proa_cursor_u32(&in, &count, err);
        if (status == PROA_OK)
            status = proa_cursor_u8(&in, &type, err);
    }
    while (status == PROA_OK && proa_cursor_left(&in) > 0) {
        struct proa_instruction instruction;
        status = proa_instruction_read(&in, &instruction, err);
        if (status != PROA_OK)
            break;
        if (instruction.op == PROA_OP_RETURN_CALL) {
            has_tail[index] = true;
            if (instruction.index >= module->imported_function_count)
                has_tail[instruction.index] = true;
        } else if (instruction.op == PROA_OP_RETURN_CALL_INDIRECT) {
            has_tail[index] = true;
        }
    }
    return status;
}

static enum proa_status find_tails(const struct proa_wasm_module *module,
                                   struct proa_arena *arena,
                                   struct proa_codegen_plan *plan,
                                   struct proa_error *err)
{
    bool *has_tail =
        proa_arena_array(arena, module->function_count, sizeof *has_tail);

    if (has_tail == NULL)
        return no_memory(err);
    plan->has_tail = has_tail;
    if (!module->feature_used[PROA_FEATURE_TAIL_CALL])
        return PROA_OK;
    for (uint32_t i = module->imported_function_count;
         i < module->function_count; i++) {
        enum proa_status status = mark_tails(module, i, has_tail, err);
        if (status != PROA_OK)
            return status;
        /* Whatever a table may hold may be the target of a tail call. */
        if (module->functions[i].is_referenced)
            has_tail[i] = true;
    }
    return PROA_OK;
}

struct sized {
    uint64_t bytes;
    uint32_t index;
};

static int compare_sized(const void *a, const void *b)
{
    const struct sized *x = a;
    const struct sized *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static enum proa_status sort_partitions(struct proa_arena *arena,
                                        struct proa_module_plan *plan,
                                        struct proa_error *err)
{
    static const uint8_t costs[] = { 1, 3, 8, 12 }; /* of a byte, by level */
    uint32_t count = plan->partition_count;
    struct sized *sized = proa_arena_array(arena, count, sizeof *sized);

    plan->order = proa_arena_array(arena, count, sizeof *plan->order);
    if (sized == NULL || plan->order == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        sized[i] = (struct sized){
            plan->partition_bytes[i] * costs[plan->partitions[i].level], i
        };
    qsort(sized, count, sizeof *sized, compare_sized);
    for (uint32_t i = 0; i < count; i++)
        plan->order[i] = sized[i].index;
    return PROA_OK;
}

/*
 * Cut one partition of a level from *next on. False: there is no function left,
 * and the partition is not to be.
 */
static bool cut(const struct proa_wasm_module *module,
                struct proa_module_plan *plan, uint8_t level, uint32_t *next)
{
    struct proa_partition made = { .first = *next, .level = level };
    uint64_t bytes = 0;
    bool has_one = false;

    for (made.end = *next; made.end < module->function_count; made.end++) {
        uint32_t size = body_size(&module->functions[made.end]);

        if (plan->codegen.levels[made.end] != level)
            continue;
        if (has_one && bytes + size > PARTITION_BYTES)
            break;
        bytes += size;
        has_one = true;
    }
    made.is_first = plan->partition_count == 0;
    *next = made.end;
    if (!has_one)
        return false;
    plan->partitions[plan->partition_count] = made;
    plan->partition_bytes[plan->partition_count++] = bytes;
    plan->all_bytes += bytes;
    return true;
}

/* Neighbours of a level stay together: they call each other. */
static enum proa_status partition(const struct proa_wasm_module *module,
                                  int opt_level, struct proa_arena *arena,
                                  struct proa_module_plan *plan,
                                  struct proa_error *err)
{
    uint32_t own = module->function_count - module->imported_function_count;

    plan->partitions =
        proa_arena_array(arena, own + 1, sizeof *plan->partitions);
    plan->partition_bytes =
        proa_arena_array(arena, own + 1, sizeof *plan->partition_bytes);
    if (plan->partitions == NULL || plan->partition_bytes == NULL)
        return no_memory(err);
    for (int level = 3; level >= 0; level--) {
        uint32_t next = module->imported_function_count;

        while (cut(module, plan, (uint8_t)level, &next))
            ;
    }
    if (plan->partition_count == 0) /* for init and the trampolines */
        plan->partitions[plan->partition_count++] =
            (struct proa_partition){ .first = module->function_count,
                                     .end = module->function_count,
                                     .level = (uint8_t)opt_level,
                                     .is_first = true };
    return sort_partitions(arena, plan, err);
}

/* Tail forms call each other: where there are any, it is all or nothing. */
static enum proa_status choose(const struct proa_wasm_module *module,
                               const struct proa_plan_wish *wish,
                               struct proa_arena *arena,
                               struct proa_codegen_plan *plan,
                               struct proa_error *err)
{
    const struct proa_hot only = { wish->functions, wish->function_count,
                                   wish->opt_level };
    const struct proa_hot hot = { wish->hot, wish->hot_count, PROA_LEVEL_HOT };

    if (wish->function_count == 0) {
        enum proa_status status = proa_heat_levels(module, wish->opt_level,
                                                   arena, &plan->levels, err);

        if (status == PROA_OK && wish->hot_count > 0)
            status = proa_hot_levels(module, &hot, plan->levels, arena,
                                     &plan->levels, err);
        return status;
    }
    if (module->feature_used[PROA_FEATURE_TAIL_CALL])
        return proa_fail(err, PROA_UNSUPPORTED, 0,
                         "a module with tail calls is compiled whole");
    return proa_hot_levels(module, &only, NULL, arena, &plan->levels, err);
}

enum proa_status proa_module_plan_make(const struct proa_wasm_module *module,
                                       const struct proa_plan_wish *wish,
                                       struct proa_arena *arena,
                                       struct proa_module_plan *plan,
                                       struct proa_error *err)
{
    struct proa_module_plan made = { .codegen = { .module = module } };
    enum proa_status status;

    made.codegen.records =
        proa_records_make(module, arena, &made.codegen.record_count);
    if (made.codegen.records == NULL)
        return no_memory(err);
    status = find_tails(module, arena, &made.codegen, err);
    if (status == PROA_OK)
        status =
            proa_own_tables_find(module, arena, &made.codegen.own_tables, err);
    if (status == PROA_OK)
        status = choose(module, wish, arena, &made.codegen, err);
    if (status == PROA_OK)
        status = partition(module, wish->opt_level, arena, &made, err);
    if (status == PROA_OK)
        status = proa_images_make(module, arena, &made.images, err);
    if (status != PROA_OK)
        return status;
    made.codegen.layout = proa_module_layout(module, made.codegen.record_count);
    made.codegen.data_in_image = made.images.in_image;
    *plan = made;
    return PROA_OK;
}

void proa_module_plan_deinit(struct proa_module_plan *plan)
{
    proa_images_deinit(&plan->images);
}
