/*
 * Who may run now: how many requests of a function run at once, how many wait
 * and for how long, and how much memory all that run may hold.
 *
 * A function's count and the total are shared by all workers, and are numbers
 * that change by one atomic step; without a limit they are never written. The
 * queue is a worker's own. Nothing here locks, waits or allocates.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_ADMISSION_H
#define PROA_SERVE_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* For waiting_max: nobody waits. */
#define PROA_ADMISSION_NONE UINT32_MAX

enum { PROA_ADMISSION_WAITING_DEFAULT = 256 };

/* What is allowed; a zero is no limit of its own. */
struct proa_admission_limits {
    uint32_t running_max;
    uint32_t waiting_max;      /* 0: 256; or PROA_ADMISSION_NONE */
    uint64_t wait_ns_max;      /* 0: until the request's own deadline */
    uint64_t rate_interval_ns; /* between two requests of a client; 0: any */
    uint32_t burst;            /* so many may come at once; 0: 1 */
};

/* Of one function, whatever its version; from { 0 }. Threads: any. */
struct proa_admission_count {
    atomic_uint running; /* both: only where there is a limit */
    atomic_uint waiting;
};

/* Of one version of a function; it does not change. */
struct proa_admission_gate {
    struct proa_admission_limits limits;
    uint64_t memory_bytes;              /* that an instance may hold */
    struct proa_admission_count *count; /* borrowed */
};

/* Of the server; from { 0 }. Threads: any. */
struct proa_admission_total {
    uint64_t memory_bytes_max; /* 0: no limit */
    atomic_ullong memory_bytes;
    atomic_uint waiting; /* all that wait, where memory has a limit */
};

enum proa_admission_answer {
    PROA_ADMISSION_ADMIT,  /* it runs: end with proa_admission_leave() */
    PROA_ADMISSION_QUEUE,  /* it waits: proa_admission_next() gives it back */
    PROA_ADMISSION_REFUSE, /* 503 */
};

/* A request that waits; lies in what the caller has of it anyway. */
struct proa_admission_ticket {
    struct proa_admission_ticket *next;
    struct proa_admission_ticket *previous;
    const struct proa_admission_gate *gate;
    uint64_t deadline_ns;
};

/* Of one worker, which alone uses it; from proa_admission_init(). */
struct proa_admission {
    struct proa_admission_total *total; /* borrowed */
    struct proa_admission_ticket *first;
    struct proa_admission_ticket *last;
    uint32_t count;
};

void proa_admission_init(struct proa_admission *admission,
                         struct proa_admission_total *total);

/*
 * A request came.
 *
 * @param gate        outlives the request, whatever becomes of it
 * @param ticket      used while it waits; not moved until it is given back
 * @param deadline_ns of the request itself
 */
enum proa_admission_answer
proa_admission_enter(struct proa_admission *admission,
                     const struct proa_admission_gate *gate,
                     struct proa_admission_ticket *ticket, uint64_t now_ns,
                     uint64_t deadline_ns);

/*
 * One that was admitted has ended.
 *
 * @return someone waits for its place, here or in another worker: have them
 *         call proa_admission_next()
 */
bool proa_admission_leave(struct proa_admission *admission,
                          const struct proa_admission_gate *gate);

/*
 * Take one out of the queue that may run now, or whose time to wait is over.
 * To be called until it returns NULL, whenever somebody left, and from time to
 * time while `count` is not 0: the deadlines are seen here.
 *
 * @param answer set with a ticket: ADMIT or REFUSE
 */
struct proa_admission_ticket *
proa_admission_next(struct proa_admission *admission, uint64_t now_ns,
                    enum proa_admission_answer *answer);

/* A request that waits is no more: its client went away. */
void proa_admission_withdraw(struct proa_admission *admission,
                             struct proa_admission_ticket *ticket);

#endif
