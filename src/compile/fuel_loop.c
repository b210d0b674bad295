/*
 * Loops that count without being slowed down by it.
 *
 * A loop of one basic block that ends when a counter meets a value it does not
 * change is run as often as can be said beforehand. If there is fuel for all
 * of that, a copy of the loop is run that does not look after the fuel, which
 * LLVM then vectorises and unrolls as any other; what was spent is added once.
 * Else the loop itself is run, which finds out where the fuel ends.
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
    LLVMValueRef end; /* where the counter ends */
    int64_t step;
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

/* value = phi + constant, the phi being one of the body. */
static bool is_step(const struct counted *loop, LLVMValueRef value,
                    LLVMValueRef *phi, int64_t *step)
{
    LLVMValueRef by;

    if (!is_opcode(value, LLVMAdd) && !is_opcode(value, LLVMSub))
        return false;
    *phi = LLVMGetOperand(value, 0);
    by = LLVMGetOperand(value, 1);
    if (!is_opcode(*phi, LLVMPHI) ||
        LLVMGetInstructionParent(*phi) != loop->body ||
        LLVMGetInstructionParent(value) != loop->body ||
        incoming(*phi, loop->check) != value || LLVMIsAConstantInt(by) == NULL)
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

/* Does the body end by a counter's meeting a value, after a power of two? */
static bool find_counter(struct counted *loop)
{
    LLVMValueRef jump = LLVMGetBasicBlockTerminator(loop->body);
    LLVMValueRef compare;
    LLVMIntPredicate predicate;
    unsigned around;
    uint64_t size;

    if (!is_opcode(jump, LLVMBr) || !LLVMIsConditional(jump))
        return false;
    compare = LLVMGetCondition(jump);
    around = LLVMGetSuccessor(jump, 0) == loop->check ? 0 : 1;
    loop->after = LLVMGetSuccessor(jump, 1 - around);
    if (LLVMIsAICmpInst(compare) == NULL ||
        LLVMGetInstructionParent(compare) != loop->body ||
        only_predecessor(loop->after) != loop->body)
        return false;
    predicate = LLVMGetICmpPredicate(compare);
    loop->counter_next = LLVMGetOperand(compare, 0);
    loop->end = LLVMGetOperand(compare, 1);
    if (predicate != (around == 0 ? LLVMIntNE : LLVMIntEQ) ||
        !is_step(loop, loop->counter_next, &loop->counter, &loop->step))
        return false;
    size = (uint64_t)(loop->step < 0 ? -loop->step : loop->step);
    return size != 0 && (size & (size - 1)) == 0 &&
           (LLVMIsAInstruction(loop->end) == NULL ||
            LLVMGetInstructionParent(loop->end) != loop->body);
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

/*
 * How often the loop goes around, as an i64, and whether it can be known and
 * there is fuel for it.
 */
static LLVMValueRef count_before(struct counted *loop, LLVMValueRef *around)
{
    LLVMBuilderRef builder = loop->builder;
    LLVMTypeRef type = LLVMTypeOf(loop->end);
    uint64_t size = (uint64_t)(loop->step < 0 ? -loop->step : loop->step);
    LLVMValueRef start = incoming(loop->counter, loop->before);
    LLVMValueRef way = loop->step < 0
                           ? LLVMBuildSub(builder, start, loop->end, "")
                           : LLVMBuildSub(builder, loop->end, start, "");
    LLVMValueRef rest, is_known, sum;

    way = LLVMBuildSub(builder, way, LLVMConstInt(type, size, false), "");
    *around = LLVMBuildLShr(
        builder, way,
        LLVMConstInt(type, (uint64_t)__builtin_ctzll(size), false), "");
    *around = LLVMBuildZExtOrBitCast(builder, *around, loop->unit->i64, "");
    rest = LLVMBuildAnd(builder, way, LLVMConstInt(type, size - 1, false), "");
    is_known = LLVMBuildICmp(builder, LLVMIntEQ, rest, LLVMConstNull(type), "");
    is_known =
        LLVMBuildAnd(builder, is_known,
                     LLVMBuildICmp(builder, LLVMIntULE, *around,
                                   proa_unit_i64(loop->unit, UINT32_MAX), ""),
                     "");
    sum = LLVMBuildAdd(builder, incoming(loop->fuel, loop->before),
                       LLVMBuildMul(builder, *around, loop->cost, ""), "");
    return LLVMBuildAnd(builder, is_known,
                        LLVMBuildICmp(builder, LLVMIntSLT, sum,
                                      proa_unit_i64(loop->unit, 0), ""),
                        "");
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

/* The body without what counts, into `block`, entered from `entry`. */
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
        if (at == loop->fuel || at == loop->fuel_next)
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

        if (at != loop->fuel)
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
            value == loop->fuel_next ? fuel : copy_of(loop, value);
        LLVMBasicBlockRef from = block;

        LLVMAddIncoming(at, &other, &from, 1);
    }
}

/* The loop that looks after the fuel runs for a short time at most. */
static void leave_alone(const struct counted *loop)
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
    LLVMMetadataRef node = LLVMMDNodeInContext2(context, parts, 3);

    LLVMMetadataReplaceAllUsesWith(itself, node);
    LLVMSetMetadata(LLVMGetBasicBlockTerminator(loop->check),
                    LLVMGetMDKindIDInContext(context, "llvm.loop", 9),
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
    leave_alone(loop);
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
