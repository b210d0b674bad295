/*
 * Traps as the host sees them: a status, a text, a backtrace.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_TRAP_H
#define PROA_RUNTIME_TRAP_H

#include "artifact/abi.h"
#include "proa/store.h"

/* The specification's words. Threads: any. */
const char *proa_trap_message(enum proa_trap trap);

/* What a call answers that was left by a trap: PROA_TRAP, PROA_EXIT or
 * PROA_NOMEM. */
PROA_NODISCARD enum proa_status proa_trap_status(struct proa_store *store,
                                                 uint32_t trap,
                                                 struct proa_error *err);

#endif
