/*
 * Addresses that go around.
 *
 * An address is 32 bits wide and extended where it is used. What computes it
 * has mostly done that already, as each 32-bit instruction clears the upper
 * half; but instruction selection looks at one block at a time, and extends
 * again what came from another one: one more instruction in the chain of an
 * interpreter's dispatch, a list's walk, a search. So a phi that is extended
 * becomes a phi of what is extended, beside its making.
 *
 * A loop's pointer that is accessed in each turn becomes a plain 64-bit
 * counter: p is inside the memory, which ends a page before 2^32 at least, so
 * that p + 8 does not wrap (see place.h). Where that is not known such a
 * pointer stays what it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/widen.h"

#include <stdlib.h>

#include "base/fail.h"
#include "compile/block.h"
#include "compile/place.h"
#include "compile/ptrmap.h"

enum { PHIS_MAX = 512, WAY_MAX = 8 }; /* in a function; blocks looked back */

struct widen {
    const struct proa_unit *unit;
    LLVMBuilderRef builder;
    bool is_short; /* no memory ends near 2^32 */
    LLVMValueRef phis[PHIS_MAX];
    LLVMValueRef wide[PHIS_MAX];
    uint32_t count;
    struct proa_ptrmap indexes; /* of phis */
    struct proa_ptrmap made;    /* of values: in extended */
    LLVMValueRef *extended;
    uint32_t extended_count, extended_capacity;
    bool is_full; /* out of memory */
};

static bool is_narrow_phi(const struct widen *widen, LLVMValueRef value)
{
    return LLVMIsAPHINode(value) != NULL &&
           LLVMTypeOf(value) == widen->unit->i32;
}

static bool is_extension(const struct widen *widen, LLVMValueRef value)
{
    return LLVMIsAZExtInst(value) != NULL &&
           LLVMTypeOf(value) == widen->unit->i64;
}

static bool is_extended(const struct widen *widen, LLVMValueRef value)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL;
         use = LLVMGetNextUse(use))
        if (is_extension(widen, LLVMGetUser(use)))
            return true;
    return false;
}

/* value = phi + a constant that is not too large for the proof. */
static bool is_step(LLVMValueRef value, LLVMValueRef phi)
{
    return LLVMIsAInstruction(value) != NULL &&
           LLVMGetInstructionOpcode(value) == LLVMAdd &&
           LLVMGetOperand(value, 0) == phi &&
           LLVMIsAConstantInt(LLVMGetOperand(value, 1)) != NULL;
}

static bool comes_before(LLVMValueRef first, LLVMValueRef second)
{
    for (LLVMValueRef at = first; at != NULL; at = LLVMGetNextInstruction(at))
        if (at == second)
            return true;
    return false;
}

/* Whoever is at `where` has run the access. */
static bool was_run(LLVMValueRef access, LLVMValueRef where)
{
    LLVMBasicBlockRef block = LLVMGetInstructionParent(where);

    if (LLVMGetInstructionParent(access) == block)
        return comes_before(access, where);
    for (int i = 0; i < WAY_MAX && block != NULL; i++) {
        block = proa_block_only_predecessor(block);
        if (block == LLVMGetInstructionParent(access))
            return true;
    }
    return false;
}

/* A load or store of linear memory at `place`, or a constant behind it. */
static bool is_accessed_at(const struct widen *widen, LLVMValueRef place,
                           LLVMValueRef where, int depth)
{
    for (LLVMUseRef use = LLVMGetFirstUse(place); use != NULL;
         use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsAGetElementPtrInst(user) != NULL && depth > 0 &&
            LLVMGetNumOperands(user) == 2 && LLVMGetOperand(user, 0) == place &&
            LLVMIsAConstantInt(LLVMGetOperand(user, 1)) != NULL &&
            LLVMConstIntGetSExtValue(LLVMGetOperand(user, 1)) >= 0 &&
            is_accessed_at(widen, user, where, depth - 1))
            return true;
        if ((LLVMIsALoadInst(user) != NULL ||
             (LLVMIsAStoreInst(user) != NULL &&
              LLVMGetOperand(user, 1) == place)) &&
            LLVMGetMetadata(user, widen->unit->md_alias_scope) ==
                widen->unit->scopes_memory &&
            was_run(user, where))
            return true;
    }
    return false;
}

static bool is_accessed(const struct widen *widen, LLVMValueRef phi,
                        LLVMValueRef where)
{
    for (LLVMUseRef use = LLVMGetFirstUse(phi); use != NULL;
         use = LLVMGetNextUse(use)) {
        LLVMValueRef extension = LLVMGetUser(use);

        if (!is_extension(widen, extension))
            continue;
        for (LLVMUseRef at = LLVMGetFirstUse(extension); at != NULL;
             at = LLVMGetNextUse(at)) {
            LLVMValueRef place = LLVMGetUser(at);
            struct proa_place read;

            if (LLVMIsAGetElementPtrInst(place) != NULL &&
                proa_place_read(place, &read) && read.wide == extension &&
                LLVMIsALoadInst(read.base) != NULL &&
                is_accessed_at(widen, place, where, 1))
                return true;
        }
    }
    return false;
}

/* phi + constant does not wrap. */
static bool stays_below(const struct widen *widen, LLVMValueRef step,
                        LLVMValueRef phi)
{
    return widen->is_short &&
           LLVMConstIntGetZExtValue(LLVMGetOperand(step, 1)) <=
               PROA_PLACE_REACH &&
           is_accessed(widen, phi, step);
}

/*
 * False for a counter whose steps may wrap: what makes code out of it knows
 * how to treat a narrow counter, but not one that is extended in each turn.
 */
static bool is_worth_it(const struct widen *widen, LLVMValueRef phi)
{
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        LLVMValueRef value = LLVMGetIncomingValue(phi, i);

        if (LLVMGetIncomingBlock(phi, i) == LLVMGetInstructionParent(phi) &&
            is_step(value, phi) && !stays_below(widen, value, phi))
            return false;
    }
    return true;
}

static void add_phi(struct widen *widen, LLVMValueRef phi)
{
    uint32_t index;

    if (widen->count == PHIS_MAX || !is_worth_it(widen, phi) ||
        proa_ptrmap_get(&widen->indexes, phi, &index))
        return;
    if (!proa_ptrmap_set(&widen->indexes, phi, widen->count))
        widen->is_full = true;
    else
        widen->phis[widen->count++] = phi;
}

static void find_phis(struct widen *widen, LLVMValueRef function)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block);
             at != NULL && LLVMIsAPHINode(at) != NULL;
             at = LLVMGetNextInstruction(at))
            if (is_narrow_phi(widen, at) && is_extended(widen, at))
                add_phi(widen, at);
    for (uint32_t i = 0; i < widen->count && !widen->is_full; i++)
        for (unsigned k = 0; k < LLVMCountIncoming(widen->phis[i]); k++) {
            LLVMValueRef value = LLVMGetIncomingValue(widen->phis[i], k);

            if (is_narrow_phi(widen, value))
                add_phi(widen, value);
        }
}

static LLVMValueRef behind_phis(LLVMBasicBlockRef block)
{
    LLVMValueRef at = LLVMGetFirstInstruction(block);

    while (LLVMIsAPHINode(at) != NULL)
        at = LLVMGetNextInstruction(at);
    return at;
}

/* Where what is computed from a value alone can be put first. */
static LLVMValueRef behind(const struct widen *widen, LLVMValueRef value)
{
    LLVMValueRef function;

    if (LLVMIsAInstruction(value) == NULL) {
        function =
            LLVMGetBasicBlockParent(LLVMGetInstructionParent(widen->phis[0]));
        return LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function));
    }
    if (LLVMIsAPHINode(value) != NULL)
        return behind_phis(LLVMGetInstructionParent(value));
    return LLVMGetNextInstruction(value);
}

static LLVMValueRef remember(struct widen *widen, LLVMValueRef value,
                             LLVMValueRef extended)
{
    if (widen->extended_count == widen->extended_capacity) {
        uint32_t capacity = 2 * widen->extended_capacity + 64;
        LLVMValueRef *grown =
            realloc(widen->extended, capacity * sizeof(LLVMValueRef));

        if (grown == NULL) {
            widen->is_full = true;
            return extended;
        }
        widen->extended = grown;
        widen->extended_capacity = capacity;
    }
    widen->extended[widen->extended_count] = extended;
    if (!proa_ptrmap_set(&widen->made, value, widen->extended_count++))
        widen->is_full = true;
    return extended;
}

static LLVMValueRef extend(struct widen *widen, LLVMValueRef value)
{
    LLVMValueRef from;
    uint32_t index;

    if (LLVMIsAConstantInt(value) != NULL)
        return proa_unit_i64(widen->unit, LLVMConstIntGetZExtValue(value));
    if (proa_ptrmap_get(&widen->indexes, value, &index))
        return widen->wide[index];
    if (proa_ptrmap_get(&widen->made, value, &index))
        return widen->extended[index];
    LLVMPositionBuilderBefore(widen->builder, behind(widen, value));
    from = LLVMIsAInstruction(value) != NULL &&
                   LLVMGetInstructionOpcode(value) == LLVMAdd
               ? LLVMGetOperand(value, 0)
               : NULL;
    if (from != NULL && is_step(value, from) &&
        proa_ptrmap_get(&widen->indexes, from, &index) &&
        stays_below(widen, value, from)) {
        LLVMValueRef sum = LLVMBuildAdd(
            widen->builder, widen->wide[index],
            proa_unit_i64(widen->unit,
                          LLVMConstIntGetZExtValue(LLVMGetOperand(value, 1))),
            "");

        LLVMSetNUW(sum, true);
        return remember(widen, value, sum);
    }
    return remember(widen, value,
                    LLVMBuildZExt(widen->builder, value, widen->unit->i64, ""));
}

static void fill(struct widen *widen, uint32_t i)
{
    LLVMValueRef phi = widen->phis[i];

    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        LLVMBasicBlockRef block = LLVMGetIncomingBlock(phi, k);
        LLVMValueRef value = extend(widen, LLVMGetIncomingValue(phi, k));

        LLVMAddIncoming(widen->wide[i], &value, &block, 1);
    }
}

/* All that extends a value is one. */
static void use_extended(const struct widen *widen, LLVMValueRef value,
                         LLVMValueRef extended)
{
    LLVMUseRef next;

    for (LLVMUseRef use = LLVMGetFirstUse(value); use != NULL; use = next) {
        LLVMValueRef user = LLVMGetUser(use);

        next = LLVMGetNextUse(use);
        if (!is_extension(widen, user) || user == extended)
            continue;
        LLVMReplaceAllUsesWith(user, extended);
        LLVMInstructionEraseFromParent(user);
    }
}

static void replace_narrow(const struct widen *widen, LLVMValueRef value,
                           LLVMValueRef wide)
{
    use_extended(widen, value, wide);
    if (LLVMGetFirstUse(value) != NULL) {
        LLVMValueRef where = behind(widen, wide);

        LLVMPositionBuilderBefore(widen->builder, where);
        LLVMReplaceAllUsesWith(
            value, LLVMBuildTrunc(widen->builder, wide, widen->unit->i32, ""));
    }
}

/* The sums that were proved not to wrap are needed in one width only. */
static void replace_steps(struct widen *widen, uint32_t i)
{
    LLVMValueRef phi = widen->phis[i];

    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        LLVMValueRef value = LLVMGetIncomingValue(phi, k);
        LLVMValueRef extended;
        uint32_t index;

        if (!proa_ptrmap_get(&widen->made, value, &index) ||
            LLVMIsAInstruction(value) == NULL)
            continue;
        extended = widen->extended[index];
        if (LLVMIsAZExtInst(extended) != NULL)
            use_extended(widen, value, extended);
        else if (LLVMIsAInstruction(extended) != NULL &&
                 LLVMGetInstructionOpcode(extended) == LLVMAdd)
            replace_narrow(widen, value, extended);
    }
}

static void widen_all(struct widen *widen)
{
    for (uint32_t i = 0; i < widen->count; i++) {
        LLVMPositionBuilderBefore(widen->builder, widen->phis[i]);
        widen->wide[i] = LLVMBuildPhi(widen->builder, widen->unit->i64, "");
    }
    for (uint32_t i = 0; i < widen->count; i++)
        fill(widen, i);
    for (uint32_t i = 0; i < widen->count; i++)
        replace_steps(widen, i);
    for (uint32_t i = 0; i < widen->count; i++)
        replace_narrow(widen, widen->phis[i], widen->wide[i]);
    for (uint32_t i = 0; i < widen->count; i++)
        LLVMInstructionEraseFromParent(widen->phis[i]);
}

static void widen_function(struct widen *widen, LLVMValueRef function)
{
    widen->count = widen->extended_count = 0;
    proa_ptrmap_clear(&widen->indexes);
    proa_ptrmap_clear(&widen->made);
    find_phis(widen, function);
    if (!widen->is_full && widen->count > 0)
        widen_all(widen);
}

enum proa_status proa_widen_phis(struct proa_unit *unit, struct proa_error *err)
{
    struct widen *widen = calloc(1, sizeof *widen);
    bool is_done;

    if (widen == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for phis");
    widen->unit = unit;
    widen->is_short = proa_place_memories_are_short(unit->module);
    widen->builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL && !widen->is_full;
         function = LLVMGetNextFunction(function))
        widen_function(widen, function);
    is_done = !widen->is_full;
    LLVMDisposeBuilder(widen->builder);
    proa_ptrmap_deinit(&widen->indexes);
    proa_ptrmap_deinit(&widen->made);
    free(widen->extended);
    free(widen);
    return is_done ? PROA_OK
                   : proa_fail(err, PROA_NOMEM, 0, "no memory for phis");
}
