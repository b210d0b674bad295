/*
 * Loops that count without being slowed down by it.
 *
 * A loop of one basic block that ends when a counter meets a value it does not
 * change is run as often as can be said beforehand. If there is fuel for all
 * of that, a copy of the loop is run that does not look after the fuel, which
 * LLVM then vectorises and unrolls as any other; what was spent is added once.
 * Of a loop that ends when a counter is no longer below (or above) such a value
 * it can be said how often at most; its copy goes on adding. Else the loop
 * itself is run, which finds out where the fuel ends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <llvm-c/DebugInfo.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "compile/keep.h"
#include "compile/ptrmap.h"

enum { BODY_MAX = 1024 }; /* instructions in a loop */

/* before -> body <-> check, body -> after, check -> out of fuel */
struct counted {
    struct proa_unit *unit;
    LLVMBuilderRef builder;
    LLVMBasicBlockRef before, body, check, after;
    LLVMValueRef fuel;      /* the phi */
    LLVMValueRef fuel_next; /* what it is behind the body */
    LLVMValueRef cost;      /* the constant between them */
    LLVMValueRef counter;   /* the phi */
    LLVMValueRef counter_next;
    LLVMValueRef end;         /* where the counter ends */
    LLVMIntPredicate goes_on; /* counter_next to end, for another turn */
    LLVMValueRef by;          /* what the counter steps by; else zero: */
    int64_t step;
    bool is_exact; /* what is known is how often, not how often at most */
    struct proa_ptrmap indexes; /* of the body's instructions */
    LLVMValueRef copies[BODY_MAX];
};

static bool is_opcode(LLVMValueRef value, LLVMOpcode opcode)
{
    return LLVMIsAInstruction(value) != NULL &&
           LLVMGetInstructionOpcode(value) == opcode;
}

static LLVMValueRef incoming(LLVMValueRef phi, LLVMBasicBlockRef from)
{
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
        if (LLVMGetIncomingBlock(phi, i) == from)
            return LLVMGetIncomingValue(phi, i);
    return NULL;
}

static bool has_one_use(LLVMValueRef value)
{
    LLVMUseRef use = LLVMGetFirstUse(value);

    return use != NULL && LLVMGetNextUse(use) == NULL;
}

/* The only block that jumps to another; NULL: none or several. */
static LLVMBasicBlockRef only_predecessor(LLVMBasicBlockRef block)
{
    LLVMBasicBlockRef found = NULL;

    for (LLVMUseRef use = LLVMGetFirstUse(LLVMBasicBlockAsValue(block));
         use != NULL; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsATerminatorInst(user) == NULL || found != NULL)
            return NULL;
        found = LLVMGetInstructionParent(user);
    }
    return found;
}

static bool is_invariant(const struct counted *loop, LLVMValueRef value)
{
    return LLVMIsAInstruction(value) == NULL ||
           LLVMGetInstructionParent(value) != loop->body;
}

static bool is_phi_of(const struct counted *loop, LLVMValueRef phi,
                      LLVMValueRef next)
{
    return is_opcode(phi, LLVMPHI) &&
           LLVMGetInstructionParent(phi) == loop->body &&
           incoming(phi, loop->check) == next;
}

/* value = phi + what does not change, the phi being one of the body. */
static bool is_stride(const struct counted *loop, LLVMValueRef value,
                      LLVMValueRef *phi, LLVMValueRef *by)
{
    if (!is_opcode(value, LLVMAdd) ||
        LLVMGetInstructionParent(value) != loop->body)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        *phi = LLVMGetOperand(value, i);
        *by = LLVMGetOperand(value, 1 - i);
        if (is_phi_of(loop, *phi, value) && is_invariant(loop, *by))
            return true;
    }
    return false;
}

/* value = phi + constant, the phi being one of the body. */
static bool is_step(const struct counted *loop, LLVMValueRef value,
                    LLVMValueRef *phi, int64_t *step)
{
    LLVMValueRef by;

    if (!is_opcode(value, LLVMAdd) && !is_opcode(value, LLVMSub))
        return false;
    *phi = LLVMGetOperand(value, 0);
    by = LLVMGetOperand(value, 1);
    if (LLVMGetInstructionParent(value) != loop->body ||
        !is_phi_of(loop, *phi, value) || LLVMIsAConstantInt(by) == NULL)
        return false;
    *step = LLVMConstIntGetSExtValue(by);
    if (*step == INT64_MIN)
        return false;
    if (is_opcode(value, LLVMSub))
        *step = -*step;
    return true;
}

/* Does this block compare the fuel on the way around a loop, and no more? */
static bool find_check(struct counted *loop, LLVMBasicBlockRef block)
{
    LLVMValueRef compare = LLVMGetFirstInstruction(block);
    LLVMValueRef jump = LLVMGetBasicBlockTerminator(block);
    int64_t cost;

    if (LLVMIsAICmpInst(compare) == NULL ||
        LLVMGetNextInstruction(compare) != jump || !is_opcode(jump, LLVMBr) ||
        !LLVMIsConditional(jump) ||
        LLVMGetICmpPredicate(compare) != LLVMIntSGE ||
        !LLVMIsNull(LLVMGetOperand(compare, 1)))
        return false;
    loop->check = block;
    loop->body = LLVMGetSuccessor(jump, 1);
    loop->fuel_next = LLVMGetOperand(compare, 0);
    if (only_predecessor(block) != loop->body ||
        !is_step(loop, loop->fuel_next, &loop->fuel, &cost) || cost <= 0 ||
        cost >= INT32_MAX || LLVMCountIncoming(loop->fuel) != 2 ||
        !has_one_use(loop->fuel))
        return false;
    loop->cost = LLVMConstInt(loop->unit->i64, (uint64_t)cost, false);
    loop->before = LLVMGetIncomingBlock(
        loop->fuel, LLVMGetIncomingBlock(loop->fuel, 0) == block ? 1 : 0);
    return LLVMGetNumSuccessors(LLVMGetBasicBlockTerminator(loop->before)) == 1;
}

static LLVMIntPredicate opposite(LLVMIntPredicate predicate)
{
    static const LLVMIntPredicate table[] = {
        [LLVMIntEQ] = LLVMIntNE,   [LLVMIntNE] = LLVMIntEQ,
        [LLVMIntUGT] = LLVMIntULE, [LLVMIntULE] = LLVMIntUGT,
        [LLVMIntUGE] = LLVMIntULT, [LLVMIntULT] = LLVMIntUGE,
        [LLVMIntSGT] = LLVMIntSLE, [LLVMIntSLE] = LLVMIntSGT,
        [LLVMIntSGE] = LLVMIntSLT, [LLVMIntSLT] = LLVMIntSGE,
    };

    return table[predicate];
}

/* With the operands in the other order. */
static LLVMIntPredicate swapped(LLVMIntPredicate predicate)
{
    static const LLVMIntPredicate table[] = {
        [LLVMIntEQ] = LLVMIntEQ,   [LLVMIntNE] = LLVMIntNE,
        [LLVMIntUGT] = LLVMIntULT, [LLVMIntULE] = LLVMIntUGE,
        [LLVMIntUGE] = LLVMIntULE, [LLVMIntULT] = LLVMIntUGT,
        [LLVMIntSGT] = LLVMIntSLT, [LLVMIntSLE] = LLVMIntSGE,
        [LLVMIntSGE] = LLVMIntSLE, [LLVMIntSLT] = LLVMIntSGT,
    };

    return table[predicate];
}

static bool is_upward(LLVMIntPredicate goes_on)
{
    return goes_on == LLVMIntULT || goes_on == LLVMIntULE ||
           goes_on == LLVMIntSLT || goes_on == LLVMIntSLE;
}

/* How often at all: to a value that is met, after a power of two. */
static bool is_counted(struct counted *loop)
{
    uint64_t size;

    if (loop->goes_on != LLVMIntNE ||
        !is_step(loop, loop->counter_next, &loop->counter, &loop->step))
        return false;
    size = (uint64_t)(loop->step < 0 ? -loop->step : loop->step);
    return size != 0 && (size & (size - 1)) == 0;
}

/* How often at most: the counter comes nearer to what it is compared with. */
static bool is_bounded(struct counted *loop)
{
    unsigned width;

    if (loop->goes_on == LLVMIntNE || loop->goes_on == LLVMIntEQ)
        return false;
    width = LLVMGetIntTypeWidth(LLVMTypeOf(loop->end));
    if (width != 32 && width != 64)
        return false;
    if (is_step(loop, loop->counter_next, &loop->counter, &loop->step))
        return loop->step != 0 && loop->step > INT32_MIN &&
               loop->step < INT32_MAX &&
               (loop->step > 0) == is_upward(loop->goes_on);
    return is_upward(loop->goes_on) &&
           is_stride(loop, loop->counter_next, &loop->counter, &loop->by);
}

/* Does the body end by comparing a counter with what does not change? */
static bool find_counter(struct counted *loop)
{
    LLVMValueRef jump = LLVMGetBasicBlockTerminator(loop->body);
    LLVMValueRef compare;
    unsigned around;

    if (!is_opcode(jump, LLVMBr) || !LLVMIsConditional(jump))
        return false;
    compare = LLVMGetCondition(jump);
    around = LLVMGetSuccessor(jump, 0) == loop->check ? 0 : 1;
    loop->after = LLVMGetSuccessor(jump, 1 - around);
    if (LLVMIsAICmpInst(compare) == NULL ||
        LLVMGetInstructionParent(compare) != loop->body ||
        only_predecessor(loop->after) != loop->body)
        return false;
    loop->counter_next = LLVMGetOperand(compare, 0);
    loop->end = LLVMGetOperand(compare, 1);
    loop->goes_on = LLVMGetICmpPredicate(compare);
    if (is_invariant(loop, loop->counter_next)) {
        loop->end = loop->counter_next;
        loop->counter_next = LLVMGetOperand(compare, 1);
        loop->goes_on = swapped(loop->goes_on);
    }
    if (around != 0)
        loop->goes_on = opposite(loop->goes_on);
    if (!is_invariant(loop, loop->end))
        return false;
    loop->by = NULL;
    loop->is_exact = is_counted(loop);
    return loop->is_exact || is_bounded(loop);
}

/* Where an operand is in the copy. */
static LLVMValueRef copy_of(const struct counted *loop, LLVMValueRef value)
{
    uint32_t index;

    if (LLVMIsAInstruction(value) == NULL ||
        !proa_ptrmap_get(&loop->indexes, value, &index))
        return value;
    return loop->copies[index];
}

/* The body's instructions get numbers, unless it is too large. */
static bool number_body(struct counted *loop)
{
    uint32_t count = 0;

    proa_ptrmap_clear(&loop->indexes);
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->body); at != NULL;
         at = LLVMGetNextInstruction(at))
        if (count == BODY_MAX || LLVMIsAAllocaInst(at) != NULL ||
            !proa_ptrmap_set(&loop->indexes, at, count++))
            return false;
    return true;
}

static LLVMValueRef both(const struct counted *loop, LLVMValueRef a,
                         LLVMValueRef b)
{
    return LLVMBuildAnd(loop->builder, a, b, "");
}

/* Is it known how often the loop goes around? *around, as an i64. */
static LLVMValueRef count_exactly(struct counted *loop, LLVMValueRef *around)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMTypeRef type = LLVMTypeOf(loop->end);
    uint64_t size = (uint64_t)(loop->step < 0 ? -loop->step : loop->step);
    LLVMValueRef start = incoming(loop->counter, loop->before);
    LLVMValueRef way = loop->step < 0
                           ? LLVMBuildSub(builder, start, loop->end, "")
                           : LLVMBuildSub(builder, loop->end, start, "");
    LLVMValueRef rest;

    way = LLVMBuildSub(builder, way, LLVMConstInt(type, size, false), "");
    *around = LLVMBuildLShr(
        builder, way,
        LLVMConstInt(type, (uint64_t)__builtin_ctzll(size), false), "");
    *around = LLVMBuildZExtOrBitCast(builder, *around, loop->unit->i64, "");
    rest = LLVMBuildAnd(builder, way, LLVMConstInt(type, size - 1, false), "");
    return LLVMBuildICmp(builder, LLVMIntEQ, rest, LLVMConstNull(type), "");
}

/*
 * The same of how often at most: as many times as the counter is away from its
 * end, if neither its first step nor one past the end can wrap.
 */
static LLVMValueRef count_at_most(struct counted *loop, LLVMValueRef *around)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMTypeRef type = LLVMTypeOf(loop->end);
    unsigned width = LLVMGetIntTypeWidth(type);
    bool is_signed = loop->goes_on >= LLVMIntSGT;
    bool is_up = is_upward(loop->goes_on);
    uint64_t max =
        is_signed ? UINT64_MAX >> (65 - width) : UINT64_MAX >> (64 - width);
    LLVMValueRef start = incoming(loop->counter, loop->before);
    LLVMValueRef zero = LLVMConstNull(type);
    /* For what counts down: signed ~x is as far from the other side. */
    LLVMValueRef first = is_up ? start : LLVMBuildNot(builder, start, "");
    LLVMValueRef last =
        is_up ? loop->end : LLVMBuildNot(builder, loop->end, "");
    LLVMValueRef step =
        loop->by != NULL
            ? loop->by
            : LLVMConstInt(type, (uint64_t)(is_up ? loop->step : -loop->step),
                           false);
    LLVMIntPredicate below = is_signed ? LLVMIntSLE : LLVMIntULE;
    LLVMValueRef most =
        LLVMBuildSub(builder, LLVMConstInt(type, max, false), step, "");
    LLVMValueRef is_known =
        both(loop, LLVMBuildICmp(builder, below, first, most, ""),
             LLVMBuildICmp(builder, below, last, most, ""));
    LLVMValueRef way = LLVMBuildSub(builder, last, first, "");

    is_known = both(loop, is_known,
                    LLVMBuildICmp(builder, is_signed ? LLVMIntSGT : LLVMIntUGT,
                                  step, zero, ""));
    way = LLVMBuildSelect(
        builder, LLVMBuildICmp(builder, below, first, last, ""), way, zero, "");
    way = LLVMBuildZExtOrBitCast(builder, way, loop->unit->i64, "");
    *around = LLVMBuildAdd(builder, way, proa_unit_i64(loop->unit, 1), "");
    return is_known;
}

/* Can it be known how often the loop goes around, and is there fuel for it? */
static LLVMValueRef count_before(struct counted *loop, LLVMValueRef *around)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMValueRef is_known = loop->is_exact ? count_exactly(loop, around)
                                           : count_at_most(loop, around);
    LLVMValueRef sum;

    is_known = both(loop, is_known,
                    LLVMBuildICmp(builder, LLVMIntULE, *around,
                                  proa_unit_i64(loop->unit, UINT32_MAX), ""));
    sum = LLVMBuildAdd(builder, incoming(loop->fuel, loop->before),
                       LLVMBuildMul(builder, *around, loop->cost, ""), "");
    return both(loop, is_known,
                LLVMBuildICmp(builder, LLVMIntSLT, sum,
                              proa_unit_i64(loop->unit, 0), ""));
}

static void copy_operands(const struct counted *loop, LLVMValueRef copy)
{
    for (int i = 0; i < LLVMGetNumOperands(copy); i++) {
        LLVMValueRef operand = LLVMGetOperand(copy, (unsigned)i);
        LLVMValueRef other = copy_of(loop, operand);

        if (other != operand)
            LLVMSetOperand(copy, (unsigned)i, other);
    }
}

/* Is it left out of the copy? */
static bool is_dropped(const struct counted *loop, LLVMValueRef value)
{
    return loop->is_exact && (value == loop->fuel || value == loop->fuel_next);
}

/* The body into `block`, entered from `entry`. */
static void copy_body(struct counted *loop, LLVMBasicBlockRef block,
                      LLVMBasicBlockRef entry)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMValueRef end = LLVMGetBasicBlockTerminator(loop->body);
    bool is_first = LLVMGetSuccessor(end, 0) == loop->check;
    uint32_t index = 0;

    LLVMPositionBuilderAtEnd(builder, block);
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->body); at != end;
         at = LLVMGetNextInstruction(at), index++) {
        LLVMValueRef *copy = &loop->copies[index];

        *copy = NULL;
        if (is_dropped(loop, at))
            continue;
        if (LLVMIsAPHINode(at) != NULL) {
            *copy = LLVMBuildPhi(builder, LLVMTypeOf(at), "");
            continue;
        }
        *copy = LLVMInstructionClone(at);
        copy_operands(loop, *copy);
        LLVMInsertIntoBuilder(builder, *copy);
    }
    LLVMBuildCondBr(builder, copy_of(loop, LLVMGetCondition(end)),
                    is_first ? block : loop->after,
                    is_first ? loop->after : block);
    index = 0;
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->body);
         LLVMIsAPHINode(at) != NULL; at = LLVMGetNextInstruction(at), index++) {
        LLVMBasicBlockRef blocks[] = { entry, block };
        LLVMValueRef values[] = { incoming(at, loop->before),
                                  copy_of(loop, incoming(at, loop->check)) };

        if (!is_dropped(loop, at))
            LLVMAddIncoming(loop->copies[index], values, blocks, 2);
    }
}

/* What is used behind the loop comes from either. */
static void join(const struct counted *loop, LLVMBasicBlockRef block,
                 LLVMValueRef fuel)
{
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->after);
         LLVMIsAPHINode(at) != NULL; at = LLVMGetNextInstruction(at)) {
        LLVMValueRef value = incoming(at, loop->body);
        LLVMValueRef other =
            is_dropped(loop, value) ? fuel : copy_of(loop, value);
        LLVMBasicBlockRef from = block;

        LLVMAddIncoming(at, &other, &from, 1);
    }
}

/* A loop that LLVM neither vectorises nor, unless `may_unroll`, unrolls. */
static void leave_alone(const struct counted *loop, LLVMValueRef jump,
                        bool may_unroll)
{
    LLVMContextRef context = loop->unit->context;
    static const char vectorize[] = "llvm.loop.vectorize.enable";
    static const char unroll[] = "llvm.loop.unroll.disable";
    LLVMMetadataRef no[] = {
        LLVMMDStringInContext2(context, vectorize, sizeof vectorize - 1),
        LLVMValueAsMetadata(LLVMConstInt(loop->unit->i1, 0, false)),
    };
    LLVMMetadataRef off =
        LLVMMDStringInContext2(context, unroll, sizeof unroll - 1);
    LLVMMetadataRef itself = LLVMTemporaryMDNode(context, NULL, 0);
    LLVMMetadataRef parts[] = { itself, LLVMMDNodeInContext2(context, no, 2),
                                LLVMMDNodeInContext2(context, &off, 1) };
    LLVMMetadataRef node =
        LLVMMDNodeInContext2(context, parts, may_unroll ? 2 : 3);

    LLVMMetadataReplaceAllUsesWith(itself, node);
    LLVMSetMetadata(jump, LLVMGetMDKindIDInContext(context, "llvm.loop", 9),
                    LLVMMetadataAsValue(context, node));
}

static LLVMBasicBlockRef block_before(const struct counted *loop,
                                      LLVMBasicBlockRef next)
{
    return LLVMInsertBasicBlockInContext(loop->unit->context, next, "");
}

/* A phi's edge comes from another block now; its value stays. */
static void move_edges(const struct counted *loop, LLVMBasicBlockRef to)
{
    for (LLVMValueRef at = LLVMGetFirstInstruction(loop->body);
         LLVMIsAPHINode(at) != NULL;) {
        LLVMValueRef next = LLVMGetNextInstruction(at);
        LLVMValueRef values[] = { incoming(at, loop->before),
                                  incoming(at, loop->check) };
        LLVMBasicBlockRef blocks[] = { to, loop->check };
        LLVMValueRef phi;

        LLVMPositionBuilderBefore(loop->builder, at);
        phi = LLVMBuildPhi(loop->builder, LLVMTypeOf(at), "");
        LLVMAddIncoming(phi, values, blocks, 2);
        for (unsigned i = 0; i < 2; i++)
            if (values[i] == at)
                LLVMSetOperand(phi, i, phi);
        LLVMReplaceAllUsesWith(at, phi);
        LLVMInstructionEraseFromParent(at);
        at = next;
    }
}

static void split(struct counted *loop)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMValueRef entry = LLVMGetBasicBlockTerminator(loop->before);
    LLVMBasicBlockRef slow = block_before(loop, loop->body);
    LLVMBasicBlockRef copy = block_before(loop, slow);
    LLVMBasicBlockRef fast = block_before(loop, copy);
    LLVMValueRef around, has_fuel, spent;

    LLVMPositionBuilderBefore(builder, entry);
    has_fuel = count_before(loop, &around);
    LLVMSetMetadata(LLVMBuildCondBr(builder,
                                    LLVMBuildNot(builder, has_fuel, ""), slow,
                                    fast),
                    loop->unit->md_prof, loop->unit->weights_unlikely);
    LLVMInstructionEraseFromParent(entry);
    LLVMPositionBuilderAtEnd(builder, fast);
    spent = LLVMBuildAdd(builder, around, proa_unit_i64(loop->unit, 1), "");
    spent = LLVMBuildMul(builder, spent, loop->cost, "");
    spent =
        LLVMBuildAdd(builder, incoming(loop->fuel, loop->before), spent, "");
    LLVMBuildBr(builder, copy);
    copy_body(loop, copy, fast);
    join(loop, copy, spent);
    LLVMPositionBuilderAtEnd(builder, slow);
    LLVMBuildBr(builder, loop->body);
    /* It runs for a short time at most. */
    leave_alone(loop, LLVMGetBasicBlockTerminator(loop->check), false);
    /* With what is known now LLVM would write to one place after the other. */
    if (loop->by != NULL)
        leave_alone(loop, LLVMGetBasicBlockTerminator(copy), true);
    move_edges(loop, slow);
}

enum proa_status proa_fuel_loops(struct proa_unit *unit, struct proa_error *err)
{
    struct counted *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for loops");
    loop->unit = unit;
    loop->builder = LLVMCreateBuilderInContext(unit->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function)) {
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block))
            if (find_check(loop, block) && find_counter(loop) &&
                number_body(loop))
                split(loop);
    }
    LLVMDisposeBuilder(loop->builder);
    proa_ptrmap_deinit(&loop->indexes);
    free(loop);
    return PROA_OK;
}
