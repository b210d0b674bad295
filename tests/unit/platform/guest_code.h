/*
 * Guest code for tests, in assembly, so that no C frame is skipped by a trap.
 * Each takes (context, argument) and returns a word.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_GUEST_CODE_H
#define PROA_TESTS_GUEST_CODE_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest_text.h"
#include "platform/code.h"
#include "platform/guest.h"
#include "platform/signal.h"

/* What the assembly needs of the engine's structs. */
struct test_instance {
    struct proa_guest *guest;
};
struct test_context {
    const void *builtins;
    const void *signatures;
    const void *stack_limit;
    struct test_instance *instance;
};
struct test_slot {
    void (*code)(void);
    void *context;
};

extern const char test_guest_start[];
extern const char test_guest_end[];
void test_adapter(void (*code)(void), void *context, const void *args,
                  void *results);
void test_add_one(void);     /* argument + 1 */
void test_trap(void);        /* traps by the argument's number */
void test_nested_trap(void); /* the same, two frames deeper */
void test_load(void);        /* loads from the argument's address */
void test_recurse(void);     /* without end */
void test_spin(void);        /* without end */
void test_host(void);        /* calls a slot with 5, returns what it returns */
void test_host_many(void);   /* calls a slot with 8 integers, 10 doubles */
void test_host_spin(void);   /* calls a slot, then without end */
void test_host_spin_loop(void);
void test_host_deep(void); /* calls a slot with no stack left */

static struct proa_code_slot *test_code;
static uint8_t *test_memory; /* one readable page, then one that is not */

static inline bool test_owns(const struct proa_guest *guest, uintptr_t address)
{
    (void)guest;
    return address - (uintptr_t)test_memory < 8192;
}

static inline void test_setup(void)
{
    test_memory =
        mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!proa_signal_install() || test_memory == MAP_FAILED ||
        mprotect(test_memory, 4096, PROT_READ | PROT_WRITE) != 0)
        abort();
    test_code = proa_code_add(
        test_guest_start, (uint64_t)(test_guest_end - test_guest_start), NULL);
    if (test_code == NULL)
        abort();
}

static inline void test_teardown(void)
{
    proa_code_remove(test_code);
    (void)munmap(test_memory, 8192);
}

/* Call a guest function; *value is its argument and, on 0, its result. */
static inline uint32_t test_enter(struct proa_guest *guest, void (*code)(void),
                                  uint64_t *value)
{
    struct test_instance instance = { .guest = guest };
    struct test_context context = { .instance = &instance,
                                    .stack_limit = guest->stack_limit };

    return proa_guest_enter(guest, test_adapter, code, &context, value, value);
}

#endif
