/*
 * Memory instructions: their immediates, and those that treat many bytes.
 * https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/validate/body.h"

enum { SHUFFLE_LANES = 32 };

enum proa_status proa_body_memory(struct proa_body *body,
                                  const struct proa_instruction *instruction,
                                  uint32_t memory_index,
                                  const struct proa_memorytype **type)
{
    if (memory_index >= body->module->memory_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown memory %u", memory_index);
    *type = &body->module->memories[memory_index];
    return PROA_OK;
}

static enum proa_status check_memarg(struct proa_body *body,
                                     const struct proa_instruction *instruction)
{
    const struct proa_memarg *memarg = &instruction->memarg;
    const struct proa_opcode *opcode = &proa_opcodes[instruction->op];
    const struct proa_memorytype *memory = NULL;
    enum proa_status status =
        proa_body_memory(body, instruction, memarg->memory_index, &memory);

    if (status != PROA_OK)
        return status;
    if (memarg->align > opcode->align)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "alignment must not be larger than natural: 2^%u for "
                         "%s",
                         memarg->align, opcode->text);
    if (memarg->offset > UINT32_MAX && !memory->limits.is_64)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "offset out of range: %llu in a 32-bit memory",
                         (unsigned long long)memarg->offset);
    return PROA_OK;
}

static enum proa_status bad_lane(struct proa_body *body,
                                 const struct proa_instruction *instruction,
                                 uint8_t lane)
{
    return proa_fail(body->err, PROA_INVALID, instruction->offset,
                     "invalid lane index %u of %s", lane,
                     proa_opcodes[instruction->op].text);
}

/* Of extract_lane and replace_lane. */
static uint8_t lane_count(enum proa_op op)
{
    if (op <= PROA_OP_I8X16_REPLACE_LANE)
        return 16;
    if (op <= PROA_OP_I16X8_REPLACE_LANE)
        return 8;
    if (op <= PROA_OP_I32X4_REPLACE_LANE)
        return 4;
    if (op <= PROA_OP_I64X2_REPLACE_LANE)
        return 2;
    return op <= PROA_OP_F32X4_REPLACE_LANE ? 4 : 2;
}

static enum proa_status
check_shuffle(struct proa_body *body,
              const struct proa_instruction *instruction)
{
    for (size_t i = 0; i < sizeof instruction->bytes; i++)
        if (instruction->bytes[i] >= SHUFFLE_LANES)
            return bad_lane(body, instruction, instruction->bytes[i]);
    return PROA_OK;
}

static enum proa_status check_data(struct proa_body *body,
                                   const struct proa_instruction *instruction)
{
    if (!body->module->has_data_count)
        return proa_fail(body->err, PROA_MALFORMED, instruction->offset,
                         "data count section required");
    if (instruction->index >= body->module->data_count)
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown data segment %u", instruction->index);
    return PROA_OK;
}

enum proa_status proa_body_immediate(struct proa_body *body,
                                     const struct proa_instruction *instruction)
{
    const struct proa_opcode *opcode = &proa_opcodes[instruction->op];
    const struct proa_memorytype *memory;
    enum proa_status status;

    switch (opcode->immediate) {
    case PROA_IMM_MEMARG:
        return check_memarg(body, instruction);
    case PROA_IMM_MEMARG_LANE:
        status = check_memarg(body, instruction);
        if (status == PROA_OK && instruction->lane >= 16 >> opcode->align)
            return bad_lane(body, instruction, instruction->lane);
        return status;
    case PROA_IMM_LANE:
        if (instruction->lane >= lane_count(instruction->op))
            return bad_lane(body, instruction, instruction->lane);
        return PROA_OK;
    case PROA_IMM_SHUFFLE:
        return check_shuffle(body, instruction);
    case PROA_IMM_MEMORY:
        return proa_body_memory(body, instruction, instruction->index, &memory);
    case PROA_IMM_DATA:
        return check_data(body, instruction);
    case PROA_IMM_ELEM:
        if (instruction->index < body->module->elem_count)
            return PROA_OK;
        return proa_fail(body->err, PROA_INVALID, instruction->offset,
                         "unknown elem segment %u", instruction->index);
    default:
        return PROA_OK;
    }
}

/* Index is the destination, index2 the source. The size is an i64 only when
 * both have such addresses. */
static enum proa_status check_copy(struct proa_body *body,
                                   const struct proa_instruction *instruction)
{
    const struct proa_memorytype *to = NULL;
    const struct proa_memorytype *from = NULL;
    enum proa_status status =
        proa_body_memory(body, instruction, instruction->index, &to);

    if (status == PROA_OK)
        status =
            proa_body_memory(body, instruction, instruction->index2, &from);
    if (status != PROA_OK)
        return status;

    bool is_64 = to->limits.is_64 && from->limits.is_64;
    const enum proa_valtype types[] = { proa_address_type(&to->limits),
                                        proa_address_type(&from->limits),
                                        is_64 ? PROA_I64 : PROA_I32 };
    return proa_body_pop_all(body, instruction, types, 3);
}

enum proa_status proa_body_bulk(struct proa_body *body,
                                const struct proa_instruction *instruction)
{
    const struct proa_memorytype *memory = NULL;
    bool is_init = instruction->op == PROA_OP_MEMORY_INIT;
    enum proa_status status = PROA_OK;

    if (instruction->op == PROA_OP_MEMORY_COPY)
        return check_copy(body, instruction);
    if (is_init)
        status = check_data(body, instruction);
    if (status == PROA_OK)
        status = proa_body_memory(
            body, instruction,
            is_init ? instruction->index2 : instruction->index, &memory);
    if (status != PROA_OK)
        return status;

    /* memory.init counts within a segment, memory.fill within the memory. */
    enum proa_valtype address = proa_address_type(&memory->limits);
    const enum proa_valtype types[] = { address, PROA_I32,
                                        is_init ? PROA_I32 : address };
    return proa_body_pop_all(body, instruction, types, 3);
}
