/*
 * Telling the address and the thread sanitizer that a thread changes stacks;
 * without them it is nothing.
 * https://github.com/llvm/llvm-project/blob/main/compiler-rt/include/sanitizer/common_interface_defs.h
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_SANITIZER_H
#define PROA_PLATFORM_SANITIZER_H

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define PROA_SANITIZED 1
#define PROA_ADDRESS_SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define PROA_SANITIZED 1
#define PROA_THREAD_SANITIZED 1
#endif
#endif
#if !defined(PROA_SANITIZED) && defined(__SANITIZE_ADDRESS__)
#define PROA_SANITIZED 1
#define PROA_ADDRESS_SANITIZED 1
#elif !defined(PROA_SANITIZED) && defined(__SANITIZE_THREAD__)
#define PROA_SANITIZED 1
#define PROA_THREAD_SANITIZED 1
#endif
#ifndef PROA_SANITIZED
#define PROA_SANITIZED 0
#endif
#ifndef PROA_ADDRESS_SANITIZED
#define PROA_ADDRESS_SANITIZED 0
#endif
#ifndef PROA_THREAD_SANITIZED
#define PROA_THREAD_SANITIZED 0
#endif

#if PROA_ADDRESS_SANITIZED
#include <sanitizer/asan_interface.h>
#endif
#if PROA_THREAD_SANITIZED
#include <sanitizer/tsan_interface.h>
#endif

/* What a sanitizer wants to know of a stack. */
struct proa_sanitizer_stack {
#if PROA_ADDRESS_SANITIZED
    const void *low;
    size_t size;
    void *fake; /* while it is left */
#elif PROA_THREAD_SANITIZED
    void *fiber;
#else
    char none;
#endif
};

/* A function begins on it, and ends. */
static inline void
proa_sanitizer_stack_begin(struct proa_sanitizer_stack *stack, void *low,
                           size_t size)
{
#if PROA_ADDRESS_SANITIZED
    stack->low = low;
    stack->size = size;
#elif PROA_THREAD_SANITIZED
    stack->fiber = __tsan_create_fiber(0);
#endif
    (void)stack;
    (void)low;
    (void)size;
}

static inline void proa_sanitizer_stack_end(struct proa_sanitizer_stack *stack)
{
#if PROA_ADDRESS_SANITIZED
    /* Frames that never returned. */
    __asan_unpoison_memory_region(stack->low, stack->size);
#elif PROA_THREAD_SANITIZED
    __tsan_destroy_fiber(stack->fiber);
#endif
    (void)stack;
}

/*
 * Before a switch. `from` NULL: it is left for good. Always inline: the thread
 * sanitizer counts a function's end on the stack that it knows itself on.
 */
__attribute__((always_inline)) static inline void
proa_sanitizer_leave(struct proa_sanitizer_stack *from,
                     const struct proa_sanitizer_stack *to)
{
#if PROA_ADDRESS_SANITIZED
    __sanitizer_start_switch_fiber(from != NULL ? &from->fake : NULL, to->low,
                                   to->size);
#elif PROA_THREAD_SANITIZED
    if (from != NULL && from->fiber == NULL)
        from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
    (void)from;
    (void)to;
}

/* After it, on the other stack. `from`, unless NULL, learns where it lies. */
__attribute__((always_inline)) static inline void
proa_sanitizer_arrive(struct proa_sanitizer_stack *at,
                      struct proa_sanitizer_stack *from)
{
#if PROA_ADDRESS_SANITIZED
    const void *low;
    size_t size;

    __sanitizer_finish_switch_fiber(at->fake, &low, &size);
    if (from != NULL) {
        from->low = low;
        from->size = size;
    }
#endif
    (void)at;
    (void)from;
}

#endif
