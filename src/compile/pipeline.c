/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/pipeline.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "base/fail.h"
#include "compile/apart.h"
#include "compile/chain.h"
#include "compile/gather.h"
#include "compile/huge.h"
#include "compile/keep.h"
#include "compile/widen.h"

/*
 * What pays, by measurement: see docs/decisions/0012-compile-speed.md. Whoever
 * made the wasm has run the others. Without loops none of these but the first
 * line takes time.
 */
struct stages {
    const char *inline_calls;
    const char *simplify; /* while what is loaded has a use; see keep.h */
    const char *vectorise;
    const char *finish; /* all loads are volatile again */
};

#define SIMPLIFY_SHORTLY                                                       \
    "early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg"

static const struct stages stages[] = {
    { 0 },
    { .simplify = "function(" SIMPLIFY_SHORTLY ")" },
    { .simplify = "function(" SIMPLIFY_SHORTLY
                  ",loop-mssa(loop-rotate,licm),loop(indvars))",
      .vectorise = "function(loop-vectorize,slp-vectorizer)",
      .finish = "function(vector-combine,instcombine<no-verify-fixpoint>,"
                "simplifycfg)" },
    { .inline_calls = "cgscc(devirt<4>(inline,function-attrs<skip-non-"
                      "recursive-function-attrs>,function(" SIMPLIFY_SHORTLY
                      "))),rpo-function-attrs",
      .simplify =
          "function(" SIMPLIFY_SHORTLY
          ",jump-threading,correlated-propagation,simplifycfg,"
          "instcombine<no-verify-fixpoint>,aggressive-instcombine,"
          "tailcallelim,simplifycfg,reassociate,constraint-elimination,"
          "loop-mssa(loop-instsimplify,loop-simplifycfg,licm,loop-rotate,licm,"
          "simple-loop-unswitch<nontrivial;trivial>),simplifycfg,"
          "instcombine<no-verify-fixpoint>,"
          "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),sroa,"
          "vector-combine,mldst-motion,gvn,sccp,bdce,"
          "instcombine<no-verify-fixpoint>,jump-threading,"
          "correlated-propagation,adce,memcpyopt,dse,loop-mssa(licm),"
          "simplifycfg<hoist-common-insts;sink-common-insts>,"
          "instcombine<no-verify-fixpoint>,float2int,"
          "loop(loop-rotate,loop-deletion),loop-distribute)",
      .vectorise = "function(loop-vectorize,slp-vectorizer)",
      .finish = "function(loop-load-elim,vector-combine,"
                "instcombine<no-verify-fixpoint>,"
                "simplifycfg<forward-switch-cond;switch-range-to-icmp;"
                "switch-to-lookup;no-keep-loops;hoist-common-insts;"
                "sink-common-insts>,instcombine<no-verify-fixpoint>,"
                "loop-unroll<O3>,sroa,instcombine<no-verify-fixpoint>,"
                "loop-mssa(licm),instsimplify,div-rem-pairs,tailcallelim,"
                "simplifycfg<switch-range-to-icmp;switch-to-lookup>)" },
};

/*
 * LLVM's own options. On x86 it would make a branch of a conditional move from
 * memory, and then load on one way only. The other is for -O3, as its inliner,
 * named alone, does not ask the pass builder.
 */
static const char *const llvm_options[] = {
    "proa-compiler", "-x86-cmov-converter-force-mem-operand=false",
    "-inline-threshold=100"
};

static void start_llvm(void)
{
    LLVMParseCommandLineOptions(sizeof llvm_options / sizeof *llvm_options,
                                llvm_options, NULL);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
}

static LLVMTargetMachineRef
create_machine(LLVMTargetRef target, const struct proa_codegen_options *options,
               int opt_level)
{
    static const LLVMCodeGenOptLevel levels[] = { LLVMCodeGenLevelNone,
                                                  LLVMCodeGenLevelLess,
                                                  LLVMCodeGenLevelDefault,
                                                  LLVMCodeGenLevelAggressive };
    const char *features =
        options->cpu_features == NULL ? "" : options->cpu_features;

    return LLVMCreateTargetMachine(target, options->triple, options->cpu,
                                   features, levels[opt_level], LLVMRelocPIC,
                                   LLVMCodeModelSmall);
}

enum proa_status proa_pipeline_init(struct proa_pipeline *pipeline,
                                    struct proa_unit *unit,
                                    struct proa_error *err)
{
    static pthread_once_t is_started = PTHREAD_ONCE_INIT;
    const struct proa_codegen_options *options = unit->options;
    LLVMTargetDataRef data;
    LLVMTargetRef target;
    char *text = NULL;

    *pipeline = (struct proa_pipeline){ .unit = unit };
    pthread_once(&is_started, start_llvm);
    if (LLVMGetTargetFromTriple(options->triple, &target, &text)) {
        proa_error_set(err, PROA_USAGE, 0, "target %s: %s", options->triple,
                       text);
        LLVMDisposeMessage(text);
        return PROA_USAGE;
    }
    pipeline->machine = create_machine(target, options, options->opt_level);
    if (pipeline->machine == NULL)
        return proa_fail(err, PROA_USAGE, 0, "LLVM has no machine for %s",
                         options->triple);
    data = LLVMCreateTargetDataLayout(pipeline->machine);
    pipeline->layout = LLVMCopyStringRepOfTargetData(data);
    LLVMDisposeTargetData(data);
    LLVMSetTarget(unit->llvm_module, options->triple);
    LLVMSetDataLayout(unit->llvm_module, pipeline->layout);
    return PROA_OK;
}

void proa_pipeline_deinit(struct proa_pipeline *pipeline)
{
    if (pipeline->machine != NULL)
        LLVMDisposeTargetMachine(pipeline->machine);
    if (pipeline->layout != NULL)
        LLVMDisposeMessage(pipeline->layout);
}

/*
 * Take 64 off the native integers, as in "-n8:16:32:64-". With it InstCombine
 * turns 32-bit address arithmetic into 64-bit arithmetic and a mask, behind
 * which loops are not seen for what they are and do not vectorise.
 */
static void hide_wide_integers(LLVMModuleRef module, const char *layout)
{
    char *narrow = strdup(layout);
    char *at = narrow;

    if (narrow == NULL)
        return;
    while ((at = strstr(at, "-n")) != NULL) {
        size_t size = strcspn(at + 1, "-") + 1;

        if (isdigit((unsigned char)at[2]) && size > 3 &&
            strncmp(at + size - 3, ":64", 3) == 0) {
            memmove(at + size - 3, at + size, strlen(at + size) + 1);
            LLVMSetDataLayout(module, narrow);
            break;
        }
        at += size;
    }
    free(narrow);
}

static enum proa_status run_passes(const struct proa_pipeline *pipeline,
                                   const char *passes, struct proa_error *err)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    int level = pipeline->unit->options->opt_level;
    bool is_fast = level >= 2;
    LLVMErrorRef error;
    char *text;

    LLVMPassBuilderOptionsSetLoopInterleaving(options, is_fast);
    LLVMPassBuilderOptionsSetLoopVectorization(options, is_fast);
    LLVMPassBuilderOptionsSetSLPVectorization(options, is_fast);
    LLVMPassBuilderOptionsSetLoopUnrolling(options, is_fast);
    LLVMPassBuilderOptionsSetCallGraphProfile(options, false);
    error = LLVMRunPasses(pipeline->unit->llvm_module, passes,
                          pipeline->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (error == NULL)
        return PROA_OK;
    text = LLVMGetErrorMessage(error);
    proa_error_set(err, PROA_COMPILER, 0, "LLVM: %s", text);
    LLVMDisposeErrorMessage(text);
    return PROA_COMPILER;
}

static enum proa_status verify(const struct proa_pipeline *pipeline,
                               const char *when, struct proa_error *err)
{
    enum proa_status status = PROA_OK;
    char *text = NULL;

    if (!pipeline->unit->options->verify)
        return PROA_OK;
    if (LLVMVerifyModule(pipeline->unit->llvm_module, LLVMReturnStatusAction,
                         &text))
        status = proa_fail(err, PROA_COMPILER, 0, "LLVM, %s: %s", when, text);
    LLVMDisposeMessage(text);
    return status;
}

/* A loop that is left in the midst of its copies becomes one that is not. */
static enum proa_status roll_up(const struct proa_pipeline *pipeline,
                                struct proa_error *err)
{
    enum proa_status status =
        run_passes(pipeline, "function(loop(loop-rotate))", err);

    return status == PROA_OK ? proa_reroll_loops(pipeline->unit, err) : status;
}

/* Fewer copies cost less than memory. */
enum { COPIES_MAX = 256 };

/* Copies of locals that a block's end takes, at worst: each to each target. */
static uint64_t count_copies(LLVMValueRef function)
{
    LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function);
    uint64_t locals = 0;
    uint64_t targets = 0;

    for (LLVMValueRef at = LLVMGetFirstInstruction(entry); at != NULL;
         at = LLVMGetNextInstruction(at))
        locals += LLVMIsAAllocaInst(at) != NULL;
    for (LLVMBasicBlockRef block = entry; block != NULL;
         block = LLVMGetNextBasicBlock(block)) {
        LLVMValueRef end = LLVMGetBasicBlockTerminator(block);

        if (end != NULL && LLVMIsASwitchInst(end) != NULL)
            targets += LLVMGetNumSuccessors(end);
    }
    return locals * targets;
}

/*
 * Where nothing is optimised, an end of a block computes what each block behind
 * it needs, also those that it does not go to. A large br_table would copy all
 * locals for each of its targets, every time; there they stay in memory.
 */
static void keep_locals_in_memory(const struct proa_unit *unit)
{
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        if (LLVMGetFirstBasicBlock(at) == NULL || count_copies(at) < COPIES_MAX)
            continue;
        proa_unit_attribute(at, unit->noinline);
        proa_unit_attribute(at, unit->optnone); /* no mem2reg */
    }
}

/*
 * From locals in memory to values; then what LLVM must not do is marked. Loads
 * that only simplifying shows to be unused are found too.
 */
static enum proa_status prepare(const struct proa_pipeline *pipeline,
                                struct proa_error *err)
{
    enum proa_status status;

    if (pipeline->unit->options->opt_level == 0)
        keep_locals_in_memory(pipeline->unit);
    status = run_passes(pipeline,
                        pipeline->unit->copy_count > 0
                            ? "always-inline,function(mem2reg)"
                            : "function(mem2reg)",
                        err);
    if (status != PROA_OK)
        return status;
    proa_keep_quieting(pipeline->unit);
    if (pipeline->unit->options->opt_level == 0)
        return PROA_OK;
    status = run_passes(
        pipeline,
        pipeline->unit->options->counts_fuel
            ? "function(instsimplify,simplifycfg,loop-simplify,lcssa)"
            : "function(instsimplify,simplifycfg,loop-simplify)",
        err);
    if (status == PROA_OK && pipeline->unit->options->counts_fuel)
        status = proa_fuel_loops(pipeline->unit, err);
    if (status == PROA_OK && pipeline->unit->options->opt_level >= 2)
        status = roll_up(pipeline, err);
    if (status == PROA_OK)
        status = proa_fold_addresses(pipeline->unit, err);
    return status;
}

/* The same machine, which from now on only makes code, fast. */
static enum proa_status stop_optimising(struct proa_pipeline *pipeline,
                                        struct proa_error *err)
{
    LLVMTargetMachineRef plain =
        create_machine(LLVMGetTargetMachineTarget(pipeline->machine),
                       pipeline->unit->options, 0);

    if (plain == NULL)
        return proa_fail(err, PROA_COMPILER, 0, "LLVM has no machine");
    LLVMDisposeTargetMachine(pipeline->machine);
    pipeline->machine = plain;
    return PROA_OK;
}

/* For LLVM's quick instruction selection, which `optnone` asks for. */
static void select_quickly(struct proa_unit *unit)
{
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at)) {
        if (LLVMGetFirstBasicBlock(at) == NULL)
            continue;
        proa_unit_attribute(at, unit->noinline);
        proa_unit_attribute(at, unit->optnone);
    }
}

static enum proa_status run_stages(const struct proa_pipeline *pipeline,
                                   const struct stages *level,
                                   struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (level->inline_calls != NULL) {
        status = run_passes(pipeline, level->inline_calls, err);
        proa_keep_mark(pipeline->unit);
    }
    if (status == PROA_OK)
        status = run_passes(pipeline, level->simplify, err);
    if (status == PROA_OK && level->vectorise != NULL) {
        status = proa_keep_loose(pipeline->unit, err);
        if (status == PROA_OK)
            status = proa_gather_hide(pipeline->unit, err);
        proa_apart_begin(pipeline->unit);
        if (status == PROA_OK)
            status = run_passes(pipeline, level->vectorise, err);
        proa_apart_end(pipeline->unit);
        proa_gather_show(pipeline->unit);
    }
    proa_keep_all(pipeline->unit);
    if (status == PROA_OK && level->finish != NULL)
        status = run_passes(pipeline, level->finish, err);
    if (status == PROA_OK && level->finish != NULL)
        status = proa_shorten_chains(pipeline->unit, err);
    proa_keep_all(pipeline->unit);
    if (status == PROA_OK && level->finish != NULL)
        status = proa_widen_phis(pipeline->unit, err);
    return status;
}

static enum proa_status optimise(struct proa_pipeline *pipeline,
                                 struct proa_error *err)
{
    int level = pipeline->unit->options->opt_level;
    LLVMModuleRef module = pipeline->unit->llvm_module;
    bool has_giant = false;
    enum proa_status status;

    if (level == 0) { /* whose instructions are selected, too */
        proa_keep_all(pipeline->unit);
        return PROA_OK;
    }
    if (!pipeline->unit->options->keep_layout)
        hide_wide_integers(module, pipeline->layout);
    /* A use is dear to the inliner. */
    if (stages[level].inline_calls == NULL)
        proa_keep_mark(pipeline->unit);
    status =
        proa_huge_optimise(pipeline->unit, pipeline->machine, &has_giant, err);
    if (status == PROA_OK)
        status = run_stages(pipeline, &stages[level], err);
    LLVMSetDataLayout(module, pipeline->layout);
    proa_huge_release(pipeline->unit);
    if (level == 1)
        select_quickly(pipeline->unit);
    if (status == PROA_OK && has_giant)
        status = stop_optimising(pipeline, err);
    return status;
}

static unsigned attribute_kind(const char *name)
{
    return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

/*
 * Forget which functions have no effects, unless they surely return: LLVM's
 * quick instruction selection, which functions without optimisation get, drops
 * a call without effects also when the callee loops for ever.
 */
static void forget_endless(LLVMModuleRef module)
{
    const LLVMAttributeIndex index = (LLVMAttributeIndex)-1;
    unsigned memory = attribute_kind("memory");
    unsigned willreturn = attribute_kind("willreturn");

    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        if (LLVMGetIntrinsicID(function) == 0 &&
            LLVMGetEnumAttributeAtIndex(function, index, willreturn) == NULL)
            LLVMRemoveEnumAttributeAtIndex(function, index, memory);
}

static enum proa_status emit(const struct proa_pipeline *pipeline,
                             struct proa_buffer *object, struct proa_error *err)
{
    LLVMMemoryBufferRef memory = NULL;
    char *text = NULL;
    bool is_appended;

    if (LLVMTargetMachineEmitToMemoryBuffer(pipeline->machine,
                                            pipeline->unit->llvm_module,
                                            LLVMObjectFile, &text, &memory)) {
        proa_error_set(err, PROA_COMPILER, 0, "LLVM: %s", text);
        LLVMDisposeMessage(text);
        return PROA_COMPILER;
    }
    is_appended = proa_buffer_append(object, LLVMGetBufferStart(memory),
                                     LLVMGetBufferSize(memory));
    LLVMDisposeMemoryBuffer(memory);
    if (!is_appended)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for an object");
    return PROA_OK;
}

/* LLVM's way to say that it could not; without this it would exit(). */
struct complaint {
    struct proa_error *err;
    bool is_error;
};

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *env)
{
    struct complaint *complaint = env;
    char *text;

    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
        return;
    text = LLVMGetDiagInfoDescription(info);
    proa_error_set(complaint->err, PROA_COMPILER, 0, "LLVM: %s", text);
    LLVMDisposeMessage(text);
    complaint->is_error = true;
}

enum proa_status proa_pipeline_run(struct proa_pipeline *pipeline,
                                   struct proa_buffer *object,
                                   struct proa_error *err)
{
    struct complaint complaint = { .err = err };
    enum proa_status status;

    LLVMContextSetDiagnosticHandler(pipeline->unit->context, on_diagnostic,
                                    &complaint);
    status = verify(pipeline, "lowered", err);
    if (status == PROA_OK)
        status = prepare(pipeline, err);
    if (status == PROA_OK)
        status = verify(pipeline, "prepared", err);
    if (status == PROA_OK)
        status = optimise(pipeline, err);
    if (status == PROA_OK) {
        forget_endless(pipeline->unit->llvm_module);
        proa_keep_quieting_whole(pipeline->unit);
        status = emit(pipeline, object, err);
    }
    LLVMContextSetDiagnosticHandler(pipeline->unit->context, NULL, NULL);
    return status == PROA_OK && complaint.is_error ? PROA_COMPILER : status;
}
