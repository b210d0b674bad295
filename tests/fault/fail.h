/*
 * The n-th allocation or mapping fails. The linker puts these in the place of
 * the C library's.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FAIL_H
#define PROA_TESTS_FAIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

static long fail_countdown = -1; /* -1: nothing fails */
static bool fail_has_come;

static inline bool fail_now(void)
{
    if (fail_countdown < 0 || fail_countdown-- > 0)
        return false;
    fail_has_come = true;
    errno = ENOMEM;
    return true;
}

static inline void fail_after(long count)
{
    fail_countdown = count;
    fail_has_come = false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd,
                  off_t offset);
int __real_mprotect(void *address, size_t size, int protection);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd,
                  off_t offset);
int __wrap_mprotect(void *address, size_t size, int protection);

void *__wrap_malloc(size_t size)
{
    return fail_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fail_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fail_now() ? NULL : __real_realloc(memory, size);
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd,
                  off_t offset)
{
    if (fail_now())
        return MAP_FAILED;
    return __real_mmap(address, size, protection, flags, fd, offset);
}

int __wrap_mprotect(void *address, size_t size, int protection)
{
    return fail_now() ? -1 : __real_mprotect(address, size, protection);
}

#endif
