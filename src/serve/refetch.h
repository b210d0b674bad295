/*
 * What a supervised server can no more get by itself, fetched again at SIGHUP
 * by a process beside it that is not confined, and lives as long as that takes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_REFETCH_H
#define PROA_SERVE_REFETCH_H

#include <stdbool.h>
#include <sys/types.h>

struct proa_serve_options;

/* From `{ 0 }`. */
struct proa_refetch {
    pid_t pid;     /* 0: none is under way */
    int fd;        /* what it writes to, a file in memory */
    bool is_again; /* asked for once more meanwhile */
};

/* What the server is that it is for. */
struct proa_refetch_server {
    pid_t pid;
    int granted_fd; /* see granted.h */
};

/*
 * Begin, or remember to when one is under way. @return false: it cannot be
 * Threads: only in a process that has no other.
 */
bool proa_refetch_start(struct proa_refetch *refetch,
                        const struct proa_refetch_server *server,
                        const struct proa_serve_options *options);

/*
 * @param fd         set when it ended: what it wrote, owned and sealed; -1:
 *                   nothing
 * @param needs_more set when it ended: the server cannot serve what is there
 *                   now, as it was granted less; nothing was fetched
 * @return whether it ended
 */
bool proa_refetch_end(struct proa_refetch *refetch, int *fd, bool *needs_more);

/* Kill what is under way. */
void proa_refetch_cancel(struct proa_refetch *refetch);

#endif
