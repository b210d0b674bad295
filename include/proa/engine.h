/*
 * The engine: what all modules of a process share.
 *
 * Threads: an engine and its modules may be used by any thread at once. A store
 * and everything in it (instances, memories, functions) belongs to one thread
 * at a time; only proa_store_interrupt() may be called from another.
 *
 * Signals: a guest runs on a stack of its own, which may be full. Handlers that
 * the program installs must have SA_ONSTACK. A thread that runs guests must not
 * block SIGSEGV, SIGBUS or SIGRTMIN + 7, which interrupts a guest; the first
 * call on a thread unblocks them. Guests expect the floating-point environment
 * that a program starts with.
 *
 * Lives nest: engine > module > store > call.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ENGINE_H
#define PROA_ENGINE_H

#include "proa/error.h"
#include "proa/types.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct proa_engine;

/*
 * Make an engine. The first one of a process installs the handlers of SIGSEGV
 * and SIGBUS that turn a guest's fault into a trap; faults elsewhere go to
 * whoever had the signal before.
 *
 * @param engine set on success; owned: end with proa_engine_destroy()
 * @return PROA_OK, PROA_NOMEM, PROA_IO
 * Threads: any.
 */
PROA_NODISCARD enum proa_status proa_engine_create(struct proa_engine **engine,
                                                   struct proa_error *err);

/*
 * End an engine; every module and store made from it must be gone.
 * NULL does nothing.
 */
void proa_engine_destroy(struct proa_engine *engine);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
