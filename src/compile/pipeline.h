/*
 * LLVM's part: passes over a filled module, then machine code.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_PIPELINE_H
#define PROA_COMPILE_PIPELINE_H

#include <llvm-c/TargetMachine.h>

#include "base/buffer.h"
#include "compile/lower/unit.h"

struct proa_pipeline {
    struct proa_unit *unit;       /* borrowed */
    LLVMTargetMachineRef machine; /* owned */
    char *layout;                 /* owned by LLVM: the true data layout */
};

/*
 * Find the target and tell the unit's module of it, before code is made.
 *
 * @return PROA_OK, PROA_USAGE (LLVM does not know the triple)
 */
PROA_NODISCARD enum proa_status
proa_pipeline_init(struct proa_pipeline *pipeline, struct proa_unit *unit,
                   struct proa_error *err);
void proa_pipeline_deinit(struct proa_pipeline *pipeline);

/*
 * Optimise the module and append its object code.
 *
 * @return PROA_OK, PROA_NOMEM, PROA_COMPILER
 */
PROA_NODISCARD enum proa_status
proa_pipeline_run(struct proa_pipeline *pipeline, struct proa_buffer *object,
                  struct proa_error *err);

#endif
