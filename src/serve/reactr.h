/*
 * Modules made for Reactr and Sat, as they are: they export run_e, allocate and
 * deallocate, and import their host from "env".
 *
 * The request's body is run_e's input; what the guest returns is the response.
 * Host functions that answer do so in two steps: a size, or minus the size of
 * an error's text, and then get_ffi_result() for the bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_REACTR_H
#define PROA_SERVE_REACTR_H

#include <jansson.h>

#include "host/link.h"
#include "http/exchange.h"
#include "serve/guest.h"

enum { PROA_REACTR_SET_MAX = 256, PROA_REACTR_TEXT_MAX = 1 << 20 };

/* A field of the request that the guest has set. */
struct proa_reactr_field {
    uint32_t kind;
    char *key;   /* owned; terminated */
    char *value; /* owned */
    size_t value_size;
};

/* One run. What is borrowed is NULL while nothing runs. */
struct proa_reactr {
    struct proa_http_exchange *exchange; /* borrowed, as the two below */
    const struct proa_route_match *match;
    const struct proa_trace *trace;
    struct proa_buffer *log; /* borrowed */
    struct proa_buffer output;
    struct proa_buffer ffi; /* what get_ffi_result() copies */
    bool is_started; /* before the request: the start is not called again */
    bool has_error;
    int32_t error_code;
    json_t *state;                    /* owned; of the field X-Atmo-State */
    struct proa_reactr_field *fields; /* owned, and what they own */
    uint32_t field_count;
};

void proa_reactr_init(struct proa_reactr *reactr, uint64_t output_bytes_max);
void proa_reactr_deinit(struct proa_reactr *reactr);

/* The functions of "env". */
struct proa_host_table proa_reactr_table(struct proa_reactr *reactr);

/*
 * Start the module and call run_e with the request's body.
 *
 * @return PROA_OK, PROA_TRAP, PROA_EXIT, PROA_USAGE (an export is missing),
 *         PROA_MALFORMED (allocate gave no memory), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_reactr_call(struct proa_reactr *reactr,
                                                 struct proa_store *store,
                                                 struct proa_instance *instance,
                                                 struct proa_error *err);

/*
 * What the guest returned, as the response.
 *
 * @return PROA_OK, PROA_MALFORMED (larger than allowed), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_reactr_finish(struct proa_reactr *reactr,
                                                   struct proa_error *err);

/*
 * Answer a request with a module of this kind, as proa_guest_answer() does for
 * a command.
 */
void proa_reactr_answer(const struct proa_guest_host *host,
                        const struct proa_guest_request *request);

/* As proa_guest_check(). */
PROA_NODISCARD enum proa_status
proa_reactr_guest_check(const struct proa_guest_host *host,
                        const struct proa_function *function,
                        struct proa_buffer *missing, struct proa_error *err);

/* See that a module has what proa_reactr_call() calls. */
PROA_NODISCARD enum proa_status
proa_reactr_check(const struct proa_module *module, struct proa_error *err);

/*
 * A field of the request: kind 0 meta (method, url, id, body), 1 the body's
 * member of that name, 2 a header, 3 a parameter, 4 state, 5 of the query.
 *
 * @return false when there is none, or no memory; else it is appended
 */
PROA_NODISCARD bool proa_reactr_field_get(const struct proa_reactr *reactr,
                                          uint32_t kind, const char *key,
                                          struct proa_buffer *out);

/* Set a field for later questions; false when there is no room for it. */
PROA_NODISCARD bool proa_reactr_field_set(struct proa_reactr *reactr,
                                          uint32_t kind, const char *key,
                                          struct proa_http_text value);

#endif
