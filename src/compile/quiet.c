/*
 * Where LLVM would hand on a signalling NaN that wasm quiets.
 * https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "compile/keep.h"

struct quieter {
    struct proa_unit *unit;
    LLVMBuilderRef builder;
    unsigned canonicalize, minimum, maximum; /* intrinsics */
};

/* Which constants an operation may have that make it x or -x for every x. */
enum identity { IDENTITY_ZERO, IDENTITY_ONE };

static bool is_identity(LLVMValueRef value, enum identity identity)
{
    LLVMBool is_lossy;
    double number;

    if (LLVMIsAConstantFP(value) == NULL)
        return true; /* undefined, poison: whatever */
    number = LLVMConstRealGetDouble(value, &is_lossy);
    return identity == IDENTITY_ZERO ? number == 0.0 : fabs(number) == 1.0;
}

/* A v128 changes its shape between instructions: what it was before. */
static LLVMValueRef unshaped(LLVMValueRef value)
{
    while (LLVMIsABitCastInst(value) != NULL)
        value = LLVMGetOperand(value, 0);
    return value;
}

/* The same of a vector's lanes: one is enough. */
static bool has_identity(LLVMValueRef operand, enum identity identity)
{
    LLVMTypeRef type = LLVMTypeOf(operand);

    if (!LLVMIsConstant(operand)) /* of another shape: any, for all we know */
        return LLVMIsConstant(unshaped(operand));
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
        return is_identity(operand, identity);
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        LLVMValueRef lane = LLVMGetAggregateElement(operand, i);

        if (lane == NULL || is_identity(lane, identity))
            return true;
    }
    return false;
}

static bool is_min_or_max(const struct quieter *quieter,
                          LLVMValueRef instruction)
{
    LLVMValueRef callee = LLVMGetCalledValue(instruction);
    unsigned id =
        LLVMIsAFunction(callee) == NULL ? 0 : LLVMGetIntrinsicID(callee);

    return id != 0 && (id == quieter->minimum || id == quieter->maximum);
}

static bool may_be_folded(const struct quieter *quieter,
                          LLVMValueRef instruction)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
    enum identity identity = IDENTITY_ZERO;
    LLVMValueRef left, right;

    switch (opcode) {
    case LLVMFPTrunc:
        return LLVMIsAFPExtInst(unshaped(LLVMGetOperand(instruction, 0))) !=
               NULL;
    case LLVMCall:
        /* x86 has no such operation: a NaN is chosen, not computed. */
        return is_min_or_max(quieter, instruction);
    case LLVMFAdd:
    case LLVMFSub:
        break;
    case LLVMFMul:
    case LLVMFDiv:
        identity = IDENTITY_ONE;
        break;
    default:
        return false;
    }
    left = LLVMGetOperand(instruction, 0);
    right = LLVMGetOperand(instruction, 1);
    return has_identity(right, identity) ||
           (opcode != LLVMFDiv && has_identity(left, identity));
}

static void quiet(const struct quieter *quieter, LLVMValueRef instruction)
{
    LLVMTypeRef type = LLVMTypeOf(instruction);
    LLVMValueRef callee = LLVMGetIntrinsicDeclaration(
        quieter->unit->llvm_module, quieter->canonicalize, &type, 1);
    LLVMTypeRef callee_type = LLVMIntrinsicGetType(
        quieter->unit->context, quieter->canonicalize, &type, 1);
    LLVMValueRef call;

    LLVMPositionBuilderBefore(quieter->builder,
                              LLVMGetNextInstruction(instruction));
    call = LLVMBuildCall2(quieter->builder, callee_type, callee, &instruction,
                          1, "");
    LLVMReplaceAllUsesWith(instruction, call);
    LLVMSetOperand(call, 0, instruction); /* which the line above changed */
}

static void quiet_block(const struct quieter *quieter, LLVMBasicBlockRef block)
{
    LLVMValueRef next;

    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
         at = next) {
        next = LLVMGetNextInstruction(at);
        if (may_be_folded(quieter, at))
            quiet(quieter, at);
    }
}

void proa_keep_quieting(struct proa_unit *unit)
{
    struct quieter quieter = {
        .unit = unit,
        .builder = LLVMCreateBuilderInContext(unit->context),
        .canonicalize = LLVMLookupIntrinsicID("llvm.canonicalize", 17),
        .minimum = LLVMLookupIntrinsicID("llvm.minimum", 12),
        .maximum = LLVMLookupIntrinsicID("llvm.maximum", 12),
    };

    for (LLVMValueRef function = LLVMGetFirstFunction(unit->llvm_module);
         function != NULL; function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
             block != NULL; block = LLVMGetNextBasicBlock(block))
            quiet_block(&quieter, block);
    LLVMDisposeBuilder(quieter.builder);
}

/* canonicalize of <2 x float>, made by vectorising, as one of <4 x float>. */
static void widen(const struct quieter *quieter, LLVMValueRef call)
{
    LLVMTypeRef i32 = LLVMInt32TypeInContext(quieter->unit->context);
    LLVMTypeRef type =
        LLVMVectorType(LLVMFloatTypeInContext(quieter->unit->context), 4);
    LLVMValueRef callee = LLVMGetIntrinsicDeclaration(
        quieter->unit->llvm_module, quieter->canonicalize, &type, 1);
    LLVMTypeRef callee_type = LLVMIntrinsicGetType(
        quieter->unit->context, quieter->canonicalize, &type, 1);
    LLVMValueRef operand = LLVMGetOperand(call, 0);
    LLVMValueRef lanes[4];
    LLVMValueRef wide, narrow;

    for (unsigned i = 0; i < 4; i++)
        lanes[i] = i < 2 ? LLVMConstInt(i32, i, false) : LLVMGetPoison(i32);
    LLVMPositionBuilderBefore(quieter->builder, call);
    wide = LLVMBuildShuffleVector(quieter->builder, operand,
                                  LLVMGetPoison(LLVMTypeOf(operand)),
                                  LLVMConstVector(lanes, 4), "");
    wide = LLVMBuildCall2(quieter->builder, callee_type, callee, &wide, 1, "");
    narrow = LLVMBuildShuffleVector(quieter->builder, wide, LLVMGetPoison(type),
                                    LLVMConstVector(lanes, 2), "");
    LLVMReplaceAllUsesWith(call, narrow);
    LLVMInstructionEraseFromParent(call);
}

void proa_keep_quieting_whole(struct proa_unit *unit)
{
    struct quieter quieter = {
        .unit = unit,
        .builder = LLVMCreateBuilderInContext(unit->context),
        .canonicalize = LLVMLookupIntrinsicID("llvm.canonicalize", 17),
    };
    LLVMTypeRef pair = LLVMVectorType(LLVMFloatTypeInContext(unit->context), 2);
    LLVMValueRef callee = LLVMGetIntrinsicDeclaration(
        unit->llvm_module, quieter.canonicalize, &pair, 1);
    LLVMUseRef use;

    while ((use = LLVMGetFirstUse(callee)) != NULL)
        widen(&quieter, LLVMGetUser(use));
    LLVMDeleteFunction(callee);
    LLVMDisposeBuilder(quieter.builder);
}
