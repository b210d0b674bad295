/*
 * Inputs that are read once and used again: what came from standard input or
 * from another machine, for a server that loads its modules anew. Another
 * process may fetch them again for it, as a record of each in a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_KEPT_H
#define PROA_CLI_KEPT_H

#include <sys/types.h>

#include "cli/input.h"

struct proa_kept_item {
    struct proa_input input; /* without bytes: it never came */
    char *failure;          /* owned; why it did not come again; NULL: it did */
    uint32_t unnamed_count; /* in how many records since it was named */
};

struct proa_kept_shared;

/* From `{ 0 }`; end with proa_kept_deinit(). */
struct proa_kept {
    struct proa_kept_item *items; /* owned, with their names */
    uint32_t count;
    struct proa_kept_shared *shared; /* NULL: there is no other process */
};

/* Before a process that keeps is forked: tell those beside it what it has. */
PROA_NODISCARD enum proa_status proa_kept_share(struct proa_kept *kept,
                                                struct proa_error *err);
/* In one that keeps, before it does: nothing is there yet. */
void proa_kept_begin(struct proa_kept *kept);

/* Read it, unless it is there. @return as proa_input_read() */
PROA_NODISCARD enum proa_status
proa_kept_add(struct proa_kept *kept, const char *name, struct proa_error *err);

/* NULL: it was not added. Threads: any, while none is added or taken. */
const struct proa_kept_item *proa_kept_find(const struct proa_kept *kept,
                                            const char *name);

/*
 * In a process beside: read these, but what is there already and cannot be
 * another in the process `keeper`, and write to a file what came of it.
 *
 * @return PROA_OK also when some did not come; PROA_LIMIT, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_kept_fetch(const struct proa_kept *kept,
                                                const char *const *names,
                                                uint32_t count, pid_t keeper,
                                                int fd, struct proa_error *err);

/*
 * Keep what proa_kept_fetch() wrote. What did not come stays, with the reason;
 * what was not asked for twice is forgotten.
 *
 * @return PROA_OK, PROA_MALFORMED, PROA_LIMIT, PROA_IO, PROA_NOMEM: some of it
 *         may be kept
 */
PROA_NODISCARD enum proa_status proa_kept_take(struct proa_kept *kept, int fd,
                                               struct proa_error *err);

void proa_kept_deinit(struct proa_kept *kept);

#endif
