/*
 * Lowering: one validated wasm function to LLVM IR.
 *
 * Values on the operand stack are LLVM values: i32 i64 float double as such,
 * v128 always as <2 x i64> (cast on the way in and out), references as ptr.
 * Unreachable code is never lowered, so the stack always has what is popped.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_LOWER_H
#define PROA_COMPILE_LOWER_LOWER_H

#include <llvm-c/Core.h>

#include "artifact/abi.h"
#include "wasm/instruction.h"
#include "wasm/module.h"

struct proa_lower; /* the function being lowered; see lower/function.h */

/* The operand stack. */
void proa_lower_push(struct proa_lower *lower, LLVMValueRef value);
LLVMValueRef proa_lower_pop(struct proa_lower *lower);

/* What emitting needs. */
LLVMContextRef proa_lower_context(const struct proa_lower *lower);
LLVMModuleRef proa_lower_module(const struct proa_lower *lower);
LLVMBuilderRef proa_lower_builder(const struct proa_lower *lower);
/* True when the target has this feature, by LLVM's name ("fma", "ssse3"). */
bool proa_lower_has_feature(const struct proa_lower *lower, const char *name);
bool proa_lower_is_x86(const struct proa_lower *lower);

/*
 * Call an LLVM intrinsic. `types` are its overloaded types (may be none).
 */
LLVMValueRef proa_lower_intrinsic(struct proa_lower *lower, const char *name,
                                  const LLVMTypeRef *types, unsigned type_count,
                                  LLVMValueRef *args, unsigned arg_count);

/*
 * Memory: `address` is the popped address operand. Alignment is 1, the access
 * is bounds-checked (by guard or by code) and marked as linear memory. A load
 * whose result is not used still traps.
 */
LLVMValueRef proa_lower_load(struct proa_lower *lower,
                             const struct proa_memarg *memarg,
                             LLVMValueRef address, LLVMTypeRef type);
void proa_lower_store(struct proa_lower *lower,
                      const struct proa_memarg *memarg, LLVMValueRef address,
                      LLVMValueRef value);

/* Leave with `trap` when `condition` (i1) is true; goes on in a new block. */
void proa_lower_trap_if(struct proa_lower *lower, LLVMValueRef condition,
                        enum proa_trap trap);

/*
 * The families. Each lowers an instruction that is its own and says so; false:
 * not mine.
 */
bool proa_lower_numeric(struct proa_lower *lower,
                        const struct proa_instruction *instruction);
bool proa_lower_convert(struct proa_lower *lower,
                        const struct proa_instruction *instruction);
bool proa_lower_memory(struct proa_lower *lower,
                       const struct proa_instruction *instruction);
bool proa_lower_table(struct proa_lower *lower,
                      const struct proa_instruction *instruction);
bool proa_lower_variable(struct proa_lower *lower,
                         const struct proa_instruction *instruction);
bool proa_lower_call(struct proa_lower *lower,
                     const struct proa_instruction *instruction);
bool proa_lower_control(struct proa_lower *lower,
                        const struct proa_instruction *instruction);
/* 0xfd: lane-wise arithmetic, shifts, comparisons, lanes, memory, relaxed. */
bool proa_lower_simd(struct proa_lower *lower,
                     const struct proa_instruction *instruction);

#endif
