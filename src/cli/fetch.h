/*
 * Modules that lie on another machine, named by a URL.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_FETCH_H
#define PROA_CLI_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

/* "https://...", or "http://...": whether it may be fetched, fetching says. */
bool proa_fetch_is_url(const char *name);

/*
 * Get what a URL names, with the program curl. "#sha256=HEX" behind it says
 * what must come; without that, only https, or http of this machine.
 *
 * @param bytes set on success; owned: free() it
 * @return PROA_OK; PROA_USAGE (no such URL, no curl, or something else came
 *         than was asked for), PROA_IO (it did not come), PROA_LIMIT,
 *         PROA_NOMEM
 * Trust: what comes is anybody's; only the digest makes it what was meant.
 */
PROA_NODISCARD enum proa_status proa_fetch(const char *url, uint8_t **bytes,
                                           size_t *size,
                                           struct proa_error *err);

#endif
