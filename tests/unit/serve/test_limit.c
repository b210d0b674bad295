/*
 * How often a client may come.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/limit.h"

#include <pthread.h>
#include <stdbool.h>

#include "../check.h"

static const struct proa_admission_limits ten_a_second = { .rate_interval_ns =
                                                               100000000,
                                                           .burst = 3 };

enum { MS = 1000000 };

static void tokens_come_back(void)
{
    static const struct {
        uint64_t now_ms;
        uint64_t wait_ms;
    } steps[] = {
        { 1000, 0 }, { 1000, 0 },   { 1000, 0 }, { 1000, 100 }, { 1050, 50 },
        { 1100, 0 }, { 1100, 100 }, { 1300, 0 }, { 1300, 0 },   { 1300, 100 },
        { 9000, 0 }, { 9000, 0 },   { 9000, 0 }, { 9000, 100 },
    };
    struct proa_limit *limit = proa_limit_create(64);
    uint64_t key = proa_limit_key(limit, "192.0.2.1", 1);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        CHECK_EQ(
            proa_limit_take(limit, key, &ten_a_second, steps[i].now_ms * MS),
            steps[i].wait_ms * MS);
    proa_limit_destroy(limit);
}

static void clients_are_apart(void)
{
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1", true },
        { "192.0.2.1", "192.0.2.2", false },
        { "192.0.2.1", "::ffff:192.0.2.1", true },
        { "2001:db8::1", "2001:db8::2", true },
        { "2001:db8::1", "2001:db8:0:1::1", false },
    };
    struct proa_limit *limit = proa_limit_create(64);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(proa_limit_key(limit, cases[i].a, 7) ==
                     proa_limit_key(limit, cases[i].b, 7),
                 cases[i].is_same);
    CHECK_EQ(proa_limit_key(limit, "192.0.2.1", 7) !=
                 proa_limit_key(limit, "192.0.2.1", 8),
             true);
    CHECK_EQ(proa_limit_key(limit, "unix:", 7), 0);
    CHECK_EQ(proa_limit_take(limit, 0, &ten_a_second, 5), 0);
    proa_limit_destroy(limit);
}

/* More clients than fit push out the quiet ones, never the busy one. */
static void table_is_bounded(void)
{
    struct proa_limit *limit = proa_limit_create(4);
    uint64_t busy = proa_limit_key(limit, "192.0.2.1", 1);
    uint64_t now_ns = 1000000000;

    for (int i = 0; i < 3; i++)
        CHECK_EQ(proa_limit_take(limit, busy, &ten_a_second, now_ns), 0);
    for (int i = 0; i < 250; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "198.51.100.%d", i);
        CHECK_EQ(proa_limit_take(limit, proa_limit_key(limit, address, 1),
                                 &ten_a_second, now_ns),
                 0);
    }
    CHECK_EQ(proa_limit_take(limit, busy, &ten_a_second, now_ns), 100 * MS);
    proa_limit_destroy(limit);
}

static void seconds_are_whole(void)
{
    CHECK_EQ(proa_limit_seconds(0), 1);
    CHECK_EQ(proa_limit_seconds(1), 1);
    CHECK_EQ(proa_limit_seconds(1000000000), 1);
    CHECK_EQ(proa_limit_seconds(1000000001), 2);
    CHECK_EQ(proa_limit_seconds(UINT64_MAX), 3600);
}

enum { THREADS = 4, TAKES = 20000 };

struct shared {
    struct proa_limit *limit;
    uint64_t key;
    atomic_uint taken;
};

static void *take(void *argument)
{
    const struct proa_admission_limits limits = { .rate_interval_ns = 1000,
                                                  .burst = 5000 };
    struct shared *shared = argument;

    for (int i = 0; i < TAKES; i++)
        if (proa_limit_take(shared->limit, shared->key, &limits, 1) == 0)
            atomic_fetch_add(&shared->taken, 1);
    return NULL;
}

static void threads_share_a_bucket(void)
{
    struct shared shared = { .limit = proa_limit_create(64) };
    const struct proa_admission_limits first = { .rate_interval_ns = 1,
                                                 .burst = 1 };
    pthread_t threads[THREADS];

    shared.key = proa_limit_key(shared.limit, "192.0.2.1", 1);
    CHECK_EQ(proa_limit_take(shared.limit, shared.key, &first, 0), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, take, &shared), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(shared.taken, 5000);
    proa_limit_destroy(shared.limit);
}

int main(void)
{
    tokens_come_back();
    clients_are_apart();
    table_is_bounded();
    seconds_are_whole();
    threads_share_a_bucket();
    return 0;
}
