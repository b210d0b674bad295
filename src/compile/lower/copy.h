/*
 * Copies of small functions, for LLVM to put where they are called.
 *
 * A copy is a function's body lowered once more, into a function of this LLVM
 * module alone which is always inlined. So a small function is there wherever
 * it is called, in whatever partition it is itself; and one that calls itself
 * has its own body in place of some of its calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_COPY_H
#define PROA_COMPILE_LOWER_COPY_H

#include "compile/lower/function.h"

/*
 * What to call for `function_index` in place of the function itself: a copy,
 * or NULL when it should be called.
 */
LLVMValueRef proa_copy_wanted(struct proa_lower *lower,
                              uint32_t function_index);

/*
 * Lower the bodies of the copies that were asked for since the last time.
 *
 * @return as proa_lower_function()
 */
PROA_NODISCARD enum proa_status proa_lower_copies(struct proa_unit *unit,
                                                  struct proa_error *err);

#endif
