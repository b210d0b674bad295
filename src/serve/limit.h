/*
 * How often a client may come: a bucket of tokens for each, told by when it
 * will be full again (the "generic cell rate algorithm").
 * https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 *
 * The table has a fixed size. Of clients that are more than fit, those that
 * were quiet for longest are forgotten, which gives them a full bucket.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_LIMIT_H
#define PROA_SERVE_LIMIT_H

#include <stdint.h>

#include "serve/admission.h"

enum { PROA_LIMIT_CLIENTS_DEFAULT = 65536 };

struct proa_limit;

/*
 * NULL when there is no memory.
 *
 * @param client_count how many are known at once, at least 4
 */
struct proa_limit *proa_limit_create(uint32_t client_count);
void proa_limit_destroy(struct proa_limit *limit);

/*
 * What stands for a client at a function: the address, of IPv6 the network
 * (/64), as one client has as many addresses of it as it likes. 0 for what is
 * no address, as a Unix socket's: that has no limit.
 *
 * @param function any number that tells functions apart
 */
uint64_t proa_limit_key(const struct proa_limit *limit, const char *address,
                        uint64_t function);

/*
 * Take a token.
 *
 * @return 0, or, when there is none, the ns until there is one
 * Threads: any; nothing waits. Two that come first at the same moment may both
 * get a bucket of their own.
 */
uint64_t proa_limit_take(struct proa_limit *limit, uint64_t key,
                         const struct proa_admission_limits *limits,
                         uint64_t now_ns);

/* For Retry-After: whole seconds, at least 1. */
uint32_t proa_limit_seconds(uint64_t ns);

#endif
