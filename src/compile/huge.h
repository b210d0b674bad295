/*
 * Functions too large for passes whose time grows faster than their input.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_HUGE_H
#define PROA_COMPILE_HUGE_H

#include <llvm-c/TargetMachine.h>

#include "compile/lower/unit.h"

/*
 * Give each huge function a few cheap passes, and hide it from all others
 * until proa_huge_release().
 *
 * @param has_giant set on success: there is one that the code generator cannot
 *                  take either, unless it is told not to optimise at all
 * @return PROA_OK, PROA_COMPILER
 */
PROA_NODISCARD enum proa_status proa_huge_optimise(struct proa_unit *unit,
                                                   LLVMTargetMachineRef machine,
                                                   bool *has_giant,
                                                   struct proa_error *err);

/* Show them again, to the code generator. */
void proa_huge_release(struct proa_unit *unit);

#endif
