/*
 * Accesses to memories.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_MEMORY_H
#define PROA_BASELINE_MEMORY_H

#include "baseline/emit.h"

/* The place that an access touches, checked where needed. The base
 * registers in it are held until proa_release_place(). */
struct proa_access {
    struct proa_place place;
    struct proa_operand index; /* what to release */
    uint8_t owned;             /* a register to free, or PROA_NO_GPR */
};
void proa_emit_access(struct proa_emit *emit, const struct proa_memarg *memarg,
                      struct proa_operand address, uint32_t size,
                      struct proa_access *access);
void proa_release_access(struct proa_emit *emit,
                         const struct proa_access *access);

/* A plain load or store. */
void proa_emit_load(struct proa_emit *emit, enum proa_op op,
                    const struct proa_memarg *memarg);
void proa_emit_store(struct proa_emit *emit, enum proa_op op,
                     const struct proa_memarg *memarg);

#endif
