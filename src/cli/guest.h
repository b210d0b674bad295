/*
 * One program from instantiation to its end: _start, or a function by name.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_GUEST_H
#define PROA_CLI_GUEST_H

#include "proa/store.h"

/* All borrowed. */
struct proa_guest {
    struct proa_store *store;
    struct proa_module *module;
    const struct proa_extern *imports;
    const char *invoke;      /* NULL: _start */
    const char *const *args; /* of the invoked function, as text */
    uint32_t arg_count;
};

/*
 * Instantiate and call. Results of an invoked function are printed, one a line.
 *
 * @return what the call returned; PROA_USAGE when there is nothing to call or
 *         the arguments are not of its type
 */
PROA_NODISCARD enum proa_status proa_guest_run(const struct proa_guest *guest,
                                               struct proa_error *err);

#endif
