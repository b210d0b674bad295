/*
 * When a server that was killed is started again, and when no more.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/supervise.h"

#include "../check.h"

static void one_death(void)
{
    static const struct {
        uint32_t killed_count;
        uint64_t lived_ms;
        struct proa_restart expected;
    } cases[] = {
        { 0, 0, { false, 0, 1 } },           { 0, 9999, { false, 0, 1 } },
        { 0, 10000, { false, 0, 1 } },       { 1, 9999, { false, 100, 2 } },
        { 1, 10000, { false, 0, 1 } },       { 6, 0, { false, 3200, 7 } },
        { 7, 0, { false, 5000, 8 } },        { 9, 9999, { false, 5000, 10 } },
        { 9, 10000, { false, 0, 1 } },       { 10, 0, { true, 0, 11 } },
        { 10, 9999, { true, 0, 11 } },       { 10, 10000, { false, 0, 1 } },
        { 10, UINT64_MAX, { false, 0, 1 } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_restart restart =
            proa_restart_after(cases[i].killed_count, cases[i].lived_ms);
        CHECK_EQ(restart.is_last, cases[i].expected.is_last);
        CHECK_EQ(restart.wait_ms, cases[i].expected.wait_ms);
        CHECK_EQ(restart.killed_count, cases[i].expected.killed_count);
    }
}

/* How often a server that lives so long each time is started again. */
static uint32_t starts_of(const uint64_t *lived_ms, uint32_t count)
{
    struct proa_restart restart = { 0 };
    uint32_t starts = 0;

    for (uint32_t i = 0; i < count; i++) {
        restart = proa_restart_after(restart.killed_count, lived_ms[i]);
        if (restart.is_last)
            break;
        starts++;
    }
    return starts;
}

static void deaths_in_a_row(void)
{
    static const struct {
        uint64_t lived_ms[22];
        uint32_t starts;
    } cases[] = {
        { { 0 }, 10 },
        { { 60000 }, 10 }, /* the first life was long: nothing before counts */
        { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 10000 }, 19 },
        { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10000 }, 20 },
        { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10000 }, 10 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(starts_of(cases[i].lived_ms, 22), cases[i].starts);
}

int main(void)
{
    one_death();
    deaths_in_a_row();
    return 0;
}
