/*
 * Every SIMD instruction becomes IR that LLVM takes, and machine code that
 * calls nothing, on each target. What the instructions compute is checked by
 * the specification's suite.
 *
 * The lowering sees a struct proa_lower of this file's own, so that it is
 * tested without a module around it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/lower.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "check.h"

struct target {
    const char *triple;
    const char *cpu;
    const char *call; /* how a call looks in its assembly */
    const char *features;
    bool is_x86;
};

struct proa_lower {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMValueRef base;
    const struct target *target;
    LLVMValueRef stack[8];
    unsigned depth;
};

void proa_lower_push(struct proa_lower *lower, LLVMValueRef value)
{
    CHECK_EQ(lower->depth < 8, true);
    lower->stack[lower->depth++] = value;
}

LLVMValueRef proa_lower_pop(struct proa_lower *lower)
{
    CHECK_EQ(lower->depth > 0, true);
    return lower->stack[--lower->depth];
}

LLVMContextRef proa_lower_context(const struct proa_lower *lower)
{
    return lower->context;
}

LLVMModuleRef proa_lower_module(const struct proa_lower *lower)
{
    return lower->module;
}

LLVMBuilderRef proa_lower_builder(const struct proa_lower *lower)
{
    return lower->builder;
}

bool proa_lower_has_feature(const struct proa_lower *lower, const char *name)
{
    return strstr(lower->target->features, name) != NULL;
}

bool proa_lower_is_x86(const struct proa_lower *lower)
{
    return lower->target->is_x86;
}

LLVMValueRef proa_lower_intrinsic(struct proa_lower *lower, const char *name,
                                  const LLVMTypeRef *types, unsigned type_count,
                                  LLVMValueRef *args, unsigned arg_count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef overloads[2];
    LLVMValueRef function;

    CHECK_EQ(id != 0, true);
    CHECK_EQ(type_count <= 2, true);
    for (unsigned i = 0; i < type_count; i++)
        overloads[i] = types[i];
    function =
        LLVMGetIntrinsicDeclaration(lower->module, id, overloads, type_count);
    return LLVMBuildCall2(lower->builder, LLVMGlobalGetValueType(function),
                          function, args, arg_count, "");
}

static LLVMValueRef pointer(struct proa_lower *lower, LLVMValueRef address)
{
    return LLVMBuildGEP2(lower->builder, LLVMInt8TypeInContext(lower->context),
                         lower->base, &address, 1, "");
}

LLVMValueRef proa_lower_load(struct proa_lower *lower,
                             const struct proa_memarg *memarg,
                             LLVMValueRef address, LLVMTypeRef type)
{
    LLVMValueRef load =
        LLVMBuildLoad2(lower->builder, type, pointer(lower, address), "");

    (void)memarg;
    LLVMSetAlignment(load, 1);
    return load;
}

void proa_lower_store(struct proa_lower *lower,
                      const struct proa_memarg *memarg, LLVMValueRef address,
                      LLVMValueRef value)
{
    (void)memarg;
    LLVMSetAlignment(
        LLVMBuildStore(lower->builder, value, pointer(lower, address)), 1);
}

static LLVMTypeRef type_of(LLVMContextRef context, char letter)
{
    switch (letter) {
    case 'a': /* an address of a 32-bit memory */
    case 'i':
        return LLVMInt32TypeInContext(context);
    case 'I':
        return LLVMInt64TypeInContext(context);
    case 'f':
        return LLVMFloatTypeInContext(context);
    case 'F':
        return LLVMDoubleTypeInContext(context);
    default:
        return LLVMVectorType(LLVMInt64TypeInContext(context), 2);
    }
}

/*
 * A function of the instruction's signature, and of its operands only. With
 * `is_constant` they are constants: a constant must not lead to other types.
 */
static void add_function(struct proa_lower *lower, enum proa_op op,
                         bool is_constant)
{
    const char *signature = proa_opcodes[op].signature;
    size_t param_count = strcspn(signature, ":");
    char result = signature[param_count + 1];
    struct proa_instruction instruction = { .op = op };
    LLVMTypeRef params[4] = { LLVMPointerTypeInContext(lower->context, 0) };
    LLVMTypeRef type = LLVMVoidTypeInContext(lower->context);
    LLVMValueRef function;

    for (size_t i = 0; i < param_count; i++)
        params[i + 1] = type_of(lower->context, signature[i]);
    if (result != '\0')
        type = type_of(lower->context, result);
    function = LLVMAddFunction(
        lower->module, proa_opcodes[op].text,
        LLVMFunctionType(type, params, (unsigned)param_count + 1, false));
    LLVMPositionBuilderAtEnd(lower->builder, LLVMAppendBasicBlockInContext(
                                                 lower->context, function, ""));
    lower->base = LLVMGetParam(function, 0);
    for (unsigned i = 1; i <= param_count; i++)
        proa_lower_push(lower, is_constant ? LLVMConstNull(params[i])
                                           : LLVMGetParam(function, i));

    CHECK_EQ(proa_lower_simd(lower, &instruction), true);
    if (result == '\0') {
        LLVMBuildRetVoid(lower->builder);
    } else {
        LLVMValueRef value = proa_lower_pop(lower);

        CHECK_EQ(LLVMTypeOf(value) == type, true);
        LLVMBuildRet(lower->builder, value);
    }
    CHECK_EQ(lower->depth, 0);
}

static bool is_simd(enum proa_op op)
{
    return proa_opcodes[op].feature == PROA_FEATURE_SIMD ||
           proa_opcodes[op].feature == PROA_FEATURE_RELAXED_SIMD;
}

/* No function of the module calls another once it is machine code. */
static void check_code(struct proa_lower *lower, LLVMCodeGenOptLevel level)
{
    LLVMTargetRef target;
    LLVMTargetMachineRef machine;
    LLVMMemoryBufferRef assembly;
    char *message = NULL;
    const char *call;

    CHECK_EQ(LLVMGetTargetFromTriple(lower->target->triple, &target, &message),
             0);
    machine = LLVMCreateTargetMachine(target, lower->target->triple,
                                      lower->target->cpu, "", level,
                                      LLVMRelocPIC, LLVMCodeModelSmall);
    CHECK_EQ(LLVMTargetMachineEmitToMemoryBuffer(
                 machine, lower->module, LLVMAssemblyFile, &message, &assembly),
             0);
    call = strstr(LLVMGetBufferStart(assembly), lower->target->call);
    if (call != NULL)
        fprintf(stderr, "%s: %.60s\n", lower->target->cpu, call);
    CHECK_EQ(call == NULL, true);
    LLVMDisposeMemoryBuffer(assembly);
    LLVMDisposeTargetMachine(machine);
}

static void check_target(const struct target *target, bool is_constant,
                         LLVMCodeGenOptLevel level)
{
    struct proa_lower lower = { .target = target,
                                .context = LLVMContextCreate() };
    unsigned count = 0;
    char *message = NULL;

    lower.module = LLVMModuleCreateWithNameInContext("simd", lower.context);
    LLVMSetTarget(lower.module, target->triple);
    lower.builder = LLVMCreateBuilderInContext(lower.context);
    for (int op = 0; op < PROA_OP_COUNT; op++) {
        if (is_simd((enum proa_op)op)) {
            add_function(&lower, (enum proa_op)op, is_constant);
            count++;
        }
    }
    CHECK_EQ(count, 256); /* 236 of the 128-bit proposal, 20 relaxed */
    if (LLVMVerifyModule(lower.module, LLVMReturnStatusAction, &message) != 0)
        fprintf(stderr, "%s\n", message);
    CHECK_EQ(message == NULL || message[0] == '\0', true);
    LLVMDisposeMessage(message);
    check_code(&lower, level);
    LLVMDisposeBuilder(lower.builder);
    LLVMDisposeModule(lower.module);
    LLVMContextDispose(lower.context);
}

int main(void)
{
    static const struct target targets[] = {
        { "x86_64-unknown-linux-gnu", "x86-64-v2", "\tcall", "ssse3 sse4.1",
          true },
        { "x86_64-unknown-linux-gnu", "x86-64-v3", "\tcall",
          "ssse3 sse4.1 avx2 fma", true },
        { "aarch64-unknown-linux-gnu", "generic", "\tbl\t", "neon", false },
    };
    struct proa_instruction other = { .op = PROA_OP_I32_ADD };

    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    CHECK_EQ(proa_lower_simd(NULL, &other), false);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        check_target(&targets[i], false, LLVMCodeGenLevelDefault);
        check_target(&targets[i], false, LLVMCodeGenLevelNone);
        check_target(&targets[i], true, LLVMCodeGenLevelDefault);
    }
    return 0;
}
