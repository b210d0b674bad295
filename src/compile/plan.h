/*
 * What all partitions of a module must agree on, and the partitions themselves.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_PLAN_H
#define PROA_COMPILE_PLAN_H

#include "artifact/image.h"
#include "base/arena.h"
#include "compile/object.h"

struct proa_module_plan {
    struct proa_codegen_plan codegen;
    struct proa_images images;         /* owned: proa_module_plan_deinit() */
    struct proa_partition *partitions; /* by level, the highest first */
    uint64_t *partition_bytes;         /* of bodies, by partition */
    uint32_t *order; /* partitions, the largest first: the order of work */
    uint32_t partition_count;
    uint64_t all_bytes;
};

struct proa_plan_wish {
    int opt_level;
    const uint32_t *functions; /* only these, see hot.h */
    uint32_t function_count;   /* 0: all */
    const uint32_t *hot;       /* of all: these at PROA_LEVEL_HOT */
    uint32_t hot_count;
};

/*
 * @param module validated; borrowed; must outlive the plan
 * @param arena  borrowed; must outlive the plan
 * @return PROA_OK, PROA_NOMEM, PROA_LIMIT, PROA_MALFORMED (never for a
 *         validated module)
 */
PROA_NODISCARD enum proa_status
proa_module_plan_make(const struct proa_wasm_module *module,
                      const struct proa_plan_wish *wish,
                      struct proa_arena *arena, struct proa_module_plan *plan,
                      struct proa_error *err);
void proa_module_plan_deinit(struct proa_module_plan *plan);

#endif
