/*
 * The compiler's confinement. It reads untrusted bytes with a library of some
 * million lines, so it may do nothing but compute, allocate, and use the
 * descriptors that it was started with.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILER_SANDBOX_H
#define PROA_COMPILER_SANDBOX_H

#include "proa/error.h"

/*
 * Enter: no new privileges, no core dump, and from here on only the system
 * calls in the list of sandbox.c; any other ends the process with SIGSYS.
 * Threads may still be made. There is no way back.
 *
 * @return PROA_OK, PROA_IO (the kernel refuses)
 */
PROA_NODISCARD enum proa_status
proa_compiler_sandbox_enter(struct proa_error *err);

#endif
