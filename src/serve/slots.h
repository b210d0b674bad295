/*
 * The slots of a worker: one for each function that it answered requests with
 * lately. They belong to their thread and end with it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SLOTS_H
#define PROA_SERVE_SLOTS_H

#include "proa/pool.h"
#include "serve/guest.h"
#include "wasi/wasi.h"

/* What a use of a slot needs. All borrowed until it ends. */
struct proa_slots_use {
    const struct proa_guest_host *host;
    const struct proa_guest_request *request;
    struct proa_wasi *wasi; /* the imports work on it */
    uint64_t deadline_ns;   /* the watchdog is begun before the guest runs */
};

/*
 * Begin a use of this thread's slot for the request's function.
 *
 * @param slot     set, also on failure, unless there is none: end the use with
 *                 proa_slot_end()
 * @param instance set on success
 * @return as proa_slot_begin()
 */
PROA_NODISCARD enum proa_status
proa_slots_begin(const struct proa_slots_use *use, struct proa_slot **slot,
                 struct proa_instance **instance, struct proa_error *err);

#endif
