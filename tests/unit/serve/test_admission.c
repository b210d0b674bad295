/*
 * Who runs, who waits and who is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/admission.h"

#include <pthread.h>

#include "../check.h"

enum { FAR = 1000000, TICKETS = 8 };

struct world {
    struct proa_admission_total total;
    struct proa_admission admission;
    struct proa_admission_count count;
    struct proa_admission_gate gate;
    struct proa_admission_ticket tickets[TICKETS];
};

static void world_init(struct world *world, struct proa_admission_limits limits,
                       uint64_t memory_bytes_max)
{
    memset(world, 0, sizeof *world);
    world->total.memory_bytes_max = memory_bytes_max;
    world->gate.limits = limits;
    world->gate.memory_bytes = 10;
    world->gate.count = &world->count;
    proa_admission_init(&world->admission, &world->total);
}

static enum proa_admission_answer enter(struct world *world, int i)
{
    return proa_admission_enter(&world->admission, &world->gate,
                                &world->tickets[i], 0, FAR);
}

/* Which ticket is next, or -1. */
static int next(struct world *world, uint64_t now_ns,
                enum proa_admission_answer *answer)
{
    struct proa_admission_ticket *ticket =
        proa_admission_next(&world->admission, now_ns, answer);

    return ticket == NULL ? -1 : (int)(ticket - world->tickets);
}

static void without_limits_all_run(void)
{
    struct world world;

    world_init(&world, (struct proa_admission_limits){ 0 }, 0);
    for (int i = 0; i < TICKETS; i++)
        CHECK_EQ(enter(&world, i), PROA_ADMISSION_ADMIT);
    CHECK_EQ(world.count.running, 0);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), false);
}

static void others_wait_in_order(void)
{
    enum proa_admission_answer answer;
    struct world world;

    world_init(
        &world,
        (struct proa_admission_limits){ .running_max = 2, .waiting_max = 3 },
        0);
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 1), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 2), PROA_ADMISSION_QUEUE);
    CHECK_EQ(enter(&world, 3), PROA_ADMISSION_QUEUE);
    CHECK_EQ(enter(&world, 4), PROA_ADMISSION_QUEUE);
    CHECK_EQ(enter(&world, 5), PROA_ADMISSION_REFUSE);
    CHECK_EQ(next(&world, 1, &answer), -1);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    /* A place is free, but who comes now goes behind. */
    proa_admission_withdraw(&world.admission, &world.tickets[3]);
    CHECK_EQ(enter(&world, 5), PROA_ADMISSION_QUEUE);
    CHECK_EQ(next(&world, 1, &answer), 2);
    CHECK_EQ(answer, PROA_ADMISSION_ADMIT);
    CHECK_EQ(next(&world, 1, &answer), -1);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    CHECK_EQ(next(&world, 1, &answer), 4);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    CHECK_EQ(next(&world, 1, &answer), 5);
    CHECK_EQ(world.count.waiting, 0);
    CHECK_EQ(world.admission.count, 0);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), false);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), false);
    CHECK_EQ(world.count.running, 0);
}

static void waiting_has_an_end(void)
{
    enum proa_admission_answer answer;
    struct world world;

    world_init(
        &world,
        (struct proa_admission_limits){ .running_max = 1, .wait_ns_max = 100 },
        0);
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 1), PROA_ADMISSION_QUEUE);
    CHECK_EQ(next(&world, 99, &answer), -1);
    CHECK_EQ(next(&world, 100, &answer), 1);
    CHECK_EQ(answer, PROA_ADMISSION_REFUSE);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), false);
    /* The request's own deadline may be nearer, or over. */
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_ADMIT);
    CHECK_EQ(proa_admission_enter(&world.admission, &world.gate,
                                  &world.tickets[1], 10, 20),
             PROA_ADMISSION_QUEUE);
    CHECK_EQ(next(&world, 20, &answer), 1);
    CHECK_EQ(answer, PROA_ADMISSION_REFUSE);
    CHECK_EQ(proa_admission_enter(&world.admission, &world.gate,
                                  &world.tickets[1], 20, 20),
             PROA_ADMISSION_REFUSE);
}

static void nobody_may_wait(void)
{
    struct world world;

    world_init(&world,
               (struct proa_admission_limits){
                   .running_max = 1, .waiting_max = PROA_ADMISSION_NONE },
               0);
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 1), PROA_ADMISSION_REFUSE);
}

static void memory_is_shared_by_all(void)
{
    enum proa_admission_answer answer;
    struct world world;
    struct proa_admission_count other_count = { 0 };
    struct proa_admission_gate other = { .memory_bytes = 1000,
                                         .count = &other_count };

    world_init(&world, (struct proa_admission_limits){ 0 }, 25);
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 1), PROA_ADMISSION_ADMIT);
    CHECK_EQ(enter(&world, 2), PROA_ADMISSION_QUEUE);
    /* More than there is at all: alone. */
    CHECK_EQ(proa_admission_enter(&world.admission, &other, &world.tickets[3],
                                  0, FAR),
             PROA_ADMISSION_QUEUE);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    CHECK_EQ(next(&world, 1, &answer), 2);
    CHECK_EQ(next(&world, 1, &answer), -1);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    CHECK_EQ(next(&world, 1, &answer), -1);
    CHECK_EQ(proa_admission_leave(&world.admission, &world.gate), true);
    CHECK_EQ(next(&world, 1, &answer), 3);
    CHECK_EQ(world.total.memory_bytes, 25);
    CHECK_EQ(enter(&world, 0), PROA_ADMISSION_QUEUE);
    CHECK_EQ(proa_admission_leave(&world.admission, &other), true);
    CHECK_EQ(next(&world, 1, &answer), 0);
    CHECK_EQ(world.total.memory_bytes, 10);
    CHECK_EQ(world.total.waiting, 0);
}

/* --- workers at once ---------------------------------------------------- */

enum { WORKERS = 4, ROUNDS = 20000, RUNNING_MAX = 2 };

struct shared {
    struct world world;
    atomic_uint running;
    atomic_uint most;
    atomic_uint admitted;
};

static void *work(void *argument)
{
    struct shared *shared = argument;
    struct proa_admission admission;

    proa_admission_init(&admission, &shared->world.total);
    for (int i = 0; i < ROUNDS; i++) {
        struct proa_admission_ticket ticket;
        if (proa_admission_enter(&admission, &shared->world.gate, &ticket, 0,
                                 FAR) != PROA_ADMISSION_ADMIT)
            continue;
        unsigned running = atomic_fetch_add(&shared->running, 1) + 1;
        if (running > atomic_load(&shared->most))
            atomic_store(&shared->most, running);
        atomic_fetch_add(&shared->admitted, 1);
        atomic_fetch_sub(&shared->running, 1);
        (void)proa_admission_leave(&admission, &shared->world.gate);
    }
    return NULL;
}

static void workers_share_the_limit(void)
{
    struct shared shared = { 0 };
    pthread_t threads[WORKERS];

    world_init(
        &shared.world,
        (struct proa_admission_limits){ .running_max = RUNNING_MAX,
                                        .waiting_max = PROA_ADMISSION_NONE },
        35);
    for (int i = 0; i < WORKERS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, work, &shared), 0);
    for (int i = 0; i < WORKERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(shared.most <= RUNNING_MAX, true);
    CHECK_EQ(shared.admitted > 0, true);
    CHECK_EQ(shared.world.count.running, 0);
    CHECK_EQ(shared.world.total.memory_bytes, 0);
}

int main(void)
{
    without_limits_all_run();
    others_wait_in_order();
    waiting_has_an_end();
    nobody_may_wait();
    memory_is_shared_by_all();
    workers_share_the_limit();
    return 0;
}
