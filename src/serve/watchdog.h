/*
 * One thread that interrupts guests which run beyond their deadline.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_WATCHDOG_H
#define PROA_SERVE_WATCHDOG_H

#include "proa/store.h"

struct proa_watchdog;

/*
 * @param slot_count how many guests may run at once
 * @param watchdog   set on success; owned: end with proa_watchdog_destroy()
 * @return PROA_OK, PROA_NOMEM, PROA_IO (no thread)
 */
PROA_NODISCARD enum proa_status
proa_watchdog_create(uint32_t slot_count, struct proa_watchdog **watchdog,
                     struct proa_error *err);

/* Every slot must have ended. NULL does nothing. */
void proa_watchdog_destroy(struct proa_watchdog *watchdog);

/*
 * A guest starts to run in this store. From the deadline on it is interrupted,
 * again and again, until it has ended.
 * Threads: any; a slot is used by one at a time.
 */
void proa_watchdog_begin(struct proa_watchdog *watchdog, uint32_t slot_index,
                         struct proa_store *store, uint64_t deadline_ns);

/*
 * It ended: the store is left alone from now on.
 *
 * @return whether it was interrupted
 */
bool proa_watchdog_end(struct proa_watchdog *watchdog, uint32_t slot_index);

/* Interrupt all that run now and all that will begin. Threads: any. */
void proa_watchdog_stop_all(struct proa_watchdog *watchdog);

#endif
