/*
 * Which loads must stay although nobody uses what they load.
 *
 * Inside a function it is plain liveness: what a store, a call or a return uses
 * is alive, and so is what that was made of. A branch keeps nothing alive.
 * Between functions of a module, as any call may be inlined: an argument is
 * alive only if the parameter is, and a returned value only if no call ignores
 * it. Both facts start as "alive" and can only turn to "dead", so repeating
 * until nothing turns ends.
 *
 * A function that neither stores nor calls may be deleted as a whole where its
 * result is ignored: its loads stay volatile then.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/keep.h"

#include <stdlib.h>

#include "base/fail.h"
#include "compile/idle.h"
#include "compile/ptrmap.h"

enum { VISITED = 1, USED = 2 };

enum purity { PURITY_UNKNOWN, PURE, IMPURE };

struct body {
    LLVMValueRef function;
    bool *is_param_dead;
    bool is_result_dead;
    bool is_dirty;  /* must be looked at again */
    bool is_strict; /* all its loads stay */
    enum purity purity;
};

struct keeper {
    struct proa_unit *unit;
    struct proa_ptrmap bodies_by_function;
    struct body *bodies;
    uint32_t body_count;
    bool *param_flags;        /* what is_param_dead points into */
    struct proa_ptrmap idle;  /* stores that do nothing */
    struct proa_ptrmap flags; /* VISITED, USED of a body's values */
    LLVMValueRef *work;
    size_t work_count, work_capacity;
    bool is_full; /* out of memory */
};

static struct body *body_of(const struct keeper *keeper, LLVMValueRef function)
{
    uint32_t index;

    if (LLVMIsAFunction(function) == NULL ||
        !proa_ptrmap_get(&keeper->bodies_by_function, function, &index))
        return NULL;
    return &keeper->bodies[index];
}

static bool is_pure_intrinsic(LLVMValueRef call)
{
    LLVMValueRef callee = LLVMGetCalledValue(call);

    return LLVMIsAFunction(callee) != NULL && LLVMGetIntrinsicID(callee) != 0;
}

static bool is_memory_load(const struct keeper *keeper,
                           LLVMValueRef instruction)
{
    return LLVMGetInstructionOpcode(instruction) == LLVMLoad &&
           LLVMGetMetadata(instruction, keeper->unit->md_alias_scope) ==
               keeper->unit->scopes_memory;
}

static bool is_pure_call(const struct keeper *keeper, LLVMValueRef call)
{
    const struct body *callee = body_of(keeper, LLVMGetCalledValue(call));

    return is_pure_intrinsic(call) ||
           (callee != NULL && callee->purity == PURE);
}

/* False for results in memory, which a caller may ignore as any other. */
static bool is_lasting(const struct keeper *keeper, LLVMValueRef store)
{
    uint32_t is_idle;

    return !proa_ptrmap_get(&keeper->idle, store, &is_idle) &&
           LLVMGetMetadata(store, keeper->unit->md_alias_scope) !=
               keeper->unit->scopes_host;
}

/*
 * A branch is none: its arms may turn out to do the same. What is used by
 * nothing but branches keeps its mark.
 */
static bool is_root(const struct keeper *keeper, LLVMValueRef instruction)
{
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMStore:
        return is_lasting(keeper, instruction);
    case LLVMRet:
        return true;
    case LLVMCall:
        return !is_pure_call(keeper, instruction);
    default:
        return false;
    }
}

/* Put a value on the work list unless it was there. */
static void visit(struct keeper *keeper, LLVMValueRef value, uint32_t flag)
{
    uint32_t flags = 0;

    (void)proa_ptrmap_get(&keeper->flags, value, &flags);
    if ((flags | flag) == flags)
        return;
    if (!proa_ptrmap_set(&keeper->flags, value, flags | flag | VISITED))
        keeper->is_full = true;
    if ((flags & VISITED) != 0)
        return;
    if (keeper->work_count == keeper->work_capacity) {
        size_t capacity = 2 * keeper->work_capacity + 1024;
        LLVMValueRef *grown =
            realloc(keeper->work, capacity * sizeof(LLVMValueRef));

        if (grown == NULL) {
            keeper->is_full = true;
            return;
        }
        keeper->work = grown;
        keeper->work_capacity = capacity;
    }
    keeper->work[keeper->work_count++] = value;
}

static void use(struct keeper *keeper, LLVMValueRef value)
{
    if (LLVMIsAInstruction(value) != NULL || LLVMIsAArgument(value) != NULL)
        visit(keeper, value, USED);
}

static void use_operands(struct keeper *keeper, const struct body *body,
                         LLVMValueRef instruction)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
    unsigned count = (unsigned)LLVMGetNumOperands(instruction);
    const struct body *callee = NULL;

    if (opcode == LLVMRet && body->is_result_dead)
        return;
    if (opcode == LLVMCall)
        callee = body_of(keeper, LLVMGetCalledValue(instruction));
    for (unsigned i = 0; i < count; i++) {
        /* The last operand of a call is the callee. */
        if (callee != NULL && i + 1 < count && callee->is_param_dead[i])
            continue;
        use(keeper, LLVMGetOperand(instruction, i));
    }
}

/* Whoever calls this function knows something new about its parameters. */
static void make_callers_dirty(struct keeper *keeper, struct body *body)
{
    for (LLVMUseRef at = LLVMGetFirstUse(body->function); at != NULL;
         at = LLVMGetNextUse(at)) {
        LLVMValueRef user = LLVMGetUser(at);
        LLVMValueRef caller;

        if (LLVMIsAInstruction(user) == NULL)
            continue;
        caller = LLVMGetBasicBlockParent(LLVMGetInstructionParent(user));
        body_of(keeper, caller)->is_dirty = true;
    }
}

static bool is_used(const struct keeper *keeper, LLVMValueRef value)
{
    uint32_t flags = 0;

    return proa_ptrmap_get(&keeper->flags, value, &flags) &&
           (flags & USED) != 0;
}

/* A call whose result nobody needs. */
static void ignore_result(struct keeper *keeper, LLVMValueRef call)
{
    struct body *callee = body_of(keeper, LLVMGetCalledValue(call));

    if (callee == NULL)
        return;
    if (callee->purity == PURE && !callee->is_strict) {
        callee->is_strict = true;
        callee->is_dirty = true;
    }
    if (!callee->is_result_dead) {
        callee->is_result_dead = true;
        callee->is_dirty = true;
    }
}

static void draw_conclusions(struct keeper *keeper, struct body *body,
                             LLVMValueRef instruction)
{
    if (is_memory_load(keeper, instruction)) {
        LLVMSetVolatile(instruction,
                        body->is_strict || !is_used(keeper, instruction));
        return;
    }
    if (LLVMGetInstructionOpcode(instruction) != LLVMCall)
        return;
    /* What a strict function calls is as deletable as itself. */
    if (!is_used(keeper, instruction) || body->is_strict)
        ignore_result(keeper, instruction);
}

static void conclude_params(struct keeper *keeper, struct body *body)
{
    unsigned count = LLVMCountParams(body->function);
    bool is_changed = false;

    for (unsigned i = 0; i < count; i++) {
        if (body->is_param_dead[i] ||
            is_used(keeper, LLVMGetParam(body->function, i)))
            continue;
        body->is_param_dead[i] = true;
        is_changed = true;
    }
    if (is_changed)
        make_callers_dirty(keeper, body);
}

typedef void (*instruction_fn)(struct keeper *keeper, struct body *body,
                               LLVMValueRef instruction);

static void for_each(struct keeper *keeper, struct body *body,
                     instruction_fn fn)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(body->function);
         block != NULL; block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at))
            fn(keeper, body, at);
}

static void visit_root(struct keeper *keeper, struct body *body,
                       LLVMValueRef instruction)
{
    (void)body;
    if (is_root(keeper, instruction))
        visit(keeper, instruction, VISITED);
}

static void look_at(struct keeper *keeper, struct body *body)
{
    proa_ptrmap_clear(&keeper->flags);
    for_each(keeper, body, visit_root);
    while (keeper->work_count > 0 && !keeper->is_full) {
        LLVMValueRef value = keeper->work[--keeper->work_count];

        if (LLVMIsAInstruction(value) != NULL)
            use_operands(keeper, body, value);
    }
    if (keeper->is_full)
        return;
    for_each(keeper, body, draw_conclusions);
    conclude_params(keeper, body);
}

/*
 * What an instruction makes of its function: IMPURE if it does anything but
 * compute and read, PURITY_UNKNOWN if that depends on what it calls.
 */
static enum purity purity_of(const struct keeper *keeper,
                             LLVMValueRef instruction)
{
    const struct body *callee;

    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMStore:
        return IMPURE;
    case LLVMCall:
        if (is_pure_intrinsic(instruction))
            return PURE;
        callee = body_of(keeper, LLVMGetCalledValue(instruction));
        return callee == NULL ? IMPURE : callee->purity;
    default:
        return PURE;
    }
}

static enum purity body_purity(const struct keeper *keeper,
                               const struct body *body)
{
    enum purity worst = PURE;

    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(body->function);
         block != NULL; block = LLVMGetNextBasicBlock(block)) {
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at)) {
            enum purity purity = purity_of(keeper, at);

            if (purity == IMPURE)
                return IMPURE;
            if (purity == PURITY_UNKNOWN)
                worst = PURITY_UNKNOWN;
        }
    }
    return worst;
}

/*
 * First those that call nothing, then those that call only such, and so on.
 * One that calls itself stays unknown and counts as impure, as it does for
 * LLVM, which cannot prove that it ends.
 */
static void find_pure(struct keeper *keeper)
{
    bool is_changed = true;

    while (is_changed) {
        is_changed = false;
        for (uint32_t i = 0; i < keeper->body_count; i++) {
            struct body *body = &keeper->bodies[i];

            if (body->purity != PURITY_UNKNOWN)
                continue;
            body->purity = body_purity(keeper, body);
            is_changed |= body->purity != PURITY_UNKNOWN;
        }
    }
}

static bool has_body(LLVMValueRef function)
{
    return LLVMGetFirstBasicBlock(function) != NULL;
}

static enum proa_status list_bodies(struct keeper *keeper,
                                    struct proa_error *err)
{
    LLVMModuleRef module = keeper->unit->llvm_module;
    size_t count = 0, param_count = 0;
    bool *flags;

    for (LLVMValueRef at = LLVMGetFirstFunction(module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        count += has_body(at);
        param_count += has_body(at) ? LLVMCountParams(at) : 0;
    }
    keeper->bodies = calloc(count + 1, sizeof *keeper->bodies);
    keeper->param_flags = calloc(param_count + 1, sizeof(bool));
    if (keeper->bodies == NULL || keeper->param_flags == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to look at loads");
    flags = keeper->param_flags;
    for (LLVMValueRef at = LLVMGetFirstFunction(module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        struct body *body = &keeper->bodies[keeper->body_count];

        if (!has_body(at))
            continue;
        *body = (struct body){ .function = at,
                               .is_param_dead = flags,
                               .is_dirty = true };
        flags += LLVMCountParams(at);
        if (!proa_ptrmap_set(&keeper->bodies_by_function, at,
                             keeper->body_count++))
            return proa_fail(err, PROA_NOMEM, 0, "no memory to look at loads");
        if (!proa_idle_stores(keeper->unit, at, &keeper->idle))
            return proa_fail(err, PROA_NOMEM, 0, "no memory to look at loads");
    }
    return PROA_OK;
}

/* Callers first would be best; any order gives the same. */
static enum proa_status look_at_all(struct keeper *keeper,
                                    struct proa_error *err)
{
    bool is_changed = true;

    while (is_changed) {
        is_changed = false;
        for (uint32_t i = 0; i < keeper->body_count; i++) {
            struct body *body = &keeper->bodies[i];

            if (!body->is_dirty)
                continue;
            body->is_dirty = false;
            is_changed = true;
            look_at(keeper, body);
            if (keeper->is_full)
                return proa_fail(err, PROA_NOMEM, 0,
                                 "no memory to look at loads");
        }
    }
    return PROA_OK;
}

enum proa_status proa_keep_loads(struct proa_unit *unit, struct proa_error *err)
{
    struct keeper keeper = { .unit = unit };
    enum proa_status status = list_bodies(&keeper, err);

    if (status == PROA_OK) {
        find_pure(&keeper);
        status = look_at_all(&keeper, err);
    }
    proa_ptrmap_deinit(&keeper.bodies_by_function);
    proa_ptrmap_deinit(&keeper.flags);
    proa_ptrmap_deinit(&keeper.idle);
    free(keeper.bodies);
    free(keeper.param_flags);
    free(keeper.work);
    return status;
}
