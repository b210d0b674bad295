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
void test_adapter(void (*code)(void), void *context, void *values);
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

__asm__(".pushsection .text.test_guest,\"ax\",@progbits\n"
        ".globl test_guest_start\n"
        "test_guest_start:\n"
        ".globl test_adapter\n"
        "test_adapter:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  push %rdx\n"
        "  sub $8, %rsp\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  mov (%rdx), %rsi\n"
        "  call *%rax\n"
        "  mov -8(%rbp), %rdx\n"
        "  mov %rax, (%rdx)\n"
        "  leave\n"
        "  ret\n"
        ".globl test_add_one\n"
        "test_add_one:\n"
        "  lea 1(%rsi), %rax\n"
        "  ret\n"
        ".globl test_trap\n"
        "test_trap:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  call proa_guest_trap\n"
        "  ud2\n"
        "1:push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  call test_trap\n"
        "  ud2\n"
        ".globl test_nested_trap\n"
        "test_nested_trap:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  call 1b\n"
        "  ud2\n"
        ".globl test_load\n"
        "test_load:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov (%rsi), %rax\n"
        "  pop %rbp\n"
        "  ret\n"
        ".globl test_recurse\n"
        "test_recurse:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  sub $64, %rsp\n"
        "  orq $0, (%rsp)\n"
        "  call test_recurse\n"
        "  leave\n"
        "  ret\n"
        ".globl test_spin\n"
        "test_spin:\n"
        "  jmp test_spin\n"
        ".globl test_host\n"
        "test_host:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov (%rsi), %rax\n"
        "  mov 8(%rsi), %rdi\n"
        "  mov $5, %esi\n"
        "  call *%rax\n"
        "  pop %rbp\n"
        "  ret\n"
        ".globl test_host_many\n"
        "test_host_many:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov (%rsi), %rax\n"
        "  mov 8(%rsi), %rdi\n"
        "  mov $0x3ff0000000000000, %rcx\n" /* 1.0 */
        "  movq %rcx, %xmm0\n"
        "  movapd %xmm0, %xmm1\n"
        "  addsd %xmm0, %xmm1\n"
        "  movapd %xmm1, %xmm2\n"
        "  addsd %xmm0, %xmm2\n"
        "  movapd %xmm2, %xmm3\n"
        "  addsd %xmm0, %xmm3\n"
        "  movapd %xmm3, %xmm4\n"
        "  addsd %xmm0, %xmm4\n"
        "  movapd %xmm4, %xmm5\n"
        "  addsd %xmm0, %xmm5\n"
        "  movapd %xmm5, %xmm6\n"
        "  addsd %xmm0, %xmm6\n"
        "  movapd %xmm6, %xmm7\n"
        "  addsd %xmm0, %xmm7\n"
        "  sub $8, %rsp\n"
        "  mov $0x4024000000000000, %rcx\n" /* 10.0 */
        "  push %rcx\n"
        "  mov $0x4022000000000000, %rcx\n" /* 9.0 */
        "  push %rcx\n"
        "  push $8\n"
        "  push $7\n"
        "  push $6\n"
        "  mov $1, %esi\n"
        "  mov $2, %edx\n"
        "  mov $3, %ecx\n"
        "  mov $4, %r8d\n"
        "  mov $5, %r9d\n"
        "  call *%rax\n"
        "  leave\n"
        "  ret\n"
        ".globl test_host_spin\n"
        "test_host_spin:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov (%rsi), %rax\n"
        "  mov 8(%rsi), %rdi\n"
        "  mov $5, %esi\n"
        "  call *%rax\n"
        ".globl test_host_spin_loop\n"
        "test_host_spin_loop:\n"
        "  jmp test_host_spin_loop\n"
        ".globl test_host_deep\n"
        "test_host_deep:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  mov 16(%rdi), %rsp\n" /* the limit */
        "  jmp 2f\n"
        "2:mov (%rsi), %rax\n"
        "  mov 8(%rsi), %rdi\n"
        "  call *%rax\n"
        "  leave\n"
        "  ret\n"
        ".globl test_guest_end\n"
        "test_guest_end:\n"
        ".popsection\n");

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

    return proa_guest_enter(guest, test_adapter, code, &context, value);
}

#endif
