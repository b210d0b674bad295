/*
 * One request, one instance of the guest.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_GUEST_H
#define PROA_SERVE_GUEST_H

#include "http/exchange.h"
#include "proa/usage.h"
#include "serve/app.h"
#include "serve/slots.h"
#include "serve/trace.h"

/* What all requests share; it does not change while they run. */
struct proa_guest_host {
    struct proa_engine *engine;
    int null_fd; /* stands for streams that are none of the system's */
    bool trap_missing;
};

/* What one run used, and how it ended. */
struct proa_guest_use {
    struct proa_usage usage; /* its times are the scheduler's to say */
    enum proa_status status;
    int exit_code; /* as that of proa run */
    char trap[80];
};

/* One request for one function. All borrowed. */
struct proa_guest_request {
    struct proa_http_exchange *exchange;
    const struct proa_function *function;
    const struct proa_route_match *match;
    const struct proa_trace *trace;
    struct proa_slots *slots;   /* the worker's */
    struct proa_task *task;     /* that this runs in */
    struct proa_guest_use *use; /* set, unless no guest was begun */
};

/*
 * Look, before any request, whether instances can be made: it is a command,
 * its imports are there, its memory is within the limit, the preopens exist.
 *
 * @param missing gets a line for every import that is missing
 * @return PROA_OK, PROA_USAGE, PROA_UNLINKABLE, PROA_LIMIT, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_guest_check(const struct proa_guest_host *host,
                 const struct proa_function *function,
                 struct proa_buffer *missing, struct proa_error *err);

/*
 * Run the guest for this request and fill the response; what the guest printed
 * on standard error, and why it failed if it did, goes to the log.
 *
 * Threads: the worker's, on the task's fiber.
 */
void proa_guest_answer(const struct proa_guest_host *host,
                       const struct proa_guest_request *request);

/* Of a guest that has ended in this store. */
void proa_guest_tell_use(const struct proa_store *store,
                         const struct proa_wasi *wasi, enum proa_status status,
                         const struct proa_error *err,
                         struct proa_guest_use *use);

#endif
