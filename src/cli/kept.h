/*
 * Inputs that are read once and used again: what came from standard input or
 * from another machine, for a server that loads its modules anew.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_KEPT_H
#define PROA_CLI_KEPT_H

#include "cli/input.h"

/* From `{ 0 }`; end with proa_kept_deinit(). */
struct proa_kept {
    struct proa_input *items; /* owned, with their names */
    uint32_t count;
};

/* Read it, unless it is there. @return as proa_input_read() */
PROA_NODISCARD enum proa_status
proa_kept_add(struct proa_kept *kept, const char *name, struct proa_error *err);

/* NULL: it was not added. Threads: any, once all were added. */
const struct proa_input *proa_kept_find(const struct proa_kept *kept,
                                        const char *name);

void proa_kept_deinit(struct proa_kept *kept);

#endif
