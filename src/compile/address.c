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
#include "compile/ptrmap.h"

enum {
    TERMS_MAX = 3,
    DEPTH_MAX = 8,     /* of nested sums that are looked into */
    ANCHORS_MAX = 64,  /* that are searched */
    REACH = 65536 - 64 /* bytes from an access that is inside */
};

/* A 32-bit sum: at most TERMS_MAX values, in the order of their addresses, and
 * a constant. */
struct sum {
    LLVMValueRef terms[TERMS_MAX];
    uint32_t count;
    uint32_t constant;
    bool is_too_long;
};

/* An access that was made: its address, and that as an i64. */
struct anchor {
    LLVMValueRef base;
    LLVMValueRef wide;
    struct sum sum;
};

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
    struct anchor *anchors;
    uint32_t anchor_count, anchor_capacity;
    bool is_full; /* out of memory */
};

static void add_term(struct sum *sum, LLVMValueRef term)
{
    uint32_t at = sum->count;

    if (at == TERMS_MAX) {
        sum->is_too_long = true;
        return;
    }
    for (; at > 0 && (uintptr_t)sum->terms[at - 1] > (uintptr_t)term; at--)
        sum->terms[at] = sum->terms[at - 1];
    sum->terms[at] = term;
    sum->count++;
}

static void split(struct sum *sum, LLVMValueRef value, int depth)
{
    if (LLVMIsAConstantInt(value) != NULL) {
        sum->constant += (uint32_t)LLVMConstIntGetZExtValue(value);
    } else if (depth < DEPTH_MAX && LLVMIsAInstruction(value) != NULL &&
               LLVMGetInstructionOpcode(value) == LLVMAdd) {
        split(sum, LLVMGetOperand(value, 0), depth + 1);
        split(sum, LLVMGetOperand(value, 1), depth + 1);
    } else {
        add_term(sum, value);
    }
}

static bool is_parallel(const struct sum *a, const struct sum *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->terms[i] != b->terms[i])
            return false;
    return true;
}

/* A getelementptr over bytes with one index. */
static bool is_offset(LLVMValueRef value)
{
    return LLVMIsAGetElementPtrInst(value) != NULL &&
           LLVMGetNumOperands(value) == 2 &&
           LLVMGetTypeKind(LLVMGetGEPSourceElementType(value)) ==
               LLVMIntegerTypeKind &&
           LLVMGetIntTypeWidth(LLVMGetGEPSourceElementType(value)) == 8;
}

/* The place of an access: base + zext(sum) + offset. False: it is another. */
static bool parse(LLVMValueRef place, struct anchor *found, uint64_t *offset)
{
    LLVMValueRef index;

    *offset = 0;
    if (!is_offset(place))
        return false;
    index = LLVMGetOperand(place, 1);
    if (LLVMIsAConstantInt(index) != NULL) {
        *offset = LLVMConstIntGetZExtValue(index);
        place = LLVMGetOperand(place, 0);
        if (!is_offset(place))
            return false;
        index = LLVMGetOperand(place, 1);
    }
    if (LLVMIsAZExtInst(index) == NULL)
        return false;
    *found = (struct anchor){ .base = LLVMGetOperand(place, 0), .wide = index };
    if (LLVMGetIntTypeWidth(LLVMTypeOf(LLVMGetOperand(index, 0))) != 32)
        return false;
    split(&found->sum, LLVMGetOperand(index, 0), 0);
    return !found->sum.is_too_long && found->sum.count > 0;
}

static void push_anchor(struct folder *folder, const struct anchor *anchor)
{
    if (folder->anchor_count == folder->anchor_capacity) {
        uint32_t capacity = folder->anchor_capacity * 2 + 64;
        struct anchor *anchors =
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
    struct anchor own;
    uint64_t offset;
    uint32_t first;

    if (!parse(LLVMGetOperand(access, operand), &own, &offset))
        return;
    first = folder->anchor_count > ANCHORS_MAX
                ? folder->anchor_count - ANCHORS_MAX
                : 0;
    for (uint32_t i = first; i < folder->anchor_count; i++) {
        const struct anchor *anchor = &folder->anchors[i];
        uint32_t apart = own.sum.constant - anchor->sum.constant;
        LLVMValueRef place;

        if (anchor->base != own.base || apart > REACH ||
            offset + apart > UINT32_MAX || !is_parallel(&anchor->sum, &own.sum))
            continue;
        if (anchor->wide == own.wide)
            return;
        LLVMPositionBuilderBefore(folder->builder, access);
        place = anchor->wide;
        place =
            LLVMBuildGEP2(folder->builder, unit->i8, own.base, &place, 1, "");
        LLVMSetOperand(
            access, operand,
            proa_unit_offset(unit, folder->builder, place, offset + apart));
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

/* True when no memory of the module may end near 2^32. */
static bool are_memories_short(const struct proa_wasm_module *module)
{
    for (uint32_t i = 0; i < module->memory_count; i++) {
        const struct proa_limits *limits = &module->memories[i].limits;

        if (limits->is_64 || limits->min > PROA_MEMORY32_PAGES_MAX ||
            (i < module->imported_memory_count &&
             limits->max > PROA_MEMORY32_PAGES_MAX))
            return false;
    }
    return true;
}

enum proa_status proa_fold_addresses(struct proa_unit *unit,
                                     struct proa_error *err)
{
    struct folder folder = { .unit = unit };
    bool is_done = true;

    if (!are_memories_short(unit->module))
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
