/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/task.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "platform/poll.h"

enum {
    NS_PER_MS = 1000000,
    /* Long enough that the signal at its end costs nothing that counts, short
     * enough that a request which needs little does not wait long. */
    SLICE_NS = 2 * NS_PER_MS,
    /* A task that has had the thread for so long is a long one. It gets less at
     * a time, and while there is one the others do, too: then none that needs
     * little waits for two whole slices. */
    LONG_NS = 10 * NS_PER_MS,
    LONG_SLICE_NS = NS_PER_MS,
    BESIDE_SLICE_NS = NS_PER_MS / 2,
    /* Where others were stopped as well, it has every fourth turn. */
    LONG_EVERY = 4,
    /* A host's descriptor that a guest waits for is looked at so often. */
    LOOK_NS = 2 * NS_PER_MS,
    HEAP_COUNT_FIRST = 64,
};

struct queue {
    struct proa_task *first;
    struct proa_task *last;
};

struct proa_tasks {
    struct proa_fiber_pool *fibers;
    struct proa_task *all;
    uint32_t count;
    struct queue woken;
    struct queue preempted;
    struct queue preempted_long;
    uint32_t turn_count;
    struct proa_task *running;
    /* Those that wait for a time, or whose deadline is to be seen: the
     * earliest is at 1. */
    struct proa_task **heap;
    uint32_t heap_count;
    uint32_t heap_capacity;
};

/* The one whose task runs on this thread. */
static _Thread_local struct proa_tasks *here;

/* --- queues --------------------------------------------------------------- */

static void queue_put(struct queue *queue, struct proa_task *task)
{
    if (task->is_queued)
        return;
    task->is_queued = true;
    task->queue_next = NULL;
    if (queue->first == NULL)
        queue->first = task;
    else
        queue->last->queue_next = task;
    queue->last = task;
}

static struct proa_task *queue_take(struct queue *queue)
{
    struct proa_task *task = queue->first;

    if (task == NULL)
        return NULL;
    queue->first = task->queue_next;
    task->is_queued = false;
    return task;
}

/* --- times ---------------------------------------------------------------- */

static uint64_t time_of(const struct proa_task *task)
{
    return task->is_late || task->wake_ns < task->deadline_ns
               ? task->wake_ns
               : task->deadline_ns;
}

static void heap_place(struct proa_tasks *tasks, uint32_t index,
                       struct proa_task *task)
{
    tasks->heap[index] = task;
    task->heap_index = index;
}

static void heap_up(struct proa_tasks *tasks, uint32_t index)
{
    struct proa_task *task = tasks->heap[index];

    while (index > 1 && time_of(tasks->heap[index / 2]) > time_of(task)) {
        heap_place(tasks, index, tasks->heap[index / 2]);
        index /= 2;
    }
    heap_place(tasks, index, task);
}

static void heap_down(struct proa_tasks *tasks, uint32_t index)
{
    struct proa_task *task = tasks->heap[index];

    for (;;) {
        uint32_t child = index * 2;
        if (child > tasks->heap_count)
            break;
        if (child < tasks->heap_count &&
            time_of(tasks->heap[child + 1]) < time_of(tasks->heap[child]))
            child++;
        if (time_of(tasks->heap[child]) >= time_of(task))
            break;
        heap_place(tasks, index, tasks->heap[child]);
        index = child;
    }
    heap_place(tasks, index, task);
}

static void heap_remove(struct proa_tasks *tasks, struct proa_task *task)
{
    uint32_t index = task->heap_index;

    if (index == 0)
        return;
    struct proa_task *last = tasks->heap[tasks->heap_count--];
    task->heap_index = 0;
    if (last == task)
        return;
    heap_place(tasks, index, last);
    heap_up(tasks, index);
    heap_down(tasks, last->heap_index);
}

/* There is room for all tasks: see proa_tasks_start(). */
static void heap_add(struct proa_tasks *tasks, struct proa_task *task)
{
    if (time_of(task) == UINT64_MAX)
        return;
    heap_place(tasks, ++tasks->heap_count, task);
    heap_up(tasks, tasks->heap_count);
}

static bool heap_reserve(struct proa_tasks *tasks)
{
    uint32_t capacity =
        tasks->heap_capacity == 0 ? HEAP_COUNT_FIRST : tasks->heap_capacity * 2;

    if (tasks->count + 1 < tasks->heap_capacity)
        return true;
    struct proa_task **heap =
        realloc(tasks->heap, capacity * sizeof *tasks->heap);
    if (heap == NULL)
        return false;
    tasks->heap = heap;
    tasks->heap_capacity = capacity;
    return true;
}

/* --- running -------------------------------------------------------------- */

static void main_of(void *argument)
{
    struct proa_task *task = argument;

    task->run(task);
}

static void forget(struct proa_task *task)
{
    struct proa_tasks *tasks = task->tasks;

    if (task->next != NULL)
        task->next->previous = task->previous;
    if (task->previous != NULL)
        task->previous->next = task->next;
    else
        tasks->all = task->next;
    tasks->count--;
    task->finished(task);
}

static uint64_t thread_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_long(const struct proa_task *task)
{
    return task->cpu_ns >= LONG_NS;
}

static uint64_t slice_ns(const struct proa_task *task)
{
    if (is_long(task))
        return LONG_SLICE_NS;
    return task->tasks->preempted_long.first != NULL ? BESIDE_SLICE_NS
                                                     : SLICE_NS;
}

static struct proa_task *take_preempted(struct proa_tasks *tasks)
{
    bool is_its_turn = ++tasks->turn_count % LONG_EVERY == 0;

    if (tasks->preempted.first == NULL ||
        (is_its_turn && tasks->preempted_long.first != NULL))
        return queue_take(&tasks->preempted_long);
    return queue_take(&tasks->preempted);
}

static void go_on(struct proa_task *task, uint64_t now_ns)
{
    struct proa_tasks *tasks = task->tasks;

    heap_remove(tasks, task);
    task->is_spent = task->cpu_ns_max != 0 && task->cpu_ns >= task->cpu_ns_max;
    task->is_late = task->is_spent || now_ns >= task->deadline_ns;
    /* Each time: what it does after one interrupt must end, too. */
    if ((task->is_late || task->ends) && task->store != NULL)
        proa_store_interrupt(task->store);
    task->is_parked = false;
    tasks->running = task;
    here = tasks;
    uint64_t cpu_from_ns = task->counts_cpu ? thread_ns() : 0;
    enum proa_fiber_state state =
        proa_fiber_resume(task->fiber, now_ns + slice_ns(task));
    here = NULL;
    tasks->running = NULL;
    task->cpu_ns += task->counts_cpu ? thread_ns() - cpu_from_ns
                                     : proa_clock_now() - now_ns;
    if (state == PROA_FIBER_FINISHED) {
        forget(task);
        return;
    }
    if (state == PROA_FIBER_PREEMPTED) {
        queue_put(is_long(task) ? &tasks->preempted_long : &tasks->preempted,
                  task);
        return;
    }
    task->is_parked = true;
    if (task->is_woken || task->ends)
        queue_put(&tasks->woken, task);
    else
        heap_add(tasks, task);
}

bool proa_tasks_start(struct proa_tasks *tasks, struct proa_task *task)
{
    if (!heap_reserve(tasks))
        return false;
    task->fiber = proa_fiber_create(tasks->fibers, main_of, task);
    if (task->fiber == NULL)
        return false;
    task->tasks = tasks;
    task->wake_ns = UINT64_MAX;
    task->next = tasks->all;
    if (task->next != NULL)
        task->next->previous = task;
    tasks->all = task;
    tasks->count++;
    go_on(task, proa_clock_now());
    return true;
}

uint64_t proa_tasks_turn(struct proa_tasks *tasks)
{
    struct queue woken;
    struct proa_task *task;

    if (tasks->count == 0)
        return UINT64_MAX;
    uint64_t now_ns = proa_clock_now();
    while (tasks->heap_count > 0 && time_of(tasks->heap[1]) <= now_ns) {
        task = tasks->heap[1];
        heap_remove(tasks, task);
        queue_put(&tasks->woken, task);
    }
    /* Those that are woken meanwhile have their turn in the next one. */
    woken = tasks->woken;
    tasks->woken = (struct queue){ 0 };
    while ((task = queue_take(&woken)) != NULL) {
        go_on(task, now_ns);
        now_ns = proa_clock_now();
    }
    task = take_preempted(tasks);
    if (task != NULL)
        go_on(task, now_ns);
    if (tasks->woken.first != NULL || tasks->preempted.first != NULL ||
        tasks->preempted_long.first != NULL)
        return 0;
    return tasks->heap_count > 0 ? time_of(tasks->heap[1]) : UINT64_MAX;
}

uint32_t proa_tasks_count(const struct proa_tasks *tasks)
{
    return tasks->count;
}

struct proa_tasks *proa_tasks_create(void)
{
    /* JSON may be nested as deep as its library allows. */
    const struct proa_fiber_options options = { .stack_bytes = 512 * 1024 };
    struct proa_tasks *tasks = calloc(1, sizeof *tasks);

    if (tasks == NULL)
        return NULL;
    tasks->fibers = proa_fiber_pool_create(&options);
    if (tasks->fibers == NULL) {
        free(tasks);
        return NULL;
    }
    return tasks;
}

void proa_tasks_destroy(struct proa_tasks *tasks)
{
    if (tasks == NULL)
        return;
    while (tasks->count > 0) {
        for (struct proa_task *task = tasks->all; task != NULL;
             task = task->next)
            proa_task_end(task);
        (void)proa_tasks_turn(tasks);
    }
    proa_fiber_pool_destroy(tasks->fibers);
    free((void *)tasks->heap);
    free(tasks);
}

/* --- waiting -------------------------------------------------------------- */

void proa_task_wake(struct proa_task *task)
{
    task->is_woken = true;
    if (!task->is_parked)
        return;
    heap_remove(task->tasks, task);
    queue_put(&task->tasks->woken, task);
}

void proa_task_end(struct proa_task *task)
{
    task->ends = true;
    proa_task_wake(task);
}

struct proa_task *proa_task_current(void)
{
    return here == NULL ? NULL : here->running;
}

bool proa_task_park(struct proa_task *task, uint64_t until_ns)
{
    if (!task->is_woken && !task->ends && !task->is_late) {
        task->wake_ns = until_ns;
        proa_fiber_park();
        task->wake_ns = UINT64_MAX;
    }
    task->is_woken = false;
    return !task->ends && !task->is_late;
}

/* Is there one that the host knows nothing of, as a stream of ours? */
static bool waits_for_us(const struct proa_wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++)
        if (wait->fds[i].fd < 0)
            return true;
    return wait->count == 0;
}

static bool waits_for_host(const struct proa_wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++)
        if (wait->fds[i].fd >= 0)
            return true;
    return false;
}

int proa_task_wait(void *env, struct proa_store *store, struct proa_wait *wait)
{
    struct proa_task *task = proa_task_current();
    bool looks = waits_for_host(wait);

    (void)env;
    (void)store;
    assert(task != NULL);
    for (;;) {
        int count = looks ? poll(wait->fds, wait->count, 0) : 0;
        if (count != 0)
            return count;
        uint64_t now_ns = proa_clock_now(), until_ns = wait->deadline_ns;
        if (now_ns >= until_ns)
            return 0;
        if (task->waits != NULL && until_ns - now_ns > PROA_TASK_MOMENT_NS)
            task->waits(task->waits_env);
        if (looks && now_ns + LOOK_NS < until_ns)
            until_ns = now_ns + LOOK_NS;
        if (!proa_task_park(task, until_ns)) {
            errno = EINTR;
            return -1;
        }
        if (waits_for_us(wait))
            return 0;
    }
}
