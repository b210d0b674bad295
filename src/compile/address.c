/*
 * Addresses that lie a constant apart.
 *
 * A compiler that makes wasm unrolls loops and lays out structs with sums like
 * p + 8, and as p + 8 may wrap at 2^32 where the access itself must not, we
 * lower it as a sum of its own: one more instruction an access, and nothing
 * that LLVM could see to lie side by side. But where p was accessed before and
 * no trap came, p lies inside the memory; a memory ends 64 KiB before 2^32 at
 * least (PROA_MEMORY32_PAGES_MAX); so p + 8 did not wrap, and is as good as the
 * offset 8 from p.
 *
 * What was accessed before is known along blocks with one predecessor.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/fail.h"
#include "compile/keep.h"
#include "compile/place.h"
#include "compile/ptrmap.h"

enum { ANCHORS_MAX = 64 }; /* that are searched */

struct block {
    LLVMBasicBlockRef block;
    uint32_t predecessor_count;
    uint32_t first_child, next_child; /* blocks that only this one leads to */
    uint32_t anchor_count;            /* at its entry */
};

static const uint32_t no_block = UINT32_MAX;

struct folder {
    struct proa_unit *unit;
    LLVMBuilderRef builder;
    struct proa_ptrmap indexes; /* of blocks */
    struct block *blocks;
    uint32_t block_count, block_capacity;
    uint32_t *work;
    struct proa_place *anchors; /* places of accesses that were made */
    uint32_t anchor_count, anchor_capacity;
    bool is_full; /* out of memory */
};

static void push_anchor(struct folder *folder, const struct proa_place *anchor)
{
    if (folder->anchor_count == folder->anchor_capacity) {
        uint32_t capacity = folder->anchor_capacity * 2 + 64;
        struct proa_place *anchors =
            realloc(folder->anchors, capacity * sizeof *anchors);

        if (anchors == NULL) {
            folder->is_full = true;
            return;
        }
        folder->anchors = anchors;
        folder->anchor_capacity = capacity;
    }
    folder->anchors[folder->anchor_count++] = *anchor;
}

/* The place of `access` as an offset from an anchor, if there is one. */
static void fold(struct folder *folder, LLVMValueRef access, unsigned operand)
{
    const struct proa_unit *unit = folder->unit;
    struct proa_place own;
    uint32_t first;

    if (!proa_place_read(LLVMGetOperand(access, operand), &own))
        return;
    first = folder->anchor_count > ANCHORS_MAX
                ? folder->anchor_count - ANCHORS_MAX
                : 0;
    for (uint32_t i = first; i < folder->anchor_count; i++) {
        const struct proa_place *anchor = &folder->anchors[i];
        uint32_t apart = (uint32_t)(own.sum.constant - anchor->sum.constant);
        LLVMValueRef place;

        if (anchor->base != own.base || apart > PROA_PLACE_REACH ||
            own.offset + apart > UINT32_MAX ||
            !proa_sum_is_parallel(&anchor->sum, &own.sum))
            continue;
        if (anchor->wide == own.wide)
            return;
        LLVMPositionBuilderBefore(folder->builder, access);
        place = anchor->wide;
        place =
            LLVMBuildGEP2(folder->builder, unit->i8, own.base, &place, 1, "");
        LLVMSetOperand(
            access, operand,
            proa_unit_offset(unit, folder->builder, place, own.offset + apart));
        return;
    }
    push_anchor(folder, &own);
}

static void fold_block(struct folder *folder, LLVMBasicBlockRef block)
{
    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
         at = LLVMGetNextInstruction(at)) {
        LLVMOpcode opcode = LLVMGetInstructionOpcode(at);

        if ((opcode == LLVMLoad || opcode == LLVMStore) &&
            LLVMGetMetadata(at, folder->unit->md_alias_scope) ==
                folder->unit->scopes_memory)
            fold(folder, at, opcode == LLVMStore ? 1 : 0);
    }
}

static bool list_blocks(struct folder *folder, LLVMValueRef function)
{
    uint32_t count = LLVMCountBasicBlocks(function);

    if (count > folder->block_capacity) {
        struct block *blocks = realloc(folder->blocks, count * sizeof *blocks);
        uint32_t *work = realloc(folder->work, count * sizeof *work);

        if (blocks != NULL)
            folder->blocks = blocks;
        if (work != NULL)
            folder->work = work;
        if (blocks == NULL || work == NULL)
            return false;
        folder->block_capacity = count;
    }
    proa_ptrmap_clear(&folder->indexes);
    folder->block_count = 0;
    for (LLVMBasicBlockRef at = LLVMGetFirstBasicBlock(function); at != NULL;
         at = LLVMGetNextBasicBlock(at)) {
        folder->blocks[folder->block_count] = (struct block){
            .block = at, .first_child = no_block, .next_child = no_block
        };
        if (!proa_ptrmap_set(&folder->indexes, at, folder->block_count))
            return false;
        folder->block_count++;
    }
    return true;
}

static uint32_t successor(const struct folder *folder, LLVMValueRef terminator,
                          unsigned i)
{
    uint32_t index = no_block;

    (void)proa_ptrmap_get(&folder->indexes, LLVMGetSuccessor(terminator, i),
                          &index);
    return index;
}

static void link_blocks(struct folder *folder)
{
    for (uint32_t b = 0; b < folder->block_count; b++) {
        LLVMValueRef end = LLVMGetBasicBlockTerminator(folder->blocks[b].block);

        for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
            folder->blocks[successor(folder, end, i)].predecessor_count++;
    }
    for (uint32_t b = 0; b < folder->block_count; b++) {
        LLVMValueRef end = LLVMGetBasicBlockTerminator(folder->blocks[b].block);

        for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++) {
            uint32_t child = successor(folder, end, i);

            if (folder->blocks[child].predecessor_count != 1)
                continue;
            folder->blocks[child].next_child = folder->blocks[b].first_child;
            folder->blocks[b].first_child = child;
        }
    }
}

/* A block and what only it leads to, from the top down. */
static void fold_tree(struct folder *folder, uint32_t root)
{
    uint32_t depth = 0;

    folder->work[depth++] = root;
    folder->blocks[root].anchor_count = 0;
    while (depth > 0 && !folder->is_full) {
        struct block *block = &folder->blocks[folder->work[--depth]];

        folder->anchor_count = block->anchor_count;
        fold_block(folder, block->block);
        for (uint32_t child = block->first_child; child != no_block;
             child = folder->blocks[child].next_child) {
            folder->blocks[child].anchor_count = folder->anchor_count;
            folder->work[depth++] = child;
        }
    }
}

static bool fold_function(struct folder *folder, LLVMValueRef function)
{
    if (!list_blocks(folder, function))
        return false;
    link_blocks(folder);
    for (uint32_t b = 0; b < folder->block_count && !folder->is_full; b++)
        if (folder->blocks[b].predecessor_count != 1)
            fold_tree(folder, b);
    return !folder->is_full;
}

enum proa_status proa_fold_addresses(struct proa_unit *unit,
                                     struct proa_error *err)
{
    struct folder folder = { .unit = unit };
    bool is_done = true;

    if (!proa_place_memories_are_short(unit->module))
        return PROA_OK;
    folder.builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL && is_done; function = LLVMGetNextFunction(function))
        if (!LLVMIsDeclaration(function))
            is_done = fold_function(&folder, function);
    LLVMDisposeBuilder(folder.builder);
    proa_ptrmap_deinit(&folder.indexes);
    free(folder.blocks);
    free(folder.work);
    free(folder.anchors);
    return is_done ? PROA_OK
                   : proa_fail(err, PROA_NOMEM, 0, "no memory for addresses");
}
