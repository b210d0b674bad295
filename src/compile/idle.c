/*
 * Stores that LLVM will find to do nothing: another store to the same place
 * follows before anybody reads it, or what they store was loaded from there.
 * What feeds such a store is as good as unused.
 *
 * Each block is read from its end: what was seen to be stored later, with no
 * access between that may touch it, is kept in a short list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/idle.h"

#include <llvm-c/Target.h>

enum { SPOTS_MAX = 16 };

/* Bytes of a memory: base + zext(index) + offset; no index where it is NULL. */
struct spot {
    LLVMValueRef base, index;
    uint64_t offset, size;
};

struct reader {
    const struct proa_unit *unit;
    LLVMTargetDataRef layout; /* the LLVM module's */
    struct spot later[SPOTS_MAX];
    uint32_t later_count;
};

static struct spot read_spot(LLVMValueRef pointer)
{
    struct spot spot = { .base = pointer };

    while (LLVMIsAGetElementPtrInst(spot.base) != NULL &&
           LLVMGetNumOperands(spot.base) == 2) {
        LLVMValueRef index = LLVMGetOperand(spot.base, 1);

        if (LLVMIsAConstantInt(index) != NULL)
            spot.offset += LLVMConstIntGetZExtValue(index);
        else if (spot.index == NULL)
            spot.index = LLVMIsAZExtInst(index) != NULL
                             ? LLVMGetOperand(index, 0)
                             : index;
        else
            break;
        spot.base = LLVMGetOperand(spot.base, 0);
    }
    return spot;
}

static bool is_parallel(const struct spot *a, const struct spot *b)
{
    return a->base == b->base && a->index == b->index;
}

static bool covers(const struct spot *outer, const struct spot *inner)
{
    return is_parallel(outer, inner) && outer->offset <= inner->offset &&
           outer->offset + outer->size >= inner->offset + inner->size;
}

/* Whoever reads this wants what was stored before, not what is later. */
static void forget(struct reader *reader, const struct spot *read)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < reader->later_count; i++) {
        const struct spot *at = &reader->later[i];

        if (is_parallel(at, read) && (at->offset + at->size <= read->offset ||
                                      read->offset + read->size <= at->offset))
            reader->later[kept++] = *at;
    }
    reader->later_count = kept;
}

static bool is_memory(const struct reader *reader, LLVMValueRef access)
{
    return LLVMGetMetadata(access, reader->unit->md_alias_scope) ==
           reader->unit->scopes_memory;
}

static bool is_idle(struct reader *reader, LLVMValueRef store)
{
    LLVMValueRef value = LLVMGetOperand(store, 0);
    struct spot spot = read_spot(LLVMGetOperand(store, 1));
    bool is_covered = false;

    spot.size = LLVMStoreSizeOfType(reader->layout, LLVMTypeOf(value));
    for (uint32_t i = 0; i < reader->later_count && !is_covered; i++)
        is_covered = covers(&reader->later[i], &spot);
    if (!is_covered && reader->later_count < SPOTS_MAX)
        reader->later[reader->later_count++] = spot;
    if (!is_covered && LLVMIsALoadInst(value) != NULL) {
        struct spot from = read_spot(LLVMGetOperand(value, 0));

        is_covered = is_parallel(&from, &spot) && from.offset == spot.offset;
    }
    return is_covered;
}

static bool read_instruction(struct reader *reader, LLVMValueRef instruction,
                             struct proa_ptrmap *idle)
{
    struct spot spot;

    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMStore:
        if (is_memory(reader, instruction) && is_idle(reader, instruction))
            return proa_ptrmap_set(idle, instruction, 1);
        return true;
    case LLVMLoad:
        if (!is_memory(reader, instruction))
            return true;
        spot = read_spot(LLVMGetOperand(instruction, 0));
        spot.size =
            LLVMStoreSizeOfType(reader->layout, LLVMTypeOf(instruction));
        forget(reader, &spot);
        return true;
    case LLVMCall:
        reader->later_count = 0;
        return true;
    default:
        return true;
    }
}

bool proa_idle_stores(const struct proa_unit *unit, LLVMValueRef function,
                      struct proa_ptrmap *idle)
{
    struct reader reader = { .unit = unit,
                             .layout =
                                 LLVMGetModuleDataLayout(unit->llvm_module) };

    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        reader.later_count = 0;
        for (LLVMValueRef at = LLVMGetLastInstruction(block); at != NULL;
             at = LLVMGetPreviousInstruction(at))
            if (!read_instruction(&reader, at, idle))
                return false;
    }
    return true;
}
