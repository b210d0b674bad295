/*
 * Loads and stores, sizes and bulk operations.
 * https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "baseline/ahead.h"
#include "baseline/emit.h"

static struct proa_place memory_slot(const struct proa_emit *emit,
                                     uint32_t memory, size_t field)
{
    return proa_place(PROA_CONTEXT_REG,
                      (int32_t)(emit->chunk->layout->memories +
                                sizeof(struct proa_memory_slot) * memory +
                                field));
}

static bool is_64(const struct proa_emit *emit, uint32_t memory)
{
    return emit->chunk->module->memories[memory].limits.is_64;
}

/* Trap unless address + end <= size; `reg` holds the address and is kept. */
static void check_bounds(struct proa_emit *emit, uint32_t memory, unsigned reg,
                         uint64_t offset, uint32_t size)
{
    struct proa_label *trap = proa_trap_label(emit, PROA_TRAP_MEMORY_BOUNDS);
    struct proa_place count =
        memory_slot(emit, memory, offsetof(struct proa_memory_slot, size));
    struct proa_place value = proa_place(PROA_SCRATCH, 0);
    unsigned end = proa_take_gpr(emit);

    if (offset > UINT64_MAX - size) { /* no address can be so large */
        proa_asm_jmp(&emit->as, trap);
        proa_free_gpr(emit, end);
        return;
    }
    proa_asm_constant(&emit->as, end, offset + size);
    proa_asm_rr(&emit->as, PROA_ASM_ADD | PROA_ASM_W, end, reg);
    proa_asm_jcc(&emit->as, PROA_CC_B, trap); /* carried over */
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &count);
    proa_asm_rm(&emit->as, PROA_ASM_CMP | PROA_ASM_W, end, &value);
    proa_asm_jcc(&emit->as, PROA_CC_A, trap);
    proa_free_gpr(emit, end);
}

/* A constant address in 32 bits is part of the offset, if that is not then too
 * large for an instruction. */
static bool is_in_offset(const struct proa_emit *emit,
                         const struct proa_memarg *memarg,
                         const struct proa_operand *address)
{
    return address->kind == PROA_OPERAND_CONST &&
           !is_64(emit, memarg->memory_index) &&
           address->bits + memarg->offset <= INT32_MAX;
}

void proa_emit_access(struct proa_emit *emit, const struct proa_memarg *memarg,
                      struct proa_operand address, uint32_t size,
                      struct proa_access *access)
{
    uint32_t memory = memarg->memory_index;
    uint64_t offset = memarg->offset;

    access->place.base = PROA_MEMORY_REG;
    access->place.index = PROA_NO_GPR;
    access->place.scale = 0;
    access->owned = PROA_NO_GPR;
    if (is_in_offset(emit, memarg, &address)) {
        offset += address.bits;
    } else {
        unsigned index = proa_read_gpr(emit, &address);
        if (is_64(emit, memory))
            check_bounds(emit, memory, index, offset, size);
        access->place.index = (uint8_t)index;
        if (offset > INT32_MAX) {
            unsigned sum = proa_take_gpr(emit);
            proa_asm_constant(&emit->as, sum, offset);
            proa_asm_rr(&emit->as, PROA_ASM_ADD | PROA_ASM_W, sum, index);
            access->place.index = (uint8_t)sum;
            access->owned = (uint8_t)sum;
            offset = 0;
        }
    }
    access->index = address;
    access->place.offset = (int32_t)offset;
    if (memory != 0) {
        struct proa_place base =
            memory_slot(emit, memory, offsetof(struct proa_memory_slot, base));
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &base);
        access->place.base = PROA_SCRATCH;
    }
}

void proa_release_access(struct proa_emit *emit,
                         const struct proa_access *access)
{
    proa_release(emit, &access->index);
    if (access->owned != PROA_NO_GPR)
        proa_free_gpr(emit, access->owned);
}

/* Plain loads and stores. */
static const struct {
    uint32_t op;  /* of the assembler; 0: not one of these */
    uint8_t type; /* enum proa_valtype: on the stack */
    uint8_t size; /* bytes in memory */
    bool is_store;
} moves[PROA_OP_COUNT] = {
    [PROA_OP_I32_LOAD] = { PROA_ASM_MOV, PROA_I32, 4, false },
    [PROA_OP_I64_LOAD] = { PROA_ASM_MOV | PROA_ASM_W, PROA_I64, 8, false },
    [PROA_OP_F32_LOAD] = { PROA_ASM_MOVSS, PROA_F32, 4, false },
    [PROA_OP_F64_LOAD] = { PROA_ASM_MOVSD, PROA_F64, 8, false },
    [PROA_OP_I32_LOAD8_S] = { PROA_ASM_MOVSX8, PROA_I32, 1, false },
    [PROA_OP_I32_LOAD8_U] = { PROA_ASM_MOVZX8, PROA_I32, 1, false },
    [PROA_OP_I32_LOAD16_S] = { PROA_ASM_MOVSX16, PROA_I32, 2, false },
    [PROA_OP_I32_LOAD16_U] = { PROA_ASM_MOVZX16, PROA_I32, 2, false },
    [PROA_OP_I64_LOAD8_S] = { PROA_ASM_MOVSX8 | PROA_ASM_W, PROA_I64, 1,
                              false },
    [PROA_OP_I64_LOAD8_U] = { PROA_ASM_MOVZX8, PROA_I64, 1, false },
    [PROA_OP_I64_LOAD16_S] = { PROA_ASM_MOVSX16 | PROA_ASM_W, PROA_I64, 2,
                               false },
    [PROA_OP_I64_LOAD16_U] = { PROA_ASM_MOVZX16, PROA_I64, 2, false },
    [PROA_OP_I64_LOAD32_S] = { PROA_ASM_MOVSXD, PROA_I64, 4, false },
    [PROA_OP_I64_LOAD32_U] = { PROA_ASM_MOV, PROA_I64, 4, false },
    [PROA_OP_I32_STORE] = { PROA_ASM_MOV_STORE, PROA_I32, 4, true },
    [PROA_OP_I64_STORE] = { PROA_ASM_MOV_STORE | PROA_ASM_W, PROA_I64, 8,
                            true },
    [PROA_OP_F32_STORE] = { PROA_ASM_MOVSS_STORE, PROA_F32, 4, true },
    [PROA_OP_F64_STORE] = { PROA_ASM_MOVSD_STORE, PROA_F64, 8, true },
    [PROA_OP_I32_STORE8] = { PROA_ASM_MOV8_STORE, PROA_I32, 1, true },
    [PROA_OP_I32_STORE16] = { PROA_ASM_MOV16_STORE, PROA_I32, 2, true },
    [PROA_OP_I64_STORE8] = { PROA_ASM_MOV8_STORE, PROA_I64, 1, true },
    [PROA_OP_I64_STORE16] = { PROA_ASM_MOV16_STORE, PROA_I64, 2, true },
    [PROA_OP_I64_STORE32] = { PROA_ASM_MOV_STORE, PROA_I64, 4, true },
};

void proa_emit_load(struct proa_emit *emit, enum proa_op op,
                    const struct proa_memarg *memarg)
{
    enum proa_valtype type = (enum proa_valtype)moves[op].type;
    bool xmm = proa_is_xmm(type);
    struct proa_access access;

    proa_emit_access(emit, memarg, proa_pop(emit), moves[op].size, &access);
    unsigned reg = proa_next_target(emit, xmm);
    /* The address's own register, where it is given back, can be the target. */
    proa_release_access(emit, &access);
    if (reg == PROA_NO_GPR)
        reg = xmm ? proa_take_xmm(emit) : proa_take_gpr(emit);
    proa_asm_rm(&emit->as, moves[op].op, reg, &access.place);
    if (xmm)
        proa_push_xmm(emit, type, reg);
    else
        proa_push_gpr(emit, type, reg);
}

void proa_emit_store(struct proa_emit *emit, enum proa_op op,
                     const struct proa_memarg *memarg)
{
    uint8_t size = moves[op].size;
    struct proa_operand value = proa_pop(emit);
    struct proa_operand address = proa_pop(emit);
    struct proa_access access;
    bool fits = value.kind == PROA_OPERAND_CONST && !proa_is_xmm(value.type) &&
                (size < 8 || (int64_t)value.bits == (int32_t)value.bits);
    unsigned reg = 0;

    if (!fits)
        reg = proa_is_xmm(value.type) ? proa_read_xmm(emit, &value)
                                      : proa_read_gpr(emit, &value);
    proa_emit_access(emit, memarg, address, size, &access);
    if (fits)
        proa_asm_store_immediate(&emit->as, size, &access.place,
                                 (int32_t)value.bits);
    else
        proa_asm_rm(&emit->as, moves[op].op, reg, &access.place);
    proa_release_access(emit, &access);
    proa_release(emit, &value);
}

static enum proa_valtype address_type(const struct proa_emit *emit,
                                      uint32_t memory)
{
    return is_64(emit, memory) ? PROA_I64 : PROA_I32;
}

static void emit_size(struct proa_emit *emit, uint32_t memory)
{
    unsigned reg = proa_take_gpr(emit);
    struct proa_place slot =
        memory_slot(emit, memory, offsetof(struct proa_memory_slot, size));
    struct proa_place value = proa_place(reg, 0);

    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, reg, &slot);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, reg, &value);
    proa_asm_shift_ri(&emit->as, PROA_ASM_SHR, true, reg, 16);
    proa_push_gpr(emit, address_type(emit, memory), reg);
}

static struct proa_operand immediate(uint32_t value)
{
    return (struct proa_operand){ .kind = PROA_OPERAND_CONST,
                                  .type = PROA_I32,
                                  .bits = value };
}

/* A builtin's result as an address: -1 must be -1 in 32 bits too. */
static void push_address(struct proa_emit *emit, enum proa_valtype type)
{
    proa_take_this_gpr(emit, PROA_RAX);
    if (type == PROA_I32)
        proa_asm_rr(&emit->as, PROA_ASM_MOV, PROA_RAX, PROA_RAX);
    proa_push_gpr(emit, type, PROA_RAX);
}

static void emit_grow(struct proa_emit *emit, uint32_t memory)
{
    struct proa_operand args[2] = { immediate(memory), proa_pop(emit) };

    proa_emit_builtin(emit, offsetof(struct proa_builtins, memory_grow), args,
                      2);
    push_address(emit, address_type(emit, memory));
}

/* Three operands behind two indexes, to a builtin that says what to trap by. */
static void emit_bulk(struct proa_emit *emit, size_t builtin, uint32_t first,
                      uint32_t second)
{
    struct proa_operand args[5] = { immediate(first), immediate(second) };

    for (int i = 4; i >= 2; i--)
        args[i] = proa_pop(emit);
    proa_emit_builtin(emit, (uint32_t)builtin, args, 5);
    proa_emit_trap_unless_zero(emit);
}

static void emit_fill(struct proa_emit *emit, uint32_t memory)
{
    struct proa_operand args[4] = { immediate(memory) };

    for (int i = 3; i >= 1; i--)
        args[i] = proa_pop(emit);
    proa_emit_builtin(emit, offsetof(struct proa_builtins, memory_fill), args,
                      4);
    proa_emit_trap_unless_zero(emit);
}

bool proa_emit_memory(struct proa_emit *emit,
                      const struct proa_instruction *instruction)
{
    struct proa_operand segment;

    if (moves[instruction->op].op != 0) {
        if (moves[instruction->op].is_store)
            proa_emit_store(emit, instruction->op, &instruction->memarg);
        else
            proa_emit_load(emit, instruction->op, &instruction->memarg);
        return true;
    }
    switch (instruction->op) {
    case PROA_OP_MEMORY_SIZE:
        emit_size(emit, instruction->index);
        return true;
    case PROA_OP_MEMORY_GROW:
        emit_grow(emit, instruction->index);
        return true;
    case PROA_OP_MEMORY_COPY:
        emit_bulk(emit, offsetof(struct proa_builtins, memory_copy),
                  instruction->index, instruction->index2);
        return true;
    case PROA_OP_MEMORY_INIT:
        emit_bulk(emit, offsetof(struct proa_builtins, memory_init),
                  instruction->index, instruction->index2);
        return true;
    case PROA_OP_MEMORY_FILL:
        emit_fill(emit, instruction->index);
        return true;
    case PROA_OP_DATA_DROP:
        segment = immediate(instruction->index);
        proa_emit_builtin(emit, offsetof(struct proa_builtins, data_drop),
                          &segment, 1);
        return true;
    default:
        return false;
    }
}
