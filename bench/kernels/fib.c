/*
 * integer: Fibonacci by recursion; nothing but calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

static volatile uint32_t size;

void kernel_setup(void)
{
    size = 33;
}

static __attribute__((noinline)) uint32_t fib(uint32_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t kernel_run(void)
{
    return fib(size);
}
