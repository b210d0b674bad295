/*
 * Copies and fills of few bytes, which are most: code beside the guest's own,
 * where the builtin would cost more than the work.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LOWER_SMALL_H
#define PROA_COMPILE_LOWER_SMALL_H

#include "compile/lower/unit.h"

enum { PROA_SMALL_BYTES_MAX = 128 };

/*
 * The function that copies (to, from, size), as memmove does, or fills (to,
 * i32, size); `size` (i64) is 1 to PROA_SMALL_BYTES_MAX, and all bytes are
 * inside their memories. Made at first use, a copy in each LLVM module.
 */
LLVMValueRef proa_small_copy(struct proa_unit *unit);
LLVMValueRef proa_small_fill(struct proa_unit *unit);

#endif
