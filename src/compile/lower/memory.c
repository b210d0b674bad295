/*
 * Loads and stores, and how an address is made and checked.
 * https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>

#include "compile/lower/function.h"

/* What a load or store of one opcode moves. */
struct access {
    uint8_t bits; /* in memory; 0: not a plain load or store */
    bool is_store;
    bool is_signed; /* a load that sign-extends */
    uint8_t type;   /* enum proa_valtype: on the stack */
};

static const struct access accesses[PROA_OP_COUNT] = {
    [PROA_OP_I32_LOAD] = { 32, false, false, PROA_I32 },
    [PROA_OP_I64_LOAD] = { 64, false, false, PROA_I64 },
    [PROA_OP_F32_LOAD] = { 32, false, false, PROA_F32 },
    [PROA_OP_F64_LOAD] = { 64, false, false, PROA_F64 },
    [PROA_OP_I32_LOAD8_S] = { 8, false, true, PROA_I32 },
    [PROA_OP_I32_LOAD8_U] = { 8, false, false, PROA_I32 },
    [PROA_OP_I32_LOAD16_S] = { 16, false, true, PROA_I32 },
    [PROA_OP_I32_LOAD16_U] = { 16, false, false, PROA_I32 },
    [PROA_OP_I64_LOAD8_S] = { 8, false, true, PROA_I64 },
    [PROA_OP_I64_LOAD8_U] = { 8, false, false, PROA_I64 },
    [PROA_OP_I64_LOAD16_S] = { 16, false, true, PROA_I64 },
    [PROA_OP_I64_LOAD16_U] = { 16, false, false, PROA_I64 },
    [PROA_OP_I64_LOAD32_S] = { 32, false, true, PROA_I64 },
    [PROA_OP_I64_LOAD32_U] = { 32, false, false, PROA_I64 },
    [PROA_OP_I32_STORE] = { 32, true, false, PROA_I32 },
    [PROA_OP_I64_STORE] = { 64, true, false, PROA_I64 },
    [PROA_OP_F32_STORE] = { 32, true, false, PROA_F32 },
    [PROA_OP_F64_STORE] = { 64, true, false, PROA_F64 },
    [PROA_OP_I32_STORE8] = { 8, true, false, PROA_I32 },
    [PROA_OP_I32_STORE16] = { 16, true, false, PROA_I32 },
    [PROA_OP_I64_STORE8] = { 8, true, false, PROA_I64 },
    [PROA_OP_I64_STORE16] = { 16, true, false, PROA_I64 },
    [PROA_OP_I64_STORE32] = { 32, true, false, PROA_I64 },
};

static LLVMValueRef slot_field(struct proa_lower *lower, LLVMBuilderRef builder,
                               uint32_t memory_index, uint64_t field)
{
    const struct proa_unit *unit = lower->unit;
    uint64_t offset = unit->plan->layout.memories +
                      (uint64_t)PROA_SIZEOF_SLOT * memory_index + field;

    return proa_unit_host_load(
        unit, builder, unit->ptr,
        proa_unit_offset(unit, builder, lower->context, offset), true);
}

LLVMValueRef proa_lower_memory_base(struct proa_lower *lower,
                                    uint32_t memory_index)
{
    uint64_t field = offsetof(struct proa_memory_slot, base);

    if (memory_index != 0)
        return slot_field(lower, lower->builder, memory_index, field);
    if (lower->memory_base == NULL)
        lower->memory_base = slot_field(lower, lower->entry_builder, 0, field);
    return lower->memory_base;
}

LLVMValueRef proa_lower_memory_size(struct proa_lower *lower,
                                    uint32_t memory_index)
{
    LLVMValueRef place = slot_field(lower, lower->builder, memory_index,
                                    offsetof(struct proa_memory_slot, size));

    return proa_unit_host_load(lower->unit, lower->builder, lower->unit->i64,
                               place, false);
}

/*
 * Trap unless address + end <= size, where nothing may overflow. A memory never
 * shrinks, so what its type says is the least size that it has.
 */
static void check_bounds(struct proa_lower *lower, uint32_t memory_index,
                         LLVMValueRef address, uint64_t end)
{
    const struct proa_limits *limits =
        &lower->unit->module->memories[memory_index].limits;
    LLVMBuilderRef builder = lower->builder;
    LLVMValueRef size = proa_lower_memory_size(lower, memory_index);
    LLVMValueRef width = proa_unit_i64(lower->unit, end);
    LLVMValueRef room = LLVMBuildSub(builder, size, width, "");
    LLVMValueRef is_out = LLVMBuildICmp(builder, LLVMIntUGT, address, room, "");

    if (limits->min < UINT64_MAX / PROA_PAGE_SIZE &&
        limits->min * PROA_PAGE_SIZE < end) {
        LLVMValueRef is_small =
            LLVMBuildICmp(builder, LLVMIntULT, size, width, "");

        is_out = LLVMBuildOr(builder, is_small, is_out, "");
    }
    proa_lower_trap_if(lower, is_out, PROA_TRAP_MEMORY_BOUNDS);
}

/*
 * Where an access begins. The offset is added apart from the address, so that
 * it ends up in the instruction. A 32-bit memory has all that can be reached
 * reserved; a 64-bit one is checked.
 */
static LLVMValueRef access_place(struct proa_lower *lower,
                                 const struct proa_memarg *memarg,
                                 LLVMValueRef address, uint32_t size)
{
    const struct proa_unit *unit = lower->unit;
    LLVMValueRef base = proa_lower_memory_base(lower, memarg->memory_index);
    uint64_t end = memarg->offset + size;
    LLVMValueRef place;

    address = proa_lower_address(lower, address);
    if (unit->module->memories[memarg->memory_index].limits.is_64) {
        if (end < memarg->offset)
            proa_lower_trap_if(lower, LLVMConstInt(unit->i1, 1, false),
                               PROA_TRAP_MEMORY_BOUNDS);
        else
            check_bounds(lower, memarg->memory_index, address, end);
    }
    place = LLVMBuildGEP2(lower->builder, unit->i8, base, &address, 1, "");
    return proa_unit_offset(unit, lower->builder, place, memarg->offset);
}

LLVMValueRef proa_lower_address(struct proa_lower *lower, LLVMValueRef value)
{
    /* Zero-extended: LLVM by itself would take an index as signed. */
    return LLVMBuildZExtOrBitCast(lower->builder, value, lower->unit->i64, "");
}

LLVMValueRef proa_lower_size_result(struct proa_lower *lower,
                                    LLVMValueRef value, bool is_64)
{
    return is_64 ? value
                 : LLVMBuildTrunc(lower->builder, value, lower->unit->i32, "");
}

/*
 * True for a constant address behind what the memory has at least: such an
 * access is there to trap, and LLVM would know which stores it cannot touch.
 */
static bool is_beyond(const struct proa_lower *lower,
                      const struct proa_memarg *memarg, LLVMValueRef address,
                      uint32_t size)
{
    const struct proa_limits *limits =
        &lower->unit->module->memories[memarg->memory_index].limits;
    uint64_t end = memarg->offset + size;

    if (limits->is_64 || LLVMIsAConstantInt(address) == NULL)
        return false;
    return LLVMConstIntGetZExtValue(address) + end >
           limits->min * PROA_PAGE_SIZE;
}

/* False when no memory is so small. */
static bool may_trap(const struct proa_lower *lower,
                     const struct proa_memarg *memarg, LLVMValueRef address,
                     uint32_t size)
{
    const struct proa_limits *limits =
        &lower->unit->module->memories[memarg->memory_index].limits;

    return !limits->is_64 && (LLVMIsAConstantInt(address) == NULL ||
                              is_beyond(lower, memarg, address, size));
}

/* No access of the same function passes this; it is no code. */
static void order_accesses(const struct proa_lower *lower)
{
    static const char clobber[] = "~{memory}";
    LLVMTypeRef type = LLVMFunctionType(lower->unit->nothing, NULL, 0, false);
    LLVMValueRef nothing =
        LLVMGetInlineAsm(type, "", 0, clobber, sizeof clobber - 1, true, false,
                         LLVMInlineAsmDialectATT, false);

    LLVMBuildCall2(lower->builder, type, nothing, NULL, 0, "");
}

LLVMValueRef proa_lower_load(struct proa_lower *lower,
                             const struct proa_memarg *memarg,
                             LLVMValueRef address, LLVMTypeRef type)
{
    bool is_trap = is_beyond(lower, memarg, address, proa_unit_type_size(type));
    LLVMValueRef place =
        access_place(lower, memarg, address, proa_unit_type_size(type));
    LLVMValueRef load;

    if (is_trap)
        order_accesses(lower);
    load = LLVMBuildLoad2(lower->builder, type, place, "");
    LLVMSetAlignment(load, 1);
    /* See keep.h. */
    LLVMSetVolatile(
        load, may_trap(lower, memarg, address, proa_unit_type_size(type)));
    proa_unit_mark_memory(lower->unit, load);
    if (is_trap)
        order_accesses(lower);
    return load;
}

void proa_lower_store(struct proa_lower *lower,
                      const struct proa_memarg *memarg, LLVMValueRef address,
                      LLVMValueRef value)
{
    uint32_t size = proa_unit_type_size(LLVMTypeOf(value));
    bool is_trap = is_beyond(lower, memarg, address, size);
    LLVMValueRef place = access_place(lower, memarg, address, size);
    LLVMValueRef store;

    if (is_trap)
        order_accesses(lower);
    store = LLVMBuildStore(lower->builder, value, place);
    LLVMSetAlignment(store, 1);
    proa_unit_mark_memory(lower->unit, store);
    if (is_trap)
        order_accesses(lower);
}

bool proa_lower_memory(struct proa_lower *lower,
                       const struct proa_instruction *instruction)
{
    const struct access *access = &accesses[instruction->op];
    LLVMTypeRef type, narrow;
    LLVMValueRef value, address;

    if (access->bits == 0)
        return proa_lower_bulk(lower, instruction);
    type = proa_unit_valtype(lower->unit, (enum proa_valtype)access->type);
    narrow = proa_unit_type_size(type) * 8 == access->bits
                 ? type
                 : LLVMIntTypeInContext(lower->unit->context, access->bits);
    if (access->is_store) {
        value = proa_lower_pop(lower);
        address = proa_lower_pop(lower);
        if (narrow != type)
            value = LLVMBuildTrunc(lower->builder, value, narrow, "");
        proa_lower_store(lower, &instruction->memarg, address, value);
        return true;
    }
    address = proa_lower_pop(lower);
    value = proa_lower_load(lower, &instruction->memarg, address, narrow);
    if (narrow != type)
        value = access->is_signed
                    ? LLVMBuildSExt(lower->builder, value, type, "")
                    : LLVMBuildZExt(lower->builder, value, type, "");
    proa_lower_push(lower, value);
    return true;
}
