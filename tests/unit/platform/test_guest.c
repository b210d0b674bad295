/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "../check.h"
#include "guest_code.h"

static const uint64_t stack_size = 1024 * 1024;

struct host {
    struct proa_host_head head; /* first */
    uint64_t seen;
    uint32_t depth;
    uint32_t pending;
};

static struct proa_guest *other; /* another guest, for nesting */

static uint64_t on_host(struct host *host, uint64_t argument)
{
    host->seen += argument;
    host->head.guest->pending = host->pending;
    return argument * 2;
}

static uint64_t on_many(struct host *host, uint64_t a, uint64_t b, uint64_t c,
                        uint64_t d, uint64_t e, double f, double g, double h,
                        double i, double j, double k, double l, double m,
                        uint64_t n, uint64_t o, uint64_t p, double q, double r)
{
    host->seen++;
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * n + 7 * o + 8 * p +
           (uint64_t)(f + 2 * g + 3 * h + 4 * i + 5 * j + 6 * k + 7 * l +
                      8 * m + 9 * q + 10 * r);
}

/* Host to guest to host ...; the innermost guest traps. */
static uint64_t on_nested(struct host *host, uint64_t argument)
{
    struct test_slot slot = { proa_guest_host_call, host };
    struct proa_guest *guest =
        host->depth % 2 == 0 && other != NULL ? other : host->head.guest;
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    if (host->depth == 0) {
        value = 7;
        CHECK_EQ(test_enter(guest, test_nested_trap, &value), 7);
        host->seen = guest->frame_count;
        return argument;
    }
    host->depth--;
    struct proa_guest *before = host->head.guest;
    host->head.guest = guest;
    CHECK_EQ(test_enter(guest, test_host, &value), 0);
    host->head.guest = before;
    return argument;
}

static void test_calls(struct proa_guest *guest)
{
    struct host host = { .head = { (void (*)(void))on_host, guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };
    uint64_t value = 41;

    CHECK_EQ(test_enter(guest, test_add_one, &value), 0);
    CHECK_EQ(value, 42);
    value = (uint64_t)(uintptr_t)&slot;
    CHECK_EQ(test_enter(guest, test_host, &value), 0);
    CHECK_EQ(value, 10);
    CHECK_EQ(host.seen, 5);
    host.pending = 13;
    value = (uint64_t)(uintptr_t)&slot;
    CHECK_EQ(test_enter(guest, test_host, &value), 13);
    CHECK_EQ(guest->pending, 0);
    CHECK_EQ(value, (uint64_t)(uintptr_t)&slot); /* untouched */
    /* Below the limit the host function is not reached. */
    host.pending = 0;
    host.seen = 0;
    CHECK_EQ(test_enter(guest, test_host_deep, &value),
             PROA_GUEST_TRAP_STACK_OVERFLOW);
    CHECK_EQ(host.seen, 0);
}

static void test_many_args(struct proa_guest *guest)
{
    struct host host = { .head = { (void (*)(void))on_many, guest, 5 } };
    struct test_slot slot = { proa_guest_host_call_stack, &host };
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    CHECK_EQ(test_enter(guest, test_host_many, &value), 0);
    CHECK_EQ(value, 204 + 385); /* sums of squares to 8 and to 10 */
    CHECK_EQ(host.seen, 1);
    /* And from the host itself. */
    const double eight[10] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    uint64_t words[5] = { 6, 7, 8 };
    struct proa_guest_invoke invoke = { .ints = { 1, 2, 3, 4, 5 },
                                        .stack = words,
                                        .stack_words = 5 };
    memcpy(invoke.floats, eight, sizeof invoke.floats);
    memcpy(&words[3], &eight[8], 2 * sizeof words[0]);
    CHECK_EQ(proa_guest_enter(guest, proa_guest_call_host,
                              proa_guest_host_call_stack, &host, NULL, &invoke),
             0);
    CHECK_EQ(invoke.int_result, 204 + 385);
    CHECK_EQ(host.seen, 2);
}

static void test_traps(struct proa_guest *guest)
{
    uint64_t value = 0;

    for (int i = 0; i < 10000; i++) {
        value = 9;
        CHECK_EQ(test_enter(guest, test_trap, &value), 9);
        CHECK_EQ(guest->frame_count, 2); /* and the adapter */
    }
    value = 9;
    CHECK_EQ(test_enter(guest, test_nested_trap, &value), 9);
    CHECK_EQ(guest->frame_count, 4);
    for (int i = 0; i < 10000; i++) {
        value = (uint64_t)(uintptr_t)test_memory + 4096 + (uint64_t)i % 4096;
        CHECK_EQ(test_enter(guest, test_load, &value),
                 PROA_GUEST_TRAP_MEMORY_BOUNDS);
        CHECK_EQ(guest->frame_count, 2);
    }
    CHECK_EQ(guest->frames[0] - 1 >= (uintptr_t)test_load &&
                 guest->frames[0] - 1 < (uintptr_t)test_recurse,
             1);
    for (int i = 0; i < 100; i++) {
        value = 0;
        CHECK_EQ(test_enter(guest, test_recurse, &value),
                 PROA_GUEST_TRAP_STACK_OVERFLOW);
        CHECK_EQ(guest->frame_count, PROA_GUEST_FRAMES_MAX);
        CHECK_EQ(guest->frames_are_cut, true);
    }
    value = (uint64_t)(uintptr_t)test_memory;
    CHECK_EQ(test_enter(guest, test_load, &value), 0);
    CHECK_EQ(guest->activation == NULL, true);
    CHECK_EQ(proa_guest_current() == NULL, true);
}

static void test_nesting(struct proa_guest *guest, struct proa_guest *second)
{
    struct host host = { .head = { (void (*)(void))on_nested, guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    host.depth = 100;
    CHECK_EQ(test_enter(guest, test_host, &value), 0);
    CHECK_EQ(host.seen, second == NULL ? PROA_GUEST_FRAMES_MAX : 64);
    host.depth = 3;
    other = second;
    value = (uint64_t)(uintptr_t)&slot;
    CHECK_EQ(test_enter(guest, test_host, &value), 0);
    other = NULL;
    CHECK_EQ(guest->activation == NULL, true);
    CHECK_EQ(second->activation == NULL, true);
}

/* Nested on the same stack, which is all but full: no place to read frames. */
static uint64_t on_full(struct host *host, uint64_t argument)
{
    struct test_slot slot = { proa_guest_host_call, host };
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    CHECK_EQ(test_enter(host->head.guest, test_host_deep, &value),
             PROA_GUEST_TRAP_STACK_OVERFLOW);
    CHECK_EQ(host->head.guest->frame_count, 1);
    return argument;
}

static void test_full_stack(struct proa_guest *guest)
{
    struct host host = { .head = { (void (*)(void))on_full, guest, 0 } };
    struct test_slot slot = { proa_guest_host_call, &host };
    uint64_t value = (uint64_t)(uintptr_t)&slot;

    CHECK_EQ(test_enter(guest, test_host, &value), 0);
    CHECK_EQ(value, 5);
    value = (uint64_t)(uintptr_t)&slot;
    CHECK_EQ(test_enter(guest, test_host_deep, &value),
             PROA_GUEST_TRAP_STACK_OVERFLOW);
    CHECK_EQ(guest->frame_count, 2); /* from the host's stack all are seen */
}

/* Faults that are not the guest's go to whoever was there before. */
static volatile sig_atomic_t passed_on;

static void on_segv(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)ucontext;
    passed_on = 1;
    if (mprotect((void *)((uintptr_t)info->si_addr & ~(uintptr_t)4095), 4096,
                 PROT_READ) != 0)
        abort();
}

static void test_foreign_fault(struct proa_guest *guest)
{
    volatile uint8_t *page =
        mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t value = (uint64_t)(uintptr_t)page;

    /* Neither memory nor stack of the guest, and in code that is the guest's:
     * our bug, not a trap. */
    CHECK_EQ(test_enter(guest, test_load, &value), 0);
    CHECK_EQ(passed_on, 1);
    passed_on = 0;
    CHECK_EQ(mprotect((void *)(uintptr_t)page, 4096, PROT_NONE), 0);
    CHECK_EQ(page[0], 0);
    CHECK_EQ(passed_on, 1);
    (void)munmap((void *)(uintptr_t)page, 4096);
}

int main(void)
{
    struct proa_guest guest = { 0 };
    struct proa_guest second = { 0 };
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    action.sa_sigaction = on_segv;
    CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
    test_setup();
    CHECK_EQ(proa_guest_init(&guest, stack_size, test_owns), true);
    CHECK_EQ(proa_guest_init(&second, stack_size, test_owns), true);
    CHECK_EQ(proa_guest_init(&(struct proa_guest){ 0 }, UINT64_MAX, test_owns),
             false);
    test_calls(&guest);
    test_many_args(&guest);
    test_traps(&guest);
    test_nesting(&guest, &second);
    test_full_stack(&guest);
    test_foreign_fault(&guest);
    proa_guest_deinit(&guest);
    proa_guest_deinit(&second);
    test_teardown();
    return 0;
}
