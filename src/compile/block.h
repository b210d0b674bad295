/*
 * How basic blocks lead to each other.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_BLOCK_H
#define PROA_COMPILE_BLOCK_H

#include <llvm-c/Core.h>
#include <stdbool.h>

/* It leads to itself. */
bool proa_block_is_loop(LLVMBasicBlockRef block);

/* The one that leads here, if by several ways; NULL: several do, or none. */
LLVMBasicBlockRef proa_block_only_predecessor(LLVMBasicBlockRef block);

#endif
