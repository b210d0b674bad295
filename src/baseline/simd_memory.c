/*
 * SIMD loads and stores, of vectors and of lanes.
 * https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/simd.h"

/* row->op loads row->byte bytes as they become a vector. */
void proa_vector_load(struct proa_emit *emit, const struct proa_vector_row *row,
                      const struct proa_instruction *instruction)
{
    struct proa_operand address = proa_pop(emit);
    unsigned reg = proa_take_xmm(emit);
    struct proa_access access;

    proa_emit_access(emit, &instruction->memarg, address, row->byte, &access);
    proa_asm_rm(&emit->as, row->op, reg, &access.place);
    proa_release_access(emit, &access);
    proa_vector_push(emit, reg);
}

/* row->op loads: a lane of up to 16 bits through a general register. */
void proa_vector_load_splat(struct proa_emit *emit,
                            const struct proa_vector_row *row,
                            const struct proa_instruction *instruction)
{
    struct proa_operand address = proa_pop(emit);
    unsigned reg = proa_take_xmm(emit);
    struct proa_access access;

    proa_emit_access(emit, &instruction->memarg, address, 1U << row->lane,
                     &access);
    if (row->lane < 2) {
        proa_asm_rm(&emit->as, row->op, PROA_SCRATCH, &access.place);
        proa_asm_rr(&emit->as, PROA_ASM_MOVD_TO_XMM, reg, PROA_SCRATCH);
    } else {
        proa_asm_rm(&emit->as, row->op, reg, &access.place);
    }
    proa_release_access(emit, &access);
    proa_vector_spread(emit, row->lane, reg);
    proa_vector_push(emit, reg);
}

void proa_vector_store(struct proa_emit *emit,
                       const struct proa_vector_row *row,
                       const struct proa_instruction *instruction)
{
    struct proa_operand value = proa_pop(emit);
    struct proa_operand address = proa_pop(emit);
    unsigned reg = proa_read_xmm(emit, &value);
    struct proa_access access;

    proa_emit_access(emit, &instruction->memarg, address, row->byte, &access);
    proa_asm_rm(&emit->as, row->op, reg, &access.place);
    proa_release_access(emit, &access);
    proa_release(emit, &value);
}

/* row->op inserts. */
void proa_vector_load_lane(struct proa_emit *emit,
                           const struct proa_vector_row *row,
                           const struct proa_instruction *instruction)
{
    struct proa_operand vector = proa_pop(emit);
    struct proa_operand address = proa_pop(emit);
    unsigned reg = proa_own_xmm(emit, &vector);
    struct proa_access access;

    proa_emit_access(emit, &instruction->memarg, address, 1U << row->lane,
                     &access);
    proa_asm_rmi(&emit->as, row->op, reg, &access.place, instruction->lane);
    proa_release_access(emit, &access);
    proa_vector_push(emit, reg);
}

/* row->op extracts. */
void proa_vector_store_lane(struct proa_emit *emit,
                            const struct proa_vector_row *row,
                            const struct proa_instruction *instruction)
{
    struct proa_operand vector = proa_pop(emit);
    struct proa_operand address = proa_pop(emit);
    unsigned reg = proa_read_xmm(emit, &vector);
    struct proa_access access;

    proa_emit_access(emit, &instruction->memarg, address, 1U << row->lane,
                     &access);
    proa_asm_rmi(&emit->as, row->op, reg, &access.place, instruction->lane);
    proa_release_access(emit, &access);
    proa_release(emit, &vector);
}
