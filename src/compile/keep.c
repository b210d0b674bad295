/*
 * How a load that may trap survives LLVM, for which a load that nobody needs is
 * nothing.
 *
 * While values are simplified, each load is followed by a call of a function
 * that does not exist, with what was loaded as its argument. LLVM sees an
 * effect that it must keep, which needs the value, all of it, on all ways that
 * lead here, and touches no memory that the guest could name: so it may put
 * equal loads together, take them out of loops or replace them by what was
 * stored, but not drop, narrow or delay them. No loop that has such a call can
 * be vectorised; so before that is tried, the calls go. From then on a load is
 * volatile, unless its use is as firm as itself: a store, a call, a return or
 * the next turn of a loop that cannot be moved to where only some ways lead.
 * When all is vectorised those become volatile as well: instruction selection,
 * too, drops and narrows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "compile/block.h"
#include "compile/ptrmap.h"

static const char use_prefix[] = "proa.use.";

/* All of the memory effects that LLVM tells apart: its number for "memory
 * (inaccessiblemem: readwrite)". */
enum { INACCESSIBLE_READ_WRITE = 3 << 2 };

typedef bool (*load_fn)(void *env, LLVMValueRef load);

static bool is_memory_load(const struct proa_unit *unit,
                           LLVMValueRef instruction)
{
    /* What passes made of it may have lost its metadata, or got more. */
    return LLVMGetInstructionOpcode(instruction) == LLVMLoad &&
           LLVMGetMetadata(instruction, unit->md_alias_scope) !=
               unit->scopes_host;
}

static bool for_each_load(const struct proa_unit *unit, LLVMValueRef function,
                          load_fn fn, void *env)
{
    LLVMValueRef next;

    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = next) {
            next = LLVMGetNextInstruction(at);
            if (is_memory_load(unit, at) && !fn(env, at))
                return false;
        }
    }
    return true;
}

static bool for_all_loads(const struct proa_unit *unit, load_fn fn, void *env)
{
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at))
        if (!for_each_load(unit, at, fn, env))
            return false;
    return true;
}

static void add_attribute(const struct proa_unit *unit, LLVMValueRef function,
                          const char *name, uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

    proa_unit_attribute(function,
                        LLVMCreateEnumAttribute(unit->context, kind, value));
}

/* The function that uses a value of this type. */
static LLVMValueRef user_of(const struct proa_unit *unit, LLVMTypeRef type)
{
    static const char *const promises[] = { "nocallback", "nofree", "nosync",
                                            "nounwind", "willreturn" };
    LLVMTypeRef function_type =
        LLVMFunctionType(unit->nothing, &type, 1, false);
    char *type_name = LLVMPrintTypeToString(type);
    LLVMValueRef function;
    char name[64];

    snprintf(name, sizeof name, "%s%s", use_prefix, type_name);
    LLVMDisposeMessage(type_name);
    function = LLVMGetNamedFunction(unit->llvm_module, name);
    if (function != NULL)
        return function;
    function = LLVMAddFunction(unit->llvm_module, name, function_type);
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        add_attribute(unit, function, promises[i], 0);
    add_attribute(unit, function, "memory", INACCESSIBLE_READ_WRITE);
    return function;
}

struct marker {
    const struct proa_unit *unit;
    LLVMBuilderRef builder;
};

static bool mark(void *env, LLVMValueRef load)
{
    const struct marker *marker = env;
    LLVMValueRef user;

    if (!LLVMGetVolatile(load)) /* cannot trap */
        return true;
    LLVMSetVolatile(load, false);
    user = user_of(marker->unit, LLVMTypeOf(load));
    LLVMPositionBuilderBefore(marker->builder, LLVMGetNextInstruction(load));
    LLVMBuildCall2(marker->builder, LLVMGlobalGetValueType(user), user, &load,
                   1, "");
    return true;
}

void proa_keep_mark(struct proa_unit *unit)
{
    struct marker marker = { .unit = unit,
                             .builder =
                                 LLVMCreateBuilderInContext(unit->context) };

    (void)for_all_loads(unit, mark, &marker);
    LLVMDisposeBuilder(marker.builder);
}

static void unmark(struct proa_unit *unit)
{
    LLVMValueRef next;

    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = next) {
        size_t size;
        const char *name = LLVMGetValueName2(at, &size);
        LLVMUseRef use;

        next = LLVMGetNextFunction(at);
        if (strncmp(name, use_prefix, sizeof use_prefix - 1) != 0)
            continue;
        while ((use = LLVMGetFirstUse(at)) != NULL)
            LLVMInstructionEraseFromParent(LLVMGetUser(use));
        LLVMDeleteFunction(at);
    }
}

/* Which instructions of a function are used firmly. */
struct firm {
    const struct proa_unit *unit;
    struct proa_ptrmap seen;
    LLVMValueRef *work;
    size_t work_count, work_capacity;
    bool is_full; /* out of memory */
};

static void visit(struct firm *firm, LLVMValueRef value)
{
    uint32_t is_seen;

    if (proa_ptrmap_get(&firm->seen, value, &is_seen))
        return;
    if (!proa_ptrmap_set(&firm->seen, value, 1))
        firm->is_full = true;
    if (firm->work_count == firm->work_capacity) {
        size_t capacity = 2 * firm->work_capacity + 1024;
        LLVMValueRef *grown =
            realloc(firm->work, capacity * sizeof(LLVMValueRef));

        if (grown == NULL) {
            firm->is_full = true;
            return;
        }
        firm->work = grown;
        firm->work_capacity = capacity;
    }
    firm->work[firm->work_count++] = value;
}

static bool is_root(LLVMValueRef instruction)
{
    LLVMValueRef callee;

    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMStore:
    case LLVMRet:
        return true;
    case LLVMCall:
        callee = LLVMGetCalledValue(instruction);
        return LLVMIsAFunction(callee) == NULL ||
               LLVMGetIntrinsicID(callee) == 0;
    default:
        return false;
    }
}

static void visit_operands(struct firm *firm, LLVMValueRef user)
{
    unsigned count = (unsigned)LLVMGetNumOperands(user);
    bool is_phi = LLVMIsAPHINode(user) != NULL;

    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef value = LLVMGetOperand(user, i);
        LLVMBasicBlockRef place;

        if (LLVMIsAInstruction(value) == NULL)
            continue;
        place = is_phi ? LLVMGetIncomingBlock(user, i)
                       : LLVMGetInstructionParent(user);
        /* A phi cannot be moved. */
        if (LLVMIsAPHINode(value) != NULL ||
            place == LLVMGetInstructionParent(value) ||
            proa_block_only_predecessor(place) == NULL)
            visit(firm, value);
    }
}

static bool pin_loose(void *env, LLVMValueRef load)
{
    const struct firm *firm = env;
    uint32_t is_seen;

    LLVMSetVolatile(load, !proa_ptrmap_get(&firm->seen, load, &is_seen));
    return true;
}

static bool release_firm(struct firm *firm, LLVMValueRef function)
{
    proa_ptrmap_clear(&firm->seen);
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at))
            if (is_root(at))
                visit(firm, at);
    while (firm->work_count > 0 && !firm->is_full)
        visit_operands(firm, firm->work[--firm->work_count]);
    return !firm->is_full &&
           for_each_load(firm->unit, function, pin_loose, firm);
}

enum proa_status proa_keep_loose(struct proa_unit *unit, struct proa_error *err)
{
    struct firm firm = { .unit = unit };
    bool is_done = true;

    unmark(unit);
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module);
         at != NULL && is_done; at = LLVMGetNextFunction(at))
        is_done = release_firm(&firm, at);
    proa_ptrmap_deinit(&firm.seen);
    free(firm.work);
    return is_done
               ? PROA_OK
               : proa_fail(err, PROA_NOMEM, 0, "no memory to look at loads");
}

static bool pin(void *env, LLVMValueRef load)
{
    (void)env;
    LLVMSetVolatile(load, true);
    return true;
}

/*
 * Instruction selection stores and loads a part only, where a constant changes
 * no more of it.
 */
static void pin_stores(LLVMValueRef function)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at)) {
            LLVMValueRef value;

            if (LLVMGetInstructionOpcode(at) != LLVMStore)
                continue;
            value = LLVMGetOperand(at, 0);
            if (LLVMIsABinaryOperator(value) != NULL &&
                (LLVMGetInstructionOpcode(value) == LLVMOr ||
                 LLVMGetInstructionOpcode(value) == LLVMXor ||
                 LLVMGetInstructionOpcode(value) == LLVMAnd))
                LLVMSetVolatile(at, true);
        }
    }
}

void proa_keep_all(struct proa_unit *unit)
{
    unmark(unit);
    (void)for_all_loads(unit, pin, NULL);
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at))
        pin_stores(at);
}
