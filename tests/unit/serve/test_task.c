/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/task.h"

#include <errno.h>

#include "check.h"
#include "platform/poll.h"

enum { TASK_COUNT = 200, NEVER_MS = 3600 * 1000 };

/* A task that parks until the times it has, and notes what it was told. */
struct sleeper {
    struct proa_task task;
    uint64_t until_ns[4];
    int park_count;
    int parked;       /* how often it has come back */
    bool answers[4];  /* of proa_task_park() */
    int finish_order; /* from 1; 0: not yet */
};

static int finish_count;

static void sleep_on(struct proa_task *task)
{
    struct sleeper *own = (struct sleeper *)task;

    CHECK_EQ(proa_task_current() == task, true);
    for (int i = 0; i < own->park_count; i++) {
        own->answers[i] = proa_task_park(task, own->until_ns[i]);
        own->parked++;
    }
}

static void finished(struct proa_task *task)
{
    CHECK_EQ(proa_task_current() == NULL, true);
    ((struct sleeper *)task)->finish_order = ++finish_count;
}

static struct sleeper sleeper(int park_count, uint64_t until_ns)
{
    return (struct sleeper){
        .task = { .run = sleep_on,
                  .finished = finished,
                  .deadline_ns = UINT64_MAX },
        .until_ns = { until_ns, until_ns, until_ns, until_ns },
        .park_count = park_count,
    };
}

static void one_that_does_not_wait_ends_at_once(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper own = sleeper(0, 0);

    finish_count = 0;
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    CHECK_EQ(proa_tasks_start(tasks, &own.task), true);
    CHECK_EQ(own.finish_order, 1);
    CHECK_EQ(proa_tasks_count(tasks), 0);
    proa_tasks_destroy(tasks);
    proa_tasks_destroy(NULL);
}

/* Times that have passed, in any order: the earliest first. */
static void times_come_in_their_order(void)
{
    static struct sleeper all[TASK_COUNT];
    struct proa_tasks *tasks = proa_tasks_create();

    finish_count = 0;
    for (uint32_t i = 0; i < TASK_COUNT; i++) {
        uint32_t place = i * 77 % TASK_COUNT; /* 77 and 200 share no divisor */
        all[place] = sleeper(1, place + 1);
        CHECK_EQ(proa_tasks_start(tasks, &all[place].task), true);
    }
    CHECK_EQ(proa_tasks_count(tasks), TASK_COUNT);
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    for (int i = 0; i < TASK_COUNT; i++)
        CHECK_EQ(all[i].finish_order, i + 1);
    CHECK_EQ(proa_tasks_count(tasks), 0);
    proa_tasks_destroy(tasks);
}

/* Those whose time has not come are told of, and end when they are woken. */
static void one_is_woken(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    uint64_t late_ns = proa_clock_now() + (uint64_t)NEVER_MS * 1000000;
    struct sleeper first = sleeper(2, late_ns + 1),
                   second = sleeper(1, late_ns), third = sleeper(1, UINT64_MAX);

    finish_count = 0;
    CHECK_EQ(proa_tasks_start(tasks, &first.task), true);
    CHECK_EQ(proa_tasks_start(tasks, &second.task), true);
    CHECK_EQ(proa_tasks_start(tasks, &third.task), true);
    CHECK_EQ(proa_tasks_turn(tasks), late_ns);
    proa_task_wake(&second.task);
    CHECK_EQ(proa_tasks_turn(tasks), late_ns + 1);
    CHECK_EQ(second.finish_order, 1);
    CHECK_EQ(second.answers[0], true);
    /* Twice is once; it waits again. */
    proa_task_wake(&first.task);
    proa_task_wake(&first.task);
    CHECK_EQ(proa_tasks_turn(tasks), late_ns + 1);
    CHECK_EQ(first.parked, 1);
    CHECK_EQ(first.finish_order, 0);
    proa_task_wake(&third.task);
    CHECK_EQ(proa_tasks_turn(tasks), late_ns + 1);
    proa_task_wake(&first.task);
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    CHECK_EQ(first.finish_order, 3);
    proa_tasks_destroy(tasks);
}

static void wake_self(struct proa_task *task)
{
    proa_task_wake(task);
    ((struct sleeper *)task)->answers[0] = proa_task_park(task, UINT64_MAX);
}

/* A wake that comes before the wait is not lost. */
static void an_early_wake_counts(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper own = sleeper(1, 0);

    finish_count = 0;
    own.task.run = wake_self;
    CHECK_EQ(proa_tasks_start(tasks, &own.task), true);
    CHECK_EQ(own.finish_order, 1);
    CHECK_EQ(own.answers[0], true);
    proa_tasks_destroy(tasks);
}

/* Every wait of one that is to end returns at once, and says so. */
static void one_is_ended(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper own = sleeper(4, UINT64_MAX);

    finish_count = 0;
    CHECK_EQ(proa_tasks_start(tasks, &own.task), true);
    proa_task_end(&own.task);
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    CHECK_EQ(own.finish_order, 1);
    CHECK_EQ(own.parked, 4);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(own.answers[i], false);
    CHECK_EQ(own.task.is_late, false);
    proa_tasks_destroy(tasks);
}

/* The same at its deadline, which wakes it, ... */
static void a_deadline_passes(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper own = sleeper(2, UINT64_MAX);

    finish_count = 0;
    own.task.deadline_ns = 1;
    CHECK_EQ(proa_tasks_start(tasks, &own.task), true);
    CHECK_EQ(own.finish_order, 1);
    CHECK_EQ(own.answers[0], false);
    CHECK_EQ(own.answers[1], false);
    CHECK_EQ(own.task.is_late, true);
    CHECK_EQ(own.task.is_spent, false);
    proa_tasks_destroy(tasks);
}

/* ...and once it had the processor for too long: seen when it goes on. */
static void processor_time_is_spent(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper own = sleeper(3, UINT64_MAX);

    finish_count = 0;
    own.task.cpu_ns_max = 1;
    own.task.counts_cpu = true;
    CHECK_EQ(proa_tasks_start(tasks, &own.task), true);
    CHECK_EQ(own.task.cpu_ns > 0, true);
    proa_task_wake(&own.task);
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    CHECK_EQ(own.finish_order, 1);
    CHECK_EQ(own.answers[0], false);
    CHECK_EQ(own.answers[2], false);
    CHECK_EQ(own.task.is_spent, true);
    proa_tasks_destroy(tasks);
}

/* The end of all ends each. */
static void all_are_ended(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    static struct sleeper all[TASK_COUNT];

    finish_count = 0;
    for (int i = 0; i < TASK_COUNT; i++) {
        all[i] = sleeper(1 + i % 4, UINT64_MAX);
        CHECK_EQ(proa_tasks_start(tasks, &all[i].task), true);
    }
    proa_tasks_destroy(tasks);
    CHECK_EQ(finish_count, TASK_COUNT);
}

static int wait_result, wait_errno, notice_count;

static void notice(void *env)
{
    (void)env;
    notice_count++;
}

/* What a guest's wait does, without a guest: env and store are not looked at.
 */
static void wait_as_a_guest(struct proa_task *task)
{
    struct sleeper *own = (struct sleeper *)task;
    struct proa_wait wait = { .deadline_ns = own->until_ns[0] };

    errno = 0;
    wait_result = proa_task_wait(NULL, NULL, &wait);
    wait_errno = errno;
}

static void guests_wait(void)
{
    struct proa_tasks *tasks = proa_tasks_create();
    struct sleeper over = sleeper(0, 1), long_one = sleeper(0, UINT64_MAX);

    over.task.run = long_one.task.run = wait_as_a_guest;
    long_one.task.waits = notice;
    notice_count = 0;
    CHECK_EQ(proa_tasks_start(tasks, &over.task), true);
    CHECK_EQ(wait_result, 0);
    CHECK_EQ(proa_tasks_start(tasks, &long_one.task), true);
    CHECK_EQ(notice_count, 1);
    proa_task_end(&long_one.task);
    CHECK_EQ(proa_tasks_turn(tasks), UINT64_MAX);
    CHECK_EQ(wait_result, -1);
    CHECK_EQ(wait_errno, EINTR);
    proa_tasks_destroy(tasks);
}

int main(void)
{
    one_that_does_not_wait_ends_at_once();
    times_come_in_their_order();
    one_is_woken();
    an_early_wake_counts();
    one_is_ended();
    a_deadline_passes();
    processor_time_is_spent();
    all_are_ended();
    guests_wait();
    return 0;
}
