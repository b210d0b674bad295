/*
 * The requests of one worker that have begun and not ended: each runs on a
 * fiber, so that one that waits lets the others run, and one that computes is
 * stopped at the end of its slice.
 *
 *   start --> RUNNING <--> PARKED (until a time, or until it is woken)
 *                |  ^
 *                |  +-----> PREEMPTED (its slice was over)
 *                v
 *             finished(): no longer on its fiber
 *
 * All of this is for one thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_TASK_H
#define PROA_SERVE_TASK_H

#include "platform/fiber.h"
#include "proa/store.h"

struct proa_tasks;

enum { PROA_TASK_MOMENT_NS = 20 * 1000 * 1000 };

/* Lies in what the caller has of a request; from `{ 0 }`. */
struct proa_task {
    /* To be set before it starts. */
    void (*run)(struct proa_task *task);      /* on the fiber */
    void (*finished)(struct proa_task *task); /* behind it, by the loop */
    uint64_t deadline_ns; /* from then on its guest is interrupted */
    uint64_t cpu_ns_max;  /* likewise, after so much of cpu_ns; 0: any */
    bool counts_cpu; /* by the thread's own clock, which takes a call to read */
    /* Before it waits for longer than PROA_TASK_MOMENT_NS; may be NULL; on the
     * fiber. */
    void (*waits)(void *env);
    void *waits_env;

    /* While it runs, for whoever runs it. */
    struct proa_store *store; /* of the guest that it is in; NULL: none */
    bool is_late;             /* the deadline has passed, or... */
    bool is_spent;            /* ...it had the processor for too long */
    uint64_t cpu_ns;          /* that it had the thread, up to its last wait */
    uint64_t memory_bytes;    /* its guest's, once that has ended */

    /* The scheduler's own. */
    struct proa_tasks *tasks;
    struct proa_fiber *fiber;
    struct proa_task *next; /* of all */
    struct proa_task *previous;
    struct proa_task *queue_next;
    bool is_queued;
    bool is_parked;
    bool is_woken;
    bool ends; /* it was told to */
    uint64_t wake_ns;
    uint32_t heap_index; /* from 1; 0: in no heap */
};

/*
 * For the thread that calls.
 *
 * @return owned: end with proa_tasks_destroy(); NULL: no memory
 */
struct proa_tasks *proa_tasks_create(void);

/* Ends all tasks, and waits until they have. NULL does nothing. */
void proa_tasks_destroy(struct proa_tasks *tasks);

/*
 * Run a task up to where it first waits. Not from within one.
 *
 * @return false: no memory, and nothing of it was called
 */
bool proa_tasks_start(struct proa_tasks *tasks, struct proa_task *task);

/*
 * Let those go on whose time has come, that were woken, and one of those that
 * were stopped.
 *
 * @return when to call it again (CLOCK_MONOTONIC); 0: at once; UINT64_MAX:
 *         when one was woken
 */
uint64_t proa_tasks_turn(struct proa_tasks *tasks);

uint32_t proa_tasks_count(const struct proa_tasks *tasks);

/* What it waits for may be there: proa_task_park() returns soon. */
void proa_task_wake(struct proa_task *task);

/* End it soon: its guest is interrupted, its waits end. */
void proa_task_end(struct proa_task *task);

/* The task of the fiber that runs; NULL outside of them. */
struct proa_task *proa_task_current(void);

/*
 * Within a task: wait until it is woken or the time has come.
 *
 * @return false: it is to end
 */
bool proa_task_park(struct proa_task *task, uint64_t until_ns);

/* A store's `wait` for guests of tasks; its `env` is not looked at. */
int proa_task_wait(void *env, struct proa_store *store, struct proa_wait *wait);

#endif
